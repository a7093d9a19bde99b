# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find tables, views and triggers whose files would have longer names than file systems accept."""

from typing import Iterator, List, NamedTuple

from ..._dump.file_names import file_name_length, partition_length
from ..._dump.lexer import scanned
from ..._dump.partitioning import partitioning_of
from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._finding import Finding
from ..._identifiers import name_text
from . import messages
from .missing_tables import views_of
from .subject import CheckSubject

_SHOWN = 10
_MOST = 255
# Before 8.0, each table and view has a file .frm, and each trigger has a file .TRN; views and triggers are first written to files with a tilde.
_FILES_OF_ALL, _EXTENSION, _FIRST_WRITTEN = 80000, len(".frm"), len(".frm~")
_WITH_FILES = ("MYISAM", "ARCHIVE", "CSV", "MRG_MYISAM")


class _WrittenFile(NamedTuple):
    what: str
    definition: Definition
    name: bytes
    length: int


def check_file_names(subject: CheckSubject) -> List[Finding]:
    """The names of the files of tables, views and triggers have at most 255 bytes."""
    plan, found = subject.known.plan, []
    for file in _files(subject, plan) if plan is not None and not subject.server.version.mariadb else ():
        if file.length > _MOST:
            words = {"what": file.what, "name": name_text(file.name), "length": file.length, "most": _MOST}
            found.append(messages.FILE_NAME.found(str(file.definition.place), **words))
    return found[:_SHOWN]


def _files(subject: CheckSubject, plan: LoadPlan) -> Iterator[_WrittenFile]:
    for planned in plan.tables:
        if planned.create is not None and _has_file(subject, planned):
            length = _length(planned.create, planned.create.name) + _of_partitions(subject, planned)
            yield _WrittenFile("table", planned.create, planned.create.name, length + _EXTENSION)
    if subject.server.version.number < _FILES_OF_ALL:
        for view in views_of(plan):
            yield _WrittenFile("view", view, view.name, _length(view, view.name) + _FIRST_WRITTEN)
        for trigger in plan.triggers:
            for name in (trigger.name, trigger.on or b""):
                yield _WrittenFile("trigger", trigger, trigger.name, _length(trigger, name) + _FIRST_WRITTEN)


def _has_file(subject: CheckSubject, planned: PlannedTable) -> bool:
    if subject.server.version.number < _FILES_OF_ALL:
        return True
    engine = planned.table.engine.upper() if planned.table is not None else ""
    return engine in _WITH_FILES or (engine == "INNODB" and subject.server.variables.get("innodb_file_per_table") == "ON")


def _length(definition: Definition, name: bytes) -> int:
    return file_name_length(name, utf8=definition.session.charset.startswith("utf8"))


def _of_partitions(subject: CheckSubject, planned: PlannedTable) -> int:
    create = planned.create
    if create is None or planned.table is None or not planned.table.partitioned:
        return 0
    partitioning = partitioning_of(list(scanned(create.text, create.session.dialect(subject.server.version.number))))
    in_files = planned.table.engine.upper() != "INNODB" or subject.server.variables.get("innodb_file_per_table") == "ON"
    return partition_length(partitioning, utf8=create.session.charset.startswith("utf8")) if partitioning is not None and in_files else 0

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the clauses of a CREATE TABLE: engines, encryption, and files outside the database's directory.

Only tokens are changed, never comments: a version comment may begin or end in the middle of a clause.
"""

import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Tuple

from .._identifiers import name_text
from .lexer import Token
from .table_clauses import BLOCK_FORMAT, TableClauses, TableOption, clauses_of, closing_of
from .table_definition import engine_named, is_clustering, is_key

# A byte range of a statement (start, end) and its replacement.
Edit = Tuple[int, int, bytes]

_ENCRYPTION = (b"ENCRYPTION", BLOCK_FORMAT)
# The meaning of these depends on the engine. A row format of MyISAM is an error in InnoDB (measured: 1031 on 5.7 and 9.7).
_OF_ENGINE = frozenset((b"ROW_FORMAT", b"KEY_BLOCK_SIZE", b"COMPRESSION", b"CONNECTION"))
_DIRECTORY = "{0} was left out: the file of the table is in its database's directory"
_TABLESPACE = "{0} was left out: the table has its own tablespace"
_OPTION = "{0} was left out, because it belongs to the engine that was replaced"


class TableEdits(NamedTuple):
    """The edits, the keys under which the changed clauses are counted, and notes about clauses that were left out."""

    edits: Tuple[Edit, ...]
    changed: Tuple[str, ...]
    notes: Tuple[str, ...]


def table_edits(found: List[Token], engines: Mapping[str, str], *, strip_encryption: bool) -> TableEdits:
    """The changes in a CREATE TABLE, empty for another statement. ``engines`` maps names of :func:`engine_named` in upper case."""
    clauses = clauses_of(found)
    changes = _Changes(found)
    if clauses is None:
        return changes.result()
    replaced = False
    for option in clauses.options:
        old = engine_named(name_text(option.text)).upper() if option.name == b"ENGINE" else ""
        new = engines.get(old)
        if new is not None and engine_named(new).upper() != old:
            changes.count("engine")
            changes.replace(option.end - 1, re.sub(rb"[^A-Za-z0-9_]", b"", new.encode("utf-8")))
            replaced = True
        elif option.name.endswith(b" DIRECTORY"):
            changes.leave_out("data_directory", option, _DIRECTORY)
        elif option.name in (b"TABLESPACE", b"STORAGE"):
            changes.leave_out("tablespace", option, _TABLESPACE)
        elif option.name in _ENCRYPTION and strip_encryption:
            changes.leave_out("encryption", option, "")
    if replaced:
        for option in clauses.options:
            if not option.known or option.name in _OF_ENGINE:
                changes.leave_out("engine_options", option, _OPTION)
        for start, end in _clustering(found, clauses):
            changes.remove(start, end)
            changes.count("engine_options")
    return changes.result()


def _clustering(found: List[Token], clauses: TableClauses) -> Iterator[Tuple[int, int]]:
    """The positions of TokuDB's syntax for a clustering key: CLUSTERING KEY (Percona), and ``clustering``=yes after the columns (MariaDB)."""
    for begin, end in clauses.parts:
        if not is_key(found[begin:end]):
            continue
        opening = next((index for index in range(begin, end) if found[index].upper == b"("), end)
        for index in range(begin, opening):
            if is_clustering(found[begin:end], index - begin):
                yield index, index + 1
        closing = closing_of(found, opening) if opening < end else None
        for index in range(closing or end, end - 2):
            if (found[index].identifier or b"").upper() == b"CLUSTERING" and found[index + 1].upper == b"=":
                yield index, index + 3


class _Changes:
    """Collects edits of single tokens."""

    def __init__(self, found: List[Token]) -> None:
        self._found = found
        self._new: Dict[int, bytes] = {}
        self._changed: List[str] = []
        self._notes: List[str] = []

    def count(self, key: str) -> None:
        self._changed.append(key)

    def replace(self, index: int, new: bytes) -> None:
        self._new[index] = new

    def remove(self, start: int, end: int) -> None:
        for index in range(start, end):
            self._new[index] = b" "

    def leave_out(self, key: str, option: TableOption, note: str) -> None:
        """Remove an option, and the commas around it, which are optional in CREATE TABLE but must not be adjacent."""
        self.count(key)
        if note:
            self._notes.append(note.format(option))
        self.remove(option.start, option.end)
        if not option.partition:
            for index in (option.start - 1, option.end):
                if index < len(self._found) and self._found[index].upper == b",":
                    self.remove(index, index + 1)

    def result(self) -> TableEdits:
        edits = tuple((self._found[index].start, self._found[index].end, new) for index, new in sorted(self._new.items()))
        return TableEdits(edits, tuple(self._changed), tuple(self._notes))

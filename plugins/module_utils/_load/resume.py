# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether an import is new, resumes an unfinished one, is already complete, or repairs a complete one that has lost tables or objects."""

from enum import Enum
from types import MappingProxyType
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._server.existing import Inventory
from .files import DumpFile, content_crc, fingerprint
from .ledger import LedgerEntry
from .request import BackupOrigin, CollationDefault, ImportRequest, OnExisting
from .result import LoadResult, TableResult, from_report


class Resume(Enum):
    """NEW: the target holds nothing of this import. RESUME: it holds an unfinished load. COMPLETE: it holds everything. REPAIR: the import was
    complete, but tables or other objects have since disappeared; or such a repair was not finished."""

    NEW = "new"
    RESUME = "resume"
    COMPLETE = "complete"
    REPAIR = "repair"


class ResumeState(NamedTuple):
    """The decision.

    ``result`` is set only for COMPLETE. The rest is for REPAIR: ``missing`` are missing tables, ``lost`` other missing objects.
    Everything that still exists now belongs to the user and is not touched: the tables in ``settled``, with their results,
    and the objects in ``present``.
    """

    state: Resume = Resume.NEW
    result: LoadResult = LoadResult(changed=False)
    missing: FrozenSet[str] = frozenset()
    lost: FrozenSet[Tuple[str, str]] = frozenset()
    settled: Mapping[str, TableResult] = MappingProxyType({})
    present: FrozenSet[Tuple[str, str]] = frozenset()

    @property
    def resumed(self) -> bool:
        """Whether the target holds a part of this import and more must be done."""
        return self.state in (Resume.RESUME, Resume.REPAIR)

    def report(self) -> Dict[str, Any]:
        """The form for the ledger, because the next run must not touch the settled tables either."""
        return {"settled": [dict(self.settled[name]._asdict()) for name in sorted(self.settled)]} if self.state is Resume.REPAIR else {}


def identity(file: DumpFile, before: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """The identity of a file in the ledger: its size, the CRC-32 of its edges and, for a plain file, of its contents.

    The edges of a compressed file include its trailer, which depends on its whole contents. A plain file is read whole,
    unless its size, edges and time stamp are those recorded ``before``.
    """
    found = fingerprint(file)
    noted: Dict[str, Any] = {"size": found.size, "edges": found.edges, "modified": found.modified, "content": None}
    if file.compressed:
        return noted
    if before is not None and before == dict(noted, content=before.get("content")):
        return before
    return dict(noted, content=content_crc(file))


def identities(files: Tuple[DumpFile, ...], entry: Optional[LedgerEntry]) -> List[Dict[str, Any]]:
    """The identity of each file, for comparison with those in the ledger's ``entry``."""
    before = entry.files if entry is not None else []
    return [identity(file, before[index] if index < len(before) else None) for index, file in enumerate(files)]


def fingerprint_of(files: List[Dict[str, Any]]) -> str:
    """The identity of all files as a single word."""
    words = ["{0}-{1:08x}".format(file["size"], file["edges"]) + ("" if file["content"] is None else "-{0:08x}".format(file["content"])) for file in files]
    return "+".join(words)


def settings_of(request: ImportRequest) -> Dict[str, Any]:
    """The options that determine the contents of the target: imports that differ in one of them are different imports."""
    choices = request.choices
    settings = {
        "tables": list(choices.tables),
        "exclude_tables": list(choices.exclude_tables),
        "definer": choices.policy.definer,
        "encryption": choices.policy.encryption,
        "engines": dict(choices.policy.engines),
        "events": choices.policy.events,
        "triggers": choices.triggers,
        "batch_bytes": choices.batch_bytes,
        "defer_indexes": choices.defer_indexes,
        "charset": request.charset,
        "collation": request.collation,
    }
    if request.collation_default is not CollationDefault.SERVER:
        # A ledger entry without this option comes from an import with the default.
        settings["collation_default"] = request.collation_default.value
    return settings


def resume_state(request: ImportRequest, files: List[Dict[str, Any]], entry: Optional[LedgerEntry], existing: Inventory) -> ResumeState:
    """Decide from the ledger's ``entry`` and from what exists. The ledger is believed only if the server agrees.

    :raises Failure: the database holds an unfinished import of something else.
    """
    if entry is None or not existing.exists or _is_half_changed(request, entry):
        return ResumeState()
    same = len(files) == len(entry.files) and all(_same_file(now, then) for now, then in zip(files, entry.files)) and entry.settings == settings_of(request)
    if entry.state == "loading":
        return _unfinished(request, entry, existing, same=same)
    return _finished(entry, existing) if same else ResumeState()


def _is_half_changed(request: ImportRequest, entry: LedgerEntry) -> bool:
    """Whether an SQL file that ran since the import was interrupted, and the database may be replaced."""
    interrupted = any(ran.get("state") == "begun" for ran in entry.report.get("after_sql", ()))
    return interrupted and request.on_existing is OnExisting.REPLACE


def _unfinished(request: ImportRequest, entry: LedgerEntry, existing: Inventory, *, same: bool) -> ResumeState:
    if same:
        if "settled" in entry.report:
            return ResumeState(Resume.REPAIR, settled=_results(entry.report["settled"], existing), present=existing.keys)
        return ResumeState(Resume.RESUME)
    if request.on_existing is OnExisting.REPLACE or existing.empty:
        return ResumeState()
    raise Failure(
        "{0} holds an unfinished import of different files or with different settings".format(request.target),
        "server {0}".format(request.login.address),
        "Repeat that import with the same files and options, or start over with on_existing: replace.",
    )


def _finished(entry: LedgerEntry, existing: Inventory) -> ResumeState:
    missing, lost = _gone(entry, existing)
    if existing.empty and missing:
        return ResumeState()
    if missing or lost:
        return ResumeState(Resume.REPAIR, LoadResult(changed=False), missing, lost, _results(entry.report.get("tables", []), existing), existing.keys)
    return ResumeState(Resume.COMPLETE, from_report(entry.report))


def origin_of(entry: LedgerEntry) -> Optional[BackupOrigin]:
    """The backup from which the import was loaded, if the ledger has it."""
    noted = entry.report.get("origin")
    return BackupOrigin(*noted) if isinstance(noted, list) and len(noted) == len(BackupOrigin._fields) else None


def complete_result(request: ImportRequest, entry: LedgerEntry, existing: Inventory) -> Optional[LoadResult]:
    """The result of a complete import with the options of ``request`` that has lost nothing, or None."""
    if (
        entry.state != "complete"
        or not existing.exists
        or _is_half_changed(request, entry)
        or entry.settings != settings_of(request)
        or any(_gone(entry, existing))
    ):
        return None
    return from_report(entry.report)


def _gone(entry: LedgerEntry, existing: Inventory) -> Tuple[FrozenSet[str], FrozenSet[Tuple[str, str]]]:
    """Tables, and other objects, of a complete import that no longer exist. After a roll-forward the binary log determines what exists, and
    after SQL files have run, these do, unless nothing is left."""
    if entry.report.get("rolled_forward") or entry.report.get("after_sql") and not existing.empty:
        return frozenset(), frozenset()
    tables = frozenset(str(table["name"]) for table in entry.report.get("tables", []))
    made = frozenset((str(what), str(name)) for what, name in entry.report.get("made", []))
    return tables - frozenset(existing.engines), made - existing.keys


def _results(tables: List[Dict[str, Any]], existing: Inventory) -> Dict[str, TableResult]:
    engines = existing.engines
    return {str(table["name"]): TableResult(**table) for table in tables if table["name"] in engines}


def _same_file(now: Dict[str, Any], then: Dict[str, Any]) -> bool:
    return all(now.get(key) == then.get(key) for key in ("size", "edges", "content"))

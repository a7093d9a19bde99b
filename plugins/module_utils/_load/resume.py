# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things stand before a load: is it done, begun, in the way of something else, or new?"""

from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._server.existing import Inventory
from .files import DumpFile, content_crc, fingerprint
from .ledger import LedgerEntry
from .request import ImportRequest
from .result import LoadResult, TableResult, from_report


class ResumeState(NamedTuple):
    """``unchanged`` is the outcome of a complete load that is still there. ``resumed`` says that what the database holds
    is ours; ``missing`` are tables of ours that are gone since a load was complete, ``lost`` other objects. What is still
    there of that load is the user's now and is not touched: the tables in ``settled``, and the objects in ``present``."""

    unchanged: Optional[LoadResult] = None
    resumed: bool = False
    missing: FrozenSet[str] = frozenset()
    lost: FrozenSet[Tuple[str, str]] = frozenset()
    settled: Dict[str, TableResult] = {}
    present: Optional[FrozenSet[Tuple[str, str]]] = None

    def report(self) -> Dict[str, Any]:
        """For the ledger, so that the next run touches what is settled no more than this one."""
        return {} if self.present is None else {"settled": [dict(self.settled[name]._asdict()) for name in sorted(self.settled)]}


def identity(file: DumpFile, before: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """What the ledger notes of a file: size, CRC-32 of its edges and, of a plain file, of its content.

    The edges of a compressed file cover its trailer, and so its content. A plain file is read again only if its time
    stamp is not the one noted ``before``.
    """
    found = fingerprint(file)
    noted: Dict[str, Any] = {"size": found.size, "edges": found.edges, "modified": found.modified, "content": None}
    if file.compressed:
        return noted
    if before is not None and before == dict(noted, content=before.get("content")):
        return before
    return dict(noted, content=content_crc(file))


def fingerprint_of(files: List[Dict[str, Any]]) -> str:
    """The identity of all files as a word, by which a later run may ask for the same import without having them."""
    words = ["{0}-{1:08x}".format(file["size"], file["edges"]) + ("" if file["content"] is None else "-{0:08x}".format(file["content"])) for file in files]
    return "+".join(words)


def settings_of(request: ImportRequest) -> Dict[str, Any]:
    """What makes two imports of the same files different ones."""
    choices = request.choices
    return {
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


def resume_state(request: ImportRequest, files: List[Dict[str, Any]], entry: Optional[LedgerEntry], existing: Inventory) -> ResumeState:
    """Judge by the ledger's ``entry`` and by what is there; the ledger never outranks the server.

    Raises a Failure where the database holds the unfinished import of something else.
    """
    if request.fingerprint is not None:
        return _recalled(request, request.fingerprint, entry, existing)
    if entry is None or not existing.exists:
        return ResumeState()
    same = len(files) == len(entry.files) and all(_same_file(now, then) for now, then in zip(files, entry.files)) and entry.settings == settings_of(request)
    if entry.state == "loading":
        if same and request.resume:
            if "settled" in entry.report:
                return ResumeState(resumed=True, settled=_outcomes(entry.report["settled"], existing), present=existing.keys)
            return ResumeState(resumed=True)
        if request.on_existing == "replace" or existing.empty:
            return ResumeState()
        raise Failure(
            "{0} holds an unfinished import of {1}".format(request.target, "the same files" if same else "other files or with other settings"),
            "server {0}".format(request.login.address),
            "Repeat it with what it was started with, or start over with on_existing: replace.",
        )
    missing = _tables_of(entry) - frozenset(existing.engines)
    if not same or existing.empty and missing:
        return ResumeState()
    lost = _made(entry) - existing.keys
    if missing or lost:
        return ResumeState(None, True, missing, lost, _outcomes(entry.report["tables"], existing), existing.keys)
    return ResumeState(unchanged=from_report(entry.report))


def refuse_existing(request: ImportRequest, existing: Inventory, where: ResumeState) -> None:
    """Stop where the database may not be written to as it is."""
    address = "server {0}".format(request.login.address)
    if not existing.exists and not request.create:
        raise Failure("There is no database {0}".format(request.target), address, "Create it, or set create: true.")
    if where.resumed or existing.empty or request.on_existing in ("replace", "merge"):
        return
    names = existing.names
    raise Failure(
        "The database {0} is not empty: it holds {1}{2}".format(request.target, ", ".join(names[:10]), ", ..." if len(names) > 10 else ""),
        address,
        "Nothing was written. Choose another database, or on_existing: replace (drops what is there), merge or skip.",
        existing=names[:1000],
    )


def _recalled(request: ImportRequest, wanted: str, entry: Optional[LedgerEntry], existing: Inventory) -> ResumeState:
    """A complete import whose files need not be here any more."""
    if entry is not None and entry.state == "complete" and existing.exists and fingerprint_of(entry.files) == wanted and entry.settings == settings_of(request):
        if not (_tables_of(entry) - frozenset(existing.engines) or _made(entry) - existing.keys):
            return ResumeState(unchanged=from_report(entry.report))
    if request.check_only:
        return ResumeState(unchanged=LoadResult(True, fingerprint=wanted))
    raise Failure(
        "{0} does not hold the import {1} any more, or never did".format(request.target, wanted),
        "server {0}".format(request.login.address),
        "Give src. Without it nothing can be loaded.",
    )


def _tables_of(entry: LedgerEntry) -> FrozenSet[str]:
    return frozenset(str(table["name"]) for table in entry.report.get("tables", []))


def _made(entry: LedgerEntry) -> FrozenSet[Tuple[str, str]]:
    """What a complete load left behind beside tables; kept in the ledger's report, not in the result."""
    return frozenset((str(what), str(name)) for what, name in entry.report.get("made", []))


def _outcomes(tables: List[Dict[str, Any]], existing: Inventory) -> Dict[str, TableResult]:
    return {str(table["name"]): TableResult(**table) for table in tables if table["name"] in existing.engines}


def _same_file(now: Dict[str, Any], then: Dict[str, Any]) -> bool:
    return all(now.get(key) == then.get(key) for key in ("size", "edges", "content"))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise a backup whose databases are all loaded by its path, with a few queries and without the backup."""

from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from .._server.connection import connect
from .._server.existing import Inventory, names_in
from .context import open_context
from .ledger import DEFAULT_DATABASE, Ledger, LedgerEntry, retried
from .request import BackupOrigin, ImportRequest, OnExisting
from .result import LoadResult, skipped_result
from .resume import complete_result, origin_of

_ABSENT = Inventory((), (), exists=False)


class LoadedBackup(NamedTuple):
    """The ``version`` of the backup that was loaded, None if it is not known, and the result of each wanted database: source, target, result."""

    version: Optional[str]
    results: List[Tuple[Optional[str], str, LoadResult]]


def find_loaded(path: str, targets: Optional[Dict[Optional[str], str]], request_of: Callable[[Optional[str], str], ImportRequest]) -> Optional[LoadedBackup]:
    """What was loaded from the backup with this path, if it includes everything requested now and nothing is missing; otherwise None. With
    ``on_existing: skip``, a database with other contents is ignored.

    ``targets`` maps databases of the backup to target databases; None means the whole backup, as recorded in the ledger. ``request_of``
    returns the request for a pair of both.
    """
    example = request_of(None, "")
    database = example.ledger_database or DEFAULT_DATABASE
    connection = connect(example.login)
    try:
        wanted = targets or {name: name for name in Ledger(database, "").backup_names(connection, path)}
        entries: Dict[str, LedgerEntry] = {}
        versions = set()
        for source, target in wanted.items():
            entry = Ledger(database, target).read(connection)
            if entry is None and example.on_existing is OnExisting.SKIP:
                continue
            origin = _origin(entry, path, source)
            if entry is None or origin is None:
                return None
            entries[target] = entry
            versions.add(origin.version)
        # Without a loaded database, the version is unknown.
        if len(versions) != 1:
            return None
        existing = names_in(connection, sorted(wanted.values()))
    finally:
        connection.close()
    results = []
    for source, target in wanted.items():
        result = _result(request_of(source, target), entries.get(target), existing.get(target, _ABSENT))
        if result is None:
            return None
        results.append((source, target, result))
    return LoadedBackup(versions.pop(), results)


def _origin(entry: Optional[LedgerEntry], path: str, source: Optional[str]) -> Optional[BackupOrigin]:
    """Where the import was loaded from, if it was this database of the backup with this path."""
    origin = origin_of(entry) if entry is not None else None
    return origin if origin is not None and (origin.path, origin.source) == (path, source) else None


def _result(request: ImportRequest, entry: Optional[LedgerEntry], found: Inventory) -> Optional[LoadResult]:
    """The result of a database if nothing needs to be loaded; None if something does. Without an entry, ``on_existing`` is skip."""
    if entry is not None:
        return complete_result(request, entry, found)
    return None if found.empty else skipped_result(request.target)


def note_backup(request: ImportRequest, path: str, names: List[str]) -> None:
    """Record in the ledger which databases the backup with this path contains. ``request`` is for one of them, which is loaded."""
    control = connect(request.login)
    try:
        context = open_context(request, control)
        if context.entry is not None and not context.ledger.tables:
            retried(lambda: context.ledger.note_backup(control, path, names), control)
    finally:
        control.close()

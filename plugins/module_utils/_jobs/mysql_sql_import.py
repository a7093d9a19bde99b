# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_sql_import: load dump files, a folder of them, one database of a backup, or all of them."""

import time
from contextlib import closing
from typing import Any, Callable, Dict, List, Tuple, cast

from .._backup.file_reader import shown
from .._backup.layout import is_single, named, select
from .._backup.manifest import BackupDatabase, Manifest
from .._failure import Failure
from .._finding import numbered, together
from .._load.checks.conflicts import refuse_system_schema
from .._load.connection_pool import most_workers
from .._load.loaded_backup import note_backup
from .._load.request import BackupOrigin, ImportRequest
from .._load.result import LoadResult
from .._load.signals import signals_as_exceptions
from .._progress import SILENT, Progress
from .._server.account import RecentServerState
from .._server.connection import connect
from .._server.server_info import variable
from ._archived_backup import ArchivedBackup, BackupIdentity, one_database
from ._import_options import check_options, files_of, refuse_unknown_tables, targets_of
from ._import_results import import_request, loaded_before, one_result, result_of, summary, warnings_of, with_gtid
from ._login_options import login_of
from ._run import JobContext
from ._worker_processes import Outcome, Warn, in_processes

# Failures in the message.
_SHOWN = 20


def job(call: JobContext) -> Dict[str, Any]:
    """Import, and return what was imported.

    :raises Failure: a database could not be imported. If there are several, the others are imported, and the facts have the results of all.
    """
    params = call.params
    _check(params)
    try:
        if params["archive"] or params["url"] or params["internal_url"]:
            identity = BackupIdentity(params)
            return loaded_before(call, identity) or (_of_backup if params["preflight"] is None else _checked_first)(call, identity)
        call.progress.about(params["database"])
        refuse_unknown_tables(params, [params["source_database"] or params["database"]])
        request = import_request(call, files_of(params["src"] or []), params["database"])
        origin = params["origin"] and BackupOrigin(params["origin"]["path"], params["origin"]["version"], params["source_database"])
        outcome = _loader()(request._replace(origin=origin or None))
    except Failure as failure:
        if not failure.facts.get("expired"):
            raise
        cure = "Specify a fresh download URL of the same backup and run the task again: rows that are already loaded are kept."
        raise Failure(failure.what, failure.where, cure, **failure.facts) from None
    return one_result(call, outcome, {})


def _loader() -> Callable[[ImportRequest], LoadResult]:
    """The function that loads a database. Imported here, because it takes half of the module's start-up time, which a loaded backup does not need."""
    from .._load.load import load

    return load


def _checked_first(call: JobContext, identity: BackupIdentity) -> Dict[str, Any]:
    """Run :func:`_of_backup` if mysql_restore_preflight would find no error, and add the findings."""
    from ._preflight import preflight

    checked = preflight(call._replace(params=dict(call.params, paths=None, scan=False, fail=True, **call.params["preflight"]), check_mode=False))
    found = {name: checked[name] for name in ("findings", "facts")}
    try:
        return dict(_of_backup(call, identity), **found)
    except Failure as failure:
        raise Failure(failure.what, failure.where, failure.cure, **dict(found, **failure.facts)) from None


def _of_backup(call: JobContext, identity: BackupIdentity) -> Dict[str, Any]:
    """Load one database of a backup, or several."""
    params = call.params
    if call.check_mode and not params["scan"]:
        return {"changed": True, "databases": []}
    backup = ArchivedBackup(call, identity)
    wanted = list(targets_of(params["databases"]) or ()) if params["database"] is None else [params["source_database"] or params["database"]]
    names = [database.name for database in named(backup.manifest, wanted).databases]
    if identity.whole:
        # A part of the backup may lack a database that another host restores with the same options.
        refuse_unknown_tables(params, names)
    if params["database"] is None:
        return _Several(call, backup, identity, _loader()).run()
    call.progress.about(params["database"])
    database = one_database(call, backup.manifest)
    request = import_request(call, backup.files(database), params["database"], names[0] if is_single(backup.manifest) else database.name)
    origin = BackupOrigin(identity.path, identity.version(), params["source_database"])
    return one_result(call, _loader()(request._replace(origin=origin)), backup.cost)


class _Several:
    """An import of several databases of a backup, in processes that each load one database after the other."""

    def __init__(self, call: JobContext, backup: ArchivedBackup, identity: BackupIdentity, loader: Callable[[ImportRequest], LoadResult]) -> None:
        self._call = call
        self._loader = loader
        self._backup = backup
        self._identity = identity
        self._pairs = _wanted(call, backup.manifest)
        self._sizes = [sum(member.size for member in database.members) for database, _target in self._pairs]
        self._at_work: List[str] = []
        self._warned: List[Tuple[str, str]] = []
        self._ask_server = RecentServerState()
        _refuse_targets(call, [target for _database, target in self._pairs])

    def run(self) -> Dict[str, Any]:
        """Load all; if one has failed, fail at the end."""
        began = time.monotonic()
        outcomes: Dict[int, Outcome] = {}
        call = self._call
        if len(self._pairs) == 1:
            outcomes[0] = self._alone()
            return self._result(outcomes, time.monotonic() - began)
        call.progress.phase("import", sum(self._sizes))
        call.progress.databases(len(self._pairs))
        processes = call.params["workers"] or most_workers()
        with signals_as_exceptions(), closing(in_processes(self._sizes, processes, self._load, self._started)) as ending:
            for outcome in ending:
                self._ended(outcome)
                outcomes[outcome.number] = outcome
                if outcome.failure is not None and outcome.failure.facts.get("expired"):
                    break
        return self._result(outcomes, time.monotonic() - began)

    def _alone(self) -> Outcome:
        """Load the only database, with the progress of its phases."""
        self._call.progress.about(self._pairs[0][1])
        try:
            return Outcome(0, self._load(0, self._call.warn, self._call.progress), failure=None, warnings=())
        except Failure as failure:
            return Outcome(0, {}, failure, ())

    def _load(self, number: int, warn: Warn, progress: Progress = SILENT) -> Dict[str, Any]:
        """Load one database. With several databases, this runs in a separate process."""
        database, target = self._pairs[number]
        before = self._backup.cost
        call = self._call._replace(warn=warn, progress=progress)
        request = import_request(call, self._backup.files(database), target, database.name)
        request = request._replace(origin=self._origin(database), ask_server=self._ask_server)
        outcome = self._loader(request._replace(gtid_later=True))
        for warning in warnings_of(outcome):
            warn(warning)
        cost = {name: value - before[name] for name, value in self._backup.cost.items() if name != "source"}
        return dict(result_of(outcome), skipped=outcome.skipped, **cost)

    def _started(self, number: int) -> None:
        self._at_work.append(self._pairs[number][1])
        self._call.progress.about(", ".join(self._at_work))

    def _ended(self, outcome: Outcome) -> None:
        target = self._pairs[outcome.number][1]
        self._at_work.remove(target)
        self._call.progress.add(self._sizes[outcome.number])
        self._call.progress.database()
        self._warned.extend((target, warning) for warning in outcome.warnings)

    def _result(self, outcomes: Dict[int, Outcome], seconds: float) -> Dict[str, Any]:
        databases: List[Dict[str, Any]] = []
        failed: List[Tuple[str, str]] = []
        for warning in together(self._warned):
            self._call.warn(warning)
        for number, (database, target) in enumerate(self._pairs):
            names = {"source": database.name, "target": target}
            outcome = outcomes.get(number)
            if outcome is None:
                databases.append(dict(names, changed=False, failed=True, msg="It was not imported, because the download URL has expired."))
            elif outcome.failure is not None:
                failed.append((shown(target), str(outcome.failure)))
                databases.append(dict(names, **dict(outcome.failure.facts, changed=False, failed=True, msg=str(outcome.failure))))
            else:
                databases.append(dict(outcome.result, **names))
        result = dict(summary(databases, seconds), **self._cost(databases))
        if failed and len(self._pairs) == 1:
            failure = cast(Failure, outcomes[0].failure)
            raise Failure(failure.what, failure.where, failure.cure, **dict(result, **failure.facts))
        if failed:
            failures = together(failed)
            shortened = failures[:_SHOWN] + ["the others are in databases"] * (len(failures) > _SHOWN)
            what = "{0} of {1} databases could not be imported: {2}".format(len(failed), len(databases), numbered(shortened))
            if any(outcome.failure is not None and outcome.failure.facts.get("expired") for outcome in outcomes.values()):
                result["expired"] = True
            raise Failure(what, None, "The others are complete. Run the task again to import the rest; nothing is loaded twice.", **result)
        params = self._call.params
        if self._identity.whole and not (params["databases"] or self._call.check_mode or params["ledger"] == "drop"):
            note_backup(import_request(self._call, (), self._pairs[0][1]), self._identity.path, [database.name for database, _target in self._pairs])
        return with_gtid(self._call, result)

    def _origin(self, database: BackupDatabase) -> BackupOrigin:
        return BackupOrigin(self._identity.path, self._identity.version(), database.name)

    def _cost(self, databases: List[Dict[str, Any]]) -> Dict[str, Any]:
        cost = self._backup.cost
        for name in ("bytes_downloaded", "requests"):
            if name in cost:
                cost[name] += sum(database.get(name, 0) for database in databases)
        return cost


def _wanted(call: JobContext, manifest: Manifest) -> List[Tuple[BackupDatabase, str]]:
    """The databases to load, with their targets.

    :raises Failure: a database is not in the backup.
    """
    targets = targets_of(call.params["databases"])
    if is_single(manifest) and targets is None:
        raise Failure("The file does not reliably name its database", None, "Name the database to load into in databases.")
    sources = list(targets) if targets is not None else None
    chosen, _left_out = select(named(manifest, sources), sources)
    if not chosen.databases:
        raise Failure("The backup contains only system schemas", None, "Name the databases to load in databases.")
    for note in manifest.notes:
        call.warn(note)
    return [(database, targets[database.name] if targets is not None else database.name) for database in chosen.databases]


def _refuse_targets(call: JobContext, targets: List[str]) -> None:
    """Refuse targets that are wrong for the whole call, before the first database is loaded."""
    login = login_of(call.params)
    for target in targets:
        refuse_system_schema(import_request(call, (), target))
    control = connect(login)
    try:
        folds = variable(control, "lower_case_table_names") != "0"
    finally:
        control.close()
    seen: Dict[str, str] = {}
    for target in targets:
        other = seen.setdefault(target.lower() if folds else target, target)
        if other is not target:
            raise Failure(
                "{0} and {1} are the same database on this server".format(other, target),
                "server {0}, lower_case_table_names".format(login.address),
                "Specify a different target for each database in databases.",
            )


def _check(params: Dict[str, Any]) -> None:
    """Check what an argument spec cannot express."""
    check_options(params)
    from_backup = params["archive"] or params["url"] or params["internal_url"]
    if params["database"] == "" or params["database"] is None and not from_backup:
        raise Failure("database is empty", None, "Name the database to load into.")
    if not from_backup and not params["src"]:
        raise Failure("There is nothing to load", None, "Specify src, archive, url or internal_url.")
    if params["source_database"] and not ((from_backup or params["origin"]) and params["database"]):
        raise Failure("source_database needs database, and archive, url, internal_url or origin", None, "Omit it: the files in src belong to one database.")

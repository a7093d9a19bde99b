# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a backup, a server and disks before a restore: the checks of an import, and those that only a full restore needs. Nothing is changed."""

import contextlib
import functools
import os
import socket
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._dump.plan import LoadPlan
from .._failure import Failure, printable
from .._finding import ERROR, OK, WARNING, Finding, by_sentence, numbered, of_failure
from .._identifiers import is_system_schema, name_text
from .._load.binlog_choice import logs_load
from .._load.checks import messages
from .._load.checks.all_checks import CHECKS
from .._load.checks.conflicts import check_existing
from .._load.checks.gtid import check_gtid, outlook, replication_findings
from .._load.checks.subject import CheckSubject, KnownDump, choices_for
from .._load.connection_pool import most_workers
from .._load.request import ImportRequest, OnExisting
from .._server.account import ServerState, server_state
from .._server.connection import Connection, Login, connect
from .._server.existing import Inventory, existing_in
from .._server.gtid_state import GtidState, state_of
from .._server.server_info import Version
from ._disk_space import SpaceNeed, by_volume, there_already
from ._dump_sets import dump_sets
from ._import_options import files_of, refuse_unknown_tables, request_of, tables_of, targets_of
from ._inspect import InspectedBackup, WantedDatabase, inspect_archive, inspect_files, inspect_url, known_dump
from ._login_options import login_of
from ._run import JobContext
from ._worker_processes import Warn, in_processes

_ORDER = {ERROR: 0, WARNING: 1, OK: 2}
# Bytes of InnoDB for one of SQL: measured 1.6 (wide rows of text) to 4.6 (numbers, three secondary keys), on 5.7 and 9.7.
_LEAST_GROWTH, _MOST_GROWTH = 1.0, 4.6
# Fewer databases are checked one after the other: processes and connections would cost more than they gain.
_MANY = 4
NO_FACTS: Dict[str, Any] = {"server": None, "backup": None, "gtid": None, "space": [], "roll_forward": None}


class InspectedServer(NamedTuple):
    """``state`` is its GTID and replication state."""

    connection: Connection
    server: ServerState
    state: GtidState


MoreChecks = Callable[["Preflight", Sequence[WantedDatabase], Optional[InspectedServer]], None]


def preflight(call: JobContext, more_checks: Optional[MoreChecks] = None) -> Dict[str, Any]:
    """Run every check and ``more_checks``, and return all findings. The options are those of mysql_restore_preflight, except those for binary logs.

    :raises Failure: a finding is an error, unless ``fail`` is false.
    """
    params = call.params
    targets = targets_of(params["databases"])
    with contextlib.ExitStack() as closing:
        checks = Preflight(call)
        backup = checks.attempt("backup", lambda: _inspect_backup(params, targets, closing))
        server = checks.attempt("server", lambda: _inspect_server(login_of(params), closing))
        if backup is not None and not backup.local:
            # A file on the host may be a part of the backup, without a database that another host restores with the same options.
            checks.attempt("backup", lambda: refuse_unknown_tables(params, backup.present))
        if backup is not None:
            checks.check_backup(backup)
        if server is not None:
            checks.check_server(server)
        databases = _wanted_databases(backup, targets)
        local = backup is not None and backup.local
        if len(databases) >= _MANY:
            checks.check_in_processes(databases, has_server=server is not None, local=local)
        else:
            for database in databases:
                checks.check_database(database, server, local=local)
        if server is not None and not databases:
            checks.check_version(None, server)
        if more_checks is not None:
            more_checks(checks, databases, server)
        checks.check_space(backup, server)
        return checks.result(backup)


def _inspect_backup(params: Dict[str, Any], targets: Optional[Dict[str, str]], closing: contextlib.ExitStack) -> Optional[InspectedBackup]:
    if params["src"]:
        return inspect_files(files_of(params["src"]), targets)
    if params["archive"]:
        return inspect_archive(params["archive"], targets)
    if params["url"] or params["internal_url"]:
        return inspect_url(params, targets, closing)
    return None


def _inspect_server(login: Login, closing: contextlib.ExitStack) -> InspectedServer:
    connection = connect(login)
    closing.callback(connection.close)
    server = server_state(connection)
    return InspectedServer(connection, server, state_of(connection, server.version))


def _wanted_databases(backup: Optional[InspectedBackup], targets: Optional[Dict[str, str]]) -> Tuple[WantedDatabase, ...]:
    """The databases to restore. If the backup cannot be read, they have no files, but their targets can still be checked."""
    if backup is not None:
        return backup.databases
    return tuple(WantedDatabase(source, target, (), ()) for source, target in (targets or {}).items())


def _request_for(database: WantedDatabase, params: Dict[str, Any]) -> ImportRequest:
    """The import of one database."""
    return request_of(dict(params, tables=tables_of(params, database.source)), database.files, database.target)


class Preflight:
    """Runs the checks and collects their findings. A check that fails becomes a finding, and the others still run."""

    def __init__(self, call: JobContext) -> None:
        self.call = call
        self.findings: List[Finding] = []
        self.facts: Dict[str, Any] = dict(NO_FACTS, space=[])
        self.loaded: List[WantedDatabase] = []
        self.left_alone: List[WantedDatabase] = []
        self.before: List[str] = []
        self.after: List[str] = []

    def attempt(self, check: str, action: Callable[[], Any]) -> Any:
        """Return the result of ``action``; if it fails, return None and add a finding."""
        try:
            return action()
        except Failure as failure:
            self.findings.append(of_failure(check, failure))
            return None

    def check_backup(self, backup: InspectedBackup) -> None:
        """Check the contents of the backup, and find files that cannot be read."""
        self.findings.append(Finding("backup", OK, "the backup contains {0}".format(", ".join(backup.present)), backup.name))
        self.findings.extend(Finding("backup", WARNING, note.rstrip("."), backup.name) for note in backup.notes)
        for database in backup.databases:
            self.findings.extend(of_failure("backup", summary.failure) for summary in database.summaries if summary.failure is not None)

    def check_server(self, inspected: InspectedServer) -> None:
        """Check that the server answers, and whether it replicates."""
        server, address = inspected.server, inspected.connection.address
        self.findings.append(Finding("server", OK, "MySQL {0} answers".format(server.version.text), address))
        self.findings.extend(_replication(inspected))
        self.facts["server"] = dict(
            {name: server.variables[name] for name in _REPORTED_VARIABLES if name in server.variables},
            version=server.version.text,
            series=server.version.series,
            address=address,
            account="{0}@{1}".format(*server.user),
            replicas=list(inspected.state.replicas),
            is_replica=inspected.state.is_replica,
        )

    def check_database(self, database: WantedDatabase, server: Optional[InspectedServer], *, local: bool) -> None:
        """Run all checks of one database. ``local`` files can be read to their end."""
        where = "database {0}".format(database.target)
        if is_system_schema(database.target):
            self.findings.append(messages.SYSTEM.found(where, database=database.target))
            return
        request = _request_for(database, self.call.params)
        choices = (choices_for(request, server.server) if server is not None else request.choices)._replace(source=None)
        known = self.attempt("statements", lambda: known_dump(database, choices, scan=local and self.call.params["scan"])) or KnownDump()
        if server is None:
            self.loaded.append(database)
            return
        subject = CheckSubject(request, known, server.server, server.connection, log_binary=logs_load(request.binlog, server.server))
        at_hand = local or all(file.compressed for file in database.files)
        kinds = {finding.kind for finding in self._check("existing", where, lambda: check_existing(subject, files_at_hand=at_hand))}
        if "restored" in kinds:
            self.left_alone.append(database)
            # The GTID set may not have been applied by that import.
            self._check("gtid", where, lambda: check_gtid(subject))
            self._foresee_gtid(subject, server, database)
        elif "skipped" in kinds:
            self.left_alone.append(database)
        else:
            self.loaded.append(database)
            self._check_import(subject, server, database)

    def check_in_processes(self, databases: Sequence[WantedDatabase], *, has_server: bool, local: bool) -> None:
        """Run :meth:`check_database` for many databases in several processes."""
        opened: List[InspectedServer] = []

        def check(number: int, _warn: Warn) -> Dict[str, Any]:
            if has_server and not opened:
                # The connection of this process, until it ends.
                opened.append(_inspect_server(login_of(self.call.params), contextlib.ExitStack()))
            own = Preflight(self.call)
            own.check_database(databases[number], opened[0] if opened else None, local=local)
            return {"findings": own.findings, "gtid": own.facts["gtid"], "before": own.before, "after": own.after, "loaded": bool(own.loaded)}

        sizes = [database.sql_bytes for database in databases]
        with contextlib.closing(in_processes(sizes, most_workers(), check, lambda _number: None)) as ending:
            outcomes = sorted(ending, key=lambda outcome: outcome.number)
        for database, outcome in zip(databases, outcomes):
            if outcome.failure is not None:
                self.findings.append(of_failure("server", outcome.failure))
                continue
            self.findings.extend(outcome.result["findings"])
            self.facts["gtid"] = self.facts["gtid"] or outcome.result["gtid"]
            self.before.extend(outcome.result["before"])
            self.after.extend(outcome.result["after"])
            (self.loaded if outcome.result["loaded"] else self.left_alone).append(database)

    def _check_import(self, subject: CheckSubject, server: InspectedServer, database: WantedDatabase) -> None:
        """Check a database that will be loaded. Without files, only the server is checked."""
        self.check_version(subject.known if database.summaries else None, server)
        for name, check in CHECKS:
            if database.summaries or name in _OF_THE_SERVER:
                where = None if name in _OF_THE_SERVER else "database {0}".format(database.target)
                self._check(name, where, functools.partial(check, subject))
        self.findings.extend(self.attempt("replication", lambda: replication_findings(subject, server.state)) or ())
        self._foresee_gtid(subject, server, database)
        self._compare(subject, database)

    def check_version(self, known: Optional[KnownDump], server: InspectedServer) -> None:
        """Check that the backup and the server are of the same series. Skipped without files and ``engine_version``."""
        if known is not None or self.call.params["engine_version"]:
            self._check("version", None, lambda: _version(known.origin if known is not None else None, server.server, self.call.params))

    def check_space(self, backup: Optional[InspectedBackup], server: Optional[InspectedServer]) -> None:
        """Check that every file system has enough free space."""
        needs = self._file_needs(backup) if backup is not None else []
        sql_bytes = sum(database.sql_bytes for database in self.loaded)
        datadir = (self.call.params["paths"] or {}).get("datadir") or (_local_datadir(server, self.call.params) if server is not None else None)
        if sql_bytes and datadir:
            needs.append(SpaceNeed(datadir, int(sql_bytes * _LEAST_GROWTH), int(sql_bytes * _MOST_GROWTH), "the server's data"))
        for demand in by_volume(needs):
            self.findings.append(demand.finding())
            self.facts["space"].append(demand.facts())

    def _file_needs(self, backup: InspectedBackup) -> List[SpaceNeed]:
        """The download, and the extracted files of the databases that will be loaded."""
        params = self.call.params
        paths = params["paths"] or {}
        left_alone = {database.source for database in self.left_alone}
        wanted = [database for database in backup.databases if database.source not in left_alone]
        needs = []
        if wanted and paths.get("download") and params["src"] is None and params["archive"] is None:
            size = max(0, backup.size - there_already(paths["download"]))
            needs.append(SpaceNeed(paths["download"], size, size, "the download"))
        files = [(os.path.join(paths["files"], name), size) for database in wanted for name, size in database.extracted] if paths.get("files") else []
        if files:
            size = sum(size for path, size in files if not _has_size(path, size))
            needs.append(SpaceNeed(paths["files"], size, size, "the files of the databases"))
        return needs

    def result(self, backup: Optional[InspectedBackup]) -> Dict[str, Any]:
        """The result of the module.

        :raises Failure: a finding is an error, and ``fail`` is true.
        """
        findings = sorted(by_sentence(self.findings), key=lambda found: _ORDER[found[0].level])
        errors = [finding.text for finding, _places in findings if finding.is_error]
        for finding, _places in findings:
            if finding.level == WARNING:
                self.call.warn(finding.text)
        if backup is not None:
            self.facts["backup"] = dict(_backup_facts(backup), **backup.cost())
        result: Dict[str, Any] = {
            "changed": self.call.check_mode and self.before != self.after,
            "ok": not errors,
            "findings": [_finding_facts(finding, places) for finding, places in findings],
            "facts": self.facts,
            "diff": {"before": "".join(self.before), "after": "".join(self.after)},
        }
        if errors and self.call.params["fail"]:
            reasons = " for {0} reasons".format(len(errors)) if len(errors) > 1 else ""
            raise Failure("The restore would fail{0}: {1}".format(reasons, numbered(errors)), None, "Nothing was changed.", **result)
        return result

    def _check(self, name: str, where: Optional[str], check: Callable[[], List[Finding]]) -> List[Finding]:
        """Record the findings of a check; their place is ``where`` unless they name another. A check without findings has passed."""
        found = self.attempt(name, check)
        if found is None:
            return []
        located = [finding if finding.where else finding._replace(where=where) for finding in found]
        self.findings.extend(located or [Finding(name, OK, _PASSED[name], where)])
        return located

    def _foresee_gtid(self, subject: CheckSubject, server: InspectedServer, database: WantedDatabase) -> None:
        """Show the effect of each value of ``gtid``. Once is enough, because all databases of a backup have the same set."""
        if self.facts["gtid"] is None and database.summaries:
            self.facts["gtid"] = self.attempt("gtid", lambda: outlook(subject, server.state, len(database.summaries)))

    def _compare(self, subject: CheckSubject, database: WantedDatabase) -> None:
        """Add the lines of the diff."""
        before = _existing_names(database.target, existing_in(subject.connection, database.target))
        after = {"database {0}\n".format(database.target)}
        if subject.known.plan is None or subject.request.on_existing is not OnExisting.REPLACE:
            after.update(before)
        if subject.known.plan is not None:
            after.update(_planned_names(database.target, subject.known.plan))
        self.before.extend(before)
        self.after.extend(sorted(after))


_REPORTED_VARIABLES = (
    "datadir", "gtid_mode", "log_bin", "read_only", "super_read_only", "lower_case_table_names", "max_allowed_packet", "local_infile",
    "event_scheduler", "character_set_server", "collation_server",
)  # fmt: skip
# These checks have the same result for every database.
_OF_THE_SERVER = ("read_only", "local_infile")
# Of a large file, only the first part is read.
_PASSED = {
    "complete": "the files that were read are complete",
    "privileges": "the account has the privileges that these options need",
    "definers": "the definers of the views, triggers, routines and events that were read can be kept",
    "read_only": "the server accepts writes",
    "gtid": "the GTID set of the dump can be treated as requested",
    "engines": "the server has the engines of the tables that were read",
    "encryption": "no table that was read needs a keyring that the server does not have",
    "charset": "the server knows the character sets and collations that were read",
    "collations": "definitions that were read without a collation get the one of the origin",
    "timestamps": "TIMESTAMP columns that were read get the defaults of the origin",
    "sql_mode": "the server knows the SQL modes that were read",
    "words": "no name that was read is a reserved word of this server",
    "syntax": "the server accepts the definitions and session variables that were read",
    "definitions": "the server accepts the columns and keys of the tables that were tried",
    "foreign_keys": "the server accepts the foreign keys of the tables that were tried",
    "row_formats": "InnoDB accepts the row formats that were read",
    "partitions": "the server accepts the partitions of the tables that were read",
    "constraint_names": "the CHECK constraints that were read have different names",
    "primary_keys": "tables without a primary key that were read can be created as in the dump",
    "tables": "triggers, views and rows that were read have their tables",
    "other_databases": "tables of other databases that views which were read select from exist",
    "functions": "the functions that views which were read call are in the dump or on the server",
    "views": "the server accepts the columns that views which were read name",
    "rows": "the rows that were read fit the columns of their tables",
    "statement_columns": "the statements that change rows and were read fit the columns of their tables",
    "changes": "the server accepts the changes of tables that were read",
    "trigger_definitions": "the tables of triggers that were read have the columns that these name",
    "triggers": "no trigger that was read comes before rows of its table",
    "names": "names that were read and differ in the dump also differ on this server",
    "file_names": "file systems accept the names of the files of tables, views and triggers that were read",
    "packet": "the server accepts the largest statement that was read",
    "local_infile": "rows can be sent as LOAD DATA",
    "events": "no event that was read starts to run by itself",
    "existing": "the target database has no conflicting objects",
    "version": "the server and the backup are of the same series",
}


def _version(origin: Optional[Version], server: ServerState, params: Dict[str, Any]) -> List[Finding]:
    """``origin`` is the version in the dump. It takes precedence over ``engine_version``, which is the current version of the instance."""
    source = ""
    if origin is None or not origin.number:
        origin, source = Version.parse(params["engine_version"] or ""), " (as RDS reports for its instance)"
    series = server.version.series
    if not origin.number:
        return [messages.VERSION_UNKNOWN.found(series=series)]
    if origin.series == series and origin.mariadb == server.version.mariadb:
        return [Finding("version", OK, _PASSED["version"] + source)]
    kind = messages.VERSION_CHANGED if params["allow_version_change"] else messages.VERSION
    return [kind.found(origin=origin.text + source, version=server.version.text, series=origin.series)]


def _replication(inspected: InspectedServer) -> List[Finding]:
    if inspected.state.missing_privileges:
        return [messages.REPLICATION_UNKNOWN.found(privileges=", ".join(inspected.state.missing_privileges))]
    if inspected.state.is_replica:
        return [messages.IS_REPLICA.found()]
    return [Finding("replication", OK, "this server is not a replica; {0} replica(s) read from it".format(len(inspected.state.replicas)))]


def _local_datadir(inspected: InspectedServer, params: Dict[str, Any]) -> Optional[str]:
    """The server's data directory if the server is on this host."""
    datadir = inspected.server.variables.get("datadir", "")
    here = params["login_unix_socket"] or (
        params["login_host"] in ("localhost", "127.0.0.1", "::1") and inspected.server.variables.get("hostname") == socket.gethostname()
    )
    return datadir if here and datadir and os.path.isdir(datadir) else None


def _has_size(path: str, size: int) -> bool:
    try:
        return os.path.getsize(path) == size
    except OSError:
        return False


def _finding_facts(finding: Finding, places: Sequence[str]) -> Dict[str, Any]:
    facts: Dict[str, Any] = {name: printable(value) if isinstance(value, str) else value for name, value in finding._asdict().items()}
    return dict(facts, places=[printable(place) for place in places])


def _backup_facts(backup: InspectedBackup) -> Dict[str, Any]:
    databases = []
    for database in backup.databases:
        headers = [summary.header for summary in database.summaries]
        databases.append(
            {
                "name": database.source,
                "target": database.target,
                "files": [file.name for file in database.files],
                "size": sum(file.size for file in database.files),
                "sql_bytes": database.sql_bytes,
                "read": "whole" if all(summary.whole for summary in database.summaries) else "ends",
                "tool": next((header.tool for header in headers if header.tool), None),
                "server_version": next((header.server_version for header in headers if header.server_version), None),
            }
        )
    sets = dump_sets([database.gtid_set for database in backup.databases])
    gtid_set = None if sets is None else str(sets.common)
    return {"name": backup.name, "size": backup.size, "present": list(backup.present), "databases": databases, "gtid_set": gtid_set}


def _existing_names(target: str, existing: Inventory) -> List[str]:
    if not existing.exists:
        return []
    names = ["table {0}".format(name) for name in existing.engines] + ["{0} {1}".format(what.lower(), name) for what, name in existing.keys]
    return sorted(["database {0}\n".format(target)] + ["{0}.{1}\n".format(target, printable(name)) for name in names])


def _planned_names(target: str, plan: LoadPlan) -> List[str]:
    names = ["table {0}".format(name_text(planned.name)) for planned in plan.tables if planned.create is not None]
    names += ["{0} {1}".format(made.what.lower(), name_text(made.name).lower()) for made in plan.objects + plan.triggers + plan.events]
    return ["{0}.{1}\n".format(target, printable(name)) for name in names]

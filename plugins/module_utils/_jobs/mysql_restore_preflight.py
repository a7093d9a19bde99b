# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_restore_preflight: a backup, a server and some disks are looked at, and nothing is changed."""

import contextlib
import os
import socket
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._dump.plan import LoadPlan
from .._failure import Failure, printable
from .._finding import ERROR, OK, WARNING, Finding, of_failure
from .._identifiers import is_system_schema, name_text
from .._load.binlog_choice import logs_load
from .._load.checks import messages
from .._load.checks.all_checks import CHECKS
from .._load.checks.conflicts import check_existing
from .._load.checks.gtid import check_gtid, outlook, replication_findings
from .._load.checks.subject import CheckSubject, KnownDump, choices_for
from .._load.request import OnExisting
from .._server.account import ServerState, server_state
from .._server.connection import Connection, Login, connect
from .._server.existing import Inventory, existing_in
from .._server.gtid_state import GtidState, state_of
from .._server.server_info import Version
from ._disk_space import Need, rooms, there_already
from ._import_options import check_options, files_of, request_of
from ._inspect import InspectedBackup, WantedDatabase, known_of, of_archive, of_files, of_url, targets_of
from ._login_options import login_of
from ._run import JobContext

_ORDER = {ERROR: 0, WARNING: 1, OK: 2}
# Bytes of InnoDB for one of SQL: measured 1.6 (wide rows of text) to 4.6 (numbers, three secondary keys), on 5.7 and 9.7.
_LEAST_GROWTH, _MOST_GROWTH = 1.0, 4.6


class _InspectedServer(NamedTuple):
    """The server. ``state`` is of its replication."""

    connection: Connection
    server: ServerState
    state: GtidState


def job(call: JobContext) -> Dict[str, Any]:
    """Look at everything, and tell all of it at once."""
    check_options(call.params)
    targets = targets_of(call.params["databases"])
    with contextlib.ExitStack() as closing:
        report = _PreflightReport(call, targets)
        backup = report.try_to("backup", lambda: _backup(call.params, targets, closing))
        place = report.try_to("server", lambda: _place(login_of(call.params), closing))
        report.tell_backup(backup)
        if place is not None:
            report.tell_server(place)
        wanted = _sought(backup, targets)
        for sought in wanted:
            report.tell_database(sought, place, backup)
        if place is not None and not wanted:
            report.tell_version(None, place)
        report.tell_space(backup, place)
        return report.end(backup)


def _backup(params: Dict[str, Any], targets: Optional[Dict[str, str]], closing: contextlib.ExitStack) -> Optional[InspectedBackup]:
    if params["src"]:
        return of_files(files_of(params["src"]), targets)
    if params["archive"]:
        return of_archive(params["archive"], targets)
    if params["url"] or params["internal_url"]:
        return of_url(params, targets, closing)
    return None


def _place(login: Login, closing: contextlib.ExitStack) -> _InspectedServer:
    connection = connect(login)
    closing.callback(connection.close)
    server = server_state(connection)
    return _InspectedServer(connection, server, state_of(connection, server.version))


def _sought(backup: Optional[InspectedBackup], targets: Optional[Dict[str, str]]) -> Tuple[WantedDatabase, ...]:
    """Also of a backup that cannot be read: what would become of the targets can be said all the same."""
    if backup is not None:
        return backup.sought
    return tuple(WantedDatabase(source, target, (), ()) for source, target in (targets or {}).items())


class _PreflightReport:
    """What is found, as it comes."""

    def __init__(self, call: JobContext, targets: Optional[Dict[str, str]]) -> None:
        self.call = call
        self.targets = targets
        self.found: List[Finding] = []
        self.facts: Dict[str, Any] = {"server": None, "backup": None, "gtid": None, "space": []}
        self.wanted: List[Need] = []
        self.left_alone: List[str] = []
        self.sql_bytes = 0
        self.before: List[str] = []
        self.after: List[str] = []

    def try_to(self, check: str, look: Any) -> Any:
        """What ``look`` returns; None and a finding where it fails."""
        try:
            return look()
        except Failure as failure:
            self.found.append(of_failure(check, failure))
            return None

    def tell_backup(self, backup: Optional[InspectedBackup]) -> None:
        """What kind of backup it is."""
        if backup is None:
            return
        self.found.append(Finding("backup", OK, "the backup holds {0}".format(", ".join(backup.present)), backup.name))
        self.found.extend(Finding("backup", WARNING, note.rstrip("."), backup.name) for note in backup.notes)
        self.found.extend(of_failure("backup", look.failure) for sought in backup.sought for look in sought.looks if look.failure is not None)

    def tell_server(self, place: _InspectedServer) -> None:
        """That it answers, and what it is."""
        server, address = place.server, place.connection.address
        self.found.append(Finding("server", OK, "MySQL {0} answers".format(server.version.text), address))
        self.found.extend(_replication(place))
        self.facts["server"] = dict(
            {name: server.variables[name] for name in _TOLD if name in server.variables},
            version=server.version.text,
            series=server.version.series,
            address=address,
            account="{0}@{1}".format(*server.user),
            replicas=list(place.state.replicas),
            is_replica=place.state.is_replica,
        )

    def tell_database(self, sought: WantedDatabase, place: Optional[_InspectedServer], backup: Optional[InspectedBackup]) -> None:
        """All about one database."""
        params = self.call.params
        tables = params["tables"].get(sought.source) if isinstance(params["tables"], dict) else params["tables"]
        request = request_of(dict(params, tables=[tables] if isinstance(tables, str) else tables), sought.files, sought.target)
        where = "database {0}".format(sought.target)
        if is_system_schema(sought.target):
            self.found.append(messages.SYSTEM.found(where, database=sought.target))
            return
        choices = (choices_for(request, place.server) if place is not None else request.choices)._replace(source=None)
        scan = bool(params["scan"]) and backup is not None and backup.local
        known = self.try_to("statements", lambda: known_of(sought, choices, scan)) or KnownDump()
        self.sql_bytes += sought.sql_bytes
        if place is None:
            return
        scene = CheckSubject(request, known, place.server, place.connection, logs_load(request, place.server))
        sure = all(file.compressed for file in sought.files) or backup is not None and backup.local
        existing = self._checked("existing", where, lambda: check_existing(scene, bool(sure)))
        told = {finding.kind for finding in existing}
        if told & {"restored", "skipped"}:
            self.left_alone.append(sought.source)
            self.sql_bytes -= sought.sql_bytes
            if "restored" in told:
                # The GTID set may not have been wanted then.
                self._checked("gtid", where, lambda: check_gtid(scene))
                self._foresee(scene, place, sought)
            return
        self.tell_version(known if sought.looks else None, place)
        if sought.looks:
            for name, check in CHECKS:
                self._checked(name, where if name not in _OF_THE_SERVER else None, lambda check=check: check(scene))
        else:
            for name, check in CHECKS:
                if name in _OF_THE_SERVER:
                    self._checked(name, None, lambda check=check: check(scene))
        self.found.extend(self.try_to("replication", lambda: replication_findings(scene)) or ())
        self._foresee(scene, place, sought)
        self._differ(scene, sought)

    def tell_version(self, known: Optional[KnownDump], place: _InspectedServer) -> None:
        """Whether the backup is of the server's series, by its own word, else by that of RDS. Without files and that there is nothing to tell."""
        if known is not None or self.call.params["engine_version"]:
            self._checked("version", None, lambda: _version(known.origin if known is not None else None, place.server, self.call.params))

    def tell_space(self, backup: Optional[InspectedBackup], place: Optional[_InspectedServer]) -> None:
        """Whether there is room for everything."""
        paths = self.call.params["paths"] or {}
        needs: List[Need] = []
        left = [sought for sought in backup.sought if sought.source not in self.left_alone] if backup is not None else []
        if backup is not None and left:
            if paths.get("download") and self.call.params["src"] is None and self.call.params["archive"] is None:
                size = max(0, backup.size - there_already(paths["download"]))
                needs.append(Need(paths["download"], size, size, "the download"))
            if paths.get("files") and any(sought.unpacked_to for sought in left):
                size = sum(size for sought in left for name, size in sought.unpacked_to if not _is_there(os.path.join(paths["files"], name), size))
                needs.append(Need(paths["files"], size, size, "the files of the databases"))
        if self.sql_bytes:
            datadir = paths.get("datadir") or (_local_folder(place, self.call.params) if place is not None else None)
            if datadir:
                needs.append(Need(datadir, int(self.sql_bytes * _LEAST_GROWTH), int(self.sql_bytes * _MOST_GROWTH), "the server's data"))
        for room in rooms(needs):
            self.found.append(room.finding())
            self.facts["space"].append(room.facts())

    def end(self, backup: Optional[InspectedBackup]) -> Dict[str, Any]:
        """The result.

        :raises Failure: something is in the way.
        """
        found = sorted(dict.fromkeys(self.found), key=lambda finding: _ORDER[finding.level])
        errors = [finding.text.rstrip(".") for finding in found if finding.is_error]
        for finding in found:
            if finding.level == WARNING:
                self.call.warn(finding.text)
        if backup is not None:
            self.facts["backup"] = dict(_described(backup), **backup.cost())
        result: Dict[str, Any] = {
            "changed": self.call.check_mode and self.before != self.after,
            "ok": not errors,
            "findings": [_shown(finding) for finding in found],
            "facts": self.facts,
            "diff": {"before": "".join(self.before), "after": "".join(self.after)},
        }
        if errors and self.call.params["fail"]:
            if len(errors) == 1:
                raise Failure("The restore would fail: {0}".format(errors[0]), None, "Nothing was changed.", **result)
            numbered = "; ".join("({0}) {1}".format(number, text) for number, text in enumerate(errors, 1))
            raise Failure("The restore would fail for {0} reasons: {1}".format(len(errors), numbered), None, "Nothing was changed.", **result)
        return result

    def _checked(self, name: str, where: Optional[str], check: Any) -> List[Finding]:
        found = self.try_to(name, check)
        if found is None:
            return []
        told = [finding if finding.where else finding._replace(where=where) for finding in found]
        self.found.extend(told or [Finding(name, OK, _IN_ORDER[name], where)])
        return told

    def _foresee(self, scene: CheckSubject, place: _InspectedServer, sought: WantedDatabase) -> None:
        """What the GTID set would come to; the files of each database name the same one."""
        if self.facts["gtid"] is None and sought.looks:
            self.facts["gtid"] = self.try_to("gtid", lambda: outlook(scene, place.state, len(sought.looks)))

    def _differ(self, scene: CheckSubject, sought: WantedDatabase) -> None:
        existing = existing_in(scene.connection, sought.target)
        before = _listed(sought.target, existing)
        after = set(before) | {"database {0}\n".format(sought.target)}
        if scene.known.plan is not None:
            if scene.request.on_existing is OnExisting.REPLACE:
                after = {"database {0}\n".format(sought.target)}
            after.update(_planned(sought.target, scene.known.plan))
        self.before.extend(before)
        self.after.extend(sorted(after))


_TOLD = (
    "datadir", "gtid_mode", "log_bin", "read_only", "super_read_only", "lower_case_table_names", "max_allowed_packet", "local_infile",
    "event_scheduler", "character_set_server", "collation_server",
)  # fmt: skip
# These say the same of every database.
_OF_THE_SERVER = ("read_only", "local_infile")
_IN_ORDER = {
    "complete": "the files that were read end as they should",
    "privileges": "the account has the privileges that these options need",
    "definers": "the definers of views, triggers, routines and events can be kept",
    "read_only": "the server takes writes",
    "gtid": "the GTID set of the dump can be treated as asked",
    "engines": "the server has the engines of the tables that were read",
    "encryption": "no table that was read needs a keyring that is not there",
    "charset": "the server knows the character sets and collations that were read",
    "sql_mode": "the server knows the sql_modes that were read",
    "words": "no word that is reserved here was seen as a name",
    "names": "names are as distinct here as in the dump",
    "packet": "the server takes the largest statement that was read",
    "local_infile": "rows can travel as LOAD DATA",
    "events": "no event starts to run by itself",
    "existing": "nothing is in the way",
    "version": "the server is of the series the backup was made on",
}


def _version(origin: Optional[Version], server: ServerState, params: Dict[str, Any]) -> List[Finding]:
    source = ""
    if origin is None or not origin.number:
        # The current version of the instance. The version in the dump, if known, is the one that made it.
        origin, source = Version.parse(params["engine_version"] or ""), " (as RDS reports for its instance)"
    series = server.version.series
    if not origin.number:
        return [messages.VERSION_UNKNOWN.found(series=series)]
    if origin.series == series and origin.mariadb == server.version.mariadb:
        return [Finding("version", OK, _IN_ORDER["version"] + source)]
    kind = messages.VERSION_CHANGED if params["allow_version_change"] else messages.VERSION
    return [kind.found(origin=origin.text + source, version=server.version.text, series=origin.series)]


def _replication(place: _InspectedServer) -> List[Finding]:
    if place.state.missing_privileges:
        return [messages.REPLICATION_UNKNOWN.found(privileges=", ".join(place.state.missing_privileges))]
    if place.state.is_replica:
        return [messages.IS_REPLICA.found()]
    return [Finding("replication", OK, "this server is no replica; {0} read from it".format(len(place.state.replicas)))]


def _local_folder(place: _InspectedServer, params: Dict[str, Any]) -> Optional[str]:
    """The server's datadir if it is on this host."""
    datadir = place.server.variables.get("datadir", "")
    here = params["login_unix_socket"] or (
        params["login_host"] in ("localhost", "127.0.0.1", "::1") and place.server.variables.get("hostname") == socket.gethostname()
    )
    return datadir if here and datadir and os.path.isdir(datadir) else None


def _is_there(path: str, size: int) -> bool:
    try:
        return os.path.getsize(path) == size
    except OSError:
        return False


def _shown(finding: Finding) -> Dict[str, Any]:
    """For a result, which reports show as it is."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in finding._asdict().items()}


def _described(backup: InspectedBackup) -> Dict[str, Any]:
    databases = []
    for sought in backup.sought:
        headers = [look.header for look in sought.looks]
        databases.append(
            {
                "name": sought.source,
                "target": sought.target,
                "files": [file.name for file in sought.files],
                "size": sum(file.size for file in sought.files),
                "sql_bytes": sought.sql_bytes,
                "read": "whole" if all(look.whole for look in sought.looks) else "ends",
                "tool": next((header.tool for header in headers if header.tool), None),
                "server_version": next((header.server_version for header in headers if header.server_version), None),
            }
        )
    return {"name": backup.name, "size": backup.size, "present": list(backup.present), "databases": databases}


def _listed(target: str, existing: Inventory) -> List[str]:
    if not existing.exists:
        return []
    names = ["table {0}".format(name) for name in existing.engines] + ["{0} {1}".format(what.lower(), name) for what, name in existing.keys]
    return sorted(["database {0}\n".format(target)] + ["{0}.{1}\n".format(target, printable(name)) for name in names])


def _planned(target: str, plan: LoadPlan) -> List[str]:
    names = ["table {0}".format(name_text(planned.name)) for planned in plan.tables if planned.create is not None]
    names += ["{0} {1}".format(made.what.lower(), name_text(made.name).lower()) for made in plan.objects + plan.triggers + plan.events]
    return ["{0}.{1}\n".format(target, printable(name)) for name in names]

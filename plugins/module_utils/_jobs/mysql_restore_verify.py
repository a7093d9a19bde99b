# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_restore_verify: compare a database with its expected contents."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

from .._failure import Failure
from .._finding import numbered, together
from .._load.connection_pool import most_workers
from .._load.ledger import Ledger, complete_entry
from .._load.signals import signals_as_exceptions
from .._progress import SILENT, Progress
from .._server.account import accounts_of, grants_of
from .._server.connection import Connection, connect
from .._server.existing import KINDS, ExistingTable, Inventory, existing_in, with_columns
from .._server.integrity import check_table, same_server, view_error
from .._server.server_info import Version, version_of
from .._server.table_contents import TableContents, begin_snapshot, count, count_and_server_checksum, count_and_sum, forms_of, settle
from .._table_patterns import selects, unmatched
from .._verify.compare import Comparison, FoundDatabase, compare, paired
from .._verify.expected import Expectation, changes_since_import, from_report, from_result, from_source, still_expected
from ._login_options import login_of
from ._run import JobContext
from ._worker_processes import Warn, in_processes

_SHOWN = 5
_COUNTED = ("objects", "objects_expected")
# What the account of the source needs, and what shows it objects of a kind.
_PRIVILEGES_AT_SOURCE = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "EXECUTE")
_SHOWN_BY = {"routines": "EXECUTE", "triggers": "TRIGGER", "events": "EVENT"}
Read = Callable[[Connection, str, ExistingTable], TableContents]


class DatabaseOnServer(NamedTuple):
    """A database on a server."""

    connection: Connection
    database: str
    inventory: Inventory


def job(call: JobContext) -> Dict[str, Any]:
    """Verify one database or several, and return the comparison.

    :raises Failure: there are problems, unless ``fail_on_problems`` is false.
    """
    if call.params["databases"]:
        return _several(call, call.params["databases"])
    if not call.params["database"]:
        raise Failure("database is empty", None, "Name the database to verify.")
    call.progress.about(call.params["database"])
    return _one(call)


def _several(call: JobContext, names: List[str]) -> Dict[str, Any]:
    """Verify all of them in several processes; if one has failed, fail at the end."""

    def verify(number: int, warn: Warn) -> Dict[str, Any]:
        params = dict(call.params, database=names[number], fail_on_problems=False, expected=_expected_of(call.params["expected"], names[number]))
        return _one(call._replace(params=params, warn=warn, progress=SILENT))

    results: Dict[int, Dict[str, Any]] = {}
    warned: List[Tuple[str, str]] = []
    call.progress.phase("verify")
    call.progress.databases(len(names))
    with signals_as_exceptions(), contextlib.closing(in_processes([1] * len(names), most_workers(), verify, lambda _number: None)) as ending:
        for outcome in ending:
            warned.extend((names[outcome.number], warning) for warning in outcome.warnings)
            failure = outcome.failure
            results[outcome.number] = outcome.result if failure is None else {"database": names[outcome.number], "ok": False, "problems": [str(failure)]}
            call.progress.database()
    for warning in together(warned):
        call.warn(warning)
    databases = [results[number] for number in range(len(names))]
    _refuse_if_empty(databases, call.params)
    problems = together((found["database"], problem) for found in databases for problem in found["problems"])
    result = {"changed": False, "databases": databases, "ok": not problems, "problems": problems}
    if problems and call.params["fail_on_problems"]:
        bad = sum(not found["ok"] for found in databases)
        what = "{0} of {1} databases differ from what is expected. {2}".format(bad, len(names), numbered(problems[:_SHOWN]))
        raise Failure(what, None, "The result key problems lists all of them." if len(problems) > _SHOWN else None, **result)
    return result


def _expected_of(expected: Any, name: str) -> Any:
    """The part of the result of mysql_sql_import about the database ``name``."""
    if expected is None:
        return None
    for database in expected["databases"] if isinstance(expected, dict) and isinstance(expected.get("databases"), list) else ():
        if isinstance(database, dict) and database.get("target") == name:
            return database
    raise Failure("expected does not contain the database {0}".format(name), None, "Specify the result of mysql_sql_import for several databases.")


def _one(call: JobContext) -> Dict[str, Any]:
    """Verify ``database``."""
    params = call.params
    with contextlib.ExitStack() as closing:
        target = _open(_connection(closing, params), params["database"], params)
        version = version_of(target.connection)
        if params["source"] is not None:
            expected, contents, checks = _against_source(closing, target, params, call.progress)
        else:
            expected = _expectation(target.connection, params)
            checks = _checked(target, call.progress)
            contents = _read(target, _reading(expected, version, checksum=params["checksum"]), call.progress)
        broken = {made.name: view_error(target.connection, target.database, made.name) for made in target.inventory.objects if made.kind == "views"}
        accounts = accounts_of(target.connection)
    if accounts is None and target.inventory.objects:
        what = "This account cannot read mysql.user, so the definers of views, routines, triggers and events were not checked."
        call.warn(what + " Grant it SELECT on mysql.user to check them.")
    _warn_of_gaps(call, target, expected)
    found = FoundDatabase(target.inventory, checks, contents, {name: error for name, error in broken.items() if error is not None}, accounts)
    comparison = compare(found, expected)
    result = _result(target, expected, found, comparison, version)
    if not params["databases"]:
        _refuse_if_empty([result], params)
    if comparison.problems and params["fail_on_problems"]:
        raise _failure(target, comparison, result)
    return result


def _warn_of_gaps(call: JobContext, target: DatabaseOnServer, expected: Expectation) -> None:
    """Warn if nothing can be compared, a pattern selects nothing, or the ledger lacks the number of rows of a table."""
    params, names = call.params, _names(target, expected)
    # A pattern for several databases need not match in each.
    patterns = unmatched(params["tables"] or (), names) if not params["databases"] else []
    if patterns:
        call.warn("tables has {0}, which matches no table or view of {1}.".format(_listed(patterns), target.database))
    elif params["exclude_tables"] and not params["tables"] and not names:
        call.warn("exclude_tables matches every table and view of {0}, so nothing was compared.".format(target.database))
    elif expected.changed_by:
        text = "{0} was changed after its import ({1}), so nothing was compared: tables, views and definers were only checked for errors."
        call.warn(text.format(target.database, "; ".join(expected.changed_by)) + " To compare it with a live server, give source.")
    elif params["expected"] and not expected.tables:
        call.warn("expected names no table, so nothing was compared: tables, views and definers were only checked for errors.")
    if expected.hidden:
        text = "The {0} of {1} were not all compared, because the source hides them from its account. Grant it {2} on the database there."
        kinds = " and ".join(part for part in (", ".join(expected.hidden[:-1]), expected.hidden[-1]) if part)
        call.warn(text.format(kinds, target.database, ", ".join(_SHOWN_BY[kind] for kind in expected.hidden)))
    unknown = [table.name for table in expected.tables if table.rows is None] if expected.origin == "ledger" else []
    if unknown:
        text = "The rows of {0} in {1} were not compared, because the ledger does not have their number: the import ran with verify: none."
        call.warn(text.format(_listed(unknown), target.database))


def _names(target: DatabaseOnServer, expected: Expectation) -> List[str]:
    """The names of tables and views, as far as ``tables`` and ``exclude_tables`` select them."""
    inventories = [target.inventory] + ([expected.inventory] if expected.inventory else [])
    views = [made.name for inventory in inventories for made in inventory.objects if made.kind == "views"]
    return views + [table.name for table in target.inventory.tables + expected.tables]


def _refuse_if_empty(results: List[Dict[str, Any]], params: Dict[str, Any]) -> None:
    """Refuse a limit that selects nothing at all: a misspelled name would verify nothing.

    :raises Failure: ``tables`` selects no table and no view in any database.
    """
    if params["tables"] and not any("tables" not in found or found["tables"] or any(found[key].get("views") for key in _COUNTED) for found in results):
        what = "tables selects no table or view of {0}".format(_listed([found["database"] for found in results]))
        raise Failure(what, None, "Check the names and patterns in tables and exclude_tables: {0}.".format(_listed(params["tables"])))


def _listed(names: List[str]) -> str:
    """The first names for a message."""
    return ", ".join(names[:_SHOWN]) + (" and {0} more".format(len(names) - _SHOWN) if len(names) > _SHOWN else "")


def _connection(closing: contextlib.ExitStack, params: Dict[str, Any]) -> Connection:
    connection = connect(login_of(params))
    closing.callback(connection.close)
    settle(connection)
    return connection


def _open(connection: Connection, database: str, params: Dict[str, Any]) -> DatabaseOnServer:
    inventory = existing_in(connection, database, Ledger(database, database).tables)
    if not inventory.exists:
        raise Failure(
            "The database {0} does not exist, or the account cannot see it".format(database), "server {0}".format(connection.address), "Check its name."
        )
    inventory = with_columns(connection, database, inventory)
    return DatabaseOnServer(connection, database, inventory.only(_wanted(params)) if _filtered(params) else inventory)


def _filtered(params: Dict[str, Any]) -> bool:
    return bool(params["tables"] or params["exclude_tables"])


def _wanted(params: Dict[str, Any]) -> Callable[[str], bool]:
    return lambda name: selects(name, params["tables"] or (), params["exclude_tables"] or ())


def _expectation(connection: Connection, params: Dict[str, Any]) -> Expectation:
    if params["expected"] is None:
        entry = complete_entry(connection, params["database"], params["ledger_database"])
        changes = changes_since_import(entry.report, params["database"])
        expected = from_report(entry.report, some_tables=bool(entry.settings.get("tables") or entry.settings.get("exclude_tables")))
    else:
        given = params["expected"]
        if isinstance(given, dict) and "tables" not in given and isinstance(given.get("databases"), list):
            given = _expected_of(given, params["database"])
        changes = changes_since_import(given, params["database"])
        expected = from_result(given)
    if changes:
        return Expectation(expected.origin, changed_by=changes)
    if not params["checksum"]:
        expected = expected._replace(tables=tuple(table._replace(checksum=None) for table in expected.tables))
    if _filtered(params):
        # Numbers of objects are those of the whole database.
        wanted = _wanted(params)
        expected = expected._replace(tables=tuple(table for table in expected.tables if wanted(table.name)), counts={})
    return expected


def _reading(expected: Expectation, version: Version, *, checksum: bool) -> Read:
    """How to read a table without a source.

    :raises Failure: the expectation has no checksum of a table, or another series has made them, whose CHECKSUM TABLE may differ for the same data.
    """
    if not checksum:
        return lambda connection, database, table: count(connection, database, table.name)
    if expected.changed_by:
        what = "The checksums are those of the import, and the database was changed since: {0}".format("; ".join(expected.changed_by))
        raise Failure(what, None, "Omit checksum, or give source.")
    unknown = [table.name for table in expected.tables if table.checksum is None]
    if unknown and len(unknown) < len(expected.tables):
        what = "There is no checksum of {0} to compare with".format(_listed(unknown))
        raise Failure(what, None, "Import with verify: checksum, give source, exclude these tables (exclude_tables), or omit checksum.")
    if unknown or not expected.tables and expected.origin != "ledger":
        raise Failure("There are no checksums to compare with", None, "Import with verify: checksum, give source, or omit checksum.")
    if expected.version and Version.parse(expected.version).series != version.series:
        text = "The checksums were computed by MySQL {0}, but this is {1}, whose CHECKSUM TABLE may differ for the same data"
        raise Failure(text.format(expected.version, version.text), None, "Omit checksum, or give source.")
    return lambda connection, database, table: count_and_server_checksum(connection, database, table.name)


def _checked(side: DatabaseOnServer, progress: Progress) -> Dict[str, Any]:
    progress.phase("check tables")
    progress.tables(len(side.inventory.tables))
    checks = {}
    for table in side.inventory.tables:
        checks[table.name] = check_table(side.connection, side.database, table.name)
        progress.table()
    return checks


def _against_source(
    closing: contextlib.ExitStack, target: DatabaseOnServer, params: Dict[str, Any], progress: Progress
) -> Tuple[Expectation, Dict[str, TableContents], Dict[str, Any]]:
    """Read both databases at the same time, each in one snapshot and with the same expressions."""
    database = params["source"]["database"] or target.database
    source = _open(_connection(closing, params["source"]), database, params)
    if target.database == source.database and same_server(target.connection, source.connection):
        raise Failure("source is the same database as the one to verify", "server {0}".format(source.connection.address), "Check the login in source.")
    hidden = _hidden_from(source, params)
    checks = _checked(target, progress)
    with ThreadPoolExecutor(2) as pool:
        readings = [
            pool.submit(_read, side, _summing(side, other) if params["checksum"] else _counting, shown)
            for side, other, shown in ((target, source, progress), (source, target, SILENT))
        ]
        contents, theirs = [reading.result() for reading in readings]
    return from_source(still_expected(source.inventory, target.inventory), theirs, hidden), contents, checks


def _hidden_from(source: DatabaseOnServer, params: Dict[str, Any]) -> Tuple[str, ...]:
    """The kinds of objects that are to be compared, and that the source does not show completely to its account.

    :raises Failure: it may not show all tables either.
    """
    names = source.inventory.engines.keys() | {made.name for made in source.inventory.objects if made.kind == "views"}
    grants = grants_of(source.connection)
    database = source.database.lower() if source.inventory.folds_case else source.database
    # Tables that are all named and found are visible through privileges on them.
    if not grants.has("SELECT", database) and not (params["tables"] and names.issuperset(params["tables"])):
        cure = "Grant it {0} on {1}.".format(", ".join(_PRIVILEGES_AT_SOURCE), source.database)
        what = "The account of the source may not read all tables of {0}, so it may have tables that were not compared".format(source.database)
        raise Failure(what, "server {0}".format(source.connection.address), cure)
    return tuple(kind for kind in grants.hidden_kinds(database) if kind == "triggers" or not _filtered(params))


def _counting(connection: Connection, database: str, table: ExistingTable) -> TableContents:
    return count(connection, database, table.name)


def _summing(side: DatabaseOnServer, other: DatabaseOnServer) -> Read:
    """Checksums over the columns that both tables have, in the same order."""
    theirs = {table.name: table for table in other.inventory.tables}
    folds = side.inventory.folds_case or other.inventory.folds_case
    pairs = paired(side.inventory.engines, theirs, folds=folds)

    def read(connection: Connection, database: str, table: ExistingTable) -> TableContents:
        partner = theirs.get(pairs.get(table.name, ""))
        if partner is None:
            return count(connection, database, table.name)
        forms = {name.lower(): form for name, form in forms_of(table.columns, partner.columns).items()}
        shared = sorted(set(forms) & {column.name.lower() for column in partner.columns})
        if not shared:
            return count(connection, database, table.name)
        return count_and_sum(connection, database, table.name, [forms[name] for name in shared])

    return read


def _read(side: DatabaseOnServer, read: Read, progress: Progress) -> Dict[str, TableContents]:
    begin_snapshot(side.connection)
    progress.phase("read tables")
    progress.tables(len(side.inventory.tables))
    contents = {}
    for table in side.inventory.tables:
        contents[table.name] = read(side.connection, side.database, table)
        progress.table()
    side.connection.run("COMMIT")
    return contents


def _result(target: DatabaseOnServer, expected: Expectation, found: FoundDatabase, comparison: Comparison, version: Version) -> Dict[str, Any]:
    return {
        "changed": False,
        "database": target.database,
        "expected_from": expected.origin,
        "tables": [dict(table._asdict()) for table in comparison.tables],
        "objects": {kind: target.inventory.count(kind) for kind in KINDS},
        "objects_expected": expected.counts,
        "broken_views": [{"name": name, "error": error} for name, error in sorted(found.broken_views.items())],
        "lost_definers": [{"definer": definer, "objects": names} for definer, names in sorted(comparison.lost_definers.items())],
        "unexpected": list(comparison.unexpected),
        "ok": not comparison.problems,
        "problems": list(comparison.problems),
        "server_version": version.text,
    }


def _failure(target: DatabaseOnServer, comparison: Comparison, result: Dict[str, Any]) -> Failure:
    problems = comparison.problems
    count = "{0} problems: ".format(len(problems)) if len(problems) > 1 else ""
    what = "{0} differs from what is expected. {1}{2}".format(target.database, count, numbered(problems[:_SHOWN]))
    cure = "The result key problems lists all of them." if len(problems) > _SHOWN else None
    return Failure(what, "server {0}".format(target.connection.address), cure, **result)

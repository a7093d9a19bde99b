# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The expected contents of a restored database, from an import's result, its ledger entry or a live source."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._server.existing import KINDS, Inventory
from .._server.table_contents import TableContents

_SHAPE = "Use the result of mysql_sql_import: its tables, or a dict with tables and objects."


class ExpectedTable(NamedTuple):
    """None means unknown. ``checksum`` comes from CHECKSUM TABLE, or from a live source. ``error``: why the live source cannot read the table."""

    name: str
    rows: Optional[int] = None
    engine: Optional[str] = None
    checksum: Optional[str] = None
    error: Optional[str] = None


class Expectation(NamedTuple):
    """``origin`` is expected, ledger or source. ``counts`` are numbers of objects, only of the kinds that are compared.
    ``inventory`` is that of a live source. ``version`` is the server that computed the checksums, empty if unknown.
    ``changed_by``: what has changed the database since its import. Then nothing of the import is expected.
    ``hidden``: the kinds of objects that the live source may not show completely to its account.
    """

    origin: str
    tables: Tuple[ExpectedTable, ...] = ()
    counts: Dict[str, int] = {}
    inventory: Optional[Inventory] = None
    version: str = ""
    changed_by: Tuple[str, ...] = ()
    hidden: Tuple[str, ...] = ()


def changes_since_import(report: Any, database: str) -> Tuple[str, ...]:
    """What has changed the ``database`` on purpose since the import with this result, as far as the result has it.

    :raises Failure: a change was interrupted, so the database is neither what was imported nor what was wanted.
    """
    files = (report.get("after_sql") if isinstance(report, dict) else None) or []
    roll = (report.get("rolled_forward") if isinstance(report, dict) else None) or {}
    if not isinstance(files, (list, tuple)) or not all(isinstance(file, dict) for file in files) or not isinstance(roll, dict):
        raise Failure("expected has an after_sql or a rolled_forward that no import returns", None, _SHAPE)
    for file in files:
        if file.get("state") == "begun":
            what = "The SQL file {0} was interrupted or failed in {1}, so part of its changes may have been made".format(file.get("name"), database)
            raise Failure(what, None, "Restore the database again (mysql_sql_import with on_existing: replace), then run the file again.")
    if roll and not roll.get("complete") and not roll.get("following"):
        raise Failure("A roll-forward of {0} was interrupted".format(database), None, "Run mysql_roll_forward again; it resumes.")
    changes = ["it follows a server or has followed one" if roll.get("following") else "it was rolled forward"] if roll else []
    if files:
        changes.append("mysql_restore_sql ran {0}".format(", ".join(str(file.get("name")) for file in files)))
    return tuple(changes)


def from_report(report: Any, *, some_tables: bool) -> Expectation:
    """The expectation from an import's result in the ledger. ``some_tables``: the import left tables out.

    It then also left out views that need such a table, so the number of views is meaningless.
    """
    expected = from_result(report)
    counts = {kind: count for kind, count in expected.counts.items() if not (some_tables and kind == "views")}
    return expected._replace(origin="ledger", counts=counts)


def from_result(given: Any) -> Expectation:
    """The expectation from a result of mysql_sql_import, its ``tables`` alone, or anything with that structure. Raises a Failure that names the error."""
    if isinstance(given, (list, tuple)):
        given = {"tables": given}
    if not isinstance(given, dict):
        raise Failure("expected has the wrong type: {0}".format(type(given).__name__), None, _SHAPE)
    tables = given.get("tables") or []
    objects = given.get("objects") or {}
    if not isinstance(tables, (list, tuple)):
        raise Failure("tables of expected has the wrong type: {0}".format(type(tables).__name__), None, _SHAPE)
    if not isinstance(objects, dict):
        raise Failure("objects of expected has the wrong type: {0}".format(type(objects).__name__), None, _SHAPE)
    strange = sorted(str(kind) for kind in objects if kind not in KINDS)
    if strange:
        raise Failure("objects of expected has unknown kinds: {0}".format(", ".join(strange)), None, "The kinds are {0}.".format(", ".join(KINDS)))
    counts = {str(kind): _number(value, "objects.{0}".format(kind)) for kind, value in objects.items() if value is not None}
    lasting = given.get("lasting_events")
    if lasting is not None and "events" in counts:
        # The server has not created the others, or drops them by itself.
        counts["events"] = min(counts["events"], _number(lasting, "lasting_events"))
    read = [_table(table, number) for number, table in enumerate(tables, 1)]
    return Expectation("expected", tuple(read), counts, inventory=None, version=str(given.get("server_version") or ""))


def from_source(inventory: Inventory, contents: Dict[str, TableContents], hidden: Tuple[str, ...] = ()) -> Expectation:
    """The expectation from a live server, whose account sees only some objects of the ``hidden`` kinds, or none."""
    found: List[ExpectedTable] = []
    for table in inventory.tables:
        held = contents.get(table.name, TableContents(None))
        found.append(ExpectedTable(table.name, held.rows, table.engine or None, held.checksum, held.error))
    counts = {kind: inventory.count(kind) for kind in KINDS if kind not in hidden}
    return Expectation("source", tuple(found), counts, inventory, hidden=hidden)


def still_expected(source: Inventory, found: Inventory) -> Inventory:
    """The ``source`` without the events that are not found and have had their last run: no server creates them, and one with an event scheduler drops them."""
    return source._replace(objects=tuple(made for made in source.objects if not made.ended or made.key in found.keys))


def _table(given: Any, number: int) -> ExpectedTable:
    if isinstance(given, str):
        return ExpectedTable(given)
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not given["name"]:
        raise Failure("Table {0} of expected has no name".format(number), None, _SHAPE)
    name = given["name"]
    rows = given.get("rows_expected")
    # Where the dump does not determine the number (INSERT IGNORE, a table with other rows), the import has counted the rows.
    rows = given.get("rows") if rows is None else rows
    checksum = given.get("checksum")
    return ExpectedTable(
        name,
        None if rows is None else _number(rows, "rows of table {0}".format(name)),
        str(given["engine"]) if given.get("engine") else None,
        None if checksum is None else str(checksum),
    )


def _number(value: Any, what: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if number < 0 or isinstance(value, bool):
        raise Failure("{0} of expected is not a number of 0 or more: {1!r}".format(what, value), None, "Use the number from the result of mysql_sql_import.")
    return number

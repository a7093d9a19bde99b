# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restored database should hold, as an import, its ledger or a live source says."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._load.ledger import DEFAULT_DATABASE, Ledger
from .._server.connection import Connection
from .._server.existing import KINDS, Inventory
from .._server.table_contents import Contents

_SHAPE = "Give what mysql_sql_import returned: its tables, or a dict with tables and objects."


class ExpectedTable(NamedTuple):
    """None where nothing is known. ``checksum`` is one of CHECKSUM TABLE, or of a live source."""

    name: str
    rows: Optional[int] = None
    engine: Optional[str] = None
    checksum: Optional[str] = None


class Expectation(NamedTuple):
    """``origin`` says who expects it. ``counts`` of objects have nothing for kinds that are not judged; ``inventory`` is a live source's.

    ``version`` is the server that made the checksums, empty where it is not known.
    """

    origin: str
    tables: Tuple[ExpectedTable, ...] = ()
    counts: Dict[str, int] = {}
    inventory: Optional[Inventory] = None
    version: str = ""


def from_ledger(connection: Connection, database: str, ledger_database: Optional[str]) -> Expectation:
    """What the last import of ``database`` noted. A Failure where there is none or it is unfinished."""
    names = [ledger_database] if ledger_database else [DEFAULT_DATABASE, database]
    where = "server {0}".format(connection.address)
    for name in names:
        entry = Ledger(name, database).read(connection)
        if entry is None:
            continue
        if entry.state != "complete":
            raise Failure("The import of {0} is not complete".format(database), where, "Run mysql_sql_import again, it goes on where it stopped.")
        expected = from_result(entry.report)
        if entry.settings.get("tables") or entry.settings.get("exclude_tables"):
            # Views that need a table that was left out were left out too, and only counted.
            expected.counts.pop("views", None)
        return expected._replace(origin="ledger")
    cure = "Give expected (the result of the import, or {} to check only what needs no expectation), source (a live server), or ledger_database."
    raise Failure("No ledger in {0} knows an import of {1}".format(" or ".join(names), database), where, cure)


def from_result(given: Any) -> Expectation:
    """From a result of mysql_sql_import, its ``tables`` alone, or anything of that shape. A Failure names what is wrong with it."""
    if isinstance(given, (list, tuple)):
        given = {"tables": given}
    if not isinstance(given, dict):
        raise Failure("expected is {0}".format(_kind(given)), None, _SHAPE)
    tables = given.get("tables") or []
    objects = given.get("objects") or {}
    if not isinstance(tables, (list, tuple)):
        raise Failure("tables of expected is {0}".format(_kind(tables)), None, _SHAPE)
    if not isinstance(objects, dict):
        raise Failure("objects of expected is {0}".format(_kind(objects)), None, _SHAPE)
    strange = sorted(str(kind) for kind in objects if kind not in KINDS)
    if strange:
        raise Failure("objects of expected knows no {0}".format(", ".join(strange)), None, "There are {0}.".format(", ".join(KINDS)))
    counts = {str(kind): _number(value, "objects.{0}".format(kind)) for kind, value in objects.items() if value is not None}
    read = [_table(table, number) for number, table in enumerate(tables, 1)]
    return Expectation("expected", tuple(read), counts, None, str(given.get("server_version") or ""))


def from_source(inventory: Inventory, contents: Dict[str, Contents]) -> Expectation:
    """From a live server. Tables it could not read are expected to be there, with what is known of them."""
    found: List[ExpectedTable] = []
    for table in inventory.tables:
        held = contents.get(table.name, Contents(None))
        found.append(ExpectedTable(table.name, held.rows, table.engine or None, held.checksum))
    return Expectation("source", tuple(found), {kind: inventory.count(kind) for kind in KINDS}, inventory)


def _table(given: Any, number: int) -> ExpectedTable:
    if isinstance(given, str):
        return ExpectedTable(given)
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not given["name"]:
        raise Failure("Table {0} of expected has no name".format(number), None, _SHAPE)
    name = given["name"]
    rows = given.get("rows_expected")
    # What an import leaves to the server (INSERT IGNORE) it has counted when it was done.
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
        raise Failure("{0} of expected is {1!r}".format(what, value), None, "It is a number of 0 or more.")
    return number


def _kind(value: Any) -> str:
    return "a {0}".format(type(value).__name__)

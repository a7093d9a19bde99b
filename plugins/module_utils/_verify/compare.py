# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the contents of a database with what is expected. Works on values and queries no server."""

from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from .._identifiers import quote_text
from .._server.existing import KINDS, ExistingProgram, ExistingTable, Inventory
from .._server.integrity import TableCheck
from .._server.table_contents import TableContents
from .expected import Expectation, ExpectedTable

_REPAIRABLE = frozenset(("MYISAM", "ARCHIVE", "CSV"))
# Importing a complete import again changes nothing, whatever on_existing is.
_AGAIN = "drop the database and import it again"
# Without this privilege information_schema shows an account none or only some objects of the kind.
_PRIVILEGES = {"views": "SHOW VIEW", "routines": "EXECUTE or SHOW_ROUTINE", "triggers": "TRIGGER", "events": "EVENT"}
_UNSEEN = "Check that the account sees them all (it needs {0}); otherwise {1}"
# Types that 8.0.11 renamed.
_RENAMED = {"geomcollection": "geometrycollection"}


class TableComparison(NamedTuple):
    """A table as found and as expected. ``rows`` is None if it is missing or cannot be read."""

    name: str
    rows: Optional[int]
    rows_expected: Optional[int]
    engine: str
    engine_expected: Optional[str]
    check: str
    checksum: Optional[str]
    checksum_expected: Optional[str]
    ok: bool


class FoundDatabase(NamedTuple):
    """The contents of the database. ``accounts`` is None if they could not be read; ``broken_views`` maps names to errors."""

    inventory: Inventory
    checks: Dict[str, TableCheck]
    contents: Dict[str, TableContents]
    broken_views: Dict[str, str]
    accounts: Optional[FrozenSet[str]]


class Comparison(NamedTuple):
    """``problems`` are sentences: what, where, and what to do. ``unexpected`` objects exist too, and are not a problem."""

    tables: Tuple[TableComparison, ...]
    lost_definers: Dict[str, List[str]]
    unexpected: Tuple[str, ...]
    problems: Tuple[str, ...]


def paired(names: Iterable[str], others: Iterable[str], *, folds: bool) -> Dict[str, str]:
    """The one of ``others`` that each name is: the same name, otherwise, if a server ``folds`` case, one that no name is exactly. Each is only one name's."""
    mine, theirs = set(names), set(others)
    pairs = {name: name for name in mine & theirs}
    left: Dict[str, List[str]] = {}
    for other in sorted(theirs - mine if folds else (), reverse=True):
        left.setdefault(other.lower(), []).append(other)
    for name in sorted(mine - theirs):
        if left.get(name.lower()):
            pairs[name] = left[name.lower()].pop()
    return pairs


def compare(found: FoundDatabase, expected: Expectation) -> Comparison:
    """Compare both. Names that differ only in case are equal if one of the servers treats them as equal."""
    folds = found.inventory.folds_case or (expected.inventory is not None and expected.inventory.folds_case)
    present = {table.name: table for table in found.inventory.tables}
    wanted = {table.name: table for table in expected.tables}
    source = {table.name: table for table in expected.inventory.tables} if expected.inventory else {}
    pairs = paired(present, wanted, folds=folds)
    missing = set(wanted).difference(pairs.values())
    problems: List[str] = []
    tables: List[TableComparison] = []
    for name, is_missing in sorted([(name, False) for name in present] + [(name, True) for name in missing]):
        other = name if is_missing else pairs.get(name, "")
        compared, wrong = _table(None if is_missing else present[name], wanted.get(other), found, source.get(other))
        tables.append(compared)
        problems.extend(wrong)
    unexpected = [name for name in sorted(present) if name not in pairs] if expected.tables or expected.inventory else []
    if expected.inventory is not None:
        lost_objects, others = _objects(found.inventory, expected.inventory, folds=folds)
        problems.extend(_missing(made) for made in lost_objects)
        unexpected.extend(_called(made) for made in others if made.kind not in expected.hidden)
    else:
        problems.extend(_too_few(kind, found.inventory.count(kind), expected.counts[kind]) for kind in KINDS if _has_too_few(kind, found, expected))
    lost = lost_definers(found.inventory, found.accounts)
    for view, error in sorted(found.broken_views.items()):
        # A lost definer is one problem for all objects that it defines, added below.
        if not any("view {0}".format(view) in names for names in lost.values()):
            problems.append("view {0} cannot be read: {1}. Restore what it refers to, or drop it".format(view, error.rstrip(".")))
    for definer, names in sorted(lost.items()):
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        problems.append("this server has no account {0}: {1} fail(s) when used (error 1449). Create it, or import with definer: current".format(definer, shown))
    return Comparison(tuple(tables), lost, tuple(unexpected), tuple(problems))


def _objects(found: Inventory, source: Inventory, *, folds: bool) -> Tuple[List[ExistingProgram], List[ExistingProgram]]:
    """The objects that only the source has, and those that only the database has."""
    missing: List[ExistingProgram] = []
    others: List[ExistingProgram] = []
    for kind in sorted(KINDS):
        mine, theirs = ({made.name: made for made in inventory.objects if made.kind == kind} for inventory in (found, source))
        pairs = paired(mine, theirs, folds=folds)
        missing.extend(theirs[name] for name in sorted(set(theirs).difference(pairs.values())))
        others.extend(mine[name] for name in sorted(set(mine).difference(pairs)))
    return missing, others


def lost_definers(inventory: Inventory, accounts: Optional[FrozenSet[str]]) -> Dict[str, List[str]]:
    """Definers without an account, with the objects they define. An object that runs with the caller's privileges needs none."""
    lost: Dict[str, List[str]] = {}
    for made in inventory.objects if accounts is not None else ():
        if made.as_definer and accounts is not None and made.definer not in accounts:
            lost.setdefault(made.definer, []).append(_called(made))
    return lost


def _table(
    table: Optional[ExistingTable], wanted: Optional[ExpectedTable], found: FoundDatabase, source: Optional[ExistingTable]
) -> Tuple[TableComparison, List[str]]:
    wanted_rows, wanted_engine, wanted_checksum = (wanted.rows, wanted.engine, wanted.checksum) if wanted else (None, None, None)
    if table is None:
        name = wanted.name if wanted else ""
        missing = TableComparison(name, None, wanted_rows, "", wanted_engine, "", None, wanted_checksum, ok=False)
        return missing, ["table {0} is missing. Run mysql_sql_import again as before: it restores missing tables".format(name)]
    check = found.checks.get(table.name, TableCheck("", ok=True))
    held = found.contents.get(table.name, TableContents(None))
    problems = []
    if not check.ok:
        cure = "REPAIR TABLE may help" if table.engine.upper() in _REPAIRABLE else "See the server's error log"
        problems.append("table {0} is damaged: {1}. {2}, or {3}".format(table.name, check.text.rstrip("."), cure, _AGAIN))
    elif held.error is not None:
        problems.append("table {0} cannot be read: {1}. See the server's error log, or {2}".format(table.name, held.error.rstrip("."), _AGAIN))
    if wanted is not None and wanted.error is not None:
        text = "table {0} was not compared, because the source cannot read it: {1}. Check it there, or exclude it (exclude_tables)"
        problems.append(text.format(table.name, wanted.error.rstrip(".")))
    if wanted_engine and table.engine and table.engine.upper() != wanted_engine.upper():
        text = "table {0} has the engine {1}, expected {2}. Run ALTER TABLE {3} ENGINE={2}, if the server has that engine"
        problems.append(text.format(table.name, table.engine, wanted_engine, quote_text(table.name)))
    if None not in (held.rows, wanted_rows) and held.rows != wanted_rows:
        problems.append(
            "table {0} has {1} row(s), expected {2}. Check that nothing writes to it; otherwise {3}".format(table.name, held.rows, wanted_rows, _AGAIN)
        )
    elif None not in (held.checksum, wanted_checksum) and held.checksum != wanted_checksum:
        problems.append(
            "table {0} has the expected number of rows, but different values. Check that nothing writes to it; otherwise {1}".format(table.name, _AGAIN)
        )
    if source is not None:
        problems.extend(_columns(table, source))
    compared = TableComparison(table.name, held.rows, wanted_rows, table.engine, wanted_engine, check.text, held.checksum, wanted_checksum, ok=not problems)
    return compared, problems


def _columns(table: ExistingTable, source: ExistingTable) -> List[str]:
    mine, theirs = ({column.name.lower(): column for column in side.columns} for side in (table, source))
    differences = ["{0} is missing".format(theirs[name].name) for name in theirs if name not in mine]
    differences.extend("{0} is not in the source".format(mine[name].name) for name in mine if name not in theirs)
    for name in (name for name in mine if name in theirs):
        here, there = (_RENAMED.get(column.type, column.type) for column in (mine[name], theirs[name]))
        if here != there:
            differences.append("{0} is {1}, in the source {2}".format(mine[name].name, here, there))
    if not differences:
        return []
    return ["the columns of table {0} differ from the source: {1}. {2}".format(table.name, "; ".join(differences), _AGAIN.capitalize())]


def _has_too_few(kind: str, found: FoundDatabase, expected: Expectation) -> bool:
    return found.inventory.count(kind) < expected.counts.get(kind, 0)


def _too_few(kind: str, present: int, wanted: int) -> str:
    return "{0} of {1} {2} exist. {3}".format(present, wanted, kind, _UNSEEN.format(_PRIVILEGES[kind], _AGAIN))


def _missing(made: ExistingProgram) -> str:
    return "{0} is missing. {1}".format(_called(made), _UNSEEN.format(_PRIVILEGES[made.kind], _AGAIN))


def _called(made: ExistingProgram) -> str:
    if made.kind == "routines":
        return made.name
    return "{0} {1}{2}".format(made.kind[:-1], made.name, " on {0}".format(made.table) if made.table else "")

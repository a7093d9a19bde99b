# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a database contains: tables, views, routines, triggers and events."""

import re
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._identifiers import hex_literal, quote_text
from .connection import LOST, Connection, ServerError
from .crash_leftovers import file_name_of, name_of_file

KINDS = ("views", "routines", "triggers", "events")
# RDS adds an invisible key column to tables without a primary key.
HIDDEN_COLUMN = "__#alibaba_rds_row_id#__"


class ExistingColumn(NamedTuple):
    """``type`` is information_schema's DATA_TYPE. ``charset`` is None for columns that hold no text."""

    name: str
    type: str
    charset: Optional[str]


class ExistingTable(NamedTuple):
    """A base table. ``engine`` is empty if the server cannot open it. ``columns`` is filled by :func:`with_columns`, the rest by :func:`with_marks`.

    ``created`` is when it was created or changed, in seconds since 1970, "-" if the server does not know it, empty if it cannot open the table.
    ``ids`` are the InnoDB IDs of the table and its partitions: a table that is dropped and created again, or rebuilt, gets new ones.
    """

    name: str
    engine: str
    columns: Tuple[ExistingColumn, ...] = ()
    created: str = "-"
    ids: str = "-"

    @property
    def mark(self) -> str:
        """Distinguishes this table from one with the same name that somebody else creates in its place."""
        return "{0} {1}".format(self.ids, self.created)


class ExistingProgram(NamedTuple):
    """A view, routine, trigger or event.

    The name of a routine starts with its type: ``procedure p``. ``table`` is set for triggers. ``as_definer``: it runs with the
    definer's privileges. ``expires``: an event that the server drops after its last run; ``ended``: the time of that run has passed. ``any_case``: the
    server finds a trigger by its name in any case.
    """

    kind: str
    name: str
    definer: str
    as_definer: bool = True
    table: Optional[str] = None
    expires: bool = False
    any_case: bool = True
    ended: bool = False

    @property
    def what(self) -> str:
        """The word after CREATE."""
        return self.name.partition(" ")[0].upper() if self.kind == "routines" else self.kind[:-1].upper()

    @property
    def own_name(self) -> str:
        """The name as stored by the server."""
        return self.name.partition(" ")[2] if self.kind == "routines" else self.name

    @property
    def key(self) -> Tuple[str, str]:
        """The word after CREATE, and the name, in lower case if the server finds it so. The name of a view is one of a table: as the server stores it."""
        return self.what, self.own_name if self.kind == "views" or not self.any_case else self.own_name.lower()


class ProgramText(NamedTuple):
    """The text of a view, trigger or routine, None if this account cannot see it. For ``definer`` and ``as_definer`` see :class:`ExistingProgram`."""

    definer: str
    as_definer: bool
    text: Optional[str]


class Inventory(NamedTuple):
    """Everything in a database that this account can see. ``folds_case``: the server ignores case in table names."""

    tables: Tuple[ExistingTable, ...]
    objects: Tuple[ExistingProgram, ...]
    folds_case: bool = False
    exists: bool = True

    @property
    def empty(self) -> bool:
        """Whether an import could not collide with anything."""
        return not (self.tables or self.objects)

    @property
    def engines(self) -> Dict[str, str]:
        """The engine of each table, by table name."""
        return {table.name: table.engine for table in self.tables}

    @property
    def names(self) -> List[str]:
        """Names of tables, views, routines and events, for a message."""
        return [table.name for table in self.tables] + [made.name for made in self.objects if made.kind != "triggers"]

    @property
    def keys(self) -> FrozenSet[Tuple[str, str]]:
        """The keys of all objects."""
        return frozenset(made.key for made in self.objects)

    @property
    def lasting_keys(self) -> FrozenSet[Tuple[str, str]]:
        """The keys of all objects that the server does not drop by itself."""
        return frozenset(made.key for made in self.objects if not made.expires)

    def count(self, kind: str) -> int:
        """How many objects of a kind there are."""
        return sum(made.kind == kind for made in self.objects)

    def only(self, wanted: Callable[[str], bool]) -> "Inventory":
        """Only the tables and views with a ``wanted`` name, and the triggers of such tables; no routines, no events."""
        kept = tuple(made for made in self.objects if made.kind in ("views", "triggers") and wanted(made.table or made.name))
        return self._replace(tables=tuple(table for table in self.tables if wanted(table.name)), objects=kept)


def names_in(connection: Connection, databases: Sequence[str]) -> Dict[str, Inventory]:
    """The names of everything in these databases, with five queries per 500 databases. A database that does not exist is left out."""
    found = set()
    tables: Dict[str, List[ExistingTable]] = {}
    objects: Dict[str, List[ExistingProgram]] = {}
    for at in range(0, len(databases), 500):
        group = databases[at : at + 500]
        for query, kind in _NAMES:
            for schema, name, what in connection.rows(query.format(", ".join(["%s"] * len(group))), group):
                found.add(str(schema))
                if kind == "schemas":
                    continue
                if kind != "tables":
                    words = "{0} {1}".format(str(what).lower(), name) if kind == "routines" else str(name)
                    objects.setdefault(str(schema), []).append(ExistingProgram(kind, words, ""))
                elif what == "VIEW":
                    objects.setdefault(str(schema), []).append(ExistingProgram("views", str(name), ""))
                else:
                    tables.setdefault(str(schema), []).append(ExistingTable(str(name), ""))
    return {schema: Inventory(tuple(tables.get(schema, ())), tuple(objects.get(schema, ()))) for schema in found}


_NAMES = (
    ("SELECT SCHEMA_NAME, '', '' FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ({0})", "schemas"),
    ("SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({0})", "tables"),
    ("SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA IN ({0})", "routines"),
    ("SELECT TRIGGER_SCHEMA, TRIGGER_NAME, '' FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ({0})", "triggers"),
    ("SELECT EVENT_SCHEMA, EVENT_NAME, '' FROM information_schema.EVENTS WHERE EVENT_SCHEMA IN ({0})", "events"),
)


def table_in(connection: Connection, database: str, name: str) -> Optional[ExistingTable]:
    """The table with this name and its ID, without columns; None if it does not exist."""
    words = [_literal(word) for word in (database, name)]
    query = "SELECT ENGINE, UNIX_TIMESTAMP(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {0} AND TABLE_NAME = {1}"
    for engine, created in connection.texts(query.format(*words)):
        return ExistingTable(name, str(engine or ""), (), _seconds(created), _table_ids(connection, database, (name,)).get(name, "-"))
    return None


def _seconds(created: Optional[int]) -> str:
    return "-" if created is None else str(int(created))


def existing_in(connection: Connection, database: str, ignore: FrozenSet[str] = frozenset()) -> Inventory:
    """What this account sees in ``database``, without columns; tables named in ``ignore`` (the ledger's) are left out."""
    state = "SELECT @@lower_case_table_names, (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s), 0 /*!80000 + 1 */"
    folds, exists, is_new = map(int, connection.rows(state, (database,))[0])
    if not exists:
        return Inventory((), (), bool(folds), exists=False)
    tables, views = tables_and_views(connection, database)
    # Before 8.0, each trigger has a file.
    objects = _views(connection, database, views) + _programs(connection, database, any_case=bool(is_new or folds == 1))
    return Inventory(tuple(table for table in tables if table.name not in ignore), tuple(objects), bool(folds))


def tables_and_views(connection: Connection, database: str) -> Tuple[List[ExistingTable], List[str]]:
    """The tables in ``database``, without columns, and the names of its views."""
    # With other columns, servers before 8.0 would leave out a table that a crash has damaged.
    found = connection.rows("SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME", (database,))
    tables = [ExistingTable(str(name), str(engine or "")) for name, kind, engine in found if kind != "VIEW"]
    return tables, [str(row[0]) for row in found if row[1] == "VIEW"]


def with_columns(connection: Connection, database: str, found: Inventory) -> Inventory:
    """``found`` with the columns of each table, in order."""
    columns: Dict[str, List[ExistingColumn]] = {}
    for table, name, kind, charset in connection.rows(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s ORDER BY ORDINAL_POSITION",
        (database,),
    ):
        if name != HIDDEN_COLUMN:
            columns.setdefault(str(table), []).append(ExistingColumn(str(name), str(kind).lower(), None if charset is None else str(charset)))
    return found._replace(tables=tuple(table._replace(columns=tuple(columns.get(table.name, ()))) for table in found.tables))


def with_marks(connection: Connection, database: str, tables: Sequence[ExistingTable]) -> List[ExistingTable]:
    """The tables with their times of creation and, if this account may see them (PROCESS), the IDs of InnoDB tables or tablespaces."""
    query = "SELECT TABLE_NAME, UNIX_TIMESTAMP(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    times = {str(name): _seconds(created) for name, created in connection.rows(query, (database,))}
    ids = _table_ids(connection, database, [table.name for table in tables])
    return [table._replace(created=times.get(table.name, ""), ids=ids.get(table.name, "-")) for table in tables]


def _table_ids(connection: Connection, database: str, names: Sequence[str]) -> Dict[str, str]:
    """IDs that distinguish the InnoDB tables ``names`` from others with the same names; empty if this account cannot see them.

    From 8.0 on, the IDs of their tablespaces, which a query finds at once; to read INNODB_TABLES, the server would open every table that it has.
    Before 8.0, the IDs of the tables.
    """
    # "0" comes after "/", and "$" after the "#" of a partition. A name in hexadecimal digits is the same in every character set of a session.
    range_of = ("/" + names[0], "/" + names[0] + "$") if len(names) == 1 else "/0"
    first, last = (_literal(database + end) for end in range_of)
    query = "SELECT HEX(CONVERT(NAME USING utf8)), SPACE FROM information_schema.INNODB_TABLESPACES_BRIEF WHERE NAME >= {0} AND NAME < {1}"
    rows = _rows_if_allowed(connection, query.format(first, last))
    if rows is not None:
        prefix, known = database + "/", set(names)
        spaces = [(bytes.fromhex(name).decode("utf-8", "replace"), int(number)) for name, number in rows]
        return _joined((_without_partition(name[len(prefix) :], known), number) for name, number in spaces if name.startswith(prefix))
    prefix = file_name_of(database) + "/"
    files = {file_name_of(name): name for name in names}
    start = prefix + "".join(files if len(files) == 1 else ())
    query = "SELECT NAME, TABLE_ID FROM information_schema.INNODB_SYS_TABLES WHERE LEFT(NAME, {0}) = '{1}'".format(len(start), start)
    # A partition is named t#P#p.
    # The server finds both the databases Shop and shop.
    own = [(name[len(prefix) :].partition("#")[0], number) for name, number in _rows_if_allowed(connection, query) or () if name.startswith(prefix)]
    return _joined((files[file], number) for file, number in own if file in files)


def _rows_if_allowed(connection: Connection, query: str) -> Optional[Sequence[Tuple[Any, ...]]]:
    """The rows; None if this server does not have the table, or this account cannot read it."""
    try:
        return connection.texts(query)
    except ServerError as error:
        if error.code in LOST:
            raise
        return None


def _without_partition(name: str, known: Set[str]) -> str:
    """The name of the table of a tablespace, which is called t#p#p0 for a partition."""
    return name if name in known else re.split("#p#", name, maxsplit=1, flags=re.I)[0]


def _joined(numbers: Iterable[Tuple[str, int]]) -> Dict[str, str]:
    ids: Dict[str, List[str]] = {}
    for name, number in numbers:
        ids.setdefault(name, []).append(str(number))
    return {name: ",".join(sorted(found))[:900] for name, found in ids.items()}


def _literal(word: str) -> str:
    """A string literal for a query."""
    return "CONVERT({0} USING utf8)".format(hex_literal(word))


def create_statement(connection: Connection, what: str, database: str, name: str) -> Tuple[Optional[str], Optional[str]]:
    """The sql_mode and the text from SHOW CREATE of a table or object; the text is None if the account cannot see it."""
    try:
        row = connection.rows("SHOW CREATE {0} {1}".format(what, quote_text(database, name)))[0]
    except ServerError as error:
        if error.code in LOST:
            raise
        return None, None
    if what in ("VIEW", "TABLE"):
        return None, row[1]
    return row[1], row[3 if what == "EVENT" else 2]


def program_texts(connection: Connection, database: str) -> List[ProgramText]:
    """The texts of all views, triggers and routines of ``database`` that this account can see."""
    found = [row for query in _TEXTS for row in connection.rows(query, (database,))]
    return [ProgramText(str(definer), security != "INVOKER", str(text) if text else None) for definer, security, text in found]


_TEXTS = (
    "SELECT DEFINER, SECURITY_TYPE, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s",
    "SELECT DEFINER, 'DEFINER', ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s",
    "SELECT DEFINER, SECURITY_TYPE, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s",
)


def character_set_clause(connection: Connection, database: str) -> str:
    """The default character set and collation of ``database``, as options of CREATE DATABASE."""
    query = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    return "CHARACTER SET {0} COLLATE {1}".format(*(quote_text(str(name)) for name in connection.rows(query, (database,))[0]))


def encryption_clause(connection: Connection, database: str) -> str:
    """The default encryption of ``database``, as an option of CREATE DATABASE; empty if it does not exist, and before 8.0.16."""
    query = "SELECT SCHEMA_NAME /*!80016 , DEFAULT_ENCRYPTION */ FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    found = [row[1] for row in connection.rows(query, (database,)) if len(row) > 1]
    return "ENCRYPTION = '{0}'".format("Y" if found[0] == "YES" else "N") if found else ""


def referring_databases(connection: Connection, database: str) -> List[str]:
    """Other databases with foreign keys to tables of ``database``.

    KEY_COLUMN_USAGE shows only tables on which this account has a privilege; with PROCESS, InnoDB shows the keys of all its tables.
    """
    # The server may find both the databases Shop and shop.
    query = "SELECT DISTINCT TABLE_SCHEMA, REFERENCED_TABLE_SCHEMA, @@lower_case_table_names FROM information_schema.KEY_COLUMN_USAGE"
    found = list(connection.rows(query + " WHERE REFERENCED_TABLE_SCHEMA = %s", (database,)))
    # Before 8.0, InnoDB has the names of files.
    for table, own, plain in ("INNODB_FOREIGN", database, str), ("INNODB_SYS_FOREIGN", file_name_of(database), name_of_file):
        query = "SELECT FOR_NAME, REF_NAME, @@lower_case_table_names FROM information_schema.{0} WHERE LEFT(REF_NAME, {1}) = {2}"
        rows = _rows_if_allowed(connection, query.format(table, len(own) + 1, "_utf8 " + hex_literal(own + "/"))) or ()
        found.extend((plain(name.partition("/")[0]), plain(referred[: len(own)]), folds) for name, referred, folds in rows)
    return sorted({str(name) for name, referred, folds in found if _same(referred, database, folds) and not _same(name, database, folds)})


def _same(name: str, other: str, lower_case_table_names: int) -> bool:
    """Whether both are the name of one database."""
    return name == other or bool(lower_case_table_names) and name.lower() == other.lower()


def hidden_routines(connection: Connection, database: str) -> List[str]:
    """The routines of ``database`` whose text this account cannot see."""
    query = "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s AND ROUTINE_DEFINITION IS NULL AND ROUTINE_BODY = 'SQL'"
    return sorted(str(row[0]) for row in connection.rows(query, (database,)))


def _views(connection: Connection, database: str, names: List[str]) -> List[ExistingProgram]:
    """The views. information_schema.VIEWS shows definers only to accounts with SHOW VIEW; without it they stay unknown."""
    query = "SELECT TABLE_NAME, DEFINER, SECURITY_TYPE FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
    known = {str(name): (str(definer), security != "INVOKER") for name, definer, security in (connection.rows(query, (database,)) if names else ())}
    return [ExistingProgram("views", name, *known.get(name, ("", False))) for name in names]


def _programs(connection: Connection, database: str, *, any_case: bool) -> List[ExistingProgram]:
    """The routines, triggers and events. ``any_case``: the server ignores case in names of triggers."""
    found = []
    for kind, name, definer, security in connection.rows(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME, DEFINER, SECURITY_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s ORDER BY 1, 2", (database,)
    ):
        found.append(ExistingProgram("routines", "{0} {1}".format(str(kind).lower(), name), str(definer), as_definer=security != "INVOKER"))
    for name, definer, table in connection.rows(
        "SELECT TRIGGER_NAME, DEFINER, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s ORDER BY TRIGGER_NAME", (database,)
    ):
        found.append(ExistingProgram("triggers", str(name), str(definer), table=str(table), any_case=any_case))
    for name, definer, expires, ended in connection.rows(_EVENTS, (database,)):
        found.append(ExistingProgram("events", str(name), str(definer), expires=bool(expires), ended=bool(expires and ended)))
    return found


# The times are those of the time zone of the event.
_EVENTS = (
    "SELECT EVENT_NAME, DEFINER, COALESCE(EXECUTE_AT, ENDS) IS NOT NULL AND ON_COMPLETION <> 'PRESERVE',"
    " CONVERT_TZ(COALESCE(EXECUTE_AT, ENDS), TIME_ZONE, '+00:00') < UTC_TIMESTAMP()"
    " FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY EVENT_NAME"
)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Classify each statement of a dump by its words as the server parses them, never by the comments around it."""

from enum import Enum
from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple

from .exact_forms import excess_of, is_exact, is_of_replication
from .lexer import SHORT, Dialect, Token, UnclearText
from .repeated_tables import form_of
from .session_variables import GLOBAL_WITHOUT_EFFECT, Assignment, assignments
from .statement_splitter import Statement
from .table_clauses import takes_rows
from .tokens import QualifiedName, after_if_exists, name_at, tokens


class StatementKind(Enum):
    """The purpose of a statement. OTHER is a barrier: only its target is understood. FORBIDDEN may not run unless allowed, and
    UNCLEAR never, because it is not certain how the server parses it."""

    NOTHING = "nothing"
    SESSION = "session"
    GTID_PURGED = "gtid_purged"
    SQL_LOG_BIN = "sql_log_bin"
    DATABASE = "database"
    USE = "use"
    DATABASE_COLLATION = "database_collation"
    TABLE = "table"
    DROP_TABLE = "drop_table"
    ROWS = "rows"
    HISTOGRAM = "histogram"
    HOUSEKEEPING = "housekeeping"
    PREPARED = "prepared"
    VIEW = "view"
    DROP_VIEW = "drop_view"
    TRIGGER = "trigger"
    DROP_TRIGGER = "drop_trigger"
    ROUTINE = "routine"
    DROP_ROUTINE = "drop_routine"
    EVENT = "event"
    DROP_EVENT = "drop_event"
    REPLICATION = "replication"
    OTHER = "other"
    FORBIDDEN = "forbidden"
    UNCLEAR = "unclear"


class ClassifiedStatement(NamedTuple):
    """A statement with its kind. ``name`` is the object concerned, ``on`` the table of a trigger, ``changes`` the assignments of a SET.

    ``verb`` names the statement in messages; ``reason`` is why it is forbidden.
    """

    kind: StatementKind
    statement: Statement
    verb: str = ""
    name: Optional[QualifiedName] = None
    on: Optional[QualifiedName] = None
    changes: Tuple[Assignment, ...] = ()
    reason: str = ""


_OBJECTS = {
    b"VIEW": (StatementKind.VIEW, StatementKind.DROP_VIEW),
    b"TRIGGER": (StatementKind.TRIGGER, StatementKind.DROP_TRIGGER),
    b"PROCEDURE": (StatementKind.ROUTINE, StatementKind.DROP_ROUTINE),
    b"FUNCTION": (StatementKind.ROUTINE, StatementKind.DROP_ROUTINE),
    b"EVENT": (StatementKind.EVENT, StatementKind.DROP_EVENT),
    # Treated like a routine: a library is code without rows, used by functions.
    b"LIBRARY": (StatementKind.ROUTINE, StatementKind.DROP_ROUTINE),
}
# The first versions with these statements (MySQL 9.2 and 9.4 release notes).
_SINCE = {b"LIBRARY": (90200, "9.2"), b"DUALITY": (90400, "9.4")}
_FILES = "reads or writes files on the server"
_TRANSACTION = (b"COMMIT", b"BEGIN", b"START", b"UNLOCK", b"LOCK")
# These kinds are left out or interpreted, so each must be exactly one statement.
_INTERPRETED = frozenset(
    (
        StatementKind.USE, StatementKind.HOUSEKEEPING, StatementKind.DATABASE, StatementKind.DATABASE_COLLATION, StatementKind.DROP_TABLE,
        StatementKind.DROP_VIEW, StatementKind.DROP_TRIGGER, StatementKind.DROP_ROUTINE, StatementKind.DROP_EVENT,
    )
)  # fmt: skip
_NO_DELIMITER = "has more text than such a statement in a dump: if a delimiter is missing before it, the mysql client would fail with error 1064"


def classify(statement: Statement, dialect: Dialect) -> ClassifiedStatement:
    """Classify ``statement`` like a server that parses it in ``dialect``."""
    if statement.rows is not None:
        rows = statement.rows
        return ClassifiedStatement(StatementKind.ROWS, statement, "INSERT", QualifiedName(rows.schema, rows.table))
    form = form_of(statement.text)
    if form is not None or len(statement.text) <= SHORT:
        item = _repeated(statement.text if form is None else form.text, dialect)._replace(statement=statement)
        if form is None or item.name is None and item.kind is StatementKind.HOUSEKEEPING:
            return item
        if item.name == QualifiedName(schema=None, name=form.same_name):
            return item._replace(name=QualifiedName(schema=None, name=form.name))
    return _read(statement, dialect)


@lru_cache(maxsize=512)
def _repeated(text: bytes, dialect: Dialect) -> ClassifiedStatement:
    return _read(Statement(text, 0, 0, 0, None), dialect)


def _read(statement: Statement, dialect: Dialect) -> ClassifiedStatement:
    try:
        found = tokens(statement.text, dialect)
    except UnclearText as unclear:
        return ClassifiedStatement(StatementKind.UNCLEAR, statement, reason="has {0}, which servers may parse differently".format(unclear.what))
    if not found:
        return ClassifiedStatement(StatementKind.NOTHING, statement)
    item = _classified(statement, found, dialect)
    # A statement without a name, or with a dotted pair instead of a database, is refused for that reason.
    pair = item.kind in (StatementKind.USE, StatementKind.DATABASE) and item.name is not None and item.name.schema is not None
    named = (item.name is not None and not pair) or item.kind is StatementKind.HOUSEKEEPING
    interpreted = named and item.kind in _INTERPRETED and not item.verb.startswith("ALTER TABLE")
    if (interpreted or named and item.verb in ("DROP TABLE", "DROP DATABASE")) and not is_exact(found):
        return item._replace(kind=StatementKind.UNCLEAR, reason=_NO_DELIMITER)
    return item


def _classified(statement: Statement, found: List[Token], dialect: Dialect) -> ClassifiedStatement:
    verb = found[0].upper
    shown = " ".join(token.text.decode("utf-8", "replace") for token in found[:2]).upper()
    if verb == b"SET":
        return _set(statement, found, shown)
    if verb in (b"CREATE", b"DROP", b"ALTER"):
        return _definition(statement, found, verb, shown, dialect)
    if verb == b"SHOW" and is_exact(found):
        return ClassifiedStatement(StatementKind.HOUSEKEEPING, statement, shown)
    if verb in (b"CHANGE", b"START", b"STOP") and is_of_replication(found):
        return ClassifiedStatement(StatementKind.REPLICATION, statement, shown, reason="would configure, start or stop replication")
    if verb == b"USE":
        name, _after = name_at(found, 1)
        return ClassifiedStatement(StatementKind.USE, statement, "USE", name)
    if verb in _TRANSACTION:
        return _housekeeping(statement, found, verb, shown)
    if verb in (b"INSERT", b"REPLACE", b"UPDATE", b"DELETE", b"TRUNCATE", b"ANALYZE", b"OPTIMIZE", b"CHECK", b"RENAME", b"SELECT", b"DO"):
        return _data(statement, found, shown)
    if verb in (b"PREPARE", b"EXECUTE", b"DEALLOCATE"):
        return ClassifiedStatement(StatementKind.PREPARED, statement, shown, reason="runs a statement that is not visible beforehand")
    return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="is not part of loading one database")


def _set(statement: Statement, found: List[Token], shown: str) -> ClassifiedStatement:
    changes = tuple(assignments(found))
    if found[-1].text == b";":
        changes = tuple(assignments(found[:-1]))
    if is_exact(found):
        return ClassifiedStatement(StatementKind.HOUSEKEEPING, statement, shown)
    for change in changes:
        if change.scope == "global" and change.name in GLOBAL_WITHOUT_EFFECT:
            continue
        if change.scope in ("character", "charset", "char"):
            reason = "takes the character set of the connection from the database; SET NAMES, which dumps use, does not"
            return ClassifiedStatement(StatementKind.UNCLEAR, statement, "SET CHARACTER SET", reason=reason)
        if change.name == b"password" and change.scope == "session":
            return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="changes an account")
        if change.scope not in ("session", "user") and change.name != b"gtid_purged":
            what = "sets a global variable" if change.scope == "global" else "does not set variables of this session"
            return ClassifiedStatement(StatementKind.FORBIDDEN, statement, "SET GLOBAL" if change.scope == "global" else shown, reason=what)
    if excess_of(changes) is not None:
        return ClassifiedStatement(StatementKind.UNCLEAR, statement, "SET", reason=_NO_DELIMITER)
    if any(change.name == b"gtid_purged" for change in changes):
        if len(changes) > 1 or any(token.kind != "string" for token in changes[0].value):
            return ClassifiedStatement(StatementKind.UNCLEAR, statement, "SET GTID_PURGED", reason="sets more than one set of GTIDs")
        return ClassifiedStatement(StatementKind.GTID_PURGED, statement, "SET GTID_PURGED", changes=changes)
    if len(changes) == 1 and changes[0].name == b"sql_log_bin":
        return ClassifiedStatement(StatementKind.SQL_LOG_BIN, statement, "SET SQL_LOG_BIN", changes=changes)
    return ClassifiedStatement(StatementKind.SESSION, statement, "SET", changes=changes)


def _definition(statement: Statement, found: List[Token], verb: bytes, shown: str, dialect: Dialect) -> ClassifiedStatement:
    index = _object_at(found)
    for word in found[1 : (index or 0) + 1]:
        since, version = _SINCE.get(word.upper, (0, ""))
        if dialect.version < since:
            reason = "needs MySQL {0} or later".format(version)
            return ClassifiedStatement(StatementKind.UNCLEAR, statement, shown, reason=reason)
    if index is None:
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="is not about a table, view, trigger, routine or event")
    what = found[index].upper
    if what in (b"DATABASE", b"SCHEMA"):
        name, after = name_at(found, after_if_exists(found, index + 1))
        if verb == b"ALTER":
            return ClassifiedStatement(StatementKind.DATABASE_COLLATION, statement, "ALTER DATABASE", name)
        if verb == b"DROP":
            return ClassifiedStatement(StatementKind.FORBIDDEN, statement, "DROP DATABASE", name, reason="would remove a whole database")
        return ClassifiedStatement(StatementKind.DATABASE, statement, "CREATE DATABASE", name)
    name, after = name_at(found, after_if_exists(found, index + 1))
    label = "{0} {1}".format(verb.decode(), what.decode())
    if what == b"TABLE" or what in (b"INDEX",):
        return _table(statement, found, verb, what, index, label)
    create, drop = _OBJECTS[what]
    if what == b"FUNCTION" and any(token.upper == b"SONAME" for token in found):
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, label, reason="loads a library into the server")
    if verb == b"ALTER":
        return ClassifiedStatement(StatementKind.OTHER, statement, label, name)
    on = None
    if what == b"TRIGGER" and verb == b"CREATE":
        for at in range(after, len(found)):
            if found[at].upper == b"ON":
                on, _after = name_at(found, at + 1)
                break
    return ClassifiedStatement(create if verb == b"CREATE" else drop, statement, label, name, on)


def _table(statement: Statement, found: List[Token], verb: bytes, what: bytes, index: int, label: str) -> ClassifiedStatement:
    if what == b"INDEX":
        for at in range(index, len(found)):
            if found[at].upper == b"ON":
                return ClassifiedStatement(StatementKind.OTHER, statement, label, name_at(found, at + 1)[0])
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, label, reason="names no table")
    name, after = name_at(found, after_if_exists(found, index + 1))
    if verb == b"DROP":
        more = any(token.text == b"," for token in found[after:])
        return ClassifiedStatement(StatementKind.OTHER if more else StatementKind.DROP_TABLE, statement, label, name)
    if verb == b"ALTER":
        rest = [token.upper for token in found[after:]]
        if rest in ([b"DISABLE", b"KEYS"], [b"ENABLE", b"KEYS"]):
            return ClassifiedStatement(StatementKind.HOUSEKEEPING, statement, label, name)
        return ClassifiedStatement(StatementKind.OTHER, statement, label, name)
    if found[index - 1].upper == b"TEMPORARY" or takes_rows(found):
        if not _no_files(found):
            return ClassifiedStatement(StatementKind.FORBIDDEN, statement, label, name, reason=_FILES)
        return ClassifiedStatement(StatementKind.OTHER, statement, label, name)
    return ClassifiedStatement(StatementKind.TABLE, statement, label, name)


def _no_files(found: List[Token]) -> bool:
    return not any(token.upper in (b"OUTFILE", b"DUMPFILE", b"LOAD_FILE") for token in found)


def _housekeeping(statement: Statement, found: List[Token], verb: bytes, shown: str) -> ClassifiedStatement:
    second = found[1].upper if len(found) > 1 else b""
    if verb == b"BEGIN" and len(found) > 1 and (len(found) > 2 or second != b"WORK"):
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="is more than the start of a transaction")
    if verb == b"START" and second != b"TRANSACTION":
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="would start replication")
    if verb == b"START" and any(token.upper == b"ONLY" for token in found):
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="begins a transaction that may write nothing")
    if verb in (b"LOCK", b"UNLOCK") and second not in (b"TABLES", b"TABLE"):
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="locks more than tables")
    return ClassifiedStatement(StatementKind.HOUSEKEEPING, statement, shown)


def _data(statement: Statement, found: List[Token], shown: str) -> ClassifiedStatement:
    words = [token.upper for token in found]
    if not _no_files(found):
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason=_FILES)
    if words[0] == b"RENAME" and (len(words) < 2 or words[1] not in (b"TABLE", b"TABLES")):
        return ClassifiedStatement(StatementKind.FORBIDDEN, statement, shown, reason="changes accounts")
    skipped = (
        b"LOW_PRIORITY", b"DELAYED", b"HIGH_PRIORITY", b"IGNORE", b"QUICK", b"INTO", b"FROM", b"TABLE", b"TABLES", b"LOCAL", b"NO_WRITE_TO_BINLOG",
    )  # fmt: skip
    index = 1
    while index < len(words) and words[index] in skipped:
        index += 1
    name, after = (None, index) if words[0] in (b"SELECT", b"DO") else name_at(found, index)
    # The server accepts one table here and nothing after the statement (MySQL 8.4 manual, "ANALYZE TABLE Statement").
    kind = StatementKind.HISTOGRAM if words[0] == b"ANALYZE" and words[after : after + 2] == [b"UPDATE", b"HISTOGRAM"] else StatementKind.OTHER
    return ClassifiedStatement(kind, statement, shown, name)


_BEFORE_OBJECT = frozenset(b"OR REPLACE SQL SECURITY DEFINER INVOKER TEMPORARY UNIQUE FULLTEXT SPATIAL AGGREGATE JSON RELATIONAL DUALITY".split())


def _object_at(found: List[Token]) -> Optional[int]:
    """The index of the word after CREATE, DROP or ALTER that names the type of object (TABLE, VIEW ...), or None."""
    index = 1
    while index < len(found):
        word = found[index].upper
        if word in _OBJECTS or word in (b"TABLE", b"DATABASE", b"SCHEMA", b"INDEX"):
            return index
        if word == b"DEFINER" and index + 1 < len(found) and found[index + 1].text == b"=":
            index = _after_account(found, index + 2)
            continue
        if word == b"ALGORITHM":
            index += 3
            continue
        if word in _BEFORE_OBJECT:
            index += 1
            continue
        return None
    return None


def _after_account(found: List[Token], index: int) -> int:
    """The index after ``user@host``, ``CURRENT_USER`` or ``CURRENT_USER()``."""
    index += 1
    if index < len(found) and found[index].text == b"@":
        return index + 2
    if index + 1 < len(found) and found[index].text == b"(" and found[index + 1].text == b")":
        return index + 2
    return index

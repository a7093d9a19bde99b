# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide how the channel's filters treat a statement of the binary log: applied, filtered, applied by hand, or refused.

The filters compare the default database of a statement after they have rewritten it. They do not rewrite a name before a dot, so such a statement
would be dropped silently, or would reach another database. This module finds it with the reader for dumps.
"""

from enum import Enum
from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._binlog.transactions import StatementEvent
from .._dump.classify import ClassifiedStatement, StatementKind, classify
from .._dump.database_options import DatabaseNames
from .._dump.lexer import Dialect, Token, UnclearText, scan
from .._dump.rewrite import Policy, edited, edits_of_others
from .._dump.scope import schemas_named
from .._dump.statement_splitter import Statement, head_of
from .._dump.tokens import tokens
from .._identifiers import folded, name_text

_ANSI_QUOTES, _NO_BACKSLASH_ESCAPES = 1 << 2, 1 << 20
# Ids of the collations of the character sets that the lexer knows (information_schema.COLLATIONS of 5.6 to 9.7).
_COLLATIONS: Dict[str, Set[int]] = {
    "utf8mb4": {45, 46, *range(224, 248), *range(255, 324)},
    "utf8": {33, 76, 83, *range(192, 216), 223},
    "latin1": {5, 8, 15, 31, 47, 48, 49, 94},
    "gbk": {28, 87},
    "gb18030": {248, 249, 250},
    "big5": {1, 84},
    "sjis": {13, 88},
    "cp932": {95, 96},
}
# Later than every version that a version comment names.
_LATEST = 99999
_ROW_WORDS = frozenset((b"INSERT", b"REPLACE", b"UPDATE", b"DELETE", b"LOAD", b"CALL", b"WITH"))
_ACCOUNT_VERBS = frozenset((b"GRANT", b"REVOKE", b"FLUSH"))
_ACCOUNT_OBJECTS = frozenset((b"USER", b"ROLE", b"PASSWORD", b"DEFAULT"))
_SERVER_OBJECTS = frozenset((b"TABLESPACE", b"SERVER", b"INSTANCE", b"LOGFILE", b"UNDO", b"RESOURCE", b"SPATIAL"))
_DEFINITIONS = frozenset((b"CREATE", b"ALTER", b"DROP", b"RENAME", b"TRUNCATE"))
_OF_A_TABLE = frozenset(("ALTER TABLE", "CREATE INDEX", "DROP INDEX", "DROP TABLE", "RENAME TABLE"))
_HOUSEKEEPING = frozenset((b"ANALYZE", b"OPTIMIZE", b"REPAIR", b"CHECK", b"CHECKSUM"))

_STOP = "Stop before it (before_statement or until_gtid), or "
CURE = _STOP + "import the backup under its original name into a separate server and roll forward there"
_NEWER = _STOP + "use a newer backup"
_TOGETHER = _STOP + "roll {0} forward in the same call (databases)"


class Effect(Enum):
    """How a statement is treated. SKIP: it concerns the whole server and must not run, although its default database is wanted."""

    APPLIED = "applied"
    FILTERED = "filtered"
    BY_HAND = "by_hand"
    SKIP = "skip"
    REFUSED = "refused"


class StatementDecision(NamedTuple):
    """``reason`` explains it; ``text`` is executed by hand in ``database`` (None: no database). ``is_rows``: the statement changes rows.

    ``table``: the first target table that an applied definition changes, removes or renames. ``concerns`` are the wanted databases of the statement.
    ``makes_event``: it creates or changes an event, which may then be enabled. ``cure``: what to do if it is refused.
    """

    effect: Effect
    reason: str = ""
    text: bytes = b""
    database: Optional[str] = None
    is_rows: bool = False
    table: Optional[Tuple[str, str]] = None
    concerns: FrozenSet[str] = frozenset()
    makes_event: bool = False
    cure: Optional[str] = None


class StatementReader:
    """Reads statements of a source with this version; ``databases`` maps the wanted databases to their new names."""

    def __init__(self, databases: Mapping[str, str], version: int) -> None:
        self._databases = dict(databases)
        self._folded = {_fold(name) for name in databases}
        self._version = version

    def decision(self, statement: StatementEvent) -> StatementDecision:
        """What becomes of ``statement``."""
        wanted = statement.schema in self._databases
        if not wanted and not self._mentioned(statement):
            return StatementDecision(Effect.FILTERED, "another database" if statement.schema else "no database")
        dialect = _dialect_of(statement, self._version)
        try:
            if not statement.whole:
                raise UnclearText(0, "more than 16 MiB")
            found = tokens(statement.text, dialect)
            item = classify(Statement(statement.text, 0, len(statement.text), 1, None), dialect)
            if item.kind is StatementKind.UNCLEAR:
                return self._refused(statement, item.reason)
            named = {name_text(name) for name in schemas_named(item, found, DatabaseNames(b""), ())}
        except UnclearText as unclear:
            return self._refused(statement, "contains {0}, which servers may read differently".format(unclear.what))
        created = item.name if found and found[0].upper == b"CREATE" else None
        if created is not None and not self._is_near(name_text(created.schema) if created.schema is not None else statement.schema):
            return StatementDecision(Effect.SKIP if wanted else Effect.FILTERED, "an object of another database")
        decision = self._decision(statement, found, named, wanted=wanted)
        if decision.effect in (Effect.FILTERED, Effect.SKIP):
            return decision
        table = self._table_of(item, statement) if decision.effect is not Effect.REFUSED else None
        concerns = frozenset(name for name in named | {statement.schema} if name in self._databases)
        return decision._replace(table=table, concerns=concerns, makes_event=item.verb in ("CREATE EVENT", "ALTER EVENT"))

    def _table_of(self, item: ClassifiedStatement, statement: StatementEvent) -> Optional[Tuple[str, str]]:
        if item.name is None or item.verb not in _OF_A_TABLE and not item.verb.startswith("TRUNCATE"):
            return None
        if max(item.name.name, default=0) > 127 and _charset_of(statement) not in ("utf8", "utf8mb4"):
            return None
        schema = name_text(item.name.schema) if item.name.schema is not None else statement.schema
        return (self._databases[schema], name_text(item.name.name)) if schema in self._databases else None

    def _is_near(self, schema: str) -> bool:
        """Whether it is a wanted database, ignoring case."""
        return _fold(schema) in self._folded

    def _decision(self, statement: StatementEvent, found: List[Token], named: Set[str], *, wanted: bool) -> StatementDecision:
        words = [token.upper for token in found[:4]] + [b""] * 4
        if not found:
            return StatementDecision(Effect.APPLIED if wanted else Effect.FILTERED, "an empty statement")
        if words[0] in _ACCOUNT_VERBS or words[0] in (b"CREATE", b"ALTER", b"DROP", b"RENAME", b"SET") and words[1] in _ACCOUNT_OBJECTS:
            return StatementDecision(Effect.SKIP if wanted else Effect.FILTERED, "accounts and privileges")
        if words[0] in (b"CREATE", b"ALTER", b"DROP") and words[1] in _SERVER_OBJECTS and b"TABLE" not in words[1:3] and b"INDEX" not in words[1:4]:
            return StatementDecision(Effect.SKIP if wanted else Effect.FILTERED, "objects of the whole server")
        if words[0] in (b"CREATE", b"ALTER", b"DROP") and words[1] in (b"DATABASE", b"SCHEMA"):
            return self._of_database(statement, found)
        own = {name for name in named if name in self._databases}
        others = named - own
        near = sorted(name for name in others | {statement.schema} if _fold(name) in self._folded and name not in self._databases)
        if near:
            return self._refused(statement, "spells the database {0} in a different case".format(near[0]))
        if not wanted and not own:
            return StatementDecision(Effect.FILTERED, "another database" if statement.schema else "no database")
        if others:
            other = sorted(others)[0]
            return self._refused(statement, "also names the database {0}".format(other), _TOGETHER.format(other))
        return self._of_own(statement, found, own, wanted=wanted)

    def _of_database(self, statement: StatementEvent, found: List[Token]) -> StatementDecision:
        """Decide about CREATE, ALTER or DROP DATABASE, whose default database in the event is the database itself."""
        if not any(self._is_near(name) for name in [statement.schema] + [name_text(token.identifier or b"") for token in found]):
            return StatementDecision(Effect.FILTERED, "another database")
        verb = found[0].upper
        if verb == b"CREATE" and [token.upper for token in found[2:3]] == [b"IF"] and statement.schema in self._databases:
            # It existed at the origin, because DROP DATABASE is refused.
            return StatementDecision(Effect.SKIP, "a database that exists")
        if verb == b"ALTER" and self._kept(statement.schema):
            return StatementDecision(Effect.APPLIED)
        return self._refused(statement, "creates, drops or changes the whole database")

    def _of_own(self, statement: StatementEvent, found: List[Token], own: Set[str], *, wanted: bool) -> StatementDecision:
        """Decide about a statement that concerns only wanted databases."""
        verb = found[0].upper
        is_rows = verb in _ROW_WORDS
        if wanted and all(self._kept(name) for name in own):
            return StatementDecision(Effect.APPLIED, is_rows=is_rows)
        if verb not in _DEFINITIONS | _HOUSEKEEPING:
            reason = "changes rows of {0} in statement format, by a name that the filters do not rewrite".format(", ".join(sorted(own)))
            return self._refused(statement, reason, CURE)
        text = statement.text
        for name in sorted(own):
            if not self._kept(name):
                target = self._databases[name].encode("utf-8")
                dialect = _dialect_of(statement, self._version)
                text = edited(text, edits_of_others(tokens(text, dialect), Policy(source=name.encode("utf-8"), target=target)))
        reason = "names {0} before a dot, which the filters do not rewrite".format(", ".join(sorted(own)))
        return StatementDecision(Effect.BY_HAND, reason, text, self._databases.get(statement.schema))

    def _kept(self, name: str) -> bool:
        return self._databases.get(name) == name

    def _mentioned(self, statement: StatementEvent) -> bool:
        """Whether the statement contains a wanted name anywhere, ignoring case."""
        text = folded(statement.text)
        return any(name.encode("utf-8") in text for name in self._folded) or _fold(statement.schema) in self._folded

    @staticmethod
    def _refused(statement: StatementEvent, reason: str, cure: str = _NEWER) -> StatementDecision:
        return StatementDecision(Effect.REFUSED, "the statement {0}: {1}".format(reason, head_of(statement.text)), cure=cure)


def is_definition(statement: StatementEvent) -> bool:
    """Whether the statement changes definitions, not rows; comments before it are ignored. A statement that cannot be read is treated as a definition."""
    try:
        first = next(scan(statement.text, _dialect_of(statement, _LATEST)), None)
    except UnclearText:
        return True
    return first is not None and first.upper in _DEFINITIONS


def _dialect_of(statement: StatementEvent, version: int) -> Dialect:
    mode = statement.sql_mode or 0
    return Dialect(version, ansi_quotes=bool(mode & _ANSI_QUOTES), backslash=not mode & _NO_BACKSLASH_ESCAPES, charset=_charset_of(statement))


def _charset_of(statement: StatementEvent) -> Optional[str]:
    return next((name for name, ids in _COLLATIONS.items() if statement.charset in ids), None)


def counted(decisions: Mapping[str, int]) -> Dict[str, int]:
    """The reasons with their counts, most frequent first."""
    return dict(sorted(decisions.items(), key=lambda each: (-each[1], each[0])))


def _fold(name: str) -> str:
    return name.lower()

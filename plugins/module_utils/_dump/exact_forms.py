# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The complete grammar of statements that a load leaves out or interprets. A statement with more tokens contains another one whose
delimiter is missing (the client sends both as one, and the server refuses that)."""

import re
from typing import List, Optional, Sequence, Set

from .lexer import Dialect, Token
from .session_variables import Assignment
from .tokens import tokens

_NAME = rb"(?:`|[\w$\x80-\xff]+)"
_QUALIFIED = _NAME + rb"(?: \. " + _NAME + rb")?"
_DATABASE_OPTION = (
    rb"(?: DEFAULT)? (?:(?:CHARACTER SET|CHAR SET|CHARSET|COLLATE)(?: =)? (?:'|" + _NAME + rb")|(?:ENCRYPTION|COMMENT)(?: =)? '|READ ONLY(?: =)? (?:#|DEFAULT))"
)
_MODE = rb"(?:WITH CONSISTENT SNAPSHOT|READ WRITE|READ ONLY)"
_LOCKED = _QUALIFIED + rb"(?: (?:AS )?" + _NAME + rb")? (?:READ(?: LOCAL)?|(?:LOW_PRIORITY )?WRITE)"
_DROPPED = rb"(?: IF EXISTS)? " + _QUALIFIED


def _list(one: bytes) -> bytes:
    return one + rb"(?: , " + one + rb")*"


# Patterns for the output of _shape. Sources: the chapters "SQL Statements" of the MySQL manuals 5.6 to 9.7.
_EXACT = re.compile(
    rb"(?:"
    + rb"|".join(
        (
            rb"USE " + _NAME,
            rb"COMMIT(?: WORK)?(?: AND NO CHAIN)?",
            rb"BEGIN(?: WORK)?",
            rb"START TRANSACTION(?: " + _list(_MODE) + rb")?",
            rb"UNLOCK TABLES?",
            rb"LOCK TABLES? " + _list(_LOCKED),
            rb"SHOW (?:WARNINGS|ERRORS)",
            rb"SET (?:SESSION |LOCAL )?TRANSACTION ISOLATION LEVEL (?:REPEATABLE READ|READ COMMITTED|READ UNCOMMITTED|SERIALIZABLE)",
            rb"DROP (?:VIEW|(?:TEMPORARY )?TABLES?)(?: IF EXISTS)? " + _list(_QUALIFIED) + rb"(?: RESTRICT| CASCADE)?",
            rb"DROP (?:TRIGGER|PROCEDURE|FUNCTION|EVENT|LIBRARY|DATABASE|SCHEMA)" + _DROPPED,
            rb"CREATE (?:DATABASE|SCHEMA)(?: IF NOT EXISTS)? " + _NAME + rb"(?:" + _DATABASE_OPTION + rb")*",
            rb"ALTER (?:DATABASE|SCHEMA) " + _NAME + rb"(?:" + _DATABASE_OPTION + rb")+",
        )
    )
    + rb")(?: ;)?\Z"
)
_REPLICATION = re.compile(
    rb"(?:CHANGE (?:MASTER|REPLICATION SOURCE) TO " + _list(_NAME + rb" = (?:'|#|\w+)") + rb"|(?:STOP|START) (?:SLAVE|REPLICA))(?: FOR CHANNEL ')?(?: ;)?\Z"
)
# Words that connect operands. Any other word after a complete operand is not part of the expression.
_CONNECTING = frozenset(
    b"AND OR XOR NOT DIV MOD IS IN LIKE BETWEEN COLLATE BINARY REGEXP RLIKE SOUNDS CASE WHEN THEN ELSE END INTERVAL NULL TRUE FALSE UNKNOWN".split()
)

# The statements that Percona's mysqldump prepares to find out whether the server has RocksDB, and to switch its bulk load. They have no effect without it.
_PROBE_TEXT = re.compile(
    rb"(?:SET (?:SESSION )?rocksdb_bulk_load ?= ?(?:0|1|@\w+)|SET @\w+ ?= ?(?:0|1|@@rocksdb_bulk_load)|SELECT 0|"
    rb"SELECT COUNT\(\*\) INTO @\w+ FROM (?:performance_schema|INFORMATION_SCHEMA)\.session_variables WHERE VARIABLE_NAME ?= ?(?:\?|'rocksdb_bulk_load')|"
    rb"rocksdb_bulk_load)\Z",
    re.I,
)
_PROBE_SELECT = re.compile(
    rb"SELECT COUNT \( \* \) INTO @ \w*ROCKSDB\w* FROM INFORMATION_SCHEMA \. (?:TABLES|SESSION_VARIABLES) WHERE \w+ = '(?: AND \w+ = ')*(?: ;)?\Z"
)
_PREPARE = re.compile(rb"PREPARE " + _NAME + rb" FROM (?:'|@ " + _NAME + rb")(?: ;)?\Z")
_EXECUTE = re.compile(rb"(?:EXECUTE " + _NAME + rb"(?: USING " + _list(rb"@ " + _NAME) + rb")?|DEALLOCATE PREPARE " + _NAME + rb")(?: ;)?\Z")


def _shape(found: List[Token]) -> bytes:
    """The tokens, separated by blanks: words and signs in upper case, \\` for a quoted name, ' for a string, # for a number."""
    shown = {"name": b"`", "string": b"'", "number": b"#"}
    return b" ".join(shown.get(token.kind) or token.text.upper() for token in found)


def is_exact(found: List[Token]) -> bool:
    """Whether these are the tokens of exactly one of the statements listed here."""
    return _EXACT.match(_shape(found)) is not None


def is_of_replication(found: List[Token]) -> bool:
    """Whether ``mysqldump --master-data``, ``--source-data`` or ``--apply-slave-statements`` added this statement, which configures or switches replication."""
    return _REPLICATION.match(_shape(found)) is not None


def is_one_value(value: List[Token]) -> bool:
    """Whether ``value`` is a single expression: outside parentheses, no operand directly follows another one."""
    depth = 0
    ended = False
    for at, token in enumerate(value):
        if token.kind == "sign":
            depth += {b"(": 1, b")": -1}.get(token.text, 0)
            if token.text == b";":
                return at == len(value) - 1
            ended = depth == 0 and token.text == b")"
        elif depth == 0:
            before = value[at - 1] if at else None
            connects = token.upper in _CONNECTING
            introduced = before is not None and (before.upper in _CONNECTING or (before.kind == "word" and before.text[:1] == b"_" and token.kind == "string"))
            adjacent_strings = before is not None and before.kind == token.kind == "string"
            if ended and not (connects or introduced or adjacent_strings):
                return False
            ended = True
    return depth == 0


class RocksdbProbe:
    """Recognises the RocksDB statements of Percona's mysqldump by the text that they prepare."""

    def __init__(self) -> None:
        self._variables: Set[bytes] = set()
        self._prepared: Set[bytes] = set()

    def note(self, change: Assignment) -> None:
        """Record the assignment of a user variable."""
        self._variables.discard(change.name)
        value = change.value
        shape = _shape(value)
        chosen = shape.startswith(b"IF ( @ ") and shape.endswith(b" , ' , ' )") and len(value) == 9
        strings = [token.value for token in value if token.kind == "string"]
        if (chosen or shape == b"'") and all(_PROBE_TEXT.match(text) for text in strings):
            self._variables.add(change.name)

    def skips(self, text: bytes, dialect: Dialect) -> bool:
        """Whether the statement ``text`` only concerns RocksDB, so that it need not run."""
        found = tokens(text, dialect)
        shape = _shape(found)
        if _PROBE_SELECT.match(shape):
            return True
        if _PREPARE.match(shape):
            name = (found[1].identifier or b"").lower()
            self._prepared.discard(name)
            source = found[4].identifier or found[4].value if found[3].text == b"@" else None
            if source.lower() in self._variables if source is not None else _PROBE_TEXT.match(found[3].value) is not None:
                self._prepared.add(name)
            return name in self._prepared
        at = 2 if found[0].upper == b"DEALLOCATE" else 1
        return _EXECUTE.match(shape) is not None and (found[at].identifier or b"").lower() in self._prepared


def excess_of(changes: Sequence[Assignment]) -> Optional[Assignment]:
    """The first assignment of a SET whose value has excess tokens."""
    return next((change for change in changes if change.scope in ("session", "user", "global") and not is_one_value(change.value)), None)

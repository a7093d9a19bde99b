# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Session state as a value: the result of all SET statements of a dump up to a position.

A dump saves and restores variables around almost every object. Replaying those statements would tie each object to one
connection and to the order of the file. Any connection can be brought to a state that is a value.
"""

import re
from typing import Iterable, List, NamedTuple, Optional, Tuple

from .tokens import Token

_CHARACTER_SETS = (b"character_set_client", b"character_set_results", b"character_set_connection", b"collation_connection")
_ALIASES = {b"charset": b"names", b"time_zone": b"time_zone", b"tx_isolation": b"transaction_isolation"}
_NUMBER = re.compile(rb"[-+]?[0-9]")
DATABASE_COLLATION = b"(database)"
# 8.0 removed these. None changes the meaning of a statement in a load: the first concerns GRANT, the others SHOW CREATE TABLE (MySQL 5.7 manual,
# "Server SQL Modes").
_IDLE_MODES = frozenset((b"NO_AUTO_CREATE_USER", b"NO_FIELD_OPTIONS", b"NO_KEY_OPTIONS", b"NO_TABLE_OPTIONS"))
# The loader decides these itself and ignores what a dump sets.
_LOADERS_OWN = frozenset((b"autocommit", b"sql_log_bin"))
_CHECKS = (b"foreign_key_checks", b"unique_checks")
_OFF = frozenset((b"0", b"OFF", b"FALSE"))


class SessionState(NamedTuple):
    """Variables with the SQL text of their values, in the order in which to set them. A variable that is missing has the server's default.

    ``names`` represents SET NAMES and comes first. ``(database)`` is not a variable but the text after ALTER DATABASE name, which
    mysqldump writes around objects that were created when the database had another collation. ``saved`` are user variables.
    """

    variables: Tuple[Tuple[bytes, bytes], ...] = ()
    saved: Tuple[Tuple[bytes, Optional[bytes]], ...] = ()

    def get(self, name: bytes) -> Optional[bytes]:
        """The SQL text of the value, None for the server's default."""
        return dict(self.variables).get(name)

    def with_variable(self, name: bytes, value: Optional[bytes]) -> "SessionState":
        """This state with one variable set, or reset to the server's default if ``value`` is None."""
        variables = dict(self.variables)
        variables.pop(name, None)
        if name == b"names":
            for part in _CHARACTER_SETS:
                variables.pop(part, None)
        if value is not None:
            variables[name] = value
        return self._replace(variables=tuple(sorted(variables.items(), key=lambda item: (item[0] != b"names", item[0]))))

    @property
    def charset(self) -> Optional[str]:
        """The character set in which rows are written, None if the file does not say."""
        value = self.get(b"character_set_client") or self.get(b"names")
        return value.split()[0].strip(b"'\"").decode("ascii", "replace") if value else None

    @property
    def one_charset(self) -> bool:
        """Whether the server uses a string as it is written, without converting it to another character set first."""
        written = (self.get(b"character_set_client") or b"").strip(b"'\"").lower()
        names = (self.get(b"names") or b"").split()[:1]
        same = not written or [written] == [name.strip(b"'\"").lower() for name in names]
        return same and self.get(b"character_set_connection") is None and self.get(b"collation_connection") is None

    @property
    def unchecked(self) -> "SessionState":
        """This state without checks of unique and foreign keys, which a consistent dump does not need."""
        session = self
        for name in _CHECKS:
            session = session.with_variable(name, b"0")
        return session

    @property
    def checks_foreign_keys(self) -> bool:
        """Whether foreign keys are checked at this position of the file; by default they are."""
        return (self.get(_CHECKS[0]) or b"1").strip(b"'\"").upper() not in _OFF


class Assignment(NamedTuple):
    """One ``name = value`` of a SET. ``scope`` is session, user, global, or the keyword of a SET that sets no variable (PASSWORD)."""

    scope: str
    name: bytes
    value: List[Token]


def assignments(found: List[Token]) -> List[Assignment]:
    """The assignments of a SET statement. A scope keyword applies to one assignment, as in the server."""
    result: List[Assignment] = []
    for part in _split_commas(found[1:]):
        if not part:
            continue
        word = part[0].upper
        if word == b"NAMES" or (word in (b"CHARACTER", b"CHARSET") and len(part) > 1):
            rest = part[1:] if word != b"CHARACTER" else part[2:]
            result.append(Assignment("session", b"names", rest))
            continue
        scope, index = "session", 0
        if word in (b"GLOBAL", b"PERSIST", b"PERSIST_ONLY", b"SESSION", b"LOCAL") and len(part) > 1 and part[1].text not in (b"=", b":="):
            scope, index = ("session" if word in (b"SESSION", b"LOCAL") else "global"), 1
        if part[index].text == b"@@":
            index += 1
            if index + 1 < len(part) and part[index + 1].text == b".":
                scope = "session" if part[index].upper in (b"SESSION", b"LOCAL") else "global"
                index += 2
        elif part[index].text == b"@":
            scope, index = "user", index + 1
        equals = index + 1
        if equals >= len(part) or part[equals].text not in (b"=", b":=") or part[index].identifier is None:
            result.append(Assignment(word.decode("ascii", "replace").lower() or "unknown", b"", part))
            continue
        name = (part[index].identifier or b"").lower()
        result.append(Assignment(scope, _ALIASES.get(name, name), part[equals + 1 :]))
    return result


def apply(session: SessionState, changes: Iterable[Assignment]) -> Optional[SessionState]:
    """The state after these assignments of session and user variables; None if a value is neither a literal nor a saved value."""
    for change in changes:
        if change.scope == "user":
            saved = dict(session.saved)
            stored = _evaluate(session, change.value)
            if stored is None:
                return None
            saved[change.name] = stored[0]
            session = session._replace(saved=tuple(saved.items()))
            continue
        if change.name in _LOADERS_OWN:
            continue
        value = _evaluate(session, change.value)
        if value is None and change.name in _CHECKS:
            continue
        if value is None:
            return None
        if change.name == b"sql_mode" and _NUMBER.match(value[0] or b""):
            # Modes given by number are not decoded here, and some change the meaning of quotes.
            return None
        session = session.with_variable(change.name, value[0])
    return session


def without_idle_modes(session: SessionState) -> SessionState:
    """This state without the sql_mode values that have no effect on a load and that 8.0 rejects (error 1231)."""
    value = session.get(b"sql_mode")
    modes = value.strip(b"'\"").split(b",") if value is not None else []
    kept = [mode for mode in modes if mode.strip().upper() not in _IDLE_MODES]
    return session if len(kept) == len(modes) else session.with_variable(b"sql_mode", b"'" + b",".join(kept) + b"'")


def _evaluate(session: SessionState, value: List[Token]) -> Optional[Tuple[Optional[bytes]]]:
    """A one-tuple of the SQL text (None: the server's default), or None if the value is not understood."""
    words = [token.text for token in value]
    if words[:1] == [b"@@"]:
        name = value[-1].identifier
        return (session.get(name.lower()),) if name is not None and len(value) in (2, 4) else None
    if words[:1] == [b"@"]:
        name = value[1].identifier if len(value) == 2 else None
        return (dict(session.saved).get(name.lower()),) if name is not None else None
    if len(value) == 1 and value[0].upper == b"DEFAULT":
        return (None,)
    if len(value) == 1 and value[0].kind in ("word", "string", "number"):
        return (value[0].text,)
    if len(value) == 2 and words[0] in (b"-", b"+") and value[1].kind == "number":
        return (b"".join(words),)
    if len(value) == 3 and value[1].upper == b"COLLATE":
        return (b" ".join(words),)
    return None


def _split_commas(found: List[Token]) -> List[List[Token]]:
    parts: List[List[Token]] = [[]]
    depth = 0
    for token in found:
        depth += {b"(": 1, b")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if token.text == b"," and depth == 0 and token.kind == "sign":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def statements_between(current: SessionState, wanted: SessionState) -> List[bytes]:
    """The SET statements that change a connection from the state ``current`` to the state ``wanted``."""
    have, want = dict(current.variables), dict(wanted.variables)
    result: List[bytes] = []
    names_change = have.get(b"names") != want.get(b"names")
    if names_change:
        result.append(b"SET NAMES " + want.get(b"names", b"DEFAULT"))
        have = {name: value for name, value in have.items() if name not in _CHARACTER_SETS}
    elif any(name in have and name not in want for name in _CHARACTER_SETS):
        result.append(b"SET NAMES " + want.get(b"names", b"DEFAULT"))
        have = {name: value for name, value in have.items() if name not in _CHARACTER_SETS}
    changes: List[bytes] = []
    for name in sorted(set(have) | set(want)):
        if name in (b"names", DATABASE_COLLATION) or have.get(name) == want.get(name):
            continue
        # DEFAULT turns these two off, on every server version.
        default = b"@@GLOBAL." + name if name in _CHECKS else b"DEFAULT"
        changes.append(b"SESSION " + name + b" = " + want.get(name, default))
    if changes:
        result.append(b"SET " + b", ".join(changes))
    return result

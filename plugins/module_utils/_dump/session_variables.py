# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Session state as a value: the result of all SET statements of a dump up to a position.

A dump saves and restores variables around almost every object. Replaying those statements would tie each object to one
connection and to the file's order; the resulting state is a value, and any connection can be brought to it. Only
variables of a fixed list are part of it, and only with values that this module writes itself: no text of a dump is in a SET that
a server receives.
"""

import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

from .._identifiers import name_text
from .lexer import Dialect, Token

_CHARACTER_SETS = (b"character_set_client", b"character_set_results", b"character_set_connection", b"collation_connection")
_OF_CONNECTION = (b"names",) + _CHARACTER_SETS
# To the server they are one variable: it takes the character set from the collation, and the collation of a character set is its default.
_COLLATIONS = (b"character_set_connection", b"collation_connection")
_OF_UTF8MB4 = b"default_collation_for_utf8mb4"
_ALIASES = {b"tx_isolation": b"transaction_isolation", b"storage_engine": b"default_storage_engine"}
DATABASE_COLLATION = b"(database)"
# The initial character set of the loader's connections, as of the mysql client 8.0 and later.
DEFAULT_CHARSET = "utf8mb4"
# 8.0 removed these, and none of them changes the meaning of a statement: the first concerns GRANT, the others SHOW CREATE TABLE
# (MySQL 5.7 manual, "Server SQL Modes").
_IDLE_MODES = frozenset((b"NO_AUTO_CREATE_USER", b"NO_FIELD_OPTIONS", b"NO_KEY_OPTIONS", b"NO_TABLE_OPTIONS"))
# The loader sets these itself, regardless of the dump.
_AUTOCOMMIT = b"autocommit"
_SET_BY_LOADER = frozenset((_AUTOCOMMIT, b"sql_log_bin"))
_CHECKS = (b"foreign_key_checks", b"unique_checks")
# The client character sets of MySQL 5.5 to 9.x in which an ASCII byte is the ASCII character (swe7 has letters in place of
# backslash and braces; ucs2, utf16 and utf32 cannot be client character sets).
CLIENT_CHARSETS = frozenset(
    b"armscii8 ascii big5 binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932 dec8 eucjpms euckr gb18030 gb2312 gbk geostd8 greek hebrew hp8 "
    b"keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman sjis tis620 ujis utf8 utf8mb3 utf8mb4".split()
)
_SWITCHES = frozenset(
    b"foreign_key_checks unique_checks sql_notes explicit_defaults_for_timestamp innodb_strict_mode sql_generate_invisible_primary_key sql_require_primary_key "
    b"sql_auto_is_null sql_safe_updates restrict_fk_on_non_standard_key show_create_table_skip_secondary_engine".split()
)
_ENGINES = frozenset((b"default_storage_engine", b"default_tmp_storage_engine"))
# Limits of values, and of tables of the engine MEMORY.
_NUMBERS = frozenset((b"group_concat_max_len", b"max_heap_table_size"))
# Variables that no statement of a load depends on: limits, messages, statistics of the session that made or read a dump.
_WITHOUT_EFFECT = frozenset(
    b"bulk_insert_buffer_size innodb_lock_wait_timeout innodb_stats_auto_recalc interactive_timeout join_buffer_size "
    b"lock_wait_timeout long_query_time low_priority_updates max_execution_time max_statement_time myisam_sort_buffer_size "
    b"net_buffer_length net_read_timeout net_retry_count net_write_timeout note_verbosity old_alter_table optimizer_switch profiling query_cache_type "
    b"read_buffer_size session_track_schema sort_buffer_size sql_big_selects sql_quote_show_create sql_warnings statement_timeout "
    b"tmp_table_size transaction_isolation updatable_views_with_limit wait_timeout".split()
)
# Set for the whole server by mysqldump 8.0 --all-databases, and of no effect on a load.
GLOBAL_WITHOUT_EFFECT = frozenset((b"innodb_stats_auto_recalc",))
_ON = frozenset((b"1", b"ON", b"TRUE"))
_OFF = frozenset((b"0", b"OFF", b"FALSE"))
_NAME = re.compile(rb"[A-Za-z0-9_]+\Z")
_ZONE = re.compile(rb"[A-Za-z0-9_+:/-]+\Z")
# A server takes blanks only after the last mode.
_MODES = re.compile(rb"[A-Za-z0-9_,]* *\Z")
# The value of a variable that is left out: none that a server of a dump refuses.
_PLAIN = re.compile(rb"[\w ,.:=+/-]*\Z")
_NUMBER = re.compile(rb"[0-9]{1,20}\Z")
# The source of a value that is a user variable which the file has not set.
_UNSET = b"@"
# Begins the source of a value that is a server's default.
_DEFAULT = b"@@"


class SessionState(NamedTuple):
    """Variables with the SQL text of their values, in the order in which to set them. A variable that is missing has the server's default.

    ``names`` stands for SET NAMES and comes first. ``(database)`` is not a variable: it is the text after ALTER
    DATABASE name, which mysqldump writes around objects created when the database had another collation. ``saved`` are user
    variables with the text of their value, or ``@@name`` for the server's default of that variable (``@@name charset`` for the default
    collation of a character set); those in ``unknown`` may have any value. ``autocommit`` is what the client would have.
    """

    variables: Tuple[Tuple[bytes, bytes], ...] = ()
    saved: Tuple[Tuple[bytes, bytes], ...] = ()
    unknown: Tuple[bytes, ...] = ()
    autocommit: bool = True

    def get(self, name: bytes) -> Optional[bytes]:
        """The SQL text of the value, None for the server's default."""
        for known, value in self.variables:
            if known == name:
                return value
        return None

    def with_variable(self, name: bytes, value: Optional[bytes]) -> "SessionState":
        """This state with one variable set, or reset to the server's default if ``value`` is None."""
        variables = dict(self.variables)
        for changed in _OF_CONNECTION if name == b"names" else _COLLATIONS if name in _COLLATIONS else (name,):
            variables.pop(changed, None)
        if value is not None:
            variables[name] = value
        return self._replace(variables=tuple(sorted(variables.items(), key=lambda item: (item[0] != b"names", item[0]))))

    @property
    def plain(self) -> "SessionState":
        """This state without user variables, which only SET statements read, and without autocommit."""
        return self._replace(saved=(), unknown=(), autocommit=True)

    def implied(self, name: bytes) -> Optional[bytes]:
        """The value that SET NAMES, the start of a connection, or another variable has given to a variable of the connection's character set; None for other
        variables, and for the default collation of a character set."""
        charset, _blank, collation = (self.get(b"names") or DEFAULT_CHARSET.encode()).partition(b" COLLATE ")
        if name == b"collation_connection":
            return collation if collation and self.get(b"character_set_connection") is None else None
        chosen = self.get(b"collation_connection") if name == b"character_set_connection" else None
        # The name of a collation begins with its character set.
        return charset if chosen is None and name in _CHARACTER_SETS else chosen.split(b"_")[0] if chosen is not None else None

    @property
    def charset(self) -> str:
        """The character set in which statements are sent."""
        value = self.get(b"character_set_client") or self.get(b"names")
        return value.split()[0].decode("ascii") if value else DEFAULT_CHARSET

    @property
    def default_engine(self) -> Optional[str]:
        """The engine of tables that name none; None if no statement has chosen it, so that it is the default of the server."""
        value = self.get(b"default_storage_engine") or b"DEFAULT"
        return None if value.startswith(b"@@") or value.upper() == b"DEFAULT" else value.strip(b"'\"").decode("ascii", "replace")

    def dialect(self, version: int) -> Dialect:
        """How a server of this version parses a statement sent in this state."""
        return Dialect(version, charset=self.charset).under(self.get(b"sql_mode"))

    @property
    def one_charset(self) -> bool:
        """Whether the server takes a string as written, without converting it from another character set first."""
        written = self.get(b"character_set_client")
        names = (self.get(b"names") or DEFAULT_CHARSET.encode()).split()[0]
        return written in (None, names) and self.get(b"character_set_connection") is None and self.get(b"collation_connection") is None

    @property
    def unchecked(self) -> "SessionState":
        """This state without checks of unique and foreign keys, which a consistent dump does not need."""
        session = self
        for name in _CHECKS:
            session = session.with_variable(name, b"0")
        return session

    @property
    def checks_foreign_keys(self) -> bool:
        """Whether foreign keys are checked, and so take effect, at this position of the file; by default they are."""
        return self.get(_CHECKS[0]) != b"0"


class Assignment(NamedTuple):
    """A ``name = value`` of a SET. ``scope`` is session, user, global, or the keyword of a SET that sets no variable (PASSWORD)."""

    scope: str
    name: bytes
    value: List[Token]


class Applied(NamedTuple):
    """The state after a SET; None, with the ``reason``, if it may not run. ``left_out`` counts variables that do not affect a load.

    ``unset`` is the variable that gets the value of a user variable which the file has not set, as at the end of a dump whose head is in
    another file: the server refuses that, and the client runs nothing after it.
    """

    session: Optional[SessionState]
    reason: str = ""
    left_out: int = 0
    unset: str = ""


def assignments(found: List[Token]) -> List[Assignment]:
    """The assignments of a SET statement. A scope keyword applies to one assignment, as in the server."""
    result: List[Assignment] = []
    for part in _split_commas(found[1:]):
        if not part:
            continue
        word = part[0].upper
        if word == b"NAMES" and len(part) > 1 and part[1].text not in (b"=", b":="):
            result.append(Assignment("session", b"names", part[1:]))
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
        name = (part[index].identifier or b"").lower() if index < len(part) else b""
        # NAMES is not a variable.
        if equals >= len(part) or part[equals].text not in (b"=", b":=") or part[index].identifier is None or (name == b"names" and scope != "user"):
            result.append(Assignment(word.decode("ascii", "replace").lower() or "unknown", b"", part))
            continue
        result.append(Assignment(scope, _ALIASES.get(name, name), part[equals + 1 :]))
    return result


def apply(session: SessionState, changes: Sequence[Assignment]) -> Applied:
    """The state after these session and user assignments, or why they may not run."""
    left_out, unset = 0, ""
    # The server reads all values of a SET before it sets any (measured: 5.6, 5.7 and 9.7).
    before = session
    for change in changes:
        if change.scope == "user":
            session = _save(before, session, change)
            continue
        shown = name_text(change.name)
        source, literal = _source_of(before, change.value)
        if change.name in _SET_BY_LOADER:
            if change.name == _AUTOCOMMIT and source == _UNSET:
                left_out, unset = left_out + 1, shown
            elif change.name == _AUTOCOMMIT:
                session = session._replace(autocommit=_autocommit(source, literal, session))
            continue
        if change.name not in _READERS and change.name not in _WITHOUT_EFFECT:
            return Applied(session=None, reason="sets {0}, which no restore needs".format(shown))
        if source == _UNSET:
            left_out, unset = left_out + 1, shown if change.name in _READERS else unset
            continue
        if change.name in _OF_CONNECTION and (_is_default(literal) or source == _DEFAULT + change.name):
            return Applied(session=None, reason="sets {0} to the default of the server, which may be any character set".format(shown))
        changed = _set(before, session, change.name, source, literal) if change.name in _READERS else session if _may_be_left_out(change.value) else None
        if changed is None:
            return Applied(session=None, reason="sets {0} to something other than a literal or a saved value".format(shown))
        left_out += change.name in _WITHOUT_EFFECT
        session = changed
    return Applied(session, "", left_out, unset)


def _may_be_left_out(value: List[Token]) -> bool:
    return len(value) != 1 or _PLAIN.match(value[0].value) is not None


def _autocommit(source: Optional[bytes], literal: List[Token], session: SessionState) -> bool:
    """The value that a SET gives to autocommit; the one of ``session`` if that is not known. The server's default is taken to be on, as at the start."""
    if source == _DEFAULT + _AUTOCOMMIT or source is None and _is_default(literal):
        return True
    value = _switch(literal if source is None else [_token_of(source)])
    return session.autocommit if value is None else value == b"1"


def _set(before: SessionState, session: SessionState, name: bytes, source: Optional[bytes], literal: List[Token]) -> Optional[SessionState]:
    """``session`` with a session variable set to a saved value or to a literal; None if the loader does not write such a value."""
    if source is None and _is_default(literal):
        source = _DEFAULT + name
    if source is not None and source.startswith(_DEFAULT):
        origin, _blank, charset = source[len(_DEFAULT) :].partition(b" ")
        if origin != name:
            return None
        if charset:
            return _with_value(session, b"character_set_connection", charset)
        # DEFAULT is the opposite of the global value of these two (measured: 5.6, 5.7 and 9.7).
        return session.with_variable(name, b"DEFAULT" if name in _CHECKS and _is_default(literal) else None)
    value = _READERS[name](literal if source is None else [_token_of(source)])
    if value is None:
        return None
    # The server reads the character set of SET NAMES, and with it this variable, before it sets anything.
    collation = before.get(_OF_UTF8MB4) if name == b"names" and value == b"utf8mb4" else None
    return _with_value(session, name, value if collation is None else value + b" COLLATE " + collation)


def _with_value(session: SessionState, name: bytes, value: bytes) -> SessionState:
    """``session`` with a variable set, which is left out if SET NAMES has given it this value."""
    bare = session.with_variable(name, None)
    if name == b"character_set_connection" and bare.implied(b"collation_connection") is not None:
        # The collation of SET NAMES may be another one than the default of the character set.
        return bare.with_variable(name, value)
    return bare if value == bare.implied(name) else bare.with_variable(name, value)


def _save(before: SessionState, session: SessionState, change: Assignment) -> SessionState:
    """``session`` with a user variable set: to the value that a session variable or another one has ``before``, a literal, or to what is not known."""
    saved = {name: value for name, value in session.saved if name != change.name}
    unknown = tuple(name for name in session.unknown if name != change.name)
    source, literal = _source_of(before, change.value)
    if source is not None and source != _UNSET:
        saved[change.name] = source
    elif source is None and len(literal) == 1 and literal[0].kind in ("string", "number", "word") and _MODES.match(literal[0].value):
        saved[change.name] = _literal(literal[0])
    else:
        unknown += (change.name,)
    return session._replace(saved=tuple(saved.items()), unknown=unknown)


def _literal(token: Token) -> bytes:
    return b"'" + token.value + b"'" if token.kind == "string" else token.text


def _token_of(text: bytes) -> Token:
    """The token for a text that :func:`_literal` or the readers below have written."""
    return Token("string" if text[:1] == b"'" else "word", text, 0, len(text))


def _is_default(value: List[Token]) -> bool:
    return len(value) == 1 and value[0].upper == b"DEFAULT"


def _source_of(session: SessionState, value: List[Token]) -> Tuple[Optional[bytes], List[Token]]:
    """The text that a saved variable holds (see :class:`SessionState`), or None and the tokens of a literal.

    ``IFNULL(@name, literal)`` and ``IF(@name IS NULL, literal, @name)``, which HeidiSQL writes, are the saved value if there is one.
    """
    words = [token.text for token in value]
    if words[:1] == [b"@@"] and len(value) in (2, 4):
        name = (value[-1].identifier or b"").lower()
        return _value_of(session, _ALIASES.get(name, name), is_global=len(value) == 4 and value[1].upper == b"GLOBAL"), value
    saved = dict(session.saved)
    if words[:1] == [b"@"] and len(value) == 2:
        name = (value[1].identifier or value[1].value).lower()
        return None if name in session.unknown else saved.get(name, _UNSET), value
    name, literal = _saved_or_literal(value)
    if literal and name not in session.unknown:
        return (saved[name], value) if name in saved else (None, literal)
    return None, value


def _value_of(session: SessionState, name: bytes, *, is_global: bool) -> Optional[bytes]:
    """The value of a session variable; None if it is not one that is followed."""
    if name not in _READERS and name != _AUTOCOMMIT:
        return None
    if is_global:
        return _DEFAULT + name
    if name == _AUTOCOMMIT:
        return b"1" if session.autocommit else b"0"
    value = session.get(name) or session.implied(name)
    if value is None and name == b"collation_connection":
        charset = session.get(b"character_set_connection") or session.implied(b"character_set_connection")
        return _DEFAULT + name + b" " + (charset or b"")
    return value or _DEFAULT + name


def _saved_or_literal(value: List[Token]) -> Tuple[bytes, List[Token]]:
    """The name and the literal of ``IFNULL(@name, literal)`` or ``IF(@name IS NULL, literal, @name)``; no literal for anything else."""
    words = [token.upper or token.text for token in value]
    name = (value[3].identifier or b"").lower() if len(value) > 3 else b""
    if len(value) == 7 and words[:3] + words[4:5] + words[6:] == [b"IFNULL", b"(", b"@", b",", b")"]:
        return name, value[5:6]
    if len(value) == 12 and words[:3] + words[4:7] + words[8:10] + words[11:] == [b"IF", b"(", b"@", b"IS", b"NULL", b",", b",", b"@", b")"]:
        return (name, value[7:8]) if (value[10].identifier or b"").lower() == name else (b"", [])
    return b"", []


def _switch(value: List[Token]) -> Optional[bytes]:
    word = value[0].value.upper() if len(value) == 1 else b""
    return b"1" if word in _ON else b"0" if word in _OFF else None


def _word(value: List[Token]) -> Optional[bytes]:
    """A name of a character set, collation or engine, as written: never a number, and without escapes."""
    text = value[0].value if len(value) == 1 and value[0].kind in ("word", "string") and b"\\" not in value[0].text else b""
    return text.lower() if _NAME.match(text) and not text.isdigit() else None


def _number(value: List[Token]) -> Optional[bytes]:
    return value[0].text if len(value) == 1 and _NUMBER.match(value[0].text) else None


def _charset(value: List[Token]) -> Optional[bytes]:
    found = _word(value)
    return found if found in CLIENT_CHARSETS else None


def _results_charset(value: List[Token]) -> Optional[bytes]:
    return b"NULL" if len(value) == 1 and value[0].upper == b"NULL" else _charset(value)


def _names(value: List[Token]) -> Optional[bytes]:
    """``charset`` or ``charset COLLATE collation``."""
    charset = _charset(value[:1])
    if charset is None or len(value) == 1:
        return charset
    collation = _word(value[2:]) if len(value) == 3 and value[1].upper == b"COLLATE" else None
    return charset + b" COLLATE " + collation if collation is not None else None


def _modes(value: List[Token]) -> Optional[bytes]:
    """Modes by name. A number other than 0 is refused: the meaning of its bits differs between servers, and some modes change what a quote is."""
    if len(value) == 1 and value[0].text == b"0":
        return b"''"
    if len(value) != 1 or value[0].kind not in ("string", "word") or b"\\" in value[0].text:
        return None
    text = value[0].value
    if not _MODES.match(text) or text[:1].isdigit() or value[0].upper == b"NULL":
        return None
    return b"'" + b",".join(mode.strip().upper() for mode in text.split(b",") if mode.strip()) + b"'"


def _zone(value: List[Token]) -> Optional[bytes]:
    if len(value) != 1 or value[0].kind not in ("string", "word") or not _ZONE.match(value[0].value) or b"\\" in value[0].text:
        return None
    return b"'" + value[0].value + b"'"


_READERS = {
    b"names": _names,
    b"character_set_client": _charset,
    b"character_set_connection": _charset,
    b"character_set_results": _results_charset,
    b"collation_connection": _word,
    _OF_UTF8MB4: _word,
    b"sql_mode": _modes,
    b"time_zone": _zone,
}
_READERS.update((name, _switch) for name in _SWITCHES)
_READERS.update((name, _word) for name in _ENGINES)
_READERS.update((name, _number) for name in _NUMBERS)


def is_followed(name: bytes) -> bool:
    """Whether a :class:`SessionState` has the session variable of this name, so that it has the same value on each of the loader's connections."""
    return _ALIASES.get(name.lower(), name.lower()) in _READERS


def without_idle_modes(session: SessionState) -> SessionState:
    """This state without the sql_mode values that have no effect on a load and that 8.0 rejects (error 1231)."""
    value = session.get(b"sql_mode")
    modes = value.strip(b"'\"").split(b",") if value is not None else []
    kept = [mode for mode in modes if mode.strip().upper() not in _IDLE_MODES]
    return session if len(kept) == len(modes) else session.with_variable(b"sql_mode", b"'" + b",".join(kept) + b"'")


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
    if have.get(b"names") != want.get(b"names") or any(name in have and name not in want for name in _CHARACTER_SETS):
        if have.pop(_OF_UTF8MB4, None) is not None:
            # SET NAMES utf8mb4 would give this collation to the connection.
            result.append(b"SET SESSION " + _OF_UTF8MB4 + b" = DEFAULT")
        result.append(b"SET NAMES " + want.get(b"names", DEFAULT_CHARSET.encode()))
        have = {name: value for name, value in have.items() if name not in _CHARACTER_SETS}
    changes: List[bytes] = []
    for name in sorted(set(have) | set(want)):
        if name in (b"names", DATABASE_COLLATION) or have.get(name) == want.get(name):
            continue
        default = b"@@GLOBAL." + name if name in _CHECKS else b"DEFAULT"
        changes.append(b"SESSION " + name + b" = " + want.get(name, default))
    if changes:
        result.append(b"SET " + b", ".join(changes))
    return result

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dump asks of a server that another version, or another set-up, of MySQL may not have."""

import re
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..._dump.plan import Definition
from ..._dump.reserved_words import bare_names, reserved_since
from ..._dump.session_variables import SessionState
from ..._dump.tokens import Dialect, Token, tokens
from ..._finding import Finding
from ..._identifiers import name_text
from ..._server.connection import Connection, ServerError
from . import messages
from .subject import CheckSubject

# MySQL manual, "Server SQL Modes": those that 8.0 removed and that change how a statement is read, and the one it brought.
_GONE_MODES = frozenset(b"DB2 MAXDB MSSQL MYSQL323 MYSQL40 ORACLE POSTGRESQL".split())
_NEW_MODES = frozenset((b"TIME_TRUNCATE_FRACTIONAL",))
_WORD = re.compile(rb"[A-Za-z0-9_]+")


def check_engines(scene: CheckSubject) -> List[Finding]:
    """Every engine the tables want is there."""
    missing: Dict[str, List[str]] = {}
    for planned in scene.known.plan.tables if scene.known.plan is not None else ():
        if planned.table is not None and scene.server.engines.get(planned.table.engine.upper(), "NO") not in ("YES", "DEFAULT"):
            missing.setdefault(planned.table.engine, []).append(name_text(planned.name))
    return [messages.ENGINE.found(engine=engine, count=len(names), tables=", ".join(names[:5])) for engine, names in sorted(missing.items())]


def check_encryption(scene: CheckSubject) -> List[Finding]:
    """Encrypted tables find a keyring."""
    plan = scene.known.plan
    names = [name_text(planned.name) for planned in plan.tables if planned.table is not None and planned.table.encrypted] if plan is not None else []
    if not names:
        return []
    about: Dict[str, Any] = {"count": len(names), "tables": ", ".join(names[:5])}
    if scene.server.version.number < 50711:
        return [messages.ENCRYPTION_UNKNOWN.found(version=scene.server.version.text, **about)]
    keyring = _has_keyring(scene)
    if keyring:
        return []
    return [(messages.KEYRING if keyring is False else messages.KEYRING_UNKNOWN).found(**about)]


def _has_keyring(scene: CheckSubject) -> Optional[bool]:
    """Whether a keyring plugin or component works; None where the server does not tell."""
    connection = scene.connection
    query = "SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'KEYRING' AND PLUGIN_STATUS = 'ACTIVE'"
    if connection.rows(query):
        return True
    if scene.server.version.number < 80024:
        return False
    try:
        told = connection.rows("SELECT STATUS_VALUE FROM performance_schema.keyring_component_status WHERE STATUS_KEY = 'Component_status'")
    except ServerError:
        return None
    if told:
        return str(told[0][0]) == "Active"
    return False if scene.server.variables.get("performance_schema") == "ON" else None


class _ParsedStatement(NamedTuple):
    """A statement of the dump as tokens, with what is said of it in a message."""

    name: str
    what: str
    found: List[Token]
    session: SessionState


def _asked(scene: CheckSubject) -> Iterator[_ParsedStatement]:
    plan = scene.known.plan
    if plan is None:
        return
    creates = tuple(planned.create for planned in plan.tables if planned.create is not None)
    for made in creates + scene.programs:
        yield _ParsedStatement("{0} {1}".format(made.what.lower(), name_text(made.name)), made.what, tokens(made.text, _dialect(scene, made)), made.session)


def _dialect(scene: CheckSubject, made: Definition) -> Dialect:
    return Dialect(scene.server.version.number).under(made.session.get(b"sql_mode"))


def check_charset(scene: CheckSubject) -> List[Finding]:
    """The server knows every character set and collation the dump names."""
    known = _known_charsets(scene.connection)
    using: Dict[str, List[str]] = {}
    for asked in _asked(scene):
        for word in _charsets_in(asked):
            if _plain(word) not in known:
                using.setdefault(word, []).append(asked.name)
    if not using:
        return []
    names = sorted({name for some in using.values() for name in some})
    return [messages.CHARSET.found(words=", ".join(sorted(using)), count=len(names), names=names[0])]


def _known_charsets(connection: Connection) -> FrozenSet[str]:
    rows = connection.rows("SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS UNION SELECT COLLATION_NAME FROM information_schema.COLLATIONS")
    return frozenset(_plain(str(row[0])) for row in rows) | {"binary"}


def _plain(word: str) -> str:
    """utf8 is called utf8mb3 by some versions, and understood under both names by all."""
    word = word.lower()
    return "utf8" + word[len("utf8mb3") :] if word.startswith("utf8mb3") else word


def _charsets_in(asked: _ParsedStatement) -> Set[str]:
    words: Set[str] = set()
    found = asked.found
    for index, token in enumerate(found[:-1]):
        after = index + 1
        if token.upper == b"CHARACTER" and found[after].upper == b"SET":
            after += 1
        elif token.upper != b"COLLATE" and not (token.upper == b"CHARSET" and asked.what == "TABLE"):
            # CHARSET is not reserved: in a program it may be a column.
            continue
        if after < len(found) and found[after].text == b"=":
            after += 1
        if after < len(found) and found[after].kind in ("word", "string") and found[after].upper != b"DEFAULT":
            words.add(name_text(found[after].value))
    for name, value in asked.session.variables:
        if name in (b"names", b"character_set_client", b"character_set_connection", b"collation_connection", b"(database)"):
            skipped = (b"COLLATE", b"CHARACTER", b"SET", b"DEFAULT", b"NULL")
            words.update(word.decode("ascii") for word in _WORD.findall(value) if word.upper() not in skipped)
    return words


def check_sql_mode(scene: CheckSubject) -> List[Finding]:
    """The server knows the sql_mode of every object, and its own does not change what a quote is in statements that come without one."""
    return _unknown_modes(scene) + _other_quotes(scene)


def _unknown_modes(scene: CheckSubject) -> List[Finding]:
    unknown = _GONE_MODES if scene.server.version.number >= 80000 else _NEW_MODES
    using: Dict[str, List[str]] = {}
    for asked in _asked(scene):
        for mode in set(_WORD.findall((asked.session.get(b"sql_mode") or b"").upper())) & unknown:
            using.setdefault(mode.decode("ascii"), []).append(asked.name)
    if not using:
        return []
    names = sorted({name for some in using.values() for name in some})
    return [messages.SQL_MODE.found(modes=", ".join(sorted(using)), count=len(names), names=", ".join(names[:5]))]


def _other_quotes(scene: CheckSubject) -> List[Finding]:
    plan = scene.known.plan
    own = Dialect(0).under(scene.server.variables.get("sql_mode", "").encode())
    if plan is None or own == Dialect(0) or all(session.get(b"sql_mode") is not None for session in plan.sessions):
        return []
    return [messages.QUOTES.found()]


def check_words(scene: CheckSubject) -> List[Finding]:
    """No program of the dump uses as a bare name what is a reserved word here."""
    origin = scene.known.origin
    if origin is None or origin.mariadb or scene.server.version.mariadb:
        return []
    words = reserved_since(origin.number, scene.server.version.number)
    if not words:
        return []
    used: Set[bytes] = set()
    names: List[str] = []
    for asked in _asked(scene):
        bare = bare_names(asked.found, words)
        if bare:
            used |= bare
            names.append(asked.name)
    if not names:
        return []
    return [messages.WORDS.found(words=", ".join(sorted(name_text(word) for word in used)), origin=origin.series, names=", ".join(names[:5]))]


def check_names(scene: CheckSubject) -> List[Finding]:
    """Names are as distinct here as they are in the dump."""
    setting = scene.server.variables.get("lower_case_table_names", "0")
    plan = scene.known.plan
    names = [name_text(planned.create.name if planned.create is not None else planned.name) for planned in plan.tables] if plan is not None else []
    capitals = [name for name in names if name != name.lower()]
    if setting == "0":
        # Where names with capitals could be made, lower_case_table_names was not 1.
        return [] if capitals else [messages.NAMES_EXACT.found()]
    folded: Dict[str, List[str]] = {}
    for name in names:
        folded.setdefault(name.lower(), []).append(name)
    same: List[Tuple[str, ...]] = sorted(tuple(sorted(some)) for some in folded.values() if len(some) > 1)
    if same:
        return [messages.NAMES_COLLIDE.found(setting=setting, names="; ".join(" and ".join(some) for some in same[:5]))]
    if setting == "1" and capitals:
        return [messages.NAMES_FOLDED.found(setting=setting, names=", ".join(capitals[:5]))]
    return []

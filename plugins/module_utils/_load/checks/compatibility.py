# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a server of this version and configuration can load the dump."""

import re
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..._dump.lexer import Dialect, Token
from ..._dump.plan import Definition
from ..._dump.reserved_words import bare_names, reserved_since
from ..._dump.session_variables import SessionState
from ..._dump.table_definition import TableDefinition
from ..._dump.tokens import tokens
from ..._finding import Finding
from ..._identifiers import name_text
from ..._server.account import ServerState
from ..._server.connection import LOST, ServerError
from ..request import LaneChoice
from . import messages
from .subject import CheckSubject

# MySQL manual, "Server SQL Modes": modes that 8.0 removed and that change how a statement is parsed, and the mode that 8.0 added.
_REMOVED_MODES = frozenset(b"DB2 MAXDB MSSQL MYSQL323 MYSQL40 ORACLE POSTGRESQL".split())
_NEW_MODES = frozenset((b"TIME_TRUNCATE_FRACTIONAL",))
_WORD = re.compile(rb"[A-Za-z0-9_]+")
MERGE_ENGINE = "MRG_MYISAM"
# mysqldump's default max_allowed_packet: a row of a dump may have this size.
_DUMPED_PACKET = 24 << 20
# MySQL 5.7 manual, "InnoDB Data-at-Rest Encryption".
_ENCRYPTS = 50711


def check_engines(subject: CheckSubject) -> List[Finding]:
    """The server has the engine of every table and partition."""
    missing: Dict[str, List[str]] = {}
    for planned in subject.known.plan.tables if subject.known.plan is not None else ():
        for engine in sorted({planned.table.engine, *planned.table.partition_engines}) if planned.table is not None else ():
            if not _has_engine(subject, engine, planned.create):
                missing.setdefault(engine, []).append(name_text(planned.name))
    found = [messages.ENGINE.found(engine=engine, count=len(names), tables=", ".join(names[:5])) for engine, names in sorted(missing.items())]
    return found + _rows_of_merge_tables(subject)


def _rows_of_merge_tables(subject: CheckSubject) -> List[Finding]:
    plan = subject.known.plan
    if plan is None:
        return []
    merged = {planned.name: planned.rows for planned in plan.tables if planned.table is not None and planned.table.engine.upper() == MERGE_ENGINE}
    inserted = {barrier.definition.on for barrier in plan.barriers if barrier.definition.what.startswith(("INSERT", "REPLACE"))}
    return [messages.MERGE_ROWS.found(table=name_text(name)) for name, rows in merged.items() if rows or name in inserted]


def _has_engine(subject: CheckSubject, engine: str, create: Optional[Definition]) -> bool:
    """A disabled engine counts as missing if NO_ENGINE_SUBSTITUTION makes its tables fail (error 3161); otherwise the server replaces it."""
    server = subject.server
    if server.engines.get(engine.upper(), "NO") not in ("YES", "DEFAULT"):
        return False
    mode = create.session.get(b"sql_mode") if create is not None else None
    modes = (mode if mode is not None else server.variables.get("sql_mode", "").encode()).upper()
    # TRADITIONAL includes it.
    strict = b"NO_ENGINE_SUBSTITUTION" in modes or b"TRADITIONAL" in modes
    return not strict or engine.upper() not in server.variables.get("disabled_storage_engines", "").upper().split(",")


def check_encryption(subject: CheckSubject) -> List[Finding]:
    """The server accepts the ENCRYPTION of each table, and has a keyring, if tables are encrypted."""
    plan, version = subject.known.plan, subject.server.version
    found: List[Finding] = []
    names: List[str] = []
    for planned in plan.tables if plan is not None else ():
        create, table = planned.create, planned.table
        if create is None or table is None or not table.encryption:
            continue
        why = _refused_encryption(table, version.number) if version.number >= _ENCRYPTS and not version.mariadb else None
        if why is not None:
            found.append(messages.ENCRYPTION_OPTION.found(str(create.place), table=name_text(planned.name), value=table.encryption, why=why))
        elif table.encrypted:
            names.append(name_text(planned.name))
    if not names:
        return found
    about: Dict[str, Any] = {"count": len(names), "tables": ", ".join(names[:5])}
    if version.number < _ENCRYPTS:
        return found + [messages.ENCRYPTION_UNKNOWN.found(version=version.text, **about)]
    keyring = _has_keyring(subject)
    if keyring:
        return found
    return found + [(messages.KEYRING if keyring is False else messages.KEYRING_UNKNOWN).found(**about)]


def _refused_encryption(table: TableDefinition, version: int) -> Optional[str]:
    """Why the server refuses the ENCRYPTION of a table, with or without a keyring (measured: 5.7.29, 9.7); None if it does not. KEYRING is a value of
    Percona Server."""
    if table.engine.upper() == "INNODB":
        return "the value must be Y or N (error 3184)" if table.encryption not in ("Y", "N", "KEYRING") else None
    if table.encryption != "N" or (table.engine.upper() == "MYISAM" and version < 80000):
        return "{0} does not support it (errors 1031, 1178, 1478)".format(table.engine)
    return None


def _has_keyring(subject: CheckSubject) -> Optional[bool]:
    """Whether a keyring plugin or component is active; None if the server does not show it."""
    connection = subject.connection
    query = "SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'KEYRING' AND PLUGIN_STATUS = 'ACTIVE'"
    if connection.rows(query):
        return True
    if subject.server.version.number < 80024:
        return False
    try:
        status = connection.rows("SELECT STATUS_VALUE FROM performance_schema.keyring_component_status WHERE STATUS_KEY = 'Component_status'")
    except ServerError as error:
        if error.code in LOST:
            raise
        return None
    if status:
        return str(status[0][0]) == "Active"
    return False if subject.server.variables.get("performance_schema") == "ON" else None


class _ParsedStatement(NamedTuple):
    """A statement of the dump as tokens. ``name`` is its name in messages, ``what`` the word after CREATE."""

    name: str
    what: str
    found: List[Token]
    session: SessionState


def _parsed(subject: CheckSubject) -> Iterator[_ParsedStatement]:
    plan = subject.known.plan
    if plan is None:
        return
    creates = tuple(planned.create for planned in plan.tables if planned.create is not None)
    for made in creates + subject.programs:
        yield _ParsedStatement("{0} {1}".format(made.what.lower(), name_text(made.name)), made.what, tokens(made.text, _dialect(subject, made)), made.session)


def _dialect(subject: CheckSubject, made: Definition) -> Dialect:
    return made.session.dialect(subject.server.version.number)


def check_charset(subject: CheckSubject) -> List[Finding]:
    """The server has every character set and collation that the dump or the options name, and the two of the database match."""
    charset_of = _charsets_of_collations(subject.server)
    charsets, chosen = frozenset(charset_of.values()), [word for word in (subject.request.charset, subject.request.collation) if word]
    known = charsets | frozenset(charset_of)
    using: Dict[str, List[str]] = {}
    for statement in _parsed(subject):
        for word in _charsets_in(statement):
            if _plain(word) not in known:
                using.setdefault(word, []).append(statement.name)
    plan, of_database = subject.known.plan, frozenset(chosen)
    if plan is not None and not chosen:
        options = tokens(plan.database_options, Dialect(subject.server.version.number))
        of_database = frozenset(_charsets_in(_ParsedStatement("", "TABLE", options, SessionState())))
        for word in of_database:
            if _plain(word) not in known:
                using.setdefault(word, []).append("the database")
    found = _wrong_options(subject, charset_of) + _mismatched(of_database, charset_of)
    if not using:
        return found
    names = sorted({name for some in using.values() for name in some})
    return [messages.CHARSET.found(words=", ".join(sorted(using)), count=len(names), names=names[0]), *found]


def _wrong_options(subject: CheckSubject, charset_of: Mapping[str, str]) -> List[Finding]:
    request, found = subject.request, []
    if request.charset and _plain(request.charset) not in charset_of.values():
        found.append(messages.CHARSET_OPTION.found(option="charset", word=request.charset, what="character set"))
    if request.collation and _plain(request.collation) not in charset_of:
        found.append(messages.CHARSET_OPTION.found(option="collation", word=request.collation, what="collation"))
    return found


def _mismatched(words: FrozenSet[str], charset_of: Mapping[str, str]) -> List[Finding]:
    """A collation that does not belong to the character set named with it."""
    charsets = sorted(word for word in words if _plain(word) in frozenset(charset_of.values()))
    return [
        messages.COLLATION_OF_OTHER.found(collation=word, charset=charset)
        for word in sorted(words)
        for charset in charsets
        if _plain(word) in charset_of and word not in charsets and charset_of[_plain(word)] != _plain(charset)
    ]


def _charsets_of_collations(server: ServerState) -> Dict[str, str]:
    return dict({_plain(collation.name): _plain(collation.charset) for collation in server.collations}, binary="binary")


def _plain(word: str) -> str:
    """Normalise utf8mb3, the name of utf8 in some versions; all accept both."""
    word = word.lower()
    return "utf8" + word[len("utf8mb3") :] if word.startswith("utf8mb3") else word


def _charsets_in(statement: _ParsedStatement) -> Set[str]:
    words: Set[str] = set()
    found = statement.found
    for index, token in enumerate(found[:-1]):
        after = index + 1
        if token.upper == b"CHARACTER" and found[after].upper == b"SET":
            after += 1
        elif token.upper != b"COLLATE" and not (token.upper == b"CHARSET" and statement.what == "TABLE"):
            # CHARSET is not a reserved word: in a routine it may be a column.
            continue
        if after < len(found) and found[after].text == b"=":
            after += 1
        if after < len(found) and found[after].kind in ("word", "string") and found[after].upper != b"DEFAULT":
            words.add(name_text(found[after].value))
    for name, value in statement.session.variables:
        if name in (b"names", b"character_set_client", b"character_set_connection", b"collation_connection", b"(database)"):
            skipped = (b"COLLATE", b"CHARACTER", b"SET", b"DEFAULT", b"NULL")
            words.update(word.decode("ascii") for word in _WORD.findall(value) if word.upper() not in skipped)
    return words


def check_sql_mode(subject: CheckSubject) -> List[Finding]:
    """The server has the sql_mode of every object, and its own sql_mode does not change the meaning of quotes in a dump that sets no sql_mode."""
    return _unknown_modes(subject) + _other_quotes(subject)


def modes_of_others(session: SessionState, version: int) -> Set[bytes]:
    """The modes in the session's sql_mode that only servers before, or since, this version have."""
    return set(_WORD.findall((session.get(b"sql_mode") or b"").upper())) & (_REMOVED_MODES if version >= 80000 else _NEW_MODES)


def _unknown_modes(subject: CheckSubject) -> List[Finding]:
    using: Dict[str, List[str]] = {}
    for statement in _parsed(subject):
        for mode in modes_of_others(statement.session, subject.server.version.number):
            using.setdefault(mode.decode("ascii"), []).append(statement.name)
    if not using:
        return []
    names = sorted({name for some in using.values() for name in some})
    return [messages.SQL_MODE.found(modes=", ".join(sorted(using)), count=len(names), names=", ".join(names[:5]))]


def _other_quotes(subject: CheckSubject) -> List[Finding]:
    plan = subject.known.plan
    own = Dialect(0).under(subject.server.variables.get("sql_mode", "").encode())
    if plan is None or own == Dialect(0):
        return []
    made = [made for planned in plan.tables for made in (planned.create, *planned.histograms) if made is not None]
    sessions = set(plan.sessions).union(definition.session for definition in (*made, *subject.programs))
    return [] if all(session.get(b"sql_mode") is not None for session in sessions) else [messages.QUOTES.found()]


def check_words(subject: CheckSubject) -> List[Finding]:
    """No view, routine, trigger or event of the dump has an unquoted name that is a reserved word on this server."""
    origin = subject.known.origin
    if origin is None or origin.mariadb or subject.server.version.mariadb:
        return []
    words = reserved_since(origin.number, subject.server.version.number)
    if not words:
        return []
    used: Set[bytes] = set()
    names: List[str] = []
    for statement in _parsed(subject):
        bare = bare_names(statement.found, words)
        if bare:
            used |= bare
            names.append(statement.name)
    if not names:
        return []
    return [messages.WORDS.found(words=", ".join(sorted(name_text(word) for word in used)), origin=origin.series, names=", ".join(names[:5]))]


def check_names(subject: CheckSubject) -> List[Finding]:
    """Table names that differ in case stay different on this server."""
    setting = subject.server.variables.get("lower_case_table_names", "0")
    plan = subject.known.plan
    names = [name_text(planned.create.name if planned.create is not None else planned.name) for planned in plan.tables] if plan is not None else []
    capitals = [name for name in names if name != name.lower()]
    if setting == "0":
        # A dump with upper-case table names comes from a server that preserves case.
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


def check_events(subject: CheckSubject) -> List[Finding]:
    """Whether restored events start to run immediately, or not at all."""
    if subject.request.choices.policy.events != "keep" or subject.known.plan is None or not subject.known.plan.events:
        return []
    state = subject.server.variables.get("event_scheduler", "OFF")
    if state.upper() == "ON":
        return [messages.EVENTS_RUN.found(count=len(subject.known.plan.events))]
    return [messages.EVENTS_SLEEP.found(state=state)]


def check_packet(subject: CheckSubject) -> List[Finding]:
    """The server accepts the largest statement of the dump or, if that is not known, the largest that mysqldump writes."""
    plan, server = subject.known.plan, subject.server
    limit = int(server.variables.get("max_allowed_packet", "0"))
    if plan is not None:
        largest = plan.largest_packet if subject.request.lane is not LaneChoice.INSERT and _may_load_data(server) else plan.largest
        if limit and largest + 1024 > limit:
            wanted = min(1 << 30, (largest // (1 << 20) + 2) << 20)
            return [messages.PACKET.found(largest=largest, limit=limit, wanted=wanted)]
    if not subject.known.whole and limit < _DUMPED_PACKET:
        return [messages.PACKET_UNKNOWN.found(limit=limit)]
    return []


def check_lane(subject: CheckSubject) -> List[Finding]:
    """LOAD DATA is possible, unless rows are to be sent as INSERTs."""
    if subject.request.lane is LaneChoice.INSERT or _may_load_data(subject.server):
        return []
    return [(messages.LOCAL_INFILE if subject.request.lane is LaneChoice.LOAD_DATA else messages.LOCAL_INFILE_OFF).found()]


def _may_load_data(server: ServerState) -> bool:
    return server.variables.get("local_infile") == "ON" or server.may_set_global

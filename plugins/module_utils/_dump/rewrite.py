# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rewrite statements by the user's policies: DEFINER, ENCRYPTION, engines, event status, and the name of the database.

Only tokens are changed, never text inside values, and each change is counted.
"""

from typing import Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from .._identifiers import folded, is_system_schema, quote
from .database_options import DatabaseNames
from .lexer import Dialect, Token
from .table_rewrite import Edit, table_edits
from .tokens import after_if_exists, in_schema, lone_name, name_at, names_of_with, schema_like, stands_for_schema, table_places, tokens


class Policy(NamedTuple):
    """What to change. ``definer`` is keep, current, strip or ``user@host``; ``engines`` maps upper-case names.

    With ``any_case`` the server accepts ``source`` and ``target`` in any case.
    """

    definer: str = "keep"
    encryption: str = "keep"
    events: str = "disabled"
    engines: Tuple[Tuple[str, str], ...] = ()
    source: Optional[bytes] = None
    target: Optional[bytes] = None
    any_case: bool = False


class Rewritten(NamedTuple):
    """The new text of a statement, the changes in it (keys of the result's ``rewritten``), and notes about names that were left unchanged."""

    text: bytes
    changed: Tuple[str, ...]
    notes: Tuple[str, ...] = ()


_MADE = frozenset((b"TABLE", b"VIEW", b"TRIGGER", b"PROCEDURE", b"FUNCTION", b"EVENT", b"LIBRARY"))


def rewrite(text: bytes, dialect: Dialect, policy: Policy, what: str) -> Rewritten:
    """Apply ``policy`` to one CREATE statement; ``what`` is table, view, trigger, routine or event."""
    found = tokens(text, dialect)
    edits: List[Edit] = []
    changed: List[str] = []
    notes: Tuple[str, ...] = ()
    rules: Dict[str, Optional[Callable[[List[Token], Policy], List[Edit]]]] = {
        "definer": _definer if what != "table" else None,
        "event_status": _event if what == "event" else None,
    }
    made = {name: rule(found, policy) for name, rule in rules.items() if rule is not None}
    certain, uncertain = _before_dots(found, policy, what)
    edits.extend(_database(found, policy, what, certain))
    changed.extend(["database"] * len(set(certain) | set(_own_name(found, what))))
    for name in sorted(made):
        edits.extend(made[name])
        changed.extend([name] * len(made[name]))
    if what == "table":
        of_clauses = table_edits(found, dict(policy.engines), strip_encryption=policy.encryption == "strip")
        edits.extend(of_clauses.edits)
        changed.extend(of_clauses.changed)
        notes = of_clauses.notes
    return Rewritten(edited(text, edits), tuple(changed), notes + _ambiguous(found, uncertain) + _foreign(found, policy, what))


def edits_of_others(found: List[Token], policy: Policy) -> Tuple[Edit, ...]:
    """The changes in any other statement: only the name of the database."""
    certain, _uncertain = _before_dots(found, policy, "other")
    return tuple(_database(found, policy, "other", certain))


def edits_without_database(found: List[Token], database: DatabaseNames) -> Optional[Tuple[Edit, ...]]:
    """The changes that remove the name of ``database``, so that the statement applies to the default database of its connection.

    None if such a name may also be that of a table, or if a WITH defines the name after the dot.
    """
    pairs = [index for index in range(len(found) - 2) if database.has(schema_like(found, index) or b"")]
    if pairs and _names_table(found, database.has):
        tables = table_places(found)
        if not all(index in tables or in_schema(found, index) for index in pairs):
            return None
    shadowing = {folded(name) for name in names_of_with(found)} if pairs else ()
    if any(folded(found[index + 2].identifier or b"") in shadowing for index in pairs):
        return None
    return tuple(_left_out(found, pairs))


def edited(text: bytes, edits: Iterable[Edit]) -> bytes:
    """``text`` with these edits made."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def definer_of(text: bytes, dialect: Dialect) -> Optional[Tuple[bytes, bytes]]:
    """The DEFINER of a view, trigger, routine or event: user and host, None if it names no account."""
    found = tokens(text, dialect)
    span = _definer_span(found)
    if span is None:
        return None
    words = found[span[0] + 2 : span[1]]
    if len(words) < 3 or words[1].text != b"@":
        return None
    return words[0].identifier or words[0].value, words[2].identifier or words[2].value


def _definer_span(found: List[Token]) -> Optional[Tuple[int, int]]:
    """The token range of the DEFINER clause, which precedes the type of the object, or None."""
    for index, token in enumerate(found):
        if token.upper in _MADE:
            return None
        if token.upper == b"DEFINER" and index + 1 < len(found) and found[index + 1].text == b"=":
            end = index + 3
            if end < len(found) and found[end].text == b"@":
                end += 2
            elif end + 1 < len(found) and found[end].text == b"(":
                end += 2
            return (index, end) if end <= len(found) else None
    return None


def _definer(found: List[Token], policy: Policy) -> List[Edit]:
    if policy.definer == "keep":
        return []
    span = _definer_span(found)
    if span is None:
        return []
    new = b""
    if policy.definer == "current":
        new = b"DEFINER=CURRENT_USER"
    elif policy.definer != "strip":
        user, _at, host = policy.definer.rpartition("@")
        new = b"DEFINER=" + quote(user.strip("`'\"").encode("utf-8")) + b"@" + quote(host.strip("`'\"").encode("utf-8"))
    return [(found[span[0]].start, found[span[1] - 1].end, new)]


def _event(found: List[Token], policy: Policy) -> List[Edit]:
    """Make the status DISABLE. The grammar is ``EVENT [IF NOT EXISTS] name ON SCHEDULE ... [ON COMPLETION ...] [status] [COMMENT 'text'] DO``."""
    span = _definer_span(found)
    begin = next((at for at in range(span[1] if span else 1, len(found)) if found[at].upper == b"EVENT"), len(found))
    after = name_at(found, after_if_exists(found, begin + 1))[1]
    if policy.events != "disabled":
        return []
    depth = 0
    for at in range(after, len(found)):
        token = found[at]
        if token.kind == "sign":
            depth += {b"(": 1, b")": -1}.get(token.text, 0)
            continue
        # After a dot or @ a word is a name; in parentheses it is part of an expression.
        if depth or found[at - 1].text in (b".", b"@", b"@@"):
            continue
        if token.upper == b"ENABLE":
            return [(token.start, token.end, b"DISABLE")]
        if token.upper == b"DISABLE":
            return []
        if token.upper in (b"COMMENT", b"DO"):
            # An event without a status is enabled.
            return [(token.start, token.start, b"DISABLE ")]
    return []


def _database(found: List[Token], policy: Policy, what: str, certain: List[int]) -> List[Edit]:
    """Replace the source database before a dot, at the indexes ``certain``. A CREATE TABLE loses the name, because the loader may run it in the staging
    database."""
    if what == "table":
        return _left_out(found, sorted(set(certain) | set(_own_name(found, what))))
    new = quote(policy.target or b"")
    edits: List[Edit] = []
    for index in certain:
        edits.append((found[index].start, found[index].end, new))
        name = found[index + 2]
        if name.text[:1].isdigit():
            # After a name in backticks, .1a is a number (measured: 5.6, 5.7 and 9.7).
            edits.append((name.start, name.end, quote(name.text)))
    return edits


def _own_name(found: List[Token], what: str) -> List[int]:
    """The index of the table's name in a CREATE TABLE, if it has a database."""
    for index, token in enumerate(found[:12] if what == "table" else ()):
        if token.upper == b"TABLE":
            at = after_if_exists(found, index + 1)
            return [at] if name_at(found, at)[1] == at + 3 else []
    return []


def _left_out(found: List[Token], pairs: List[int]) -> List[Edit]:
    """The changes that remove the names of databases at these indexes, and their dots."""
    edits: List[Edit] = []
    for index in pairs:
        # As two edits, because a version comment may begin or end between them.
        edits += [(found[at].start, found[at].end, b"") for at in (index, index + 1)]
        name = found[index + 2]
        if name.text[:1].isdigit():
            # After another token, the rest may be read as a number.
            edits.append((name.start, name.end, quote(name.text)))
    return edits


def _ambiguous(found: List[Token], uncertain: List[int]) -> Tuple[str, ...]:
    """Notes about names before a dot that may be the database or a table of the same name. They are left unchanged."""
    return tuple("{0} may name the database or the table of that name, and was not changed".format(name) for name in _shown(found, uncertain))


def _foreign(found: List[Token], policy: Policy, what: str) -> Tuple[str, ...]:
    """Notes about names of databases other than the target. They are left unchanged."""
    if policy.target is None or what == "other":
        return ()
    places = _tables(found, what)
    left = []
    for index in range(len(found)):
        name = schema_like(found, index)
        if name is None or is_system_schema(name) or (what == "trigger" and name.upper() in (b"NEW", b"OLD")):
            continue
        own = _is(name, policy.target, policy) or (policy.source is not None and _is(name, policy.source, policy))
        if not own and (index in places or (what != "table" and in_schema(found, index))):
            left.append(index)
    return tuple("{0} belongs to a different database than the target, and was not changed".format(name) for name in _shown(found, left))


def _tables(found: List[Token], what: str) -> FrozenSet[int]:
    """The indexes at which a dotted pair is a database and a table: in a CREATE TABLE only in a foreign key."""
    if what == "table":
        return frozenset(index for index in range(1, len(found)) if found[index - 1].upper == b"REFERENCES")
    return table_places(found, program=what != "other")


def _shown(found: List[Token], places: List[int]) -> List[str]:
    return sorted({b"".join(token.text for token in found[index : index + 3]).decode("utf-8", "replace") for index in places})


def _before_dots(found: List[Token], policy: Policy, what: str) -> Tuple[List[int], List[int]]:
    """The indexes of the source database's name before a dot, if it is to be changed: those that certainly mean the database, and the rest.

    In a CREATE TABLE this includes the name of the target. A table may have the name of its database. If the statement names such a table, a name
    that may precede a column belongs to the rest.
    """
    names = {name for name in (policy.source, policy.target) if name is not None}
    if policy.target is None or (what != "table" and (policy.source is None or policy.source == policy.target)):
        return [], []
    if what != "table":
        names.discard(policy.target)
    pairs = [index for index in range(len(found)) if any(_is(schema_like(found, index), name, policy) for name in names)]
    if not _names_table(found, lambda lone: any(_is(lone, name, policy) for name in names)):
        return pairs, []
    tables = _tables(found, what)
    certain = [index for index in pairs if index in tables or stands_for_schema(found, index)]
    return certain, sorted(set(pairs) - set(certain))


def _names_table(found: List[Token], is_database: Callable[[bytes], bool]) -> bool:
    """Whether the statement may name a table (or an alias) that is called like its database: by that name alone, or after the database and a dot."""
    for index in range(len(found)):
        name, schema = lone_name(found, index), schema_like(found, index)
        if schema is not None and is_database(schema):
            name = found[index + 2].identifier
        if name is not None and is_database(name):
            return True
    return False


def _is(name: Optional[bytes], database: Optional[bytes], policy: Policy) -> bool:
    if name is None or database is None:
        return False
    return name == database or (policy.any_case and folded(name) == folded(database))

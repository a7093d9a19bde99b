# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes the user's policies make to a statement: to its words, never to text inside values, and each one counted."""

import re
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from .tokens import Dialect, Token, lone_name, quote, schema_like, stands_for_schema, tokens


class Policy(NamedTuple):
    """What is to be changed. ``definer`` is keep, current, strip or ``user@host``; ``engines`` maps upper-case names."""

    definer: str = "keep"
    encryption: str = "keep"
    events: str = "disabled"
    engines: Tuple[Tuple[str, str], ...] = ()
    source: Optional[bytes] = None
    target: Optional[bytes] = None


class Rewritten(NamedTuple):
    """A statement's new text, what was changed in it (names as in the result's ``rewritten``), and what could not be judged."""

    text: bytes
    changed: Tuple[str, ...]
    notes: Tuple[str, ...] = ()


_Edit = Tuple[int, int, bytes]


def rewrite(text: bytes, dialect: Dialect, policy: Policy, what: str) -> Rewritten:
    """Apply ``policy`` to one CREATE statement; ``what`` is table, view, trigger, routine or event."""
    found = tokens(text, dialect)
    edits: List[_Edit] = []
    changed: List[str] = []
    rules: Dict[str, Optional[Callable[[List[Token], Policy], List[_Edit]]]] = {
        "definer": _definer if what != "table" else None,
        "encryption": _encryption if what == "table" else None,
        "engine": _engine if what == "table" else None,
        "event_status": _event if what == "event" else None,
        "database": _database,
    }
    for name in sorted(rules):
        rule = rules[name]
        made = rule(found, policy) if rule is not None else []
        edits.extend(made)
        changed.extend([name] * len(made))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return Rewritten(text, tuple(changed), _ambiguous(found, policy))


def definer_of(text: bytes, dialect: Dialect) -> Optional[Tuple[bytes, bytes]]:
    """The account a view, trigger, routine or event is defined by: user and host, None where it names none."""
    found = tokens(text, dialect)
    span = _definer_span(found)
    if span is None:
        return None
    words = found[span[0] + 2 : span[1]]
    if len(words) < 3 or words[1].text != b"@":
        return None
    return words[0].identifier or words[0].value, words[2].identifier or words[2].value


def _definer_span(found: List[Token]) -> Optional[Tuple[int, int]]:
    for index, token in enumerate(found[:12]):
        if token.upper == b"DEFINER" and found[index + 1].text == b"=":
            end = index + 3
            if end < len(found) and found[end].text == b"@":
                end += 2
            elif end + 1 < len(found) and found[end].text == b"(":
                end += 2
            return index, end
    return None


def _definer(found: List[Token], policy: Policy) -> List[_Edit]:
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


def _encryption(found: List[Token], policy: Policy) -> List[_Edit]:
    if policy.encryption == "keep":
        return []
    return [(found[at].start, end, b"") for at, end, _value in _option(found, b"ENCRYPTION")]


def _engine(found: List[Token], policy: Policy) -> List[_Edit]:
    wanted = dict(policy.engines)
    edits: List[_Edit] = []
    for at, end, value in _option(found, b"ENGINE"):
        new = wanted.get(value.decode("utf-8", "replace").upper())
        if new is not None:
            edits.append((found[at].start, end, b"ENGINE=" + re.sub(rb"[^A-Za-z0-9_]", b"", new.encode("utf-8"))))
    return edits


def _option(found: List[Token], name: bytes) -> List[Tuple[int, int, bytes]]:
    """Table options ``name = value`` outside the column list: index of the word, byte where the value ends, value."""
    result: List[Tuple[int, int, bytes]] = []
    depth = 0
    for index, token in enumerate(found[:-1]):
        if token.kind == "sign":
            depth += {b"(": 1, b")": -1}.get(token.text, 0)
        partition = any(word.upper == b"PARTITION" for word in found[max(0, index - 12) : index])
        if token.upper == name and (depth == 0 or partition):
            value = found[index + 2] if found[index + 1].text == b"=" and index + 2 < len(found) else found[index + 1]
            result.append((index, value.end, value.value))
    return result


def _event(found: List[Token], policy: Policy) -> List[_Edit]:
    if policy.events != "disabled":
        return []
    for index, token in enumerate(found):
        if token.upper == b"ENABLE":
            return [(token.start, token.end, b"DISABLE")]
        if token.upper == b"DISABLE" and index:
            return []
        if token.upper in (b"COMMENT", b"DO") and index > 2:
            # Without a word of its status an event is enabled.
            return [(token.start, token.start, b"DISABLE ")]
    return []


def _database(found: List[Token], policy: Policy) -> List[_Edit]:
    """The source database's name before a dot, where the target has another name.

    A table may have the name of its database. Where the statement names one, only what cannot be a column is changed.
    """
    named = _is_table_too(found, policy)
    return [
        (found[index].start, found[index].end, quote(policy.target or b""))
        for index in _before_dots(found, policy)
        if not named or stands_for_schema(found, index)
    ]


def _ambiguous(found: List[Token], policy: Policy) -> Tuple[str, ...]:
    """What stands before a dot and may be the database as well as a table of its name: it is left as it is, and told."""
    if not _is_table_too(found, policy):
        return ()
    left = [index for index in _before_dots(found, policy) if not stands_for_schema(found, index)]
    shown = sorted({b"".join(token.text for token in found[index : index + 3]).decode("utf-8", "replace") for index in left})
    return tuple("{0} may be of the database or of the table of that name, and was not changed".format(name) for name in shown)


def _is_table_too(found: List[Token], policy: Policy) -> bool:
    return any(lone_name(found, index) == policy.source for index in range(len(found)))


def _before_dots(found: List[Token], policy: Policy) -> List[int]:
    """Where the source's name stands before a dot, if the target has another."""
    if policy.source is None or policy.target is None or policy.source == policy.target:
        return []
    return [index for index in range(len(found)) if schema_like(found, index) == policy.source]

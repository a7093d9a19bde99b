# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Triggers that the client would run while loading a dump, because they come before rows of their table. The loader creates them after all rows."""

from typing import Dict, FrozenSet, List, Optional, Tuple

from .database_options import DatabaseNames
from .lexer import Token
from .plan import Definition, FiredTrigger
from .tokens import name_at, tokens

_EVENTS = {
    b"INSERT": (b"INSERT",),
    b"REPLACE": (b"INSERT", b"DELETE"),
    b"UPDATE": (b"UPDATE",),
    b"DELETE": (b"DELETE",),
}
_BEFORE_WRITTEN = (b"LOW_PRIORITY", b"DELAYED", b"HIGH_PRIORITY", b"IGNORE", b"QUICK", b"INTO", b"FROM")


class TriggerFirings:
    """The triggers that exist at the current statement, and those that statements so far would have run. ``version`` is the server's."""

    def __init__(self, version: int) -> None:
        self._version = version
        # The definition of each trigger, with its event, by table.
        self._on: Dict[bytes, Dict[bytes, Tuple[bytes, Definition]]] = {}
        # By trigger and file with the rows.
        self._fired: Dict[Tuple[bytes, str], Definition] = {}

    def create(self, made: Definition) -> None:
        """Record a CREATE TRIGGER. In a pair of files (schema, data), each file has all triggers after its rows, so the triggers of the first file are
        not meant for the rows of the second."""
        before = self._fired.get((made.name, made.place.file))
        if before is not None and before.place.file != made.place.file:
            del self._fired[(made.name, made.place.file)]
        self.drop(made.name)
        if made.on is not None:
            self._on.setdefault(made.on, {})[made.name] = (event_of(tokens(made.text, made.session.dialect(self._version))), made)

    def drop(self, name: bytes) -> None:
        """Record a DROP TRIGGER."""
        for table in [table for table, triggers in self._on.items() if name in triggers]:
            del self._on[table][name]
            if not self._on[table]:
                del self._on[table]

    def drop_table(self, table: bytes) -> List[bytes]:
        """Record a DROP TABLE; returns the names of the triggers that are dropped with it."""
        return list(self._on.pop(table, ()))

    def on_table(self, table: bytes) -> Optional[bytes]:
        """The name of a trigger on this table, None if it has none."""
        return next(iter(self._on.get(table, ())), None)

    def write(self, table: bytes, verb: bytes, file: str) -> None:
        """Record rows that ``file`` writes to ``table``."""
        for name, (event, made) in self._on.get(table, {}).items() if self._on else ():
            if event in _EVENTS.get(verb, ()):
                self._fired.setdefault((name, file), made)

    def write_any(self, found: List[Token], database: DatabaseNames, file: str) -> None:
        """Record a statement that is not rows of literals. In doubt it writes to each table that it names."""
        if self._on:
            verbs = [found[0].upper] + [b"UPDATE" for token in found if token.upper == b"DUPLICATE"]
            for table in {database.stored(token.identifier) for token in found if token.identifier is not None}:
                for verb in verbs:
                    self.write(table, verb, file)

    @property
    def fired(self) -> Tuple[FiredTrigger, ...]:
        """The triggers that would have been run."""
        return tuple(FiredTrigger(made, elsewhere=made.place.file != file) for (_name, file), made in self._fired.items())


def event_of(found: List[Token]) -> bytes:
    """The event of a trigger: INSERT, UPDATE or DELETE."""
    return next((token.upper for before, token in zip(found, found[1:]) if before.upper in (b"BEFORE", b"AFTER") and token.upper in _EVENTS), b"")


def tables_written_by(found: List[Token]) -> FrozenSet[bytes]:
    """The tables that the body of a trigger names after INSERT, REPLACE, UPDATE or DELETE."""
    body = next((at for at, token in enumerate(found) if token.upper == b"ROW"), len(found))
    written = set()
    for at in range(body, len(found)):
        if found[at].upper in _EVENTS and found[at - 1].upper != b"KEY":
            after = at + 1
            while after < len(found) and found[after].upper in _BEFORE_WRITTEN:
                after += 1
            name, after = name_at(found, after)
            if name is not None and found[after : after + 1] and found[after].text not in (b",", b"="):
                written.add(name.name)
    return frozenset(written)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Views, routines, triggers and events of a dump. The last definition of a name counts; a dropped object is not created."""

from typing import Callable, Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

from .._identifiers import folded
from .classify import StatementKind
from .database_options import DatabaseNames
from .lexer import Token
from .plan import Definition
from .tokens import table_places, tokens


class StoredObjects:
    """The views, routines, triggers and events in the statements read so far.

    Servers compare the names of routines and events without their case, those of triggers with it (before 8.0, or without it: ``any_case``), and those
    of views like those of tables: ``stored`` returns the name as the server stores it.
    """

    def __init__(self, stored: Callable[[bytes], bytes] = lambda name: name, *, any_case: bool = False) -> None:
        self._stored = stored
        self._any_case = any_case
        self._views: Dict[bytes, List[Definition]] = {}
        self._dropped_views: Set[bytes] = set()
        self._routines: Dict[Tuple[str, bytes], Definition] = {}
        # schema.sql and data.sql of one backup both contain the triggers.
        self._triggers: Dict[bytes, Definition] = {}
        self._events: Dict[bytes, Definition] = {}

    def add(self, made: Definition) -> None:
        """Add the definition of a view, routine, trigger or event."""
        if made.kind is StatementKind.VIEW:
            name = self._stored(made.name)
            self._views.setdefault(name, []).append(made)
            self._dropped_views.discard(name)
        elif made.kind is StatementKind.ROUTINE:
            self._routines[(made.what, folded(made.name))] = made
        elif made.kind is StatementKind.TRIGGER:
            self._triggers[made.name] = made
        else:
            self._events[folded(made.name)] = made

    def existing(self, made: Definition) -> Optional[Definition]:
        """The object that has the name of this one at this statement."""
        if made.kind is StatementKind.VIEW:
            return self.view(made.name)
        if made.kind is StatementKind.ROUTINE:
            return self._routines.get((made.what, folded(made.name)))
        return self._triggers.get(made.name) if made.kind is StatementKind.TRIGGER else self._events.get(folded(made.name))

    def drop(self, kind: StatementKind, what: str, name: bytes) -> bool:
        """Forget what a DROP statement of this ``kind`` names; ``what`` is PROCEDURE, FUNCTION or LIBRARY. Returns whether it existed. The first version
        of a view is kept as its placeholder if the view is created again."""
        if kind is StatementKind.DROP_VIEW:
            existed = self.has_view(name)
            self._dropped_views.update([self._stored(name)] if existed else [])
            return existed
        if kind is StatementKind.DROP_TRIGGER:
            return self.drop_trigger(self.trigger_named(name))
        if kind is StatementKind.DROP_ROUTINE:
            return self._routines.pop((what, folded(name)), None) is not None
        return self._events.pop(folded(name), None) is not None

    def trigger_named(self, name: bytes) -> bytes:
        """The spelling in the dump of a trigger that the server finds under this name; the same name if there is none."""
        if name in self._triggers or not self._any_case:
            return name
        return next((known for known in self._triggers if folded(known) == folded(name)), name)

    def drop_trigger(self, name: bytes) -> bool:
        """Forget a trigger, which was dropped or was on a table that was. Returns whether it existed."""
        return self._triggers.pop(name, None) is not None

    def view(self, name: bytes) -> Optional[Definition]:
        """The view of this name; None if the dump has not created it, or has dropped it."""
        return self.last_version(name) if self.has_view(name) else None

    def last_version(self, name: bytes) -> Optional[Definition]:
        """The last CREATE of a view of this name, dropped or not."""
        versions = self._views.get(self._stored(name))
        return versions[-1] if versions is not None else None

    def has_function(self, name: bytes) -> bool:
        """Whether the dump has created a function of this name."""
        return ("FUNCTION", folded(name)) in self._routines

    def has_view(self, name: bytes) -> bool:
        """Whether the dump creates a view of this name, so that a table of this name is its placeholder."""
        return self._stored(name) in self._views and self._stored(name) not in self._dropped_views

    def objects(self, placeholders: List[Definition], database: DatabaseNames) -> Tuple[Definition, ...]:
        """The objects in the order in which they are created: placeholders of views, then routines, then the views themselves.

        ``placeholders`` are the tables that views replace. Their names and those of views are spelled as the server stores them, all others as in the dump.
        """
        views = [versions for name, versions in self._views.items() if name not in self._dropped_views]
        first = [versions[0] for versions in views if len(versions) > 1] + placeholders
        first, last = ([view._replace(name=database.stored(view.name)) for view in some] for some in (first, [versions[-1] for versions in views]))
        # Functions use libraries.
        routines = sorted(self._routines.values(), key=lambda routine: routine.what != "LIBRARY")
        return tuple(first + routines + last)

    @property
    def triggers(self) -> Tuple[Definition, ...]:
        """In the order of their first definition in the dump."""
        return tuple(self._triggers.values())

    @property
    def events(self) -> Tuple[Definition, ...]:
        """In the order of their first definition in the dump."""
        return tuple(self._events.values())


_BODY = (b"BEGIN", b"RETURN", b"IF", b"CASE", b"LOOP", b"REPEAT", b"WHILE", b"AS")


def is_declared_safe(found: Sequence[Token]) -> bool:
    """Whether a CREATE FUNCTION says that it is DETERMINISTIC, or that it changes nothing (NO SQL, READS SQL DATA). Otherwise a server that writes a
    binary log refuses it (error 1418)."""
    words = [token.upper if token.kind == "word" else b"" for token in found]
    start = words.index(b"RETURNS") if b"RETURNS" in words else len(words)
    end = next((at for at in range(start + 1, len(words)) if words[at] in _BODY or found[at].text == b":"), len(words))
    for at in range(start, end):
        if words[at] == b"READS" or words[at : at + 2] == [b"NO", b"SQL"] or (words[at] == b"DETERMINISTIC" and words[at - 1] != b"NOT"):
            return True
    return False


def dependents_first(views: Sequence[Definition], version: int) -> List[Definition]:
    """The views, each before those that it selects from."""
    names = {view.name.lower() for view in views}
    left = list(views)
    used: Dict[bytes, FrozenSet[bytes]] = {}
    for view in views:
        found = tokens(view.text, view.session.dialect(version))
        # In an account or a column, the name of a view is not a reference, nor is the view's own name.
        places = [found[at].identifier for at in table_places(found, program=True)]
        used[view.name] = frozenset(name.lower() for name in places if name is not None) & names - {view.name.lower()}
    ordered: List[Definition] = []
    while left:
        needed = {name for view in left for name in used[view.name]}
        free = [view for view in left if view.name.lower() not in needed] or left
        ordered += free
        left = [view for view in left if view not in free]
    return ordered

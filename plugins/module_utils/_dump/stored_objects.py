# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Views, routines, triggers and events of a dump. The last definition of a name counts; a dropped object is not created."""

from typing import Dict, FrozenSet, List, Sequence, Tuple

from .classify import ClassifiedStatement, StatementKind
from .database_options import DatabaseNames
from .plan import Definition
from .tokens import table_places, tokens


class StoredObjects:
    """The views, routines, triggers and events in the statements read so far."""

    def __init__(self) -> None:
        self._views: Dict[bytes, List[Definition]] = {}
        self._routines: Dict[Tuple[str, bytes], Definition] = {}
        # schema.sql and data.sql of one backup both contain the triggers.
        self._triggers: Dict[bytes, Definition] = {}
        self._events: Dict[bytes, Definition] = {}

    def add(self, made: Definition) -> None:
        """Add the definition of a view, routine, trigger or event."""
        if made.kind is StatementKind.VIEW:
            self._views.setdefault(made.name, []).append(made)
        elif made.kind is StatementKind.ROUTINE:
            self._routines[(made.what, made.name)] = made
        elif made.kind is StatementKind.TRIGGER:
            self._triggers[made.name] = made
        else:
            self._events[made.name] = made

    def drop(self, item: ClassifiedStatement) -> None:
        """Forget the objects that a DROP statement names. A view stays, because the dump drops its placeholder just before it creates the view."""
        name = item.name.name if item.name is not None else b""
        if item.kind is StatementKind.DROP_TRIGGER:
            self.drop_trigger(name)
        elif item.kind is StatementKind.DROP_ROUTINE:
            self._routines.pop((item.verb.split()[-1], name), None)
        elif item.kind is StatementKind.DROP_EVENT:
            self._events.pop(name, None)

    def drop_trigger(self, name: bytes) -> None:
        """Forget a trigger that was dropped, or whose table was dropped."""
        self._triggers.pop(name, None)

    def has_view(self, name: bytes) -> bool:
        """Whether the dump creates a view with this name, so that a table with this name is its placeholder."""
        return name in self._views

    def objects(self, placeholders: List[Definition], database: DatabaseNames) -> Tuple[Definition, ...]:
        """The objects in the order in which they are created: placeholders of views, then routines, then the views themselves.

        ``placeholders`` are the tables that views replace. The name of a view is spelled as the server stores it, all others as in the dump.
        """
        first = [versions[0] for versions in self._views.values() if len(versions) > 1]
        last = [versions[-1]._replace(name=database.stored(versions[-1].name)) for versions in self._views.values()]
        # Functions use libraries.
        routines = sorted(self._routines.values(), key=lambda routine: routine.what != "LIBRARY")
        return tuple(first + placeholders + routines + last)

    @property
    def triggers(self) -> Tuple[Definition, ...]:
        """In the order of their first definition in the dump."""
        return tuple(self._triggers.values())

    @property
    def events(self) -> Tuple[Definition, ...]:
        """In the order of their first definition in the dump."""
        return tuple(self._events.values())


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

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CREATE and DROP of views, triggers, routines and events, which the import creates after the rows."""

from typing import Dict, List, Optional, Tuple

from .._identifiers import folded, name_text
from .barrier_statements import BarrierStatements
from .classify import ClassifiedStatement, StatementKind
from .client_stops import GONE, EarlyUses, error_of_drop, says_if_exists, says_if_not_exists, says_or_replace
from .dump_tables import DumpTables
from .plan import Definition
from .reader_state import ReaderState
from .renames import names_in_list
from .scope import schedule_outside_target
from .sql_functions import functions_of_view
from .stored_objects import StoredObjects
from .tokens import tables_read, tokens
from .trigger_firings import TriggerFirings

# Since 8.0 the names of triggers are compared without their case.
_TRIGGERS_IN_ANY_CASE = 80000
_WHAT = {StatementKind.VIEW: "view", StatementKind.TRIGGER: "trigger", StatementKind.ROUTINE: "routine", StatementKind.EVENT: "event"}


class ObjectStatements:
    """Keeps the objects that the dump creates and does not drop."""

    def __init__(self, reading: ReaderState, tables: DumpTables, firings: TriggerFirings, barriers: BarrierStatements) -> None:
        self._reading = reading
        self._choices = reading.choices
        self._tables = tables
        self._firings = firings
        self._barriers = barriers
        self.objects = StoredObjects(reading.choices.stored, any_case=reading.choices.server_version >= _TRIGGERS_IN_ANY_CASE)
        # All that the dump creates, in the order of the file.
        self.created: List[Definition] = []
        # Functions that views call before the dump has created them.
        self._early_calls = EarlyUses()
        # The last CREATE of each view, with its file. It must not have the name of a table with rows.
        self._views: Dict[bytes, Tuple[ClassifiedStatement, str]] = {}

    def create(self, item: ClassifiedStatement) -> None:
        """Handle CREATE of a view, trigger, routine or event."""
        if self._reading.outside(item):
            return
        if item.name is None:
            self._reading.refuse(item, "names nothing")
            return
        if item.on is not None and not self._choices.selects(item.on.name):
            return
        what = _WHAT[item.kind]
        if (what == "trigger" and self._choices.triggers != "after") or (what == "event" and self._choices.policy.events == "omit"):
            self._reading.count(what + "s_omitted")
            return
        outside = schedule_outside_target(tokens(item.statement.text, self._reading.dialect)) if what == "event" else None
        if outside is not None and self._reading.refuse_unless_allowed(item, outside):
            return
        if item.kind is StatementKind.VIEW:
            self._views[item.name.name] = (item, self._reading.file_name)
        made = self._reading.definition(item, item.name.name, what)
        self.created.append(made)
        before, found = self.objects.existing(made), tokens(made.text, self._reading.dialect)
        if before is not None and says_if_not_exists(found, made.what):
            return
        if item.kind is StatementKind.VIEW and before is None:
            before = self._placeholder(made)
        elif before is not None and says_or_replace(found):
            before = None
        if before is not None and before.place.file == made.place.file:
            self._tables.refuse_second(item, made.what.lower(), made, before)
        self._note_uses_of_object(item, made)
        self.objects.add(made)
        if item.kind is StatementKind.TRIGGER:
            self._firings.create(made)

    def _placeholder(self, view: Definition) -> Optional[Definition]:
        """The table that has the name of a view at this statement. The placeholders that mysqldump writes are dropped before it."""
        table = self._tables.existing(view.name)
        return table.create if table is not None else None

    def _note_uses_of_object(self, item: ClassifiedStatement, made: Definition) -> None:
        if item.kind is StatementKind.TRIGGER and made.on is not None:
            self._tables.note_use(made.on, item)
            self._barriers.early_columns.note(made, tokens(made.text, self._reading.dialect), frozenset((made.on,)))
        elif item.kind is StatementKind.VIEW:
            self._note_versions(made)
            self._tables.end_early_uses(made.name, item)
            for name in tables_read(tokens(made.text, self._reading.dialect), self._choices.target):
                if not self.objects.has_view(name):
                    self._tables.note_use(self._reading.database.stored(name), item)
            for name in functions_of_view(tokens(made.text, self._reading.dialect), self._choices.target):
                if not self.objects.has_function(name):
                    self._early_calls.note(folded(name), item, self._reading.file_name)
        elif made.what == "FUNCTION":
            for use in self._early_calls.created(folded(made.name), self._reading.file_name):
                self._reading.warnings.append(use.warning(item, self._choices.server_version))

    def _note_versions(self, made: Definition) -> None:
        before = self.objects.last_version(made.name)
        if before is not None:
            self._barriers.created_again(made, before)
        self._barriers.note_view(made)

    def drop(self, item: ClassifiedStatement) -> List[bytes]:
        """Handle DROP of a view, trigger, routine or event. Returns the names."""
        if self._reading.outside(item):
            return []
        if item.name is None:
            self._reading.refuse(item, "names nothing")
            return []
        found, what = tokens(item.statement.text, self._reading.dialect), item.verb.split()[-1]
        names = names_in_list(found, item.name)
        trigger = self.objects.trigger_named(item.name.name)
        for name in names:
            if not self.objects.drop(item.kind, what, name.name) and self._keeps(what) and not says_if_exists(found):
                self._reading.refuse_unless_allowed(item, GONE.format("the {0} {1}".format(what.lower(), name_text(name.name)), error_of_drop(what)))
            if item.kind is StatementKind.DROP_VIEW:
                self._barriers.forget_view(name.name)
        if item.kind is StatementKind.DROP_TRIGGER:
            self._firings.drop(trigger)
            self._barriers.early_columns.forget(StatementKind.TRIGGER, trigger)
        return [name.name for name in names]

    def _keeps(self, what: str) -> bool:
        """Whether the import creates all objects of this kind that the dump creates."""
        if what == "TRIGGER" and (self._choices.triggers != "after" or self._choices.tables or self._choices.exclude_tables):
            return False
        return what != "EVENT" or self._choices.policy.events != "omit"

    def refuse_views_of_tables(self) -> None:
        """At the end of the dump, refuse views that have the name of a table with rows."""
        for name, (item, file_name) in self._views.items():
            table = self._tables.spelled(name)
            if table is not None and table.create is not None and table.rows:
                self._reading.refusals.unless_allowed(item, file_name, "has the name of a table with rows")

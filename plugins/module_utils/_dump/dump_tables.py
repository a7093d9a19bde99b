# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of a dump: their histories, and statements that use a table before it exists or create it twice."""

from typing import Dict, Iterable, Iterator, Optional

from .._identifiers import name_text
from .classify import ClassifiedStatement
from .client_stops import TWICE, EarlyUses, error_of_create
from .plan import Definition
from .reader_state import ReaderState
from .renames import Renames
from .table_definition import TableDefinition
from .table_history import TableHistory


class DumpTables:
    """The tables that the statements read so far name, in the order of their first appearance.

    ``spellings`` has the first spelling of each name in the dump, by the name as the server stores it.
    """

    def __init__(self, reading: ReaderState, renames: Renames) -> None:
        self._reading = reading
        self._renames = renames
        self._histories: Dict[bytes, TableHistory] = {}
        self.spellings: Dict[bytes, bytes] = {}
        # Tables that barriers have created, with their columns, by the name as the server stores it, until the dump has rows of them.
        self._made: Dict[bytes, TableDefinition] = {}
        self.early_uses = EarlyUses()

    def __iter__(self) -> Iterator[TableHistory]:
        return iter(self._histories.values())

    def spelled(self, name: bytes) -> Optional[TableHistory]:
        """The table that the dump spells like this."""
        return self._histories.get(name)

    def existing(self, name: bytes) -> Optional[TableHistory]:
        """The table of this name, in any spelling that is the same to the server, if the dump has created it and not dropped it."""
        table = self._histories.get(self.spellings.get(self._reading.database.stored(name), name))
        return table if table is not None and table.create is not None and not table.dropped else None

    def named(self, name: bytes) -> TableHistory:
        """The table of this name, new if no statement has named it."""
        table = self._histories.get(name)
        if table is None:
            table = self._histories[name] = TableHistory(name, len(self._histories))
            self.spellings.setdefault(self._reading.database.stored(name), name)
            table.current = self._made.pop(self._reading.database.stored(name), None)
        return table

    def current(self, name: bytes) -> Optional[TableDefinition]:
        """The table of this name, as the server stores it, with its present columns; None if these are not known."""
        table = self._histories.get(self.spellings.get(name, name))
        return table.current if table is not None and not table.dropped else self._made.get(name)

    def redefine(self, name: bytes, current: Optional[TableDefinition]) -> None:
        """Note what a barrier has made of the table of this name, as the server stores it."""
        table = self._histories.get(self.spellings.get(name, name))
        if table is not None and not table.dropped:
            table.current = current
        elif current is not None:
            self._made[name] = current
        else:
            self._made.pop(name, None)

    def forget_columns(self) -> None:
        """A barrier may have changed the columns of any table."""
        self._made.clear()
        for table in self:
            table.current = None

    def note_use(self, name: bytes, item: ClassifiedStatement, *, as_parent: bool = False) -> None:
        """Note that ``item`` uses a table, ``as_parent`` of a foreign key, if nothing has created it."""
        if self.existing(name) is None and not self._renames.concern(name, self._reading.database):
            self.early_uses.note(name, item, self._reading.file_name, as_parent=as_parent)

    def end_early_uses(self, name: bytes, item: ClassifiedStatement) -> None:
        """``item`` creates a table or view: refuse what has used it before, or warn if the import does that later."""
        for use in self.early_uses.created(self._reading.database.stored(name), self._reading.file_name):
            version = self._reading.choices.server_version
            if use.made_later:
                self._reading.warnings.append(use.warning(item, version))
            elif not self._renames.concern(name, self._reading.database):
                self._reading.refusals.unless_allowed(use.item, use.file_name, use.reason(item, version))

    def child_of(self, name: bytes, *, without: Iterable[bytes] = ()) -> Optional[TableHistory]:
        """A table with a foreign key to the one of this name, except itself and those in ``without``; names are spelled as the server stores them."""
        database, left_out = self._reading.database, {name, *without}
        for table in self:
            if table.create is None or table.dropped or database.stored(table.name) in left_out:
                continue
            parents = [key.parent for key in table.foreign_keys if not key.ignored]
            if any(database.stored(parent.name) == name and (parent.schema is None or database.has(parent.schema)) for parent in parents):
                return table
        return None

    def refuse_second(self, item: ClassifiedStatement, what: str, made: Definition, before: Definition) -> None:
        """Refuse the second CREATE of a name. The files of a pair may both have an object, for example a trigger: then it must be the same."""
        if before.place.file == made.place.file:
            place = "the {0} {1}".format(what, name_text(made.name)), before.place.line, error_of_create(made.what)
            self._reading.refuse_unless_allowed(item, TWICE.format(*place))
        elif before.text != made.text:
            self._reading.refuse_unless_allowed(item, "creates another {0} with the same name".format(what))

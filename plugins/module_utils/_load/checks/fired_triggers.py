# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Triggers that the client would run while loading the dump, and triggers that the server does not accept.

mysqldump writes triggers after the rows of their table; files written by hand may not.
"""

from typing import Dict, List, Optional, Tuple

from ..._dump.lexer import Token
from ..._dump.plan import Definition, FiredTrigger, LoadPlan
from ..._dump.steps import Barrier
from ..._dump.tokens import tokens
from ..._dump.trigger_firings import event_of, tables_written_by
from ..._finding import Finding
from ..._identifiers import name_text
from . import messages
from .subject import CheckSubject

_SHOWN = 10


def check_fired_triggers(subject: CheckSubject) -> List[Finding]:
    """No trigger comes before rows of its table. With a schema file and a data file, which has all rows, only triggers that fill a table
    without rows count."""
    plan = subject.known.plan
    found = []
    for fired in plan.fired if plan is not None else ():
        made = fired.definition
        written = tables_written_by(tokens(made.text, made.session.dialect(subject.server.version.number)))
        if plan is not None and (not fired.elsewhere or _has_empty(plan, fired, [subject.request.choices.stored(name) for name in written])):
            tables = ", ".join(sorted(name_text(name) for name in written)) or "the rows themselves"
            found.append(messages.TRIGGER_NOT_RUN.found(str(made.place), trigger=name_text(made.name), on=name_text(made.on or b""), tables=tables))
    return found[:_SHOWN]


def _has_empty(plan: LoadPlan, fired: FiredTrigger, written: List[bytes]) -> bool:
    return any(planned.create is not None and not planned.rows and planned.name in written and planned.name != fired.definition.on for planned in plan.tables)


def check_trigger_definitions(subject: CheckSubject) -> List[Finding]:
    """The columns that triggers name after NEW and OLD exist, and so do the triggers that they follow; 5.6 gets no second trigger for the same event of a
    table."""
    plan, version = subject.known.plan, subject.server.version.number
    found: List[Finding] = []
    seen: Dict[Tuple[bytes, bytes, bytes], List[bytes]] = {}
    names: Dict[str, str] = {}
    for made in plan.triggers if plan is not None else ():
        read = tokens(made.text, made.session.dialect(version))
        timing = next((token.upper for token in read if token.upper in (b"BEFORE", b"AFTER")), b"")
        others = seen.setdefault((made.on or b"", timing, event_of(read)), [])
        name, on = name_text(made.name), name_text(made.on or b"")
        if version >= 80000 and names.setdefault(name.lower(), name) != name:
            found.append(messages.TRIGGER_NAME.found(str(made.place), trigger=name, other=names[name.lower()]))
        if version < 50702 and others:
            found.append(messages.TRIGGER_SECOND.found(str(made.place), trigger=name, first=name_text(others[0]), on=on))
        other = _neighbour(read)
        if other is not None and other.lower() not in [known.lower() for known in others]:
            found.append(messages.TRIGGER_ORDER.found(str(made.place), trigger=name, other=name_text(other), on=on))
        others.append(made.name)
        unknown = _unknown_column(plan, made, read) if plan is not None else None
        if unknown is not None:
            column = name_text(unknown)
            found.append(messages.TRIGGER_COLUMN.found(str(made.place), trigger=name, column=column, on=on))
    return found[:_SHOWN]


def _neighbour(read: List[Token]) -> Optional[bytes]:
    """The trigger behind FOLLOWS or PRECEDES."""
    at = next((index for index, token in enumerate(read[:-3]) if [word.upper for word in read[index : index + 3]] == [b"FOR", b"EACH", b"ROW"]), len(read)) + 3
    return read[at + 1].identifier if at + 1 < len(read) and read[at].upper in (b"FOLLOWS", b"PRECEDES") else None


def _unknown_column(plan: LoadPlan, made: Definition, read: List[Token]) -> Optional[bytes]:
    """The first column after NEW or OLD that the table does not have; None if statements between the rows may have changed its columns."""
    table = next((planned.table for planned in plan.tables if planned.name == made.on and planned.table is not None), None)
    columns = {column.name.lower() for column in table.columns} if table is not None else set()
    for row, dot, token in zip(read, read[1:], read[2:]) if columns else ():
        name = token.identifier
        if row.upper in (b"NEW", b"OLD") and dot.text == b"." and name is not None and name.lower() not in columns and max(name) < 0x80:
            return None if any(isinstance(step, Barrier) for step in plan.steps) else name
    return None

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Triggers that the client runs while it loads the dump. mysqldump writes them behind the rows of their table; files written by hand may not."""

from typing import List

from ..._dump.plan import FiredTrigger, LoadPlan
from ..._dump.tokens import tokens
from ..._dump.trigger_firings import tables_written_by
from ..._finding import Finding
from ..._identifiers import name_text
from . import messages
from .subject import CheckSubject

_SHOWN = 10


def check_fired_triggers(subject: CheckSubject) -> List[Finding]:
    """No trigger comes before rows of its table. Of a schema file and a data file, which has all rows, only those count that fill a table
    for which there are no rows."""
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

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps of the plan that an earlier run has begun or finished. None of them runs twice, so what they have changed must not be lost."""

from typing import Container, Dict, FrozenSet, List, Optional, Sequence, Set, Union

from ..._dump.plan import LoadPlan
from ..._dump.steps import Barrier, Chunk
from ..._failure import Failure
from ..._identifiers import name_text
from ..ledger import BARRIER_BEGUN, TABLE_BEGUN
from .non_transactional import Done, is_sent

START_OVER = "Drop everything that the import has created in the database {0}, then run the task again; it starts over."


def refuse_other_steps(plan: LoadPlan, done: Done, database: str) -> None:
    """Raise a Failure if an earlier run has finished steps that are not in the plan: then its steps that seem to be left may overlap with them."""
    known = sum(1 for step in plan.steps if _is_done(step, done)) if done else 0
    if known != sum(1 for file, _position in done if file >= 0):
        raise Failure(
            "The unfinished import of {0} split the rows into different chunks than this run would".format(database),
            None,
            "It was started by another version of this collection. Finish it with that version, or start over. {0}".format(START_OVER.format(database)),
        )


def _is_done(step: Union[Barrier, Chunk], done: Done) -> bool:
    rows = done.get((step.file, step.offset))
    return rows is not None and (isinstance(step, Barrier) or not step.exact or rows == step.rows)


def refuse_begun(plan: LoadPlan, done: Done, database: str) -> None:
    """Raise a Failure if an earlier run was stopped during a statement."""
    step = stopped_statement(plan, done)
    if step is not None:
        raise Failure(
            "An earlier run was stopped during this statement, and it cannot be known whether the statement took effect",
            _place_of(plan, step),
            START_OVER.format(database),
        )


def stopped_statement(plan: LoadPlan, done: Done) -> Optional[Barrier]:
    """The statement during which an earlier run was stopped."""
    for step in plan.steps if done else ():
        if isinstance(step, Barrier) and (BARRIER_BEGUN - step.file, step.offset) in done and (step.file, step.offset) not in done:
            return step
    return None


def starts_over(plan: LoadPlan, done: Done, there: Container[str]) -> bool:
    """Whether nothing is left of what an earlier run has created, so that all steps run again. ``there`` are the tables that exist."""
    names = {name_text(planned.name) for planned in plan.tables}.union(map(name_text, plan.renamed))
    # Rows of a table that the dump only fills are in a table of the user.
    if _filled(plan) or any(name in there for name in names):
        return False
    if lost_tables(plan, done, there):
        return True
    # Only statements have created tables, and the user has dropped them after the last statement was stopped.
    return bool(plan.renamed) and stopped_statement(plan, done) is not None and not any(name_text(name) in there for name, _place in plan.changed)


def _filled(plan: LoadPlan) -> bool:
    return any(planned.create is None and planned.name not in plan.renamed for planned in plan.tables)


def lost_tables(plan: LoadPlan, done: Done, there: Container[str]) -> List[int]:
    """The indexes of tables of this import that do not exist, except those that a statement will create."""
    absent = {planned.name: index for index, planned in enumerate(plan.tables) if name_text(planned.name) not in there}
    made = {name for name in absent if plan.tables[absent[name]].create is None and name in plan.renamed}
    lost = {name for name in absent if plan.tables[absent[name]].create is not None}
    return sorted(absent[name] for name in lost.union(_existed(plan, done, made)))


def _existed(plan: LoadPlan, done: Done, names: Set[bytes]) -> Set[bytes]:
    """Which of these tables, created by statements, have existed: the first statement that names it has begun, or rows of it were loaded."""
    if not names:
        return set()
    first: Dict[bytes, bool] = {}
    filled: Set[bytes] = set()
    any_table = False
    for step in plan.steps:
        if isinstance(step, Chunk):
            if is_sent(step, done) and plan.tables[step.table].name in names:
                filled.add(plan.tables[step.table].name)
        elif step.affected.redefines:
            ran = (step.file, step.offset) in done or (BARRIER_BEGUN - step.file, step.offset) in done
            any_table = any_table or ran and step.affected.tables is None
            for name in names.intersection(step.affected.tables or ()):
                first.setdefault(name, ran)
    return {name for name in names if name in filled or first.get(name, any_table)}


def refuse_other_engine(plan: LoadPlan, done: Done, restart: Container[int], settled: Container[str], database: str) -> None:
    """Raise a Failure if an earlier run has sent rows of a table that could roll back then and cannot now (it is in ``restart``), or vice versa: the
    ledger records either the chunks of a table or the whole table. Tables named in ``settled`` are complete."""
    unsent: Dict[bytes, Chunk] = {}
    for step in plan.steps if done else ():
        if isinstance(step, Barrier):
            # All rows before a statement that has run were sent.
            if (step.file, step.offset) in done and step.affected.redefines:
                for name in step.affected.tables if step.affected.tables is not None else list(unsent):
                    if name in unsent:
                        _refuse_engine(plan, unsent[name], database)
        elif name_text(plan.tables[step.table].name) in settled:
            continue
        elif step.table in restart:
            if (step.file, step.offset) in done:
                _refuse_engine(plan, step, database)
        elif not is_sent(step, done):
            if (TABLE_BEGUN, step.table) in done:
                _refuse_engine(plan, step, database)
            unsent.setdefault(plan.tables[step.table].name, step)


def _refuse_engine(plan: LoadPlan, chunk: Chunk, database: str) -> None:
    raise Failure(
        "Rows of the table {0} were loaded while it had another engine, and it cannot be known which of them are there".format(
            name_text(plan.tables[chunk.table].name)
        ),
        _place_of(plan, chunk),
        START_OVER.format(database),
    )


def refuse_to_reload(plan: LoadPlan, done: Done, tables: Sequence[int], database: str, *, created_again: bool) -> None:
    """Raise a Failure if a statement that has run may have changed one of the tables with these indexes, which must be filled again.

    ``created_again``: they lose their columns and keys too.
    """
    step = _undone(plan, done, frozenset(tables), created_again=created_again) if tables and done else None
    if step is not None:
        name = name_text(step.change.table or plan.tables[tables[0]].name)
        raise Failure(
            "The table {0} must be loaded again, but a statement that may have changed it has run, and does not run again".format(name),
            _place_of(plan, step),
            START_OVER.format(database),
        )


def past_histograms(plan: LoadPlan, done: Done) -> FrozenSet[int]:
    """The indexes of tables whose histograms an earlier run has created before a statement that has run: the table may have other rows since then.

    The plan has only histograms before its first barrier.
    """
    steps = iter(plan.steps if done else ())
    filled = set()
    for step in steps:
        if isinstance(step, Barrier):
            if (step.file, step.offset) in done:
                later = {chunk.table for chunk in steps if isinstance(chunk, Chunk)}
                return frozenset(index for index, planned in enumerate(plan.tables) if planned.histograms and index not in later and index not in filled)
            break
        if not is_sent(step, done):
            filled.add(step.table)
    return frozenset()


def _undone(plan: LoadPlan, done: Done, tables: Container[int], *, created_again: bool) -> Optional[Barrier]:
    """The first statement that has run and whose effect would be lost."""
    names = {planned.name for index, planned in enumerate(plan.tables) if index in tables}
    has_rows = created_again
    for step in plan.steps:
        if isinstance(step, Chunk):
            has_rows = has_rows or step.table in tables
        elif (step.file, step.offset) in done:
            change = step.change
            # An UPDATE or ALTER TABLE, whose table is not known.
            keeps_rows = change.table is None and change.rows == 0
            if has_rows if keeps_rows else change.table is None or change.table in names:
                return step
    return None


def _place_of(plan: LoadPlan, step: Union[Barrier, Chunk]) -> str:
    return "{0}, line {1}, byte {2}".format(plan.files[step.file].name, step.line, step.offset)

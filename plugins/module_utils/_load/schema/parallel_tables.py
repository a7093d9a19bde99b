# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the tables of a plan, on several connections if there are many, because CREATE TABLE waits for the disk."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Callable, Container, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._dump.session_variables import DATABASE_COLLATION
from ..._identifiers import name_text
from ..._server.crash_leftovers import unobstructed
from ..loader_connection import LoaderConnection
from .objects import make_object

# Fewer tables do not justify another connection. More than four connections do not create more tables per second (measured: 5.6, 5.7 and 9.7).
_WORTH_A_CONNECTION = 20
_MOST_CONNECTIONS = 4
# A table with references waits for the tables it refers to, and two tables that refer to the same one could wait for each other.
_OF_OTHERS = re.compile(rb"\bREFERENCES\b|\bUNION\b", re.I)


class _TableJob(NamedTuple):
    number: int
    name: str
    create: Definition


def make_tables(
    loader: LoaderConnection,
    open_worker: Callable[[int], LoaderConnection],
    workers: int,
    database: str,
    plan: LoadPlan,
    existing: Container[str],
    ours: Container[str],
) -> List[bytes]:
    """Create the tables that are not ``existing`` in ``database``, without their deferred keys. Returns those for which the server
    warned; ``loader`` has the warnings, in the order of the dump.

    ``open_worker`` opens the connection of worker 1, 2, ... A file of the engine that a crash has left is removed only if it is of one of the tables in
    ``ours``: any other may hold the user's only copy of a table.

    :raises ServerError: the error of the first table in the dump that fails.
    """
    wanted = [planned for planned in plan.tables if planned.create is not None and name_text(planned.name) not in existing]
    number = connections_for(wanted, workers)
    loaders = [loader]
    try:
        loaders.extend(open_worker(worker) for worker in range(1, number))
        made = _TableMaker(loaders, database, ours)
        for jobs in _groups(wanted):
            made.run(jobs)
    finally:
        for other in loaders[1:]:
            other.close()
    return made.warned


def connections_for(wanted: Sequence[PlannedTable], workers: int) -> int:
    """How many connections create these tables. One if the collation of the database, which all connections share, changes in between."""
    if any(planned.create is not None and planned.create.session.get(DATABASE_COLLATION) is not None for planned in wanted):
        return 1
    return max(1, min(workers, _MOST_CONNECTIONS, len(wanted) // _WORTH_A_CONNECTION))


def is_alone(planned: PlannedTable) -> bool:
    """Whether a table is created after all tables before it, and before all tables after it."""
    return planned.table is None or planned.create is None or _OF_OTHERS.search(planned.create.text) is not None


def _groups(wanted: Sequence[PlannedTable]) -> Iterator[List[_TableJob]]:
    """The tables in order, split into groups whose tables do not depend on each other."""
    group: List[_TableJob] = []
    for number, planned in enumerate(wanted):
        if planned.create is None:
            continue
        alone = is_alone(planned)
        if group and alone:
            yield group
            group = []
        group.append(_TableJob(number, name_text(planned.name), planned.create))
        if alone:
            yield group
            group = []
    if group:
        yield group


class _TableMaker:
    def __init__(self, loaders: List[LoaderConnection], database: str, ours: Container[str]) -> None:
        self.warned: List[bytes] = []
        self._loaders = loaders
        self._database = database
        self._ours = ours
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, jobs: List[_TableJob]) -> None:
        """Create the tables of one group. Tables are started in order, so the first one that fails does not depend on the other connections."""
        loaders = self._loaders[: len(jobs)]
        found: Dict[int, Tuple[bytes, List[str]]] = {}
        errors: Dict[int, Exception] = {}
        serve = partial(self._serve, iter(jobs), found, errors)
        if len(loaders) == 1:
            serve(loaders[0])
        else:
            self._in_threads(serve, loaders)
        for _number, (name, texts) in sorted(found.items()):
            self.warned.append(name)
            self._loaders[0].keep_warnings(texts)
        if errors:
            raise errors[min(errors)]

    def _in_threads(self, serve: Callable[[LoaderConnection], None], loaders: List[LoaderConnection]) -> None:
        with ThreadPoolExecutor(len(loaders)) as pool:
            try:
                for future in [pool.submit(serve, loader) for loader in loaders]:
                    future.result()
            except BaseException:
                # A signal ends this process.
                self._stopped = True
                for loader in loaders:
                    loader.connection.cut()
                raise

    def _serve(self, jobs: Iterator[_TableJob], found: Dict[int, Tuple[bytes, List[str]]], errors: Dict[int, Exception], loader: LoaderConnection) -> None:
        while True:
            with self._lock:
                job = None if self._stopped or errors else next(jobs, None)
            if job is None:
                return
            make = partial(make_object, loader, job.create)
            try:
                if job.name in self._ours:
                    unobstructed(loader.connection, self._database, job.name, make)
                else:
                    make()
            except Exception as error:  # pylint: disable=broad-except
                errors[job.number] = error
            texts = loader.take_warnings()
            if texts:
                found[job.number] = job.create.name, texts

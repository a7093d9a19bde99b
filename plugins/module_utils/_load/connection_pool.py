# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the connections of a load, and changes server settings for its duration."""

import os
from typing import Dict

from .._dump.plan import LoadPlan
from .._dump.steps import Chunk
from .._failure import Failure
from .context import LoadContext
from .loader_connection import LoaderConnection
from .lock import lock_name
from .request import Durability, LaneChoice
from .schema import keys
from .server_settings import BorrowedSettings, wanted_settings

# There is one more worker than cores, because workers sometimes wait for commits.
_MOST_CORES = 8
# Less work than this does not justify another connection.
_CHUNKS_WORTH_A_WORKER = 8
_BYTES_WORTH_A_WORKER = 1 << 20


def most_workers() -> int:
    """The number of connections that keep this host busy."""
    return min(_MOST_CORES, os.cpu_count() or 1) + 1


class ConnectionPool:
    """``workers`` is the number of connections that load rows in parallel: at most as many as requested, fewer for a small plan."""

    def __init__(self, context: LoadContext, borrowed: BorrowedSettings) -> None:
        self.workers = context.request.workers or most_workers()
        self._context = context
        self._borrowed = borrowed
        self._variables: Dict[str, str] = dict(context.server.variables)
        self._load_data = False

    def borrow(self, plan: LoadPlan) -> None:
        """Change server settings for this load, as far as the account may. The ledger records the old values first."""
        request = self._context.request
        chunks = [step for step in plan.steps if isinstance(step, Chunk)]
        load_data = request.lane is not LaneChoice.INSERT and any(chunk.separator for chunk in chunks)
        size = sum(planned.bytes for planned in plan.tables)
        self.workers = min(self.workers, 1 + len(chunks) // _CHUNKS_WORTH_A_WORKER + size // _BYTES_WORTH_A_WORKER)
        if self._context.server.may_set_global:
            relaxed, logged = request.durability is Durability.RELAXED, self._context.log_binary
            self._variables.update(
                self._borrowed.borrow(lambda own: wanted_settings(own, size, load_data=load_data, relaxed=relaxed, log_binary=logged)),
            )
        self._load_data = load_data and self._variables.get("local_infile") == "ON"

    def open(self, database: str, worker: int = 0) -> LoaderConnection:
        """A connection to ``database`` for worker 1, 2, ..., or for objects. The caller closes it.

        A worker's connection holds a lock on the server. Raises a Failure if a connection of an earlier, killed run still holds it.
        """
        request = self._context.request
        log_binary, local_infile = self._context.log_binary, bool(worker) and self._load_data
        loader = LoaderConnection(request.login, database.encode("utf-8"), self._context.ledger, log_binary=log_binary, local_infile=local_infile)
        keys.prepare_ddl(loader, self._context.server.version.number, int(self._variables.get("innodb_buffer_pool_size", "0")), self.workers)
        if worker and loader.connection.value("SELECT GET_LOCK(%s, 60)", (lock_name(request.target, worker),)) != 1:
            loader.close()
            raise Failure(
                "A connection of an earlier, killed import of {0} is still running a statement".format(request.target),
                "server {0}".format(request.login.address),
                "Wait until it ends (SHOW PROCESSLIST), then run the task again.",
            )
        return loader

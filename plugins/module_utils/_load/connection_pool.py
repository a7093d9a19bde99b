# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of a load, and what they borrow of the server."""

import os
from typing import Dict

from .._dump.plan import LoadPlan
from .._dump.steps import Chunk
from .._failure import Failure
from .context import LoadContext
from .loader_connection import LoaderConnection
from .lock import lock_name
from .replace.target import LoadTarget
from .request import Durability, LaneChoice
from .schema import keys
from .server_settings import BorrowedSettings, wanted_settings

# One worker more than these, since each waits for its commits at times.
_MOST_CORES = 8


class ConnectionPool:
    """Each is at the place of the load. ``workers`` is how many of them load rows at once."""

    def __init__(self, ground: LoadContext, place: LoadTarget, borrowed: BorrowedSettings) -> None:
        self.workers = ground.request.workers or min(_MOST_CORES, os.cpu_count() or 1) + 1
        self._ground = ground
        self._place = place
        self._borrowed = borrowed
        self._fast_lane = False

    def borrow(self, plan: LoadPlan) -> None:
        """Change the server's settings for the time of the load, where this account may. Noted in the ledger first."""
        request, server = self._ground.request, self._ground.server
        self._fast_lane = request.lane is not LaneChoice.INSERT and any(isinstance(step, Chunk) and step.separator for step in plan.steps)
        size = sum(planned.bytes for planned in plan.tables)
        borrowed: Dict[str, str] = {}
        if may_borrow(self._ground):
            relaxed, logged = request.durability is Durability.RELAXED, self._ground.log_binary
            borrowed = self._borrowed.borrow(
                lambda own: wanted_settings(own, size, load_data=self._fast_lane, relaxed=relaxed, log_binary=logged),
            )
        self._fast_lane = self._fast_lane and "ON" in (server.variables.get("local_infile"), borrowed.get("local_infile"))

    def take(self, number: int = 0) -> LoaderConnection:
        """A connection for objects, or for worker ``number``, of which there is one alive at a time on the whole server."""
        ground, request = self._ground, self._ground.request
        seat = LoaderConnection(request.login, self._place.encoded, ground.log_binary, bool(number) and self._fast_lane)
        keys.prepare_ddl(seat, ground.server.version.number, int(ground.server.variables.get("innodb_buffer_pool_size", "0")), self.workers)
        if number and seat.connection.value("SELECT GET_LOCK(%s, 60)", (lock_name(request.target, number),)) != 1:
            seat.close()
            raise Failure(
                "A connection of an earlier, killed import of {0} is still at work".format(request.target),
                "server {0}".format(request.login.address),
                "Wait until it ends (SHOW PROCESSLIST), then run again.",
            )
        return seat


def may_borrow(ground: LoadContext) -> bool:
    """Whether this account may change settings of the whole server."""
    return ground.server.may_set_global

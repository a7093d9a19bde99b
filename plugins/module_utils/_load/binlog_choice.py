# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a load is written to the binary log."""

from typing import List, Tuple

from .._server.account import ServerState
from .._server.connection import Connection
from .request import BinlogChoice, ImportRequest


def logs_load(binlog: BinlogChoice, server: ServerState) -> bool:
    """Whether the load is written to the binary log, if the server has one: on request, or because the account cannot prevent it."""
    return binlog is BinlogChoice.ON or not server.may_choose_binlog


def choose_binlog(request: ImportRequest, control: Connection, server: ServerState) -> Tuple[bool, List[str]]:
    """Keep the writes of ``control`` out of the binary log, unless the load is written to it. Returns the choice, and warnings."""
    if not logs_load(request.binlog, server):
        control.run("SET SESSION sql_log_bin = 0")
        return False, []
    if request.binlog is BinlogChoice.AUTO and server.binlog_on:
        return True, ["this account cannot turn off the binary log, so the load is written to it and reaches replicas"]
    return True, []

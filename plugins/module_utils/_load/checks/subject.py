# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subject of the checks before a load: the request, the known facts about the dump, and the server."""

from typing import NamedTuple, Optional, Tuple

from ..._dump.plan import Choices, Definition, LoadPlan
from ..._server.account import ServerState
from ..._server.connection import Connection
from ..._server.server_info import Version
from ..request import ImportRequest


class KnownDump(NamedTuple):
    """The known facts about a dump before it is loaded.

    ``plan`` covers the files that were read to their end, None if there was none; ``whole``: all files were. ``gtid_purged`` is
    the GTID set that the dump names, None for none; unless ``gtid_sure``, the unread part may name more. ``origin`` is the
    version of the server that made the dump, None if the dump does not name it.
    """

    plan: Optional[LoadPlan] = None
    whole: bool = False
    gtid_purged: Optional[str] = None
    gtid_sure: bool = False
    origin: Optional[Version] = None

    @classmethod
    def loaded(cls, gtid_purged: Optional[str]) -> "KnownDump":
        """A dump that is already loaded, with its GTID set from the ledger."""
        return cls(gtid_purged=gtid_purged, gtid_sure=True)


class CheckSubject(NamedTuple):
    """``log_binary``: the load is written to the binary log, if the server has one."""

    request: ImportRequest
    known: KnownDump
    server: ServerState
    connection: Connection
    log_binary: bool

    @property
    def logged(self) -> bool:
        """Whether the load is written to a binary log."""
        return self.log_binary and self.server.binlog_on

    @property
    def programs(self) -> Tuple[Definition, ...]:
        """Views, routines, triggers and events of the dump, as far as it was read."""
        plan = self.known.plan
        return plan.objects + plan.triggers + plan.events if plan is not None else ()


def known_by(plan: LoadPlan) -> KnownDump:
    """The facts about a dump that was read to its end."""
    versions = [Version.parse(file.server_version) for file in plan.files if file.server_version]
    return KnownDump(plan, whole=True, gtid_purged=plan.gtid_purged, gtid_sure=True, origin=versions[0] if versions else None)


def choices_for(request: ImportRequest, server: ServerState) -> Choices:
    """The request's choices, for this server."""
    return request.choices._replace(server_version=server.version.number, lower_case=server.variables.get("lower_case_table_names") == "1")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check before a load looks at: the request, what is known of the dump, and the server as it is."""

from typing import NamedTuple, Optional, Tuple

from ..._dump.plan import Choices, Definition, LoadPlan
from ..._server.account import ServerState
from ..._server.connection import Connection
from ..._server.server_info import Version
from ..request import ImportRequest


class KnownDump(NamedTuple):
    """What is known of a dump. ``plan`` is of the files that were read to their end, None where none was; with ``whole`` these are all.

    ``gtid_purged`` is the set the dump names, None if it names none, and only what was seen so far unless ``gtid_sure``.
    ``origin`` is the server it was made on, None where it does not say.
    """

    plan: Optional[LoadPlan]
    whole: bool
    gtid_purged: Optional[str]
    gtid_sure: bool
    origin: Optional[Version]


class CheckSubject(NamedTuple):
    """All that a check looks at. ``log_binary``: the load is written to the binary log, where there is one."""

    request: ImportRequest
    known: KnownDump
    server: ServerState
    connection: Connection
    log_binary: bool

    @property
    def account(self) -> str:
        """The account of the load."""
        return "{0}@{1}".format(*self.server.user)

    @property
    def programs(self) -> Tuple[Definition, ...]:
        """Views, routines, triggers and events of the dump, as far as it was read."""
        plan = self.known.plan
        return plan.objects + plan.triggers + plan.events if plan is not None else ()


def known_by(plan: LoadPlan) -> KnownDump:
    """A dump that was read to its end."""
    versions = [Version.parse(file.server_version) for file in plan.files if file.server_version]
    return KnownDump(plan, True, plan.gtid_purged, True, versions[0] if versions else None)


def choices_for(request: ImportRequest, server: ServerState) -> Choices:
    """The request's choices, for this server."""
    return request.choices._replace(server_version=server.version.number, lower_case=server.variables.get("lower_case_table_names") == "1")


def log_binary_of(request: ImportRequest, server: ServerState) -> bool:
    """Whether the load is written to the binary log: unless it is to be and may be kept out."""
    return request.binlog == "on" or not server.may_choose_binlog

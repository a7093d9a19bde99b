# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks before a load look at, without a server."""

import io
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import Policy
from ansible_collections.apsaradb.mysql.plugins.module_utils._finding import Finding
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.binlog_choice import logs_load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.subject import CheckSubject, KnownDump, choices_for, known_by
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import ImportRequest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import Collation, Grants, ServerState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version

from .databases import as_enums

HEAD = b"-- MySQL dump 10.13\n-- Host: localhost    Database: shop\n-- ---\n-- Server version\t5.7.40-log\n"
END = b"-- Dump completed\n"
TABLE = b"CREATE TABLE `%s` (`a` int) ENGINE=InnoDB;\n"
COLLATIONS = (
    Collation("latin1_swedish_ci", "latin1", True),
    Collation("latin1_bin", "latin1", False),
    Collation("utf8_bin", "utf8", False),
    Collation("utf8mb4_bin", "utf8mb4", False),
    Collation("binary", "binary", True),
)
EVENT = b"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO DELETE FROM t;\n"


def request(**asked: Any) -> ImportRequest:
    """An import into shop without files."""
    policy = Policy(events=asked.pop("events", "keep"))
    return ImportRequest(Login(), (), "shop", Choices(b"shop", policy=policy))._replace(**as_enums(asked))


def server(version: str = "8.0.36", variables: Optional[Dict[str, str]] = None, grants: Sequence[str] = ("SUPER",)) -> ServerState:
    """A server with these global variables, whose account root@localhost has these global privileges."""
    engines, account = {"INNODB": "DEFAULT"}, ("root", "localhost")
    return ServerState(Version.parse(version), variables or {}, Grants(frozenset(grants), ()), engines, account, COLLATIONS)


def subject(sql: bytes = b"", *, whole: bool = True, end: bytes = END, **asked: Any) -> CheckSubject:
    """A dump with these statements, read by the planner; unless ``whole``, only its head is known."""
    state = server(**{name: asked.pop(name) for name in ("version", "variables", "grants") if name in asked})
    wanted = request(**asked)
    planner = Planner(choices_for(wanted, state))
    planner.read(DumpSource("a.sql", io.BytesIO(HEAD + sql + end)))  # type: ignore[arg-type]
    known = known_by(planner.plan()) if whole else KnownDump(origin=Version.parse("5.7.40"))
    return CheckSubject(wanted, known, state, None, logs_load(wanted.binlog, state))  # type: ignore[arg-type]


def kinds(found: Sequence[Finding]) -> List[str]:
    """The kinds of the findings, in their order."""
    return [finding.kind for finding in found]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strips SET GTID_PURGED and SET SQL_LOG_BIN from a dump: the GTID set is read, and the statements never run."""

import re
from typing import Optional

from .classify import ClassifiedStatement, StatementKind


class GtidStatements:
    """Strips the GTID statements of a dump. ``purged`` is the GTID set that they name: None without one, "" for an empty one."""

    def __init__(self) -> None:
        self.purged: Optional[str] = None

    def strip(self, item: ClassifiedStatement) -> str:
        """Read ``item``, which the caller leaves out of the plan. Returns the key under which the result's ``rewritten`` counts it."""
        if item.kind is StatementKind.SQL_LOG_BIN:
            return "sql_log_bin"
        self.purged = joined_gtid(self.purged, item)
        return "gtid_purged"


def joined_gtid(before: Optional[str], item: ClassifiedStatement) -> str:
    """The GTID set ``before``, extended by the set of a SET GTID_PURGED. Removes the '+' of MySQL 8.0 and the line ends that mysqldump adds."""
    value = ""
    for change in item.changes:
        if change.name == b"gtid_purged":
            strings = [token.value for token in change.value if token.kind == "string" and token.value != b"+"]
            value = re.sub(r"\s+", "", b"".join(strings).decode("ascii", "replace")).lstrip("+")
    if before and before != value:
        return before + "," + value if value else before
    return value

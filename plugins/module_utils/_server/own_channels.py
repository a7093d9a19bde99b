# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The replication channels of mysql_roll_forward on a server. They change the databases that their filters let pass."""

from typing import List, NamedTuple, Optional

from .connection import Connection
from .gtid_state import channels_query, if_allowed, word_for_replica
from .server_info import Version

ROLL_NAME, FOLLOW_NAME = "apsaradb_roll_forward", "apsaradb_follow"
ROLL_USER = "apsaradb_roll"
# Since then each channel has filters of its own; before, mysql_roll_forward uses the channel without a name, and filters are the server's.
PER_CHANNEL_FILTERS = 80001


class OwnChannel(NamedTuple):
    """A channel that mysql_roll_forward may have created: ``name`` is empty before 8.0. ``patterns``: the tables that pass, see :func:`pattern_of`."""

    name: str
    user: str
    patterns: List[str]

    def changes(self, database: str, *, folds: bool) -> bool:
        """Whether the filters let the tables of ``database`` pass. ``folds``: the server compares names without case."""
        wanted = pattern_of(database) + ".%"
        return wanted.lower() in [pattern.lower() for pattern in self.patterns] if folds else wanted in self.patterns


def own_channels(connection: Connection, version: Version) -> Optional[List[OwnChannel]]:
    """The channels of mysql_roll_forward; None if the account cannot see channels. Before 8.0 the user's own channel may be among them."""
    rows = if_allowed(lambda: connection.records(channels_query(version)))
    if rows is None:
        return None
    found = []
    for row in rows:
        name, user = str(row.get("Channel_Name") or ""), str(row.get("Source_User") or row.get("Master_User") or "")
        if name in ((ROLL_NAME, FOLLOW_NAME) if version.number >= PER_CHANNEL_FILTERS else ("",)):
            found.append(OwnChannel(name, user, [each for each in str(row.get("Replicate_Wild_Do_Table") or "").split(",") if each]))
    return found


def removal_of(channel: str, version: Version) -> str:
    """The statements that remove the channel."""
    word = word_for_replica(version)
    place = " FOR CHANNEL '{0}'".format(channel) if channel else ""
    return "STOP {0}{1}; RESET {0} ALL{1}".format(word, place)


def pattern_of(name: str) -> str:
    """A pattern of LIKE that only ``name`` matches."""
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")

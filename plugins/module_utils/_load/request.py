# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asked for, as values: one Enum for each option with a fixed list of choices."""

from enum import Enum
from typing import Callable, NamedTuple, Optional, Tuple

from .._dump.plan import Choices
from .._progress import SILENT, Progress
from .._server.account import ServerState, server_state
from .._server.connection import Connection, Login
from .files import DumpFile


class OnExisting(Enum):
    """What to do with a target database that is not empty."""

    FAIL = "fail"
    REPLACE = "replace"
    MERGE = "merge"
    SKIP = "skip"


class GtidPolicy(Enum):
    """What to do with the dump's GTID set. ENABLE switches GTIDs on first and then applies the set."""

    STRIP = "strip"
    APPLY = "apply"
    RESET = "reset"
    ENABLE = "enable"
    FAIL = "fail"


class BinlogChoice(Enum):
    """Whether the load is written to the binary log. AUTO: only if the account may not keep it out, with a warning."""

    AUTO = "auto"
    OFF = "off"
    ON = "on"


class LaneChoice(Enum):
    """How rows are sent. AUTO: LOAD DATA where it gives the same rows, else INSERT."""

    AUTO = "auto"
    LOAD_DATA = "load_data"
    INSERT = "insert"


class Durability(Enum):
    """Whether commits wait for the disk as the server is configured, or not during the load."""

    SERVER = "server"
    RELAXED = "relaxed"


class VerifyLevel(Enum):
    """How the loaded tables are verified."""

    NONE = "none"
    ROWS = "rows"
    CHECKSUM = "checksum"


class LedgerPolicy(Enum):
    """Whether the ledger keeps its entry when the import is complete."""

    KEEP = "keep"
    DROP = "drop"


class CollationDefault(Enum):
    """Which default collation utf8mb4 has where the dump names none: that of the server, or that of the version the dump was made on."""

    SERVER = "server"
    ORIGIN = "origin"


class BackupOrigin(NamedTuple):
    """The database of a backup that is loaded, for the ledger.

    ``path`` is that of the backup's object, which is the same in each of its URLs, or that of a file. ``version`` tells objects of the same path
    from each other; None if it is not known. ``source`` is the name that was asked for, None if none was.
    """

    path: str
    version: Optional[str]
    source: Optional[str]


class ImportRequest(NamedTuple):
    """One database to load from the files of one dump, in this order.

    ``ledger_database`` None: a database of its own if the account may create one, else the target. ``workers`` 0: one more
    than there are cores.
    ``strict``: what the server makes other than the dump has it is a failure.
    ``patience``: seconds to wait for another import of the same database; the server needs a moment to notice that the
    client of a killed one is gone. ``gtid_later``: the GTID set is checked now, and applied with those of other databases by :func:`apply_together`.
    """

    login: Login
    files: Tuple[DumpFile, ...]
    target: str
    choices: Choices
    create: bool = True
    charset: Optional[str] = None
    collation: Optional[str] = None
    on_existing: OnExisting = OnExisting.FAIL
    gtid: GtidPolicy = GtidPolicy.STRIP
    binlog: BinlogChoice = BinlogChoice.AUTO
    lane: LaneChoice = LaneChoice.AUTO
    analyze: bool = True
    durability: Durability = Durability.SERVER
    workers: int = 0
    verify: VerifyLevel = VerifyLevel.ROWS
    require_complete: bool = True
    ledger_database: Optional[str] = None
    ledger: LedgerPolicy = LedgerPolicy.KEEP
    check_only: bool = False
    strict: bool = False
    collation_default: CollationDefault = CollationDefault.SERVER
    progress: Progress = SILENT
    patience: int = 3
    gtid_later: bool = False
    origin: Optional[BackupOrigin] = None
    ask_server: Callable[[Connection], ServerState] = server_state

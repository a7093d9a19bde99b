# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's request, as values: an Enum for each option with a fixed list of choices."""

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
    """What to do with the dump's GTID set. ENABLE enables GTIDs first and then applies the set."""

    STRIP = "strip"
    APPLY = "apply"
    RESET = "reset"
    ENABLE = "enable"
    FAIL = "fail"


class BinlogChoice(Enum):
    """Whether the load is written to the binary log. AUTO: only if the account cannot prevent it, with a warning."""

    AUTO = "auto"
    OFF = "off"
    ON = "on"


class LaneChoice(Enum):
    """How rows are sent. AUTO: LOAD DATA if it produces the same rows, otherwise INSERT."""

    AUTO = "auto"
    LOAD_DATA = "load_data"
    INSERT = "insert"


class Durability(Enum):
    """Whether commits wait for the disk as configured on the server, or not during the load."""

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
    """The collation of utf8mb4 where the dump names none: the default of the server, or of the version that made the dump."""

    SERVER = "server"
    ORIGIN = "origin"


class BackupOrigin(NamedTuple):
    """The database of a backup that is loaded, for the ledger.

    ``path`` is the path of the backup's object, which is the same in all of its URLs, or of a file. ``version`` distinguishes objects with the same
    path; None if it is not known. ``source`` is the requested name, None if none was requested.
    """

    path: str
    version: Optional[str]
    source: Optional[str]


class ImportRequest(NamedTuple):
    """A database to load from the files of a dump, in this order.

    ``ledger_database`` None: a separate database if the account may create one, otherwise the target. ``workers`` 0: the number of
    cores plus one.
    ``strict``: fail if the server creates something differently from the dump.
    ``patience``: seconds to wait for another import of the same database; the server needs a moment to notice that the
    client of a killed one is gone. ``gtid_later``: the GTID set is checked now, and applied later with those of other databases by :func:`apply_together`.
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

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asked of a load, as values."""

from typing import NamedTuple, Optional, Tuple

from .._dump.plan import Choices
from .._progress import SILENT, Progress
from .._server.connection import Login
from .files import DumpFile


class ImportRequest(NamedTuple):
    """One database to be loaded from the files of one dump, applied in order as one unit.

    ``binlog`` is off, on, or None: off where the account may, else on, with a warning. ``ledger_database`` None means
    a database of the ledger's own where the account may make one, else the target. ``workers`` 0 means one more than cores.
    With ``fingerprint`` there are no files, and the load is only looked up in the ledger. ``patience`` is how many
    seconds to wait for the end of another import of the database; the server takes a moment to see that a dead one is gone.
    """

    login: Login
    files: Tuple[DumpFile, ...]
    target: str
    choices: Choices
    create: bool = True
    charset: Optional[str] = None
    collation: Optional[str] = None
    on_existing: str = "fail"
    gtid: str = "strip"
    binlog: Optional[str] = None
    lane: str = "auto"
    analyze: bool = True
    durability: str = "server"
    workers: int = 0
    verify: str = "rows"
    resume: bool = True
    require_complete: bool = True
    ledger_database: Optional[str] = None
    ledger: str = "keep"
    check_only: bool = False
    fingerprint: Optional[str] = None
    progress: Progress = SILENT
    patience: int = 3

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether a part file and its journal are kept when a fetch ends."""

import enum
from types import TracebackType
from typing import List, Optional, Type

from .http_client import ObjectChanged
from .part_file import PartFile, remove
from .parts import Part, done
from .verify_download import WrongDownload


class Leftover(enum.Enum):
    """What a fetch leaves of its part file."""

    KEEP = "keep"
    REMOVE = "remove"
    RENAMED = "renamed"


class PartCleanup:
    """A context manager that removes ``file`` and its journal at its end, unless a later run can continue them."""

    def __init__(self, file: PartFile) -> None:
        self._file = file
        # Keep the bytes of an earlier run until it is known whether they can be used.
        self._had_bytes = file.size > 0
        self._parts: Optional[List[Part]] = None
        self._known: Optional[Leftover] = None

    def holds(self, parts: List[Part]) -> None:
        """From now on, keep the file if it contains a byte of ``parts``. Do not pass parts that cannot be continued."""
        self._parts = parts

    def not_needed(self) -> None:
        """Record that the destination already holds what is requested."""
        self._known = Leftover.REMOVE

    def renamed(self) -> None:
        """Record that the file has its final name. A file with the old name now belongs to another run."""
        self._known = Leftover.RENAMED

    def leftover(self, error: Optional[BaseException]) -> Leftover:
        """The decision, if the fetch ends with ``error``."""
        if self._known is not None:
            return self._known
        if isinstance(error, (WrongDownload, ObjectChanged)):
            return Leftover.REMOVE
        useful = self._had_bytes if self._parts is None else done(self._parts) > 0
        return Leftover.KEEP if useful else Leftover.REMOVE

    def __enter__(self) -> "PartCleanup":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if self.leftover(error) is Leftover.REMOVE:
            remove(self._file.journal_path)
            if self._file.is_here():
                remove(self._file.path)

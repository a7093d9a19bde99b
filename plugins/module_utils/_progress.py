# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface through which long work reports its progress. This implementation ignores it."""

from typing import Any, Optional


class Progress:
    """Methods may be called by any thread and often, and never fail."""

    def about(self, subject: str) -> None:
        """Set the subject of the job, such as the name of a database. It must not be a secret."""

    def phase(self, name: str, total: Optional[int] = None, done: int = 0) -> None:
        """Begin a phase of ``total`` bytes, if known; ``done`` of them are done already."""

    def add(self, size: int) -> None:
        """Add ``size`` bytes to those done."""

    def at(self, done: int, total: Optional[int]) -> None:
        """Set the bytes that are done and their total."""

    def percent(self, percent: Optional[int]) -> None:
        """Set the percentage of a phase that is not counted in bytes."""

    def databases(self, total: int) -> None:
        """Set the number of databases; none is done."""

    def database(self) -> None:
        """Count one more database as done."""

    def tables(self, total: int) -> None:
        """Set the number of tables; none is done."""

    def table(self) -> None:
        """Count one more table as done."""

    def transactions(self, done: int, total: int) -> None:
        """Set the transactions that are done and their total."""


SILENT = Progress()


class CountingStream:
    """A stream that reports the bytes read from it."""

    def __init__(self, stream: Any, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        """Read from the stream."""
        block = self._stream.read(size)
        self._progress.add(len(block))
        return block  # type: ignore[no-any-return]

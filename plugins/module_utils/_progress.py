# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rooms tell of their progress. Who listens is not their business; here it is nobody."""

from typing import Any, Optional


class Progress:
    """Told by any thread, often, and never fails."""

    def about(self, subject: str) -> None:
        """What the job is about, such as the name of a database. No secret."""

    def phase(self, name: str, total: Optional[int] = None, done: int = 0) -> None:
        """Something else begins, of ``total`` bytes where that is known."""

    def add(self, size: int) -> None:
        """So many bytes more are done."""

    def at(self, done: int, total: Optional[int]) -> None:
        """So many bytes are done of so many."""

    def percent(self, percent: Optional[int]) -> None:
        """How far the phase is, where nobody counts bytes."""

    def tables(self, total: int) -> None:
        """There are so many tables, none of them done."""

    def table(self) -> None:
        """One more table is done."""


SILENT = Progress()


class CountingStream:
    """A stream of bytes that tells what is read from it."""

    def __init__(self, stream: Any, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        """As the stream's own."""
        block = self._stream.read(size)
        self._progress.add(len(block))
        return block  # type: ignore[no-any-return]

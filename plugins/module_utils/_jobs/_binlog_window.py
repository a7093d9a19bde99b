# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transactions of a folder of binlog files between a dump and a stop point."""

import os
import re
import time
from collections import deque
from typing import Callable, Deque, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .._binlog.binlog_reader import LocalBinlog, ReadBuffer
from .._binlog.binlog_start import BinlogStart, read_start
from .._binlog.events import ROTATE, STOP, events
from .._binlog.transactions import Transaction, transactions
from .._failure import Failure
from .._gtid_set import GtidSet
from ._dump_sets import DumpSets
from ._stop_point import StopPoint, shown

_NAME = re.compile(r".+\.[0-9]{6,}\Z")
_ENDS = frozenset((ROTATE, STOP))


class WindowFile(NamedTuple):
    """A file with its beginning."""

    path: str
    start: BinlogStart

    @property
    def previous(self) -> GtidSet:
        """The transactions of all earlier files."""
        return self.start.previous or GtidSet()


class WindowTransaction(NamedTuple):
    """A transaction and its file. ``in_dump``: the dump's GTID set contains it."""

    transaction: Transaction
    file: WindowFile
    in_dump: bool


def files_in(folder: str) -> List[WindowFile]:
    """The binlog files of a folder (names that end in a dot and digits), in the order of their transactions.

    :raises Failure: the folder has none, or a file cannot be read.
    """
    cure = "Specify a directory of binlog files such as rds_binlog_fetch writes, with names that end in a number such as .000123."
    try:
        names = sorted(name for name in os.listdir(folder) if _NAME.match(name))
    except OSError as error:
        raise Failure("The binlog directory cannot be read: {0}".format(error.strerror), folder, cure) from error
    if not names:
        raise Failure("There are no binlog files", folder, cure)
    found = []
    for name in names:
        path = os.path.join(folder, name)
        with LocalBinlog(path) as reader:
            start = read_start(reader)
        if start.previous is None:
            raise Failure("The binlog was written without GTIDs", path, "A roll-forward needs binlogs that were written with gtid_mode=ON.")
        found.append(WindowFile(path, start))
    return sorted(found, key=lambda file: (file.previous.transactions, file.start.time, file.path))


def needed_files(files: List[WindowFile], sets: DumpSets, overlap: float) -> List[WindowFile]:
    """The files to read, starting with the file where the overlap before the end of the dump's set begins.

    :raises Failure: transactions between the dump and the first file are missing.
    """
    gap = files[0].previous.subtract(sets.common)
    if gap:
        if not sets.common.intersect(files[0].previous):
            raise _other_server(files[0].path, sets)
        what = "There is a gap between the backup and the first binlog: {0} transaction(s) are missing: {1}".format(gap.transactions, gap)
        raise Failure(what, files[0].path, "Fetch the binlogs from the time of the backup onwards (rds_binlog_fetch, since_backup). Nothing was changed.")
    last = max(index for index, file in enumerate(files) if file.previous.within(sets.common))
    # The dump's set ends in the file ``last`` or later, so no earlier than that file begins.
    earliest = files[last].start.time - overlap
    while last and files[last].start.time >= earliest:
        last -= 1
    return files[last:]


def _other_server(where: str, sets: DumpSets) -> Failure:
    what = "The binlogs have no transaction in common with the GTID set of the backup ({0})".format(str(sets.common)[:200])
    return Failure(
        what, where, "Specify the binlogs of the instance that the backup was taken from, or correct the backup's GTID set (gtid_set). Nothing was changed."
    )


class WindowReader:
    """Reads the window once. After :meth:`read` has ended, the attributes show where it stopped."""

    def __init__(self, files: List[WindowFile], sets: DumpSets, stop: StopPoint) -> None:
        self._files = files
        self._sets = sets
        self._stop = stop
        self._left = stop.until_gtid.subtract(files[0].previous) if stop.until_gtid is not None else GtidSet()
        self._seen = files[0].previous
        # The first transaction that is not applied, if the files have one.
        self.beyond: Optional[WindowTransaction] = None
        self.used: List[Tuple[WindowFile, int]] = []
        self.last: Optional[WindowTransaction] = None
        self.end_time = 0.0

    def read(self) -> Iterator[WindowTransaction]:
        """The transactions up to the stop point, in log order.

        :raises Failure: a file is missing, truncated or damaged, or the stop point is not in the files.
        """
        for file in self._files:
            missing = file.previous.subtract(self._seen)
            if missing:
                what = "The binlog file before this one is missing; it contains {0} transaction(s): {1}".format(missing.transactions, missing)
                raise Failure(what, file.path, "Fetch the missing file, then run the task again. Nothing was changed.")
            yield from self._of_file(file)
            if self.beyond is not None:
                break
        self._check_end()

    def _of_file(self, file: WindowFile) -> Iterator[WindowTransaction]:
        spans: List[Tuple[str, int, int]] = []
        # Where files of another server continue, they repeat some of the preceding transactions.
        repeated = self._seen.subtract(file.previous)
        with LocalBinlog(file.path) as reader:
            end = file.start.first
            for transaction in transactions(reader, file.start):
                if transaction.gtid is None:
                    raise Failure(
                        "A transaction has no GTID",
                        "{0}, byte {1}".format(file.path, transaction.start),
                        "A roll-forward needs binlogs that were written with gtid_mode=ON.",
                    )
                if repeated.contains(transaction.gtid):
                    end = transaction.end
                    continue
                placed = WindowTransaction(transaction, file, in_dump=self._sets.common.contains(transaction.gtid))
                if not placed.in_dump and self._is_beyond(placed):
                    self.beyond = placed
                    self.used.append((file, transaction.start))
                    return
                key, _colon, number = transaction.gtid.rpartition(":")
                spans.append((key, int(number), int(number)))
                end = transaction.end
                self.last = placed
                self.end_time = max(self.end_time, transaction.committed)
                if self._left:
                    self._left = self._left.subtract(GtidSet.of(spans[-1:]))
                yield placed
            # The last file of a source must not contain only repetitions, because the source takes its GTID set from it.
            if spans or not repeated:
                self.used.append((file, reader.size))
            times = [
                float(event.time)
                for event in events(reader, ReadBuffer(reader, 1 << 12), end, checksums=file.start.checksums, wanted=frozenset())
                if event.kind in _ENDS
            ]
        self.end_time = max([self.end_time, float(file.start.time)] + times)
        self._seen = self._seen.union(GtidSet.of(spans))

    def _is_beyond(self, placed: WindowTransaction) -> bool:
        stop, transaction = self._stop, placed.transaction
        if stop.until is not None:
            return transaction.committed > stop.until
        if stop.until_gtid is not None:
            return not self._left
        if stop.before_statement is not None:
            return any(stop.before_statement.search(statement.text.decode("utf-8", "replace")) for statement in transaction.statements)
        return False

    def _check_end(self) -> None:
        """Check that the files contain the stop point."""
        stop, where = self._stop, self._files[-1].path
        if stop.until is not None and self.beyond is None and stop.until > self.end_time:
            what = "The binlogs end at {0}, before the requested time {1}".format(shown(self.end_time), shown(stop.until))
            cure = "Fetch the binlogs up to that time, or choose an earlier time. Nothing was changed."
            raise Failure(what + (", which is in the future" if stop.until > time.time() else ""), where, cure)
        if self._left:
            raise Failure("The binlogs do not contain {0}".format(self._left), where, "Check until_gtid, or fetch later binlogs. Nothing was changed.")
        if stop.before_statement is not None and self.beyond is None:
            cure = "Run in check mode without before_statement: the result key ddl lists the DDL statements in the window. Nothing was changed."
            raise Failure("No statement in the window matches {0}".format(stop.before_statement.pattern), where, cure)


class Overlap:
    """The transactions of the last ``seconds`` before the end of the dump's set, and all that precede its end but are not in the set."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: Deque[WindowTransaction] = deque()
        self.latest = 0.0

    def add(self, placed: WindowTransaction) -> None:
        """Add the next transaction."""
        if placed.in_dump:
            self.latest = max(self.latest, placed.transaction.committed)
        self._kept.append(placed)
        while self._kept and self._kept[0].in_dump and (not self._seconds or self._kept[0].transaction.committed < self.latest - self._seconds):
            self._kept.popleft()

    def from_last(self, ends_it: Callable[[WindowTransaction], bool]) -> List[WindowTransaction]:
        """The transactions to apply. The set's transactions before the last one that cannot be applied twice are left out.

        So are those before the end of an XA transaction whose beginning is left out, because the server would not know it (error 1397).
        """
        last = max([index for index, placed in enumerate(self._kept) if placed.in_dump and ends_it(placed)], default=-1)
        begun: Dict[Optional[bytes], bool] = {}
        for index, placed in enumerate(self._kept):
            found = placed.transaction
            if found.xa in (None, "whole") or placed.in_dump and index <= last:
                continue
            if found.xa == "start":
                begun[found.xid] = placed.in_dump
            elif placed.in_dump and found.xid not in begun:
                last, begun = index, {xid: in_dump for xid, in_dump in begun.items() if not in_dump}
        return [placed for index, placed in enumerate(self._kept) if index > last or not placed.in_dump]

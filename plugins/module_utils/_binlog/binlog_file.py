# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Binlog files of one or several servers, and which transactions each contains."""

import os
import re
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._gtid_set import GtidSet
from .binlog_reader import LocalBinlog, UnreadableBinlog
from .binlog_start import BinlogStart, closing_time, read_start
from .transactions import Transaction, gtids_of, transactions

READABLE, UPLOADING = "readable", "uploading"
"""Values of a status; the others are those of :class:`UnreadableBinlog`."""

_NUMBERED = re.compile(r"(.+)\.(\d{6,10})\Z")


class BinlogFile(NamedTuple):
    """A file ``name`` of the server ``node``. Times in seconds since the epoch, ``size`` in bytes; None if not known.

    ``start`` is None if it could not be read; ``status`` is then why. ``contained`` are the GTIDs of its own transactions. ``path``: of a local file.
    """

    name: str
    node: str
    size: Optional[int]
    begin: Optional[float]
    end: Optional[float]
    status: str
    start: Optional[BinlogStart]
    contained: Optional[GtidSet] = None
    path: Optional[str] = None

    @property
    def number(self) -> int:
        """The number in its name; consecutive files of a server have consecutive numbers."""
        match = _NUMBERED.match(self.name)
        return int(match.group(2)) if match else 0

    @property
    def previous(self) -> Optional[GtidSet]:
        """The transactions before the file; None if they are not known."""
        return None if self.start is None else self.start.previous

    @property
    def after(self) -> Optional[GtidSet]:
        """The transactions up to the end of the file; None if they are not known."""
        return None if self.previous is None or self.contained is None else self.previous.union(self.contained)


def with_contents(files: Iterable[BinlogFile]) -> List[BinlogFile]:
    """The files, those of each server in order, with the GTIDs that they contain according to the next file of the same server."""
    result: List[BinlogFile] = []
    for file in sorted(files, key=lambda file: (file.node, file.number)):
        if result and file.previous is not None:
            last = result[-1]
            follows = last.node == file.node and last.number + 1 == file.number
            if follows and last.contained is None and last.previous is not None and last.previous.within(file.previous):
                result[-1] = last._replace(contained=file.previous.subtract(last.previous), end=last.end or file.begin)
        result.append(file)
    return result


def read_folder(folder: str) -> List[BinlogFile]:
    """The binlogs in a folder: all files whose name ends in a number of at least six digits. Files that cannot be read have a status.

    Only the beginning and the end of a file are read, unless the server has not closed it or no next file shows its contents.

    :raises Failure: the folder cannot be read, or has no such file.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if _NUMBERED.match(name))
    except OSError as error:
        raise Failure("The directory of binlogs cannot be read: {0}".format(error.strerror), folder, "Check its path and its permissions.") from None
    if not names:
        raise Failure("The directory has no binlogs", folder, "Names of binlogs end in a number, such as mysql-bin.000123.")
    return with_contents([_scanned(file) if file.contained is None and file.start is not None else file for file in _by_their_ends(folder, names)])


def _by_their_ends(folder: str, names: Iterable[str]) -> List[BinlogFile]:
    """The files with the facts from their first and last events. A file without a closing event lacks the facts from it."""
    files = [_local(os.path.join(folder, name)) for name in names]
    opened = {file.name: file for file in files if file.end is None}
    return [opened.get(file.name, file) for file in with_contents(files)]


def _local(path: str) -> BinlogFile:
    """A file with its first events. ``end`` is when it was closed, None if it was not."""
    name = os.path.basename(path)
    stem = name.rpartition(".")[0]
    with LocalBinlog(path) as reader:
        try:
            start = read_start(reader)
        except UnreadableBinlog as error:
            return BinlogFile(name, stem, reader.size, begin=None, end=None, status=error.kind, start=None, path=path)
        closed = closing_time(reader)
        return BinlogFile(name, stem, reader.size, float(start.time), None if closed is None else float(closed), READABLE, start, path=path)


def _scanned(file: BinlogFile) -> BinlogFile:
    """The file with the facts from its own transactions. The transactions before a truncation are usable."""
    gtids, end, status = scan(file.path or "", file.start)
    return file._replace(contained=gtids, end=file.end or end, status=status)


def scan(path: str, start: Optional[BinlogStart] = None) -> Tuple[GtidSet, Optional[float], str]:
    """The GTIDs of a local file, the time of its last commit (None without transactions), and whether it is readable to its end.

    :raises UnreadableBinlog: the beginning cannot be read.
    """
    last: Dict[str, float] = {}

    def noted(found: Iterable[Transaction]) -> Iterable[Transaction]:
        try:
            for transaction in found:
                last["commit"] = transaction.committed
                yield transaction
        except UnreadableBinlog as error:
            failures.append(error)

    failures: List[UnreadableBinlog] = []
    with LocalBinlog(path) as reader:
        gtids = gtids_of(noted(transactions(reader, start or read_start(reader))))
    return gtids, last.get("commit"), failures[0].kind if failures else READABLE

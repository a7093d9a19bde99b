# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which points in time can be reached from a GTID set with the existing binlogs, and where the gaps are.

Files are chosen by GTIDs, never by names: the two servers of a pair use the same names for different contents, and either may have a gap.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._failure import Failure
from .._gtid_set import GtidSet
from .binlog_file import READABLE, UPLOADING, BinlogFile, with_contents
from .binlog_reader import CUT, DAMAGED, ENCRYPTED, NOT_A_BINLOG

PURGED, MISSING, NOT_UPLOADED, UNAVAILABLE = "purged", "missing", "not uploaded", "unavailable"

_CURES = {
    PURGED: "Use a newer backup. To keep binlogs longer, raise the retention of log backups of the instance.",
    MISSING: "Add the missing file from either node. Without it, later points in time need a newer backup.",
    UPLOADING: "Wait until the upload is complete, and run the task again.",
    NOT_UPLOADED: "Wait until RDS uploads the newest binlog, or let rds_binlog_fetch request it with upload_newest.",
    UNAVAILABLE: "The warning says why the file cannot be read. Run the task again later, or use the file of the other node.",
    ENCRYPTED: "Only a server with its keyring can read it. Fetch the file with DescribeBinlogFiles, or follow the server itself.",
    CUT: "Fetch the file again.",
    DAMAGED: "Fetch the file again, or add the same transactions from the other node.",
    NOT_A_BINLOG: "Replace the file with the binlog of that name.",
}


class Gap(NamedTuple):
    """A period that cannot be reached. ``kind``: purged, missing, uploading, not uploaded, unavailable,
    encrypted, cut, damaged, not a binlog.

    ``after`` is the name of the last file before the gap (None: there is none), ``file`` the missing one (None: its name is not known). Times in
    seconds since the epoch, None if not known. ``gtids`` are the transactions that are in no file, plus those of the file before the gap if its
    contents are not known; empty if not known.
    """

    kind: str
    node: Optional[str]
    after: Optional[str]
    file: Optional[str]
    begin: Optional[float]
    end: Optional[float]
    gtids: GtidSet
    cure: str


class RecoveryWindow(NamedTuple):
    """The files to apply, in order, and the period that they reach: from ``begin`` to ``end`` (seconds since the epoch, None if not known).

    ``gtids`` is the set reached at the end, as far as known; ``exact``: it is complete. ``overlap`` are the files before ``files`` with the
    time just before.
    """

    files: Tuple[BinlogFile, ...]
    begin: Optional[float]
    end: Optional[float]
    gtids: GtidSet
    exact: bool
    gaps: Tuple[Gap, ...]
    overlap: Tuple[BinlogFile, ...] = ()


def recovery_window(files: Sequence[BinlogFile], base: Optional[GtidSet], earliest: Optional[float] = None) -> RecoveryWindow:
    """The window that ``files`` reach from a server that has executed ``base`` (None: from the oldest file on).

    The overlap reaches back to ``earliest`` (seconds since the epoch), as far as the same server has files.

    :raises Failure: the files have no GTIDs.
    """
    files = with_contents(files)
    usable = [file for file in files if file.previous is not None]
    if not usable and any(file.status == READABLE for file in files):
        raise Failure("The binlogs do not name the transactions before them", files[0].name, "Use binlogs of a server with gtid_mode ON, 5.6 or later.")
    covered = base
    if covered is None:
        covered = min(usable, key=_age).previous or GtidSet() if usable else GtidSet()
    chain, rest = _chain(usable, covered)
    gaps = []
    reached, last = covered, chain
    while True:
        for file in last:
            reached = reached.union(file.contained or GtidSet())
        later = [file for file in rest if not (file.after or file.previous or GtidSet()).within(reached)]
        if not later:
            break
        after = min(later, key=_age)
        gaps.append(_gap(files, last[-1] if last else None, after, reached))
        reached = reached.union(after.previous or GtidSet())
        last, rest = _chain(rest, reached)
    gaps.extend(_unfinished(files, last[-1] if last else None))
    gtids = covered
    for file in chain:
        gtids = gtids.union(file.contained or GtidSet())
    exact = not chain or chain[-1].contained is not None
    begin, end = (chain[0].begin, chain[-1].end) if chain else (None, None)
    return RecoveryWindow(tuple(chain), begin, end, gtids, exact, tuple(gaps), _overlap(files, chain, earliest))


def _overlap(files: Sequence[BinlogFile], chain: Sequence[BinlogFile], earliest: Optional[float]) -> Tuple[BinlogFile, ...]:
    found: List[BinlogFile] = []
    first = chain[0] if chain else None
    while first is not None and earliest is not None and first.begin is not None and first.begin > earliest:
        after = first
        first = next((file for file in files if file.node == after.node and file.number + 1 == after.number and file.after == after.previous), None)
        if first is not None:
            found.insert(0, first)
    return tuple(found)


def until(window: RecoveryWindow, moment: float) -> List[BinlogFile]:
    """The files of the window that are needed to reach ``moment`` (seconds since the epoch), without the overlap.

    :raises Failure: it cannot be reached; the message names the window.
    """
    last = window.end
    if not window.files or last is None or moment > last:
        gap = window.gaps[0] if window.gaps else None
        raise Failure(
            "The point in time cannot be reached: it is after the end of the binlogs", cure=gap.cure if gap else "Choose an earlier one.", latest=last
        )
    # A file without a known beginning may be needed.
    return [file for number, file in enumerate(window.files) if number == 0 or file.begin is None or file.begin <= moment]


def until_gtids(window: RecoveryWindow, wanted: GtidSet) -> List[BinlogFile]:
    """The files of the window that are needed to reach the transactions ``wanted``, without the overlap. A file with unknown contents may have them.

    :raises Failure: they are not in the binlogs.
    """
    found: List[BinlogFile] = []
    reached = (window.files[0].previous if window.files else None) or GtidSet()
    for file in window.files:
        if found and wanted.within(reached):
            break
        found.append(file)
        reached = reached.union(file.contained or GtidSet())
    if window.exact and not wanted.within(window.gtids):
        gap = window.gaps[0] if window.gaps else None
        cure = "Check until_gtid." + (" {0}".format(gap.cure) if gap else "")
        raise Failure("The binlogs do not contain all of until_gtid", str(wanted.subtract(window.gtids)), cure)
    return found


def _age(file: BinlogFile) -> Tuple[float, int]:
    return file.begin or 0.0, file.number


def _chain(files: Sequence[BinlogFile], covered: GtidSet) -> Tuple[List[BinlogFile], List[BinlogFile]]:
    """The files that follow ``covered`` without a gap, and those that may come after a gap."""
    queues: Dict[str, List[BinlogFile]] = {}
    for file in files:
        queues.setdefault(file.node, []).append(file)
    chain: List[BinlogFile] = []
    while True:
        node = chain[-1].node if chain else None
        known: List[BinlogFile] = []
        unknown: List[BinlogFile] = []
        for queue in queues.values():
            while queue and queue[0].contained is not None and queue[0].contained.within(covered):
                queue.pop(0)
            _candidates(queue, covered, known, unknown)
        if not known:
            # These files end a series: the one that reaches furthest is the last of the chain.
            if unknown:
                chain.append(max(unknown, key=lambda file: (file.end or 0.0, file.node == node)))
            return chain, [file for queue in queues.values() for file in queue if file not in unknown]
        best = max(known, key=lambda file: (file.node == node, (file.contained or covered).subtract(covered).transactions))
        chain.append(best)
        covered = covered.union(best.contained or GtidSet())
        queues[best.node].remove(best)


def _candidates(queue: Sequence[BinlogFile], covered: GtidSet, known: List[BinlogFile], unknown: List[BinlogFile]) -> None:
    """Add the files of one server that can follow ``covered``: at most one that is known to add transactions, and those with unknown contents before it."""
    for file in queue:
        if file.previous is None or not file.previous.within(covered):
            return
        if file.contained is None:
            unknown.append(file)
        elif not file.contained.within(covered):
            known.append(file)
            return


def _gap(files: Sequence[BinlogFile], last: Optional[BinlogFile], after: BinlogFile, reached: GtidSet) -> Gap:
    """The gap between ``last`` and ``after``."""
    lost = (after.previous or GtidSet()).subtract(reached)
    if last is None:
        return Gap(PURGED, after.node, after=None, file=None, begin=None, end=after.begin, gtids=lost, cure=_CURES[PURGED])
    if last.status in _CURES:
        return Gap(last.status, last.node, last.name, last.name, last.end, after.begin, lost, _CURES[last.status])
    follower = _follower(files, last)
    kind = follower.status if follower is not None and follower.status in _CURES else MISSING
    return Gap(kind, last.node, last.name, follower.name if follower is not None and kind != MISSING else None, last.end, after.begin, lost, _CURES[kind])


def _unfinished(files: Sequence[BinlogFile], last: Optional[BinlogFile]) -> List[Gap]:
    """The gap after the last usable file, if there are signs of more files."""
    if last is None:
        return [
            Gap(file.status, file.node, after=None, file=file.name, begin=file.begin, end=file.end, gtids=GtidSet(), cure=_CURES[file.status])
            for file in files
            if file.status in _CURES
        ]
    if last.status in _CURES:
        return [Gap(last.status, last.node, last.name, last.name, last.end, end=None, gtids=GtidSet(), cure=_CURES[last.status])]
    follower = _follower(files, last)
    if follower is None or follower.status not in _CURES:
        return []
    return [Gap(follower.status, last.node, last.name, follower.name, last.end, follower.end, GtidSet(), _CURES[follower.status])]


def _follower(files: Sequence[BinlogFile], file: BinlogFile) -> Optional[BinlogFile]:
    return next((each for each in files if each.node == file.node and each.number == file.number + 1), None)


def until_now(window: RecoveryWindow, now: float) -> RecoveryWindow:
    """The window of a running instance, whose newest binlog is not uploaded yet: the time after the end of the window is a gap."""
    if window.gaps and window.gaps[-1].kind in (UPLOADING, PURGED):
        return window
    last = window.files[-1] if window.files else None
    node, name = (last.node, last.name) if last is not None else (None, None)
    return window._replace(
        gaps=window.gaps + (Gap(NOT_UPLOADED, node, name, file=None, begin=window.end, end=now, gtids=GtidSet(), cure=_CURES[NOT_UPLOADED]),)
    )

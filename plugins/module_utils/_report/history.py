# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of drills: a file of JSON lines, one for each drill. Lines are only added; lines of other programs are left as they are."""

import errno
import fcntl
import json
import os
import stat
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._atomic_file import sync_folder
from .._own_file import open_or_create

FORMAT = 1
# A line with 10,000 tables has about 200 kB, so ten years of daily drills have 0.8 GB. Only the end is read: 80 such drills, or MAX_DRILLS smaller ones.
MAX_BYTES = 16 << 20
MAX_DRILLS = 400
# For a backup with more tables, the line has the largest ones, and the number of those left out.
MAX_TABLES = 10000
_NAMED = 3

Table = Tuple[str, str]


class Drill(NamedTuple):
    """A drill. ``rows`` has the rows of each table by database and name, None if they were not counted. ``written`` is in seconds since 1970."""

    series: str
    written: float
    verdict: str
    seconds: float
    restore_seconds: float
    bytes: int
    rows: Dict[Table, Optional[int]]
    left_out: int
    evidence: Dict[str, Any]

    @property
    def total(self) -> int:
        return sum(rows or 0 for rows in self.rows.values())


class History(NamedTuple):
    """``drills`` are earlier drills of the series, newest last. ``problems`` name lines that could not be parsed, and the reason if nothing was added."""

    path: str
    drills: Tuple[Drill, ...]
    problems: Tuple[str, ...]


def update_history(path: str, drill: Drill, *, add: bool) -> History:
    """Read the earlier drills of the same series, and add this one if ``add`` is true. It is added whole or not at all.

    Raises no error: a drill whose history cannot be kept still has its report.
    """
    try:
        if not add and not os.path.lexists(path):
            return History(path, (), ())
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        handle = open_or_create(path)
    except Exception as error:
        return History(path, (), ("The history cannot be opened: {0}".format(error),))
    try:
        # Other drills wait here until this one has added its line.
        fcntl.flock(handle, fcntl.LOCK_EX if add else fcntl.LOCK_SH)
        size = os.fstat(handle).st_size
        text = os.pread(handle, MAX_BYTES, max(0, size - MAX_BYTES))
        drills, problems = parse(text, max(0, size - MAX_BYTES), drill.series)
        if add:
            # A killed drill may have left an incomplete line. It must not swallow this one.
            _append(handle, size, (b"\n" if text and not text.endswith(b"\n") else b"") + to_line(drill))
            if not size:
                sync_folder(os.path.dirname(os.path.abspath(path)))
        return History(path, tuple(drills), tuple(problems))
    except OSError as error:
        return History(path, (), ("The history cannot be kept: {0} ({1}).".format(os.strerror(error.errno or errno.EIO), path),))
    finally:
        os.close(handle)


def _append(handle: int, size: int, line: bytes) -> None:
    """Write at the end of a file of ``size`` bytes; if that fails, the file is unchanged."""
    written = 0
    try:
        while written < len(line):
            written += os.pwrite(handle, line[written:], size + written)
        os.fsync(handle)
    except OSError:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.ftruncate(handle, size)
        raise


def to_line(drill: Drill) -> bytes:
    """A drill as a line of the file."""
    largest = sorted(drill.rows, key=lambda name: -(drill.rows[name] or 0))
    rows: Dict[str, Dict[str, Optional[int]]] = {}
    for database, name in largest[:MAX_TABLES]:
        rows.setdefault(database, {})[name] = drill.rows[(database, name)]
    facts = dict(drill._asdict(), drill=FORMAT, rows=rows, left_out=len(largest[MAX_TABLES:]))
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def parse(text: bytes, offset: int, series: str) -> Tuple[List[Drill], List[str]]:
    """The drills of a series in the end of the file, which begins at byte ``offset``, and a sentence for each line that could not be parsed."""
    if offset:
        # The text begins within a line.
        cut = text.find(b"\n") + 1
        text, offset = text[cut:], offset + cut
    drills: List[Drill] = []
    unknown: List[int] = []
    end = offset + len(text)
    for line in reversed(text.split(b"\n")):
        begin = end - len(line)
        end = begin - 1
        if not line.strip():
            continue
        drill = _from_line(line)
        if drill is None:
            unknown.append(begin)
        elif drill.series == series:
            drills.append(drill)
            if len(drills) == MAX_DRILLS:
                break
    sentence = "The history has a line at byte {0} that is damaged or was not written by a drill. It was left as it is."
    problems = [sentence.format(begin) for begin in unknown[:_NAMED]]
    if len(unknown) > _NAMED:
        problems.append("The history has {0} more such lines.".format(len(unknown) - _NAMED))
    return drills[::-1], problems


def _from_line(line: bytes) -> Optional[Drill]:
    """None for a line that is not a drill of this format."""
    try:
        facts = json.loads(line.decode("utf-8"))
        if facts.pop("drill") != FORMAT:
            return None
        rows = {(database, name): _count(number) for database, tables in facts["rows"].items() for name, number in tables.items()}
        drill = Drill(**dict(facts, rows=rows))
        numbers = (drill.written, drill.seconds, drill.restore_seconds)
        texts = (drill.series, drill.verdict)
        # The bounds exclude NaN, infinity and times outside the calendar.
        known = all(isinstance(each, (int, float)) and 0 <= each < 1e11 for each in numbers) and all(isinstance(each, str) for each in texts)
        return drill if known and isinstance(drill.evidence, dict) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _count(number: Any) -> Optional[int]:
    if number is not None and (not isinstance(number, int) or not 0 <= number < 1 << 64):
        raise ValueError("not a number of rows")
    return number

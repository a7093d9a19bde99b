# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of an unfinished download, ``<dest>.part.journal``: one line for the object and one for each complete part.

Lines are only appended, each with one write; an incomplete last line is ignored. The object is identified by path, size and ETag, never by URL.
The journal is not trusted: :func:`verified` compares it with the bytes of the part file. If this host cannot compute the CRC for this,
a line is written only after its bytes are on the disk, so that a crash of the machine loses no byte that the journal lists.
"""

import json
import os
from typing import Dict, List, NamedTuple, Optional

from .. import _atomic_file
from .._own_file import open_existing
from . import crc64
from .parts import Part, done, layout
from .probe import RemoteObject
from .selection import Selection, whole

VERSION = 1
_BLOCK = 1 << 20


class Journal:
    """A journal open for appending. Thread-safe, because a line is one ``write`` to a file opened with O_APPEND."""

    def __init__(self, path: str, remote: RemoteObject, selection: Selection, part_size: int, parts: List[Part], part_file: int) -> None:
        """Create a journal at ``path`` with the progress of ``parts`` in ``part_file``. An older journal is replaced atomically."""
        self._part_file = part_file
        temporary = path + ".new"
        self._file = _atomic_file.begin_replacement(temporary, os.O_APPEND)
        self._add(_heading(remote, selection, part_size))
        self.note(*[part for part in parts if part.done])
        os.replace(temporary, path)

    def note(self, *parts: Part) -> None:
        """Record the progress of each part. A later line for a part replaces an earlier one."""
        lines: List[Dict[str, object]] = [{"part": part.index, "done": part.done, "crc64": part.crc} for part in parts]
        if lines and crc64.update is None:
            _to_disk(self._part_file)
        for line in lines:
            self._add(line)

    def _add(self, line: Dict[str, object]) -> None:
        os.write(self._file, json.dumps(line, sort_keys=True).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


_to_disk = getattr(os, "fdatasync", os.fsync)


class Unfinished(NamedTuple):
    """The claims of a journal, before :func:`verified`."""

    part_size: int
    parts: List[Part]


def read(path: str, remote: RemoteObject, selection: Selection) -> Optional[Unfinished]:
    """The journal at ``path``; None if it is missing, unreadable, or for another selection, or if nothing identifies the object.

    :raises Failure: another user may have placed it there.
    """
    lines = _lines(path)
    if not lines or (remote.etag is None and remote.crc64 is None):
        return None
    part_size = lines[0].get("part_size")
    if not isinstance(part_size, int) or part_size < 1 or lines[0] != _heading(remote, selection, part_size):
        return None
    parts = layout(selection.spans, part_size)
    for line in lines[1:]:
        index, done, crc = line.get("part"), line.get("done"), line.get("crc64")
        if isinstance(index, int) and 0 <= index < len(parts) and isinstance(done, int) and 0 <= done <= parts[index].length and isinstance(crc, int):
            parts[index].done, parts[index].crc = done, crc
    return Unfinished(part_size, parts)


def claimed(part_path: str, remote: RemoteObject, selection: Selection) -> int:
    """How many bytes of ``selection`` are in the part file according to its journal."""
    unfinished = read(part_path + ".journal", remote, selection)
    return done(unfinished.parts) if unfinished is not None and os.path.exists(part_path) else 0


def is_of_another_object(path: str, remote: RemoteObject) -> bool:
    """Whether ``path`` is the journal of an object other than ``remote``."""
    lines = _lines(path)
    wanted = _heading(remote, whole(remote.size), 0)
    return bool(lines) and any(lines[0].get(key) != wanted[key] for key in ("object", "size", "etag"))


def verified(unfinished: Unfinished, part_file: int) -> int:
    """Compare the claims with the bytes of the file and reset the parts that differ. Returns the number of bytes that can be kept.

    A crash of the machine may have lost the last writes; a full or failing disk may have changed bytes. The length of the file shows
    neither, because the file has its full length from the beginning.
    """
    present = os.fstat(part_file).st_size
    kept = 0
    for part in unfinished.parts:
        if part.first + part.done > present or (crc64.update is not None and _crc(part_file, part, crc64.update) != part.crc):
            part.restart()
        kept += part.done
    return kept


def _crc(part_file: int, part: Part, update: crc64.Update) -> int:
    crc, at, end = 0, part.first, part.first + part.done
    while at < end:
        block = os.pread(part_file, min(_BLOCK, end - at), at)
        if not block:
            break
        crc = update(block, crc)
        at += len(block)
    return crc


def _heading(remote: RemoteObject, selection: Selection, part_size: int) -> Dict[str, object]:
    return {
        "journal": VERSION,
        "object": remote.object_path,
        "size": remote.size,
        "etag": remote.etag,
        "object_crc64": remote.crc64,
        "spans": None if selection == whole(remote.size) else [list(span) for span in selection.spans],
        "part_size": part_size,
        "crc64_kept": crc64.update is not None,
    }


def _lines(path: str) -> List[Dict[str, object]]:
    try:
        with os.fdopen(open_existing(path), "rb") as file:
            text = file.read()
    except OSError:
        return []
    lines = []
    for line in text.split(b"\n")[:-1]:
        try:
            value = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            lines.append(value)
    return lines if lines and lines[0].get("journal") == VERSION else []

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a fetched file, stored as ``<dest>.fetched``: which object the file is, and which proofs it passed.

It lets a second run recognise the file without reading it or using the network. It contains no secret. It is valid as long as the file
has the size and modification time in the record. Several runs may write it at once; none of them removes what another one recorded
about the current file.
"""

import contextlib
import fcntl
import json
import os
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional

from .. import _atomic_file
from .._own_file import open_existing
from .probe import RemoteObject
from .selection import Selection
from .verify_download import Proofs

SUFFIX = ".fetched"


class FetchedRecord(NamedTuple):
    """``digests`` were computed from the file: algorithm -> value as in :class:`Checksum`. ``size`` and ``crc64`` are those of the file.

    If the file is a part of the object, ``names`` and ``spans`` (as in :class:`Selection`) describe it, and ``object_size`` and
    ``object_crc64`` are those of the object. Otherwise the former are empty and the latter equal those of the file.
    """

    object_path: str
    size: int
    etag: Optional[str]
    crc64: Optional[int]
    verified_by: List[str]
    digests: Dict[str, str]
    mtime_ns: int
    object_size: int
    object_crc64: Optional[int]
    names: List[str]
    spans: List[List[int]]

    def describes(self, path: str) -> bool:
        """Whether the file at ``path`` is unchanged."""
        try:
            state = os.stat(path)
        except OSError:
            return False
        return state.st_size == self.size and state.st_mtime_ns == self.mtime_ns

    def is_of(self, remote: RemoteObject) -> bool:
        """Whether ``remote`` is the object that was fetched, perhaps under another name."""
        if self.object_size != remote.size:
            return False
        if self.object_crc64 is not None and remote.crc64 is not None:
            return self.object_crc64 == remote.crc64
        return self.etag is not None and self.etag == remote.etag

    def holds(self, names: Iterable[str]) -> bool:
        """Whether the file has the bytes for all of ``names``, or is the whole object. Empty ``names`` mean the whole object."""
        wanted = set(names)
        return not self.names or (bool(wanted) and wanted <= set(self.names))


def read(dest: str) -> Optional[FetchedRecord]:
    """The record of ``dest``, or None if it is missing or unreadable.

    :raises Failure: another user may have placed it there.
    """
    try:
        with os.fdopen(open_existing(dest + SUFFIX), "rb") as file:
            value = json.loads(file.read(1 << 20).decode("utf-8"))
        record = FetchedRecord(**{name: value[name] for name in FetchedRecord._fields})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    numbers = (record.size, record.mtime_ns, record.object_size)
    lists = (record.verified_by, record.names, record.spans)
    sound = all(isinstance(one, int) for one in numbers) and all(isinstance(one, list) for one in lists) and isinstance(record.digests, dict)
    return record if sound else None


def of_whole(
    object_path: str, size: int, etag: Optional[str], crc64: Optional[int], verified_by: List[str], digests: Dict[str, str], mtime_ns: int
) -> FetchedRecord:
    """The record of a file that is the whole object."""
    return FetchedRecord(object_path, size, etag, crc64, verified_by, digests, mtime_ns, size, crc64, [], [])


def of_download(remote: RemoteObject, selection: Selection, proofs: Proofs, mtime_ns: int) -> FetchedRecord:
    """The record of a file that holds ``selection`` of ``remote`` and has passed ``proofs``."""
    return FetchedRecord(
        object_path=remote.object_path,
        size=selection.size,
        etag=remote.etag,
        crc64=proofs.crc64,
        verified_by=proofs.names,
        digests=proofs.digests,
        mtime_ns=mtime_ns,
        object_size=remote.size,
        object_crc64=proofs.crc64 if selection.whole and proofs.crc64 is not None else remote.crc64,
        names=list(selection.names),
        spans=[] if selection.whole else [list(span) for span in selection.spans],
    )


def write(dest: str, record: FetchedRecord) -> None:
    """Write the record of ``dest``, merged with what other runs have recorded. Does nothing if ``record`` does not describe the current file."""
    with _locked(dest):
        there = read(dest)
        if not record.describes(dest):
            return
        if there is not None and there.describes(dest):
            proofs = there.verified_by + [name for name in record.verified_by if name not in there.verified_by]
            record = record._replace(verified_by=proofs, digests=dict(there.digests, **record.digests))
        _replace(dest, record)


@contextlib.contextmanager
def taking_over(dest: str, record: FetchedRecord) -> Iterator[None]:
    """A context for renaming a file to ``dest``: its ``record`` is written first, and no other run writes a record meanwhile."""
    with _locked(dest):
        with contextlib.suppress(OSError):
            _replace(dest, record)
        yield


def _replace(dest: str, record: FetchedRecord) -> None:
    temporary = dest + SUFFIX + ".new"
    with open(_atomic_file.begin_replacement(temporary), "wb") as file:
        file.write(json.dumps(record._asdict(), sort_keys=True).encode() + b"\n")
    os.replace(temporary, dest + SUFFIX)


@contextlib.contextmanager
def _locked(dest: str) -> Iterator[None]:
    """Hold the lock for records in the folder of ``dest``. The folder itself is locked, so no lock file is left."""
    number = os.open(os.path.dirname(dest), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            # Some network file systems have no locks. On these, two processes can write at once.
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)

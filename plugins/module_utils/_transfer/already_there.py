# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a local file already contains what is requested, according to its record, its bytes, or a checksum from the user."""

import os
from typing import Optional

from .._failure import Failure
from . import checksum as checksums
from . import fetched_record
from .checksum import Checksum
from .fetched_record import FetchedRecord
from .probe import RemoteObject
from .verify_download import SAME_BACKUP


def valid_record(dest: str, size: Optional[int]) -> Optional[FetchedRecord]:
    """The record of ``dest`` if it is still valid. A copied or touched file is recognised by its CRC-64. ``size``: of the object, if known."""
    record = fetched_record.read(dest)
    if record is None or not os.path.isfile(dest) or (size is not None and record.object_size != size):
        return None
    if record.describes(dest):
        return record
    if os.path.getsize(dest) != record.size or record.crc64 is None or checksums.crc64_of_file(dest) != record.crc64:
        return None
    return record._replace(mtime_ns=os.stat(dest).st_mtime_ns)


def with_checksum(dest: str, size: Optional[int], record: Optional[FetchedRecord], checksum: Checksum) -> Optional[FetchedRecord]:
    """A record that proves that ``dest`` has ``checksum``; None if it does not. The file is read unless ``record`` has the digest."""
    if not os.path.isfile(dest) or (size is not None and os.path.getsize(dest) != size):
        return None
    value = record.digests.get(checksum.algorithm) if record is not None else None
    if value is None:
        value = checksums.of_file(dest, checksum.algorithm).value
    if value != checksum.value:
        return None
    if record is None:
        state = os.stat(dest)
        crc = int(value) if checksum.algorithm == "crc64" else None
        record = fetched_record.of_whole("", state.st_size, None, crc, ["size"], {}, state.st_mtime_ns)
    names = record.verified_by if checksum.algorithm in record.verified_by else record.verified_by + [checksum.algorithm]
    return record._replace(verified_by=names, digests=dict(record.digests, **{checksum.algorithm: value}))


def holding(dest: str, record: Optional[FetchedRecord], remote: RemoteObject) -> Optional[FetchedRecord]:
    """The record of ``dest`` if the file holds ``remote``, according to ``record`` or, without one, the CRC-64 of the file."""
    if record is not None:
        return record if record.is_of(remote) else None
    if remote.crc64 is None or not os.path.isfile(dest) or os.path.getsize(dest) != remote.size or checksums.crc64_of_file(dest) != remote.crc64:
        return None
    digests, modified = {"crc64": str(remote.crc64)}, os.stat(dest).st_mtime_ns
    return fetched_record.of_whole(remote.object_path, remote.size, remote.etag, remote.crc64, ["size", "crc64"], digests, modified)


def refuse_contradiction(checksum: Optional[Checksum], remote: RemoteObject, *, holds_remote: bool) -> None:
    """Raise a Failure if ``remote`` cannot have ``checksum``, before it is downloaded.

    ``holds_remote``: the local file holds ``remote``, and it is known not to have ``checksum``.
    """
    if checksum is None or not (holds_remote or (checksum.algorithm == "crc64" and remote.crc64 is not None and checksum.value != str(remote.crc64))):
        return
    what = "The object behind the URL does not have the checksum {0}".format(checksum)
    raise Failure(what, remote.url.redacted, SAME_BACKUP + " Nothing was downloaded.")

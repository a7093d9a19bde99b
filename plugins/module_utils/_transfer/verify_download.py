# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify a complete download with the server's CRC-64, the user's checksum and the caller's check."""

from typing import Dict, List, NamedTuple, Optional

from .._failure import Failure
from . import checksum as checksums
from . import crc64
from .checksum import Checksum
from .fetch_policy import FetchPolicy
from .parts import Part
from .probe import RemoteObject
from .selection import Selection

SAME_BACKUP = "Check that URL and checksum belong to the same backup."


class WrongDownload(Failure):
    """The downloaded bytes are not those of the object, so none of them can be used."""


class Proofs(NamedTuple):
    """The names of the checks that a file has passed, the digests computed for them, and its CRC-64 (None if this host cannot compute one)."""

    names: List[str]
    digests: Dict[str, str]
    crc64: Optional[int]


def crc64_of(parts: List[Part], selection: Selection) -> Optional[int]:
    """The CRC-64 of the file made of complete ``parts``, or None if this host cannot compute one."""
    if crc64.update is None:
        return None
    total = 0
    for part in parts:
        total = crc64.combine(total, part.crc, part.length)
    return crc64.update(bytes(selection.size - selection.length), total)


def verify(path: str, remote: RemoteObject, selection: Selection, parts: List[Part], checksum: Optional[Checksum], policy: FetchPolicy) -> Proofs:
    """Verify the complete part file at ``path`` in every possible way. The server's CRC-64 covers the whole object, so it cannot prove a part.

    :raises WrongDownload: the file is not the object, or may be a damaged copy of it.
    :raises Failure: the file is an exact copy of an object that is not the requested one.
    """
    names = ["size"]
    digests: Dict[str, str] = {}
    crc = crc64_of(parts, selection)
    if crc is not None:
        digests["crc64"] = str(crc)
    if remote.crc64 is not None and crc is not None and selection.whole:
        if crc != remote.crc64:
            raise WrongDownload(
                "The downloaded bytes are not those of the object: their CRC-64 is {0} and should be {1}".format(crc, remote.crc64),
                remote.url.redacted,
                "A proxy or this host's memory corrupts data: check both. Nothing was kept; run the task again.",
            )
        names.append("crc64")
    exact_copy = "crc64" in names
    try:
        if checksum is not None:
            names += [] if checksum.algorithm in names else [checksum.algorithm]
            found = Checksum("crc64", str(crc)) if checksum.algorithm == "crc64" else checksums.of_file(path, checksum.algorithm)
            digests[found.algorithm] = found.value
            if found != checksum:
                raise Failure("The file has the checksum {0} instead of {1}".format(found, checksum), remote.url.redacted, SAME_BACKUP)
        if policy.check is not None:
            names += policy.check(path, selection)
    except Failure as failure:
        if exact_copy:
            kept = "The download is an exact copy of the object and is kept in {0}; remove it if you do not need it.".format(path)
            raise Failure(failure.what, failure.where, " ".join(filter(None, (failure.cure, kept))), **failure.facts) from None
        raise WrongDownload(failure.what, failure.where, failure.cure, **failure.facts) from None
    if len(names) == 1:
        policy.warn(_unverified(remote, selection))
    return Proofs(names, digests, crc)


def _unverified(remote: RemoteObject, selection: Selection) -> str:
    if not selection.whole:
        why = "it is a part of an object, and the server has a CRC-64 only for the whole object"
    elif remote.crc64 is None:
        why = "the server reports no CRC-64"
    else:
        why = "this host cannot compute a CRC-64 (neither fastcrc nor liblzma is installed)"
    return "Only the size of {0} was verified: {1}. Set checksum to verify the contents.".format(remote.object_path, why)

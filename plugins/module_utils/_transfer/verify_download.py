# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is this file that object? By its record, by its own bytes, by the server's CRC-64, by the user's checksum."""

import os
from typing import Callable, Dict, List, NamedTuple, Optional

from .._failure import Failure
from . import checksum as checksums
from . import crc64, fetched_record
from .checksum import Checksum
from .fetched_record import FetchedRecord
from .parts import Part
from .probe import RemoteObject
from .selection import Selection

_PAIR = "Look whether URL and checksum belong to the same backup."


Check = Callable[[str, bool], List[str]]
"""Is given the path of a complete file, and whether it is the whole object; returns the names of its proofs or raises a Failure."""


class WrongDownload(Failure):
    """What was downloaded is not the object: none of it is worth keeping."""


class Proofs(NamedTuple):
    """Which proofs a file passed, and the digests computed on the way."""

    names: List[str]
    digests: Dict[str, str]


def known(dest: str, size: Optional[int]) -> Optional[FetchedRecord]:
    """What is recorded of the file ``dest``, if that is still true. A copy or a touch is found to be the same by its CRC-64."""
    here = fetched_record.read(dest)
    if here is None or not os.path.isfile(dest) or (size is not None and here.object_size != size):
        return None
    if here.describes(dest):
        return here
    if os.path.getsize(dest) != here.size or here.crc64 is None or checksums.crc64_of_file(dest) != here.crc64:
        return None
    return here._replace(mtime_ns=os.stat(dest).st_mtime_ns)


def proof(dest: str, size: Optional[int], here: Optional[FetchedRecord], checksum: Checksum) -> Optional[FetchedRecord]:
    """A record that says ``dest`` has ``checksum``, or None if it has not. The file is read where the record does not tell."""
    if not os.path.isfile(dest) or (size is not None and os.path.getsize(dest) != size):
        return None
    value = here.digests.get(checksum.algorithm) if here is not None else None
    if value is None:
        value = checksums.of_file(dest, checksum.algorithm).value
    if value != checksum.value:
        return None
    if here is None:
        state = os.stat(dest)
        here = fetched_record.of_whole("", state.st_size, None, int(value) if checksum.algorithm == "crc64" else None, ["size"], {}, state.st_mtime_ns)
    names = here.verified_by if checksum.algorithm in here.verified_by else here.verified_by + [checksum.algorithm]
    return here._replace(verified_by=names, digests=dict(here.digests, **{checksum.algorithm: value}))


def same(dest: str, here: Optional[FetchedRecord], remote: RemoteObject) -> Optional[FetchedRecord]:
    """The record of ``dest`` if it holds ``remote``: by its record or, without one, by its own bytes."""
    if here is not None:
        return here if here.is_of(remote) else None
    if remote.crc64 is None or not os.path.isfile(dest) or os.path.getsize(dest) != remote.size or checksums.crc64_of_file(dest) != remote.crc64:
        return None
    digests, modified = {"crc64": str(remote.crc64)}, os.stat(dest).st_mtime_ns
    return fetched_record.of_whole(remote.object_path, remote.size, remote.etag, remote.crc64, ["size", "crc64"], digests, modified)


def contradiction(checksum: Optional[Checksum], remote: RemoteObject, here: bool) -> None:
    """Fail if it is clear without a download that ``remote`` cannot have ``checksum``; ``here``: dest holds it and has not."""
    if checksum is None or not (here or (checksum.algorithm == "crc64" and remote.crc64 is not None and checksum.value != str(remote.crc64))):
        return
    what = "The object behind the URL does not have the checksum {0}".format(checksum)
    raise Failure(what, remote.url.place, _PAIR + " Nothing was downloaded.")


def crc64_of(parts: List[Part], cut: Selection) -> Optional[int]:
    """The CRC-64 of the file that complete ``parts`` make, or None where this host cannot compute one."""
    if crc64.update is None:
        return None
    total = 0
    for part in parts:
        total = crc64.combine(total, part.crc, part.length)
    return crc64.update(bytes(cut.size - cut.length), total)


def downloaded(
    path: str, remote: RemoteObject, cut: Selection, parts: List[Part], checksum: Optional[Checksum], check: Optional[Check], warn: Callable[[str], None]
) -> Proofs:
    """Put the complete part file at ``path`` to every proof there is. The server's CRC-64 is of the whole object and says nothing about a part.

    :raises Worthless: it is not the object, or cannot be told from a broken copy of it.
    :raises Failure: it is a true copy, of a wrong object.
    """
    names = ["size"]
    digests: Dict[str, str] = {}
    crc = crc64_of(parts, cut)
    if crc is not None:
        digests["crc64"] = str(crc)
    if remote.crc64 is not None and crc is not None and cut.whole:
        if crc != remote.crc64:
            raise WrongDownload(
                "What arrived is not what the server has: its CRC-64 is {0} and should be {1}".format(crc, remote.crc64),
                remote.url.place,
                "Something on the way changes bytes: look for a proxy, and at this host's memory. Nothing was kept; run it again.",
            )
        names.append("crc64")
    true_copy = "crc64" in names
    try:
        if checksum is not None:
            names += [] if checksum.algorithm in names else [checksum.algorithm]
            found = Checksum("crc64", str(crc)) if checksum.algorithm == "crc64" else checksums.of_file(path, checksum.algorithm)
            digests[found.algorithm] = found.value
            if found != checksum:
                raise Failure("The file has the checksum {0} instead of {1}".format(found, checksum), remote.url.place, _PAIR)
        if check is not None:
            names += check(path, cut.whole)
    except Failure as failure:
        if true_copy:
            kept = "What was downloaded is a true copy of the object and is kept in {0}; remove it if it is of no use.".format(path)
            raise Failure(failure.what, failure.where, " ".join(filter(None, (failure.cure, kept))), **failure.facts) from None
        raise WrongDownload(failure.what, failure.where, failure.cure, **failure.facts) from None
    if len(names) == 1:
        why = "the server gives no CRC-64 of it" if remote.crc64 is None else "this host can compute no CRC-64 (neither fastcrc nor liblzma is there)"
        why = why if cut.whole else "it is a part of an object, of which the server gives no CRC-64"
        warn("{0} is unverified but for its size: {1}. Give checksum to have it verified.".format(remote.object_path, why))
    return Proofs(names, digests)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksums: parsed from text such as ``sha256:ab12...``, and computed from files."""

import hashlib
import re
from typing import NamedTuple, Optional

from .._failure import Failure
from . import crc64

_BLOCK = 1 << 20
_LENGTHS = {"md5": 32, "sha256": 64}


class Checksum(NamedTuple):
    """``value`` in lower case hexadecimal, for crc64 in decimal as OSS writes it."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return "{0}:{1}".format(*self)


def parse(text: str) -> Checksum:
    """Read ``crc64:<decimal, or 0x and hexadecimal>``, ``sha256:<hex>`` or ``md5:<hex>``.

    :raises Failure: the text is something else, or this host cannot compute such a checksum.
    """
    algorithm, _colon, value = text.strip().partition(":")
    algorithm, value = algorithm.strip().lower(), value.strip().lower()
    if algorithm == "crc64":
        number = _number(value)
        if number is not None:
            if crc64.update is None:
                raise Failure("A crc64 checksum cannot be computed on this host", cure="Install the Python library fastcrc, or liblzma, on it.")
            return Checksum(algorithm, str(number))
    elif algorithm in _LENGTHS and re.match(r"[0-9a-f]+\Z", value) and len(value) == _LENGTHS[algorithm]:
        return Checksum(algorithm, value)
    raise Failure("checksum has an unknown format", text[:100], "Write crc64:<decimal number>, sha256:<64 hexadecimal digits> or md5:<32 hexadecimal digits>.")


def _number(value: str) -> Optional[int]:
    try:
        number = int(value, 16) if value.startswith("0x") else int(value)
    except ValueError:
        return None
    return number if 0 <= number < 1 << 64 else None


def of_file(path: str, algorithm: str) -> Checksum:
    """The checksum of the file at ``path``, which is read in blocks of 1 MiB."""
    if algorithm == "crc64":
        return Checksum("crc64", str(crc64_of_file(path)))
    try:
        digest = hashlib.new(algorithm)
    except ValueError:
        raise Failure("{0} checksums are not allowed on this host".format(algorithm), cure="Use a sha256 or crc64 checksum.") from None
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            digest.update(block)
    return Checksum(algorithm, digest.hexdigest())


def crc64_of_file(path: str) -> Optional[int]:
    """The CRC-64/XZ of the file at ``path``, or None if this host cannot compute one."""
    if crc64.update is None:
        return None
    crc = 0
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            crc = crc64.update(block, crc)
    return crc

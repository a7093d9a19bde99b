# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decompresses gzip members in bounded memory. Checks every checksum and length, and stops a gzip bomb early."""

import zlib
from typing import Iterator, NamedTuple

from .._failure import Failure
from .._gzip_decoder import GzipDecoder
from .._local_file import Reader
from .file_reader import RangeStream
from .manifest import Member

CHUNK = 1 << 18

# Up to this size any ratio is allowed: a few rows of blanks are not a bomb.
_HARMLESS = 1 << 26

# How many bytes at the start of a gzip are used to estimate its ratio.
_SAMPLE = 1 << 24


class Gunzip:
    """Decompresses a gzip file that arrives in pieces; it may consist of several gzip members.

    Call ``close`` after the last piece, to check that the file is complete.
    """

    def __init__(self, where: str, max_ratio: float) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self._where = where
        self._max_ratio = max_ratio
        self._decoder = GzipDecoder()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the decompressed bytes of ``data`` in pieces of at most 256 KiB. Take all of them before the next call."""
        self.bytes_in += len(data)
        self._decoder.give(data)
        while True:
            try:
                piece = self._decoder.take(CHUNK)
            except zlib.error as error:
                raise self._damaged("{0}".format(error).replace("Error -3 while decompressing data: ", "")) from error
            if not piece:
                return
            self.bytes_out += len(piece)
            if self.bytes_out > _HARMLESS and self.bytes_out > self.bytes_in * self._max_ratio:
                raise Failure(
                    "The dump unpacks to more than {0:g} times its size, as a gzip bomb does".format(self._max_ratio),
                    where="{0}, {1} bytes in, {2} out".format(self._where, self.bytes_in, self.bytes_out),
                    cure="If you trust the backup and it really contains such rows, raise max_ratio.",
                )
            yield piece

    def close(self) -> None:
        """Raise :class:`Failure` unless the last gzip member is complete."""
        if not self._decoder.complete:
            raise Failure(
                "The dump is truncated: its gzip data ends in the middle",
                where="{0}, {1} bytes".format(self._where, self.bytes_in),
                cure="The backup or its download is incomplete. Fetch it again; if that does not help, make a new backup.",
            )

    def _damaged(self, detail: str) -> Failure:
        return Failure(
            "The dump is damaged: {0}".format(detail),
            where="{0}, at about byte {1} of the gzip".format(self._where, self.bytes_in),
            cure="Fetch the backup again; if that does not help, make a new one.",
        )


class Unpacked(NamedTuple):
    """Estimated uncompressed size of a gzip file in bytes: ``likely``, and ``most`` if its trailer is misleading."""

    likely: int
    most: int


def unpacked_size(reader: Reader, member: Member) -> Unpacked:
    """Estimate the decompressed size of a member from its first 256 KiB and its last 4 bytes.

    The latter are the length modulo 4 GiB, so ``likely`` is exact for less than 4 GiB in a single gzip member. For
    more, the ratio of the start selects the multiple of 4 GiB. See :func:`counted_size`.
    """
    if member.size < 18:
        return Unpacked(0, 0)
    return _estimate(reader.read(member.offset, min(member.size, CHUNK)), reader.read(member.offset + member.size - 4, 4), member.size)


def estimate(head: bytes, trailer: bytes, size: int) -> int:
    """The likely decompressed size, from the first bytes of the gzip, its last 4 bytes and its size."""
    return _estimate(head, trailer, size).likely


def _estimate(head: bytes, trailer: bytes, size: int) -> Unpacked:
    remainder = int.from_bytes(trailer, "little")
    decoder = GzipDecoder().give(head)
    try:
        sample = len(decoder.up_to(_SAMPLE))
    except zlib.error:
        return Unpacked(remainder, remainder)
    if decoder.complete and len(head) == size:
        return Unpacked(sample, sample)
    guess = sample * size // max(1, len(head) - len(decoder.rest))
    wraps = max(0, (guess - remainder + (1 << 31)) >> 32)
    claimed = remainder + (wraps << 32)
    # gzip adds next to nothing to incompressible data, so a smaller length in the trailer belongs to the last of several members, or is padding.
    if decoder.members > 1 or claimed < max(sample, size - size // 8):
        return Unpacked(guess, guess)
    return Unpacked(claimed, max(claimed, guess))


def counted_size(reader: Reader, member: Member, where: str, max_ratio: float) -> Iterator[int]:
    """Decompress a member and yield the sizes of its pieces; their sum is the exact size."""
    for piece in unpacked_chunks(reader, member, where, max_ratio):
        yield len(piece)


def stored_chunks(reader: Reader, member: Member, where: str, max_ratio: float) -> Iterator[bytes]:
    """The stored bytes of a member. Each piece is checked first; raises a Failure at the end if the gzip is incomplete."""
    stream = RangeStream(reader, member.offset, member.size, member.name)
    checker = Gunzip(where, max_ratio) if member.compressed else None
    for data in iter(lambda: stream.read(CHUNK), b""):
        if checker is not None:
            for _piece in checker.feed(data):
                pass
        yield data
    if checker is not None:
        checker.close()


def unpacked_chunks(reader: Reader, member: Member, where: str, max_ratio: float) -> Iterator[bytes]:
    """The SQL of a member; raises a Failure at the end if the gzip is incomplete."""
    stream = RangeStream(reader, member.offset, member.size, member.name)
    unpacker = Gunzip(where, max_ratio)
    for data in iter(lambda: stream.read(CHUNK), b""):
        yield from unpacker.feed(data)
    unpacker.close()

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the headers of a tar archive without trusting them.

The tarfile module of the standard library accepts an archive that was truncated between two members, and trusts every
field of a header; ``walk`` does neither. Formats: v7, ustar, GNU (long names, base-256 numbers), PAX (path, size).
"""

from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._local_file import Reader
from .file_reader import shown

BLOCK = 512

FILE = "file"
DIRECTORY = "directory"

# An instance has at most a few thousand databases with two files each. The limit protects the memory from a hostile
# archive.
MAX_ENTRIES = 100000
# With extension headers: a member usually has none, or a long name and attributes before it.
MAX_HEADERS = 3 * MAX_ENTRIES

# A path is at most 4096 bytes on Linux; PAX records also hold some attributes.
_MAX_EXTENSION = 1 << 20

# 2**64 has 20 digits; converting a million digits would take hours.
_MAX_DIGITS = 20

# GNU tar pads to 10240 bytes, in practice to 1 MiB at most. More after the end mark is a gap from a broken download,
# or a second archive.
_MAX_TRAILER = 1 << 20

_REFETCH = "Fetch it again; apsaradb.mysql.rds_backup_fetch resumes and verifies."

_TYPES = {
    b"0": FILE,
    b"\0": FILE,
    b"7": FILE,
    b"1": "hard link",
    b"2": "symbolic link",
    b"3": "character device",
    b"4": "block device",
    b"5": DIRECTORY,
    b"6": "FIFO",
    b"S": "sparse file",
    b"M": "continued file",
    b"V": "volume label",
    b"D": "GNU directory listing",
}


class TarEntry(NamedTuple):
    """One entry of an archive: its path as stored, its kind and its position in bytes.

    ``start`` is its first block (a long-name or PAX header comes before its own), ``offset`` the start of its content,
    ``end`` the first byte after its padding.
    """

    name: str
    kind: str
    size: int
    start: int
    offset: int
    end: int


def is_header(block: bytes) -> bool:
    """Whether ``block`` is a tar header with a valid checksum. Also true for v7 archives, which have no magic."""
    if len(block) < BLOCK:
        return False
    try:
        stored = _octal(block[148:156])
    except ValueError:
        return False
    unsigned = sum(block[:148]) + 256 + sum(block[156:BLOCK])
    if stored == unsigned:
        return True
    # Some old tars summed signed characters.
    return stored == unsigned - 256 * sum(1 for byte in block[:148] + block[156:BLOCK] if byte > 127)


def walk(reader: Reader) -> Iterator[TarEntry]:
    """Yield the entries of the archive in file order.

    Reads headers only, so the cost depends on the number of members. Raises :class:`Failure` if the archive is truncated
    (also between two members, which ``tar`` accepts), damaged, or longer than its end mark allows.
    """
    position = 0
    count = headers = 0
    start = 0
    last = "its first header"
    extension = _Extension()
    while True:
        block = reader.read(position, BLOCK)
        if len(block) < BLOCK:
            raise _cut(reader, "after {0}, at byte {1}; the end mark of a tar is missing".format(last, reader.size))
        if not any(block):
            if extension.pending:
                raise _damaged(reader, position, "a header is announced, but the end mark follows")
            _check_trailer(reader, position)
            return
        if not is_header(block):
            raise _damaged(reader, position, "the block after {0} is not a tar header".format(last))
        headers += 1
        if headers > MAX_HEADERS:
            raise Failure("The archive has more than {0} headers, unlike any RDS backup".format(MAX_HEADERS), where=reader.name, cure=_REFETCH)
        flag = block[156:157]
        size = _size(reader, block, position)
        offset = position + BLOCK
        if flag in (b"L", b"K", b"x", b"X", b"g"):
            extension.take(reader, flag, offset, size)
            position = offset + _padded(size)
            continue
        if extension.size is not None:
            size = extension.size
        name = _name(reader, extension.name if extension.name is not None else _short_name(block), position)
        kind = "sparse file" if extension.sparse else _TYPES.get(flag, "member of unknown type {0}".format(ascii(flag.decode("latin-1"))))
        if kind == FILE and name.endswith("/"):
            kind = DIRECTORY
        if kind in ("hard link", "symbolic link", "character device", "block device", "FIFO", DIRECTORY):
            # Some tars store the size of a link's target; no content follows.
            size = 0
        end = offset + _padded(size)
        if offset + size > reader.size:
            raise _cut(
                reader,
                "inside member {0}, which starts at byte {1} and should end at byte {2}".format(shown(name), offset, offset + size),
                missing=offset + size - reader.size,
            )
        count += 1
        if count > MAX_ENTRIES:
            raise Failure("The archive has more than {0} members, unlike any RDS backup".format(MAX_ENTRIES), where=reader.name, cure=_REFETCH)
        yield TarEntry(name, kind, size, start, offset, end)
        last = "member {0}".format(shown(name))
        position = start = end
        extension = _Extension()


class _Extension:
    """The fields from the extension headers of an entry."""

    def __init__(self) -> None:
        self.pending = False
        self.name: Optional[bytes] = None
        self.size: Optional[int] = None
        self.sparse = False

    def take(self, reader: Reader, flag: bytes, offset: int, size: int) -> None:
        """Read the content of an extension header."""
        if size > _MAX_EXTENSION:
            raise _damaged(reader, offset, "a header extension of {0} bytes".format(size))
        content = reader.read(offset, size)
        if len(content) < size:
            raise _cut(reader, "inside a header extension at byte {0}".format(offset), missing=size - len(content))
        self.pending = True
        if flag == b"L":
            self.name = content.rstrip(b"\0")
        elif flag in (b"x", b"X"):
            try:
                self._records(_pax(content))
            except ValueError:
                raise _damaged(reader, offset, "PAX records that cannot be read") from None
        # K names the target of a link, which is not followed. A global header (g) contains nothing relevant to a backup.

    def _records(self, records: Dict[bytes, bytes]) -> None:
        if b"path" in records:
            self.name = records[b"path"]
        if b"size" in records:
            if not records[b"size"].isdigit() or len(records[b"size"]) > _MAX_DIGITS:
                raise ValueError("size")
            self.size = int(records[b"size"])
        self.sparse = self.sparse or any(key.startswith(b"GNU.sparse.") for key in records)


def _pax(content: bytes) -> Dict[bytes, bytes]:
    """Records of the form ``<length> <key>=<value>\\n``; the length is that of the whole record."""
    records: Dict[bytes, bytes] = {}
    position = 0
    while position < len(content) and content[position] != 0:
        space = content.index(b" ", position, position + 20)
        digits = content[position:space]
        if not digits.isdigit():
            raise ValueError("length")
        end = position + int(digits)
        if end > len(content) or end <= space + 2 or content[end - 1 : end] != b"\n":
            raise ValueError("record")
        key, equals, value = content[space + 1 : end - 1].partition(b"=")
        if not equals:
            raise ValueError("record")
        records[key] = value
        position = end
    return records


def _short_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    # Only POSIX ustar has a prefix; GNU has the magic "ustar  " and stores times in place of the prefix.
    if block[257:263] == b"ustar\0":
        prefix = block[345:500].split(b"\0", 1)[0]
        if prefix:
            return prefix + b"/" + name
    return name


def _name(reader: Reader, raw: bytes, position: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _damaged(reader, position, "the name {0} is not UTF-8".format(ascii(raw.decode("utf-8", "backslashreplace")))) from None


def _size(reader: Reader, block: bytes, position: int) -> int:
    field = block[124:136]
    try:
        if field[0] & 0x80:
            if field[0] != 0x80:
                raise ValueError("negative, or more than 2**88")
            return int.from_bytes(field[1:], "big")
        return _octal(field)
    except ValueError:
        raise _damaged(reader, position, "the size {0} cannot be read".format(ascii(field.decode("latin-1")))) from None


def _octal(field: bytes) -> int:
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if digits.strip(b"01234567"):
        raise ValueError("not octal")
    return int(digits, 8) if digits else 0


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _check_trailer(reader: Reader, position: int) -> None:
    rest = reader.size - position
    trailer = reader.read(position, min(rest, _MAX_TRAILER))
    used = len(trailer.rstrip(b"\0"))
    if used or rest > _MAX_TRAILER:
        raise Failure(
            "The archive has its end mark at byte {0} and {1} bytes after it: a download left a gap, or two archives were concatenated".format(position, rest),
            where=reader.name,
            cure=_REFETCH,
        )


def _cut(reader: Reader, place: str, missing: Optional[int] = None) -> Failure:
    lacking = "" if missing is None else ", {0} bytes are missing".format(missing)
    return Failure("The archive is truncated {0}{1}".format(place, lacking), where="{0}, {1} bytes".format(reader.name, reader.size), cure=_REFETCH)


def _damaged(reader: Reader, position: int, detail: str) -> Failure:
    return Failure("The archive is damaged: {0}".format(detail), where="{0}, byte {1}".format(reader.name, position), cure=_REFETCH)


def files_in(data: bytes) -> Tuple[str, ...]:
    """Names of the files whose headers are in ``data``, the start of an archive; for recognition, not for extraction."""
    names = []
    try:
        for entry in walk(_ArchiveStart(data)):
            if entry.kind == FILE:
                names.append(entry.name)
    except Failure:
        pass
    return tuple(names)


class _ArchiveStart:
    """The start of an archive; sizes of members may reach past its end."""

    size = 1 << 62
    name = "the start of the archive"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

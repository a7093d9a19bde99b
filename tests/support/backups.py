# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups for tests: good ones in RDS's shape, and every odd or hostile archive a test wants, as bytes."""

import gzip
import importlib.util
import io
import pathlib
import tarfile
from typing import Any, Dict, Iterable, Optional, Tuple

END = bytes(1024)

SCHEMA_SQL = b"-- MySQL dump 10.13\nDROP TABLE IF EXISTS `t`;\nCREATE TABLE `t` (`a` int);\n-- Dump completed\n"
DATA_SQL = b"-- MySQL dump 10.13\nINSERT INTO `t` VALUES " + b",".join(b"(%d)" % number for number in range(5000)) + b";\n-- Dump completed\n"


def maker() -> Any:
    """The module that makes backups for the demo."""
    path = pathlib.Path(__file__).resolve().parents[2] / "playbooks" / "files" / "make_backup.py"
    spec = importlib.util.spec_from_file_location("make_backup", str(path))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(folder: pathlib.Path, databases: Dict[str, Tuple[bytes, ...]], layout: str = "directories", root: str = "hins1_data_20260101033000") -> pathlib.Path:
    """A backup as RDS makes it: {database: (schema, data)}, or for ``flat`` the content of its one or more files."""
    arguments = ["--layout", layout, "--root", root, "--time", "202601010330"]
    for number, (database, dumps) in enumerate(databases.items()):
        paths = []
        for part, dump in enumerate(dumps):
            path = folder / "dump_{0}_{1}.sql".format(number, part)
            path.write_bytes(dump)
            paths.append(str(path))
        arguments += ["--database", "{0}={1}".format(database, ",".join(paths))]
    out = folder / "backup.tar"
    maker().main(arguments + [str(out)])
    return out


def packed(content: bytes) -> bytes:
    """gzip without a time, so the same content is the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, out, mtime=0) as packer:
        packer.write(content)
    return out.getvalue()


def header(
    name: bytes, size: int = 0, kind: bytes = b"0", magic: bytes = b"ustar\x0000", prefix: bytes = b"", size_field: Optional[bytes] = None, mode: int = 0o644
) -> bytes:
    """One tar header, by hand, with a right checksum whatever else is in it."""
    if size_field is None:
        size_field = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    fields = name[:100].ljust(100, b"\0") + b"%07o\0" % mode + b"0000000\0" * 2 + size_field + b"00000000000\0" + b" " * 8 + kind
    fields += b"\0" * 100 + magic.ljust(8, b"\0") + b"\0" * 80 + prefix.ljust(155, b"\0") + b"\0" * 12
    assert len(fields) == 512
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def padded(content: bytes) -> bytes:
    """Content up to the next block of 512 bytes."""
    return content + bytes(-len(content) % 512)


def entry(name: bytes, content: bytes = b"", **fields: Any) -> bytes:
    """A whole entry: header, content, padding."""
    return header(name, len(content), **fields) + padded(content)


def pax(records: Dict[str, str], kind: bytes = b"x") -> bytes:
    """A PAX header with these records."""
    content = b""
    for key, value in records.items():
        body = " {0}={1}\n".format(key, value).encode("utf-8")
        length = len(body)
        while len(str(length)) + len(body) != length:
            length = len(str(length)) + len(body)
        content += str(length).encode("ascii") + body
    return entry(b"PaxHeaders/x", content, kind=kind)


def archive(entries: Iterable[bytes], record: int = 10240) -> bytes:
    """Entries, the end mark, and the padding of a record."""
    whole = b"".join(entries) + END
    return whole + bytes(-len(whole) % record)


def tar(files: Dict[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive that the standard library makes of {path: content}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as writer:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            writer.addfile(info, io.BytesIO(content))
    return out.getvalue()


def plain_backup(databases: Iterable[str] = ("shop",), root: str = "hins1") -> Dict[str, bytes]:
    """{path: content} of a small backup in folders."""
    files = {}
    for database in databases:
        for role, dump in (("schema", SCHEMA_SQL), ("data", DATA_SQL)):
            files["/".join(filter(None, [root, database, role + ".sql.gz"]))] = packed(dump)
    return files


class BytesReader:
    """A reader of bytes in memory that notes what was read."""

    name = "memory"

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)
        self.reads = 0
        self.bytes_read = 0

    def read(self, offset: int, length: int) -> bytes:
        """A slice."""
        assert offset >= 0 and length >= 0
        data = self.content[offset : offset + length]
        self.reads += 1
        self.bytes_read += len(data)
        return data

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headers of a tar: every format, every cut, every lie."""

import io
import tarfile
from typing import List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import tar_headers
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.tar_headers import TarEntry, is_header, walk
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.backups import BytesReader, archive, entry, header, padded, pax, tar
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from hypothesis import given
from hypothesis import strategies as st

LONG = "r/" + "数据库-" * 60 + "/schema.sql.gz"


def entries(content: bytes) -> List[TarEntry]:
    return list(walk(BytesReader(content)))


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_it_sees_what_tarfile_sees(form: int) -> None:
    files = {"r/a-b/schema.sql.gz": b"1" * 511, "r/é/data.sql.gz": b"2" * 512, "r/c/data.sql.gz": b"3" * 513, "r/d/data.sql.gz": b""}
    if form != tarfile.USTAR_FORMAT:
        files[LONG] = b"4" * 1000
    content = tar(files, form)
    seen = entries(content)
    with tarfile.open(fileobj=io.BytesIO(content)) as reference:
        expected = [(info.name, info.size, info.offset, info.offset_data) for info in reference]
    assert [(found.name, found.size, found.start, found.offset) for found in seen] == expected
    assert {found.name: content[found.offset : found.offset + found.size] for found in seen} == files
    # The blocks of an entry, on their own, are an archive of it.
    for found in seen:
        with tarfile.open(fileobj=io.BytesIO(content[found.start : found.end] + bytes(1024))) as alone:
            assert alone.getnames() == [found.name]


def test_v7_has_no_magic_and_ustar_a_prefix() -> None:
    old = {"magic": b"", "kind": b"\0"}
    content = archive([entry(b"shop/schema.sql", b"x", **old), entry(b"data.sql", b"y", prefix=b"root/shop"), entry(b"dir/", **old)])
    assert [(found.name, found.kind) for found in entries(content)] == [("shop/schema.sql", "file"), ("root/shop/data.sql", "file"), ("dir/", "directory")]


def test_the_prefix_field_of_gnu_tar_is_not_a_prefix() -> None:
    assert entries(archive([entry(b"a", magic=b"ustar  \0", prefix=b"12345670123\0")]))[0].name == "a"


def test_pax_path_and_size_win() -> None:
    content = archive([pax({"path": "r/shop/schema.sql", "size": "3", "mtime": "1.5"}) + header(b"short", 0) + padded(b"abc")])
    found = entries(content)[0]
    assert (found.name, found.size, content[found.offset : found.offset + 3]) == ("r/shop/schema.sql", 3, b"abc")


def test_a_global_pax_header_names_nothing() -> None:
    assert entries(archive([pax({"path": "/etc/passwd", "comment": "x"}, kind=b"g"), entry(b"a"), entry(b"b")]))[0].name == "a"


@pytest.mark.parametrize("field", [b"\x80" + (5).to_bytes(11, "big"), b"00000000005\0", b"          5 ", b"5\0garbage...", b"000000000005"])
def test_sizes_are_octal_or_base_256(field: bytes) -> None:
    assert entries(archive([header(b"a", size_field=field) + padded(b"12345")]))[0].size == 5


@pytest.mark.parametrize("field", [b"\xff" * 12, b"-0000000005\0", b"0000000008\0\0", b"0x5\0\0\0\0\0\0\0\0\0", b"\xc0" + bytes(11)])
def test_an_invalid_size_is_damage(field: bytes) -> None:
    with pytest.raises(Failure, match="damaged.*size"):
        entries(archive([header(b"a", size_field=field)]))


def test_signed_checksums_of_old_tars_hold() -> None:
    block = bytearray(header("é".encode("utf-8")))
    block[148:156] = b"%06o\0 " % (sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:]) + 256)
    assert is_header(bytes(block))
    block[0] ^= 1
    assert not is_header(bytes(block))


def test_every_cut_is_noticed() -> None:
    # Also the ones between two members and inside the padding of a member, where tar says nothing.
    content = tar({"r/a/schema.sql.gz": b"1" * 700, LONG: b"2" * 100}, tarfile.PAX_FORMAT)
    content = content.rstrip(b"\0")
    content = content + bytes(-len(content) % 512)
    for length in range(0, len(content) + 1, 1 if len(content) < 6000 else 7):
        with pytest.raises(Failure, match="truncated") as caught:
            entries(content[:length])
        assert "{0} bytes".format(length) in str(caught.value)
    assert len(entries(content + bytes(512))) == 2


def test_a_cut_names_member_and_bytes() -> None:
    with pytest.raises(Failure) as caught:
        entries(entry(b"r/a/schema.sql", b"x") + entry(b"r/a/data.sql", b"y" * 2000)[:1000])
    assert "inside member r/a/data.sql, which starts at byte 1536 and should end at byte 3536, 1512 bytes are missing" in caught.value.what


def test_a_member_larger_than_the_archive_is_a_cut() -> None:
    with pytest.raises(Failure, match="truncated inside member a"):
        entries(archive([header(b"a", 1 << 80)]))


@pytest.mark.parametrize("rest", [b"x", bytes(5000) + entry(b"b", b"more"), bytes(2 << 20)])
def test_a_hole_behind_the_end_mark_is_noticed(rest: bytes) -> None:
    # A downloader that made the file beforehand and lost a part leaves zeros where a header should be.
    with pytest.raises(Failure, match="end mark at byte 512 .*gap"):
        entries(entry(b"a") + bytes(1024) + rest)


def test_garbage_between_members_is_damage_at_its_byte() -> None:
    with pytest.raises(Failure, match="damaged.*after member a is not a tar header.*byte 1024"):
        entries(archive([entry(b"a", b"1"), b"garbage!" * 64]))


@pytest.mark.parametrize(
    "records", [b"8 path=x\n", b"11 path\n", b"99999999999999999999999 path=x\n", b"path=x\n", b"1 \n", b"-5 path=x\n", b"9 size=x\n", b"10 size=x\n"]
)
def test_broken_pax_records_are_damage(records: bytes) -> None:
    with pytest.raises(Failure, match="damaged.*PAX"):
        entries(archive([entry(b"x", records, kind=b"x") + entry(b"a")]))


def test_a_size_of_a_million_digits_is_damage_and_not_counted() -> None:
    with pytest.raises(Failure, match="PAX records that cannot be read"):
        list(walk(BytesReader(archive([pax({"size": "0" * 21}), entry(b"a")]))))
    assert [found.size for found in walk(BytesReader(archive([pax({"size": "0" * 19 + "3"}), entry(b"a", b"abc")])))] == [3]


def test_a_header_extension_has_a_bound() -> None:
    with pytest.raises(Failure, match="extension of"):
        entries(archive([header(b"x", 1 << 40, kind=b"L")]))


def test_an_announced_entry_must_come() -> None:
    with pytest.raises(Failure, match="announced"):
        entries(archive([entry(b"x", b"name\0", kind=b"L")]))


def test_endless_extensions_end_with_the_file() -> None:
    reader = BytesReader(archive([entry(b"x", b"name\0", kind=b"L")] * 2000))
    with pytest.raises(Failure, match="announced"):
        list(walk(reader))


def test_a_name_that_is_not_utf8_is_refused_readably() -> None:
    with pytest.raises(Failure) as caught:
        entries(archive([entry(b"\xff\xfe.sql")]))
    assert "UTF-8" in str(caught.value) and str(caught.value).isprintable()


@pytest.mark.parametrize("kind,name", [(b"1", "hard link"), (b"2", "symbolic link"), (b"3", "character device"), (b"4", "block device"), (b"6", "FIFO")])
def test_a_path_that_is_not_a_file_is_reported_without_content(kind: bytes, name: str) -> None:
    seen = entries(archive([header(b"link", 1 << 30, kind=kind), entry(b"b", b"x")]))
    assert [(found.kind, found.size) for found in seen] == [(name, 0), ("file", 1)]


@pytest.mark.parametrize("records", [{"GNU.sparse.map": "0,1"}, {"GNU.sparse.major": "1"}])
def test_sparse_files_are_recognised(records: dict) -> None:
    assert entries(archive([pax(records) + entry(b"a", b"x")]))[0].kind == "sparse file"


@pytest.mark.parametrize(
    "kind, most, text", [(b"0", tar_headers.MAX_ENTRIES, "more than {0} members"), (b"g", tar_headers.MAX_HEADERS, "more than {0} headers")]
)
def test_endless_tiny_members_are_refused(kind: bytes, most: int, text: str) -> None:
    class Endless(BytesReader):
        size = 1 << 50

        def read(self, offset: int, length: int) -> bytes:
            self.reads += 1
            return self.content[:length]

    reader = Endless(header(b"a", kind=kind))
    reader.size = 1 << 50
    with pytest.raises(Failure, match=text.format(most)):
        for _found in walk(reader):
            pass
    assert reader.reads <= 2 * most + 2


CORPUS = [
    tar({"r/a/schema.sql.gz": b"1" * 700, LONG: b"2" * 100}, tarfile.PAX_FORMAT),
    tar({"r/a/schema.sql.gz": b"1" * 700, LONG: b"2" * 100}, tarfile.GNU_FORMAT),
    archive([pax({"path": "x", "size": "3"}) + header(b"short", 0) + padded(b"abc"), entry(b"b", b"z" * 600, magic=b"")]),
]


def resealed(content: bytes) -> bytes:
    """Give every block that was a header its checksum back, so that a change gets past it."""
    blocks = [content[position : position + 512] for position in range(0, len(content), 512)]
    for number, block in enumerate(blocks):
        if len(block) == 512 and block[257:262] == b"ustar":
            blank = block[:148] + b" " * 8 + block[156:]
            blocks[number] = block[:148] + b"%06o\0 " % sum(blank) + block[156:]
    return b"".join(blocks)


CHANGES = st.lists(st.tuples(st.integers(0, 20000), st.binary(min_size=1, max_size=12)), max_size=4)


@examples(400)
@given(st.sampled_from(CORPUS), CHANGES, st.integers(0, 30000), st.booleans())
def test_no_archive_breaks_the_walk(content: bytes, changes: list, length: int, reseal: bool) -> None:
    for position, data in changes:
        position %= len(content)
        content = (content[:position] + data + content[position + len(data) :])[: len(content)]
    if reseal:
        content = resealed(content)
    content = content[:length]
    reader = BytesReader(content)
    try:
        found = list(walk(reader))
    except Failure as failure:
        assert str(failure).isprintable()
        return
    finally:
        assert reader.reads < 500
    last = 0
    for item in found:
        assert last <= item.start < item.offset <= item.offset + item.size <= item.end
        assert item.offset + item.size <= len(content)
        last = item.end

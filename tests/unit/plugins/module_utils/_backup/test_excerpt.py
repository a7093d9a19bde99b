# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import io
import random
import tarfile
from typing import Dict, List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.excerpt import excerpt, verify_gzips
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.file_reader import CachingReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.layout import read_manifest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import backups
from hypothesis import given
from hypothesis import strategies as st

NAMES = ["a", "b", "c-d", "schema", "config.txt"]


def cut(content: bytes, databases: List[str]) -> Optional[bytes]:
    found = excerpt(backups.BytesReader(content), databases)
    if found is None:
        return None
    out = b"".join(content[first:end] for first, end in found.spans)
    assert len(out) + 1024 <= found.size and found.size % 10240 == 0
    return out + bytes(found.size - len(out))


def members(content: bytes) -> Dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]


@given(
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.booleans(),
    st.booleans(),
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.randoms(use_true_random=False),
)
def test_any_archive_in_any_order(form: int, flat: bool, config: bool, wanted: "set[str]", chance: random.Random) -> None:
    files: Dict[str, bytes] = {}
    owner: Dict[str, str] = {}
    for name in NAMES:
        for half in ("schema", "data", "data_1"):
            path = "r/{0}_datafull_202601010330_17672{1}.sql.gz".format(name, len(half)) if flat else "r/{0}/{1}.sql.gz".format(name, half)
            files[path] = backups.packed(backups.SCHEMA_SQL + path.encode() * chance.randrange(3))
            owner[path] = name
    order = sorted(files)
    chance.shuffle(order)
    if config:
        order.insert(chance.randrange(len(order) + 1), "r/config.txt")
        files["r/config.txt"] = b"x=1\n"
    small = cut(backups.tar({path: files[path] for path in order}, form), sorted(wanted))
    if small is None:
        assert len(wanted) == len(NAMES)
    else:
        assert members(small) == {path: files[path] for path in order if owner.get(path) in wanted or path == "r/config.txt"}
        assert {database.name for database in read_manifest(backups.BytesReader(small)).databases} == wanted


def test_a_part_behind_other_folders_is_not_lost() -> None:
    order = ["r/config.txt", "r/a/schema.sql.gz", "r/a/data.sql.gz", "r/b/schema.sql.gz", "r/b/data.sql.gz", "r/a/data_1.sql.gz"]
    files = {path: backups.packed(path.encode()) for path in order}
    small = cut(backups.tar(files), ["a"])
    assert small is not None and members(small) == {path: files[path] for path in order if "/b/" not in path}


def test_a_truncated_tail_is_noticed_even_if_it_is_not_wanted() -> None:
    whole = backups.tar({"hins1/config.txt": b"x", **backups.plain_backup(["a", "b"])})
    with pytest.raises(Failure, match="The archive is truncated"):
        cut(whole[: read_manifest(backups.BytesReader(whole)).databases[1].members[1].start], ["a"])


def test_headers_of_60_members_are_small_compared_to_a_member_of_4_mb() -> None:
    sizes = (("schema", 5000), ("data", 4 << 20))
    reader = backups.BytesReader(backups.tar({"r/db{0:02}/{1}.sql.gz".format(number, half): bytes(size) for number in range(30) for half, size in sizes}))
    assert excerpt(reader, ["db07"]) is not None
    assert reader.bytes_read < 0.05 * (4 << 20) and reader.reads < 64


def test_bytes_that_are_present_are_not_requested_again() -> None:
    reader = backups.BytesReader(backups.tar({"r/config.txt": b"x", "r/a/data.sql.gz": bytes(1 << 20), "r/b/data.sql.gz": bytes(1 << 20)}))
    excerpt(reader, ["a"])
    # To be recognised, the second member's header, and the end.
    assert reader.reads == 4 and reader.bytes_read == 4096 + 3072 + (reader.size - (2 << 20) - 4 * 512)


def test_an_excerpt_of_an_excerpt() -> None:
    whole = backups.tar(backups.plain_backup(["a", "b", "c"]))
    first = cut(whole, ["a", "c"])
    assert first is not None and cut(first, ["c"]) == cut(whole, ["c"])


def test_files_of_no_database_are_left_out() -> None:
    small = cut(backups.tar(dict(backups.plain_backup(["a"]), **{"hins1/a/big.csv": bytes(100000)})), ["a"])
    assert small is not None and members(small) == backups.plain_backup(["a"])


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(Failure, match="has no database x. It has: a, b"):
        excerpt(backups.BytesReader(backups.tar(backups.plain_backup(["a", "b"]))), ["a", "x"])


@pytest.mark.parametrize("at", [0.3, 0.6, 0.95])
def test_a_damaged_gzip_is_found(at: float) -> None:
    content = bytearray(backups.tar(backups.plain_backup(["a", "b"])))
    reader = backups.BytesReader(bytes(content))
    manifest = read_manifest(reader)
    assert verify_gzips(reader, manifest) == ()
    member = manifest.databases[1].members[1]
    content[member.offset + int(member.size * at)] ^= 1
    with pytest.raises(Failure, match="b/data.sql.gz"):
        verify_gzips(backups.BytesReader(bytes(content)), manifest)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 600)), max_size=40))
def test_reading_ahead_gives_the_same_bytes(reads: List["tuple[int, int]"]) -> None:
    content = random.Random(3).getrandbits(8 * 4600).to_bytes(4600, "big")
    ahead = CachingReader(backups.BytesReader(content))
    for offset, length in reads:
        assert ahead.read(offset, length) == content[offset : offset + length]


def test_reading_ahead_costs_3_kib_far_away_and_grows_where_it_is_of_use() -> None:
    reader = backups.BytesReader(bytes(10 << 20))
    ahead = CachingReader(reader)
    for offset in range(0, 8 << 20, 1 << 20):
        ahead.read(offset, 512)
    assert (reader.reads, reader.bytes_read) == (8, 8 * 3072)
    for offset in range(8 << 20, 9 << 20, 512):
        ahead.read(offset, 512)
    assert reader.reads < 8 + 12 and reader.bytes_read < 8 * 3072 + (1 << 20) + (1 << 18)

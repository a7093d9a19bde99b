# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files onto a disk: whole or not at all, nothing twice, nothing outside."""

import errno
import grp
import gzip
import os
import pathlib
import random
import resource
import stat
import subprocess
import sys
import threading
import time
import types
from typing import Any, Dict, List, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import extract as room
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.file_reader import FileReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.gunzip import Gunzip, unpacked_size
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.layout import order_files, read_manifest, select
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.manifest import Member
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._free_space import Volume, volume_of
from ansible_collections.apsaradb.mysql.tests.support import backups
from ansible_collections.apsaradb.mysql.tests.support.backups import DATA_SQL, SCHEMA_SQL, BytesReader, archive, entry, header, packed, tar
from ansible_collections.apsaradb.mysql.tests.support.modules import Module
from ansible_collections.apsaradb.mysql.tests.support.other_users import STRANGER, give_away
from ansible_collections.apsaradb.mysql.tests.support.small_disk import on_small_disk

BIG_SQL = b"-- MySQL dump\n" + os.urandom(1 << 20).hex().encode("ascii")


def run(reader: BytesReader, dest: pathlib.Path, unpack: bool = False, max_ratio: float = 250, name: str = "", **how: List[str]) -> bool:
    manifest, _left_out = select(read_manifest(reader, name), **how)
    planned = room.plan(reader, manifest, str(dest), unpack=unpack, max_ratio=max_ratio)
    return room.extract(reader, planned, str(dest), max_ratio=max_ratio)


def on_disk(dest: pathlib.Path) -> Dict[str, bytes]:
    return {str(path.relative_to(dest)): path.read_bytes() for path in dest.rglob("*") if not path.is_dir()}


def written(dest: pathlib.Path) -> Dict[str, Tuple[int, int]]:
    """Values that change if a file is rewritten or changed in place."""
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in dest.rglob("*")}


def test_directories_keep_their_names_and_flat_files_theirs(tmp_path: pathlib.Path) -> None:
    assert run(BytesReader(tar(backups.plain_backup(["shop", "blog"]))), tmp_path / "a")
    assert sorted(on_disk(tmp_path / "a")) == ["blog/data.sql.gz", "blog/schema.sql.gz", "shop/data.sql.gz", "shop/schema.sql.gz"]
    assert gzip.decompress(on_disk(tmp_path / "a")["shop/data.sql.gz"]) == DATA_SQL
    name = "shop_datafull_202601010330_1767209400.sql.gz"
    assert run(BytesReader(tar({"r/" + name: packed(DATA_SQL)})), tmp_path / "b")
    assert on_disk(tmp_path / "b") == {"shop/" + name: packed(DATA_SQL)}


def test_what_was_extracted_has_an_order(tmp_path: pathlib.Path) -> None:
    run(BytesReader(tar(backups.plain_backup())), tmp_path)
    assert order_files(os.listdir(str(tmp_path / "shop"))) == [("schema.sql.gz", "schema"), ("data.sql.gz", "data")]


def test_again_changes_nothing_and_notices_one_byte(tmp_path: pathlib.Path) -> None:
    for unpack in (False, True):
        dest = tmp_path / str(unpack)
        reader = BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": packed(BIG_SQL)}))
        assert run(reader, dest, unpack)
        before = written(dest)
        assert not run(reader, dest, unpack)
        assert written(dest) == before
        victim = dest / "s" / ("data.sql" if unpack else "data.sql.gz")
        content = victim.read_bytes()
        victim.write_bytes(content[:700000] + bytes([content[700000] ^ 1]) + content[700001:])
        assert run(reader, dest, unpack)
        assert victim.read_bytes() == content
        victim.write_bytes(content + b"x")
        assert run(reader, dest, unpack)
        assert victim.read_bytes() == content


def test_unpacking_gives_sql_and_only_one_form_stays(tmp_path: pathlib.Path) -> None:
    reader = BytesReader(tar(backups.plain_backup()))
    assert run(reader, tmp_path)
    assert run(reader, tmp_path, unpack=True)
    assert on_disk(tmp_path) == {"shop/schema.sql": SCHEMA_SQL, "shop/data.sql": DATA_SQL}
    assert run(reader, tmp_path)
    assert sorted(on_disk(tmp_path)) == ["shop/data.sql.gz", "shop/schema.sql.gz"]


@pytest.mark.parametrize(
    "name,content,expected", [("x.sql", packed(DATA_SQL), "x/x.sql.gz"), ("x.sql.gz", DATA_SQL, "x/x.sql"), ("x.dump", DATA_SQL, "x/x.dump.sql")]
)
def test_the_suffix_of_a_single_file_decides_how_it_is_read(tmp_path: pathlib.Path, name: str, content: bytes, expected: str) -> None:
    assert run(BytesReader(content), tmp_path, name="/b/" + name)
    assert on_disk(tmp_path) == {expected: content}


@pytest.mark.parametrize("kept", [0, 1, 300000, 700000, 10**9])
@pytest.mark.parametrize("unpack", [False, True])
def test_an_interrupted_file_is_continued(tmp_path: pathlib.Path, unpack: bool, kept: int) -> None:
    reader = BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": packed(BIG_SQL)}))
    whole = BIG_SQL if unpack else packed(BIG_SQL)
    part = tmp_path / "s" / ("data.sql.part" if unpack else "data.sql.gz.part")
    part.parent.mkdir()
    part.write_bytes((whole + b"and more")[:kept])
    assert run(reader, tmp_path, unpack)
    assert on_disk(tmp_path)["s/data.sql" if unpack else "s/data.sql.gz"] == whole
    assert not part.exists()


def test_a_part_file_of_another_backup_is_not_reused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "data.sql.gz.part").write_bytes(os.urandom(500000))
    run(BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": packed(BIG_SQL)})), tmp_path)
    assert on_disk(tmp_path)["s/data.sql.gz"] == packed(BIG_SQL)


@pytest.mark.parametrize("unpack", [False, True])
@pytest.mark.parametrize(
    "damage,words",
    [
        (lambda data: data[:-1], "truncated"),
        (lambda data: data[: len(data) // 2], "truncated"),
        (lambda data: data[:-8], "truncated"),
        (lambda data: b"", "truncated"),
        (lambda data: data[:-8] + bytes([data[-8] ^ 1]) + data[-7:], "damaged: incorrect data check"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "damaged: incorrect length check"),
        (lambda data: data[:500000] + bytes([data[500000] ^ 255]) + data[500001:], "damaged"),
        (lambda data: data + b"garbage", "damaged"),
        (lambda data: b"-- MySQL dump\n", "damaged"),
    ],
)
def test_a_bad_gzip_gets_no_final_name(tmp_path: pathlib.Path, unpack: bool, damage, words: str) -> None:
    reader = BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": damage(packed(BIG_SQL))}))
    with pytest.raises(Failure, match=words) as caught:
        run(reader, tmp_path, unpack)
    assert "memory, member s/data.sql.gz" in str(caught.value)
    assert not [name for name in on_disk(tmp_path) if name.startswith("s/data")]


def test_several_gzip_members_and_tape_zeros_are_one_file(tmp_path: pathlib.Path) -> None:
    content = packed(SCHEMA_SQL) + packed(DATA_SQL) + bytes(300)
    run(BytesReader(tar({"s/schema.sql.gz": packed(b""), "s/data.sql.gz": content})), tmp_path, unpack=True)
    assert on_disk(tmp_path) == {"s/schema.sql": b"", "s/data.sql": SCHEMA_SQL + DATA_SQL}


@pytest.mark.parametrize("unpack", [False, True])
def test_a_bomb_is_stopped(tmp_path: pathlib.Path, unpack: bool) -> None:
    bomb = packed(b"-- MySQL dump\n" + bytes(100 << 20))
    reader = BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": bomb}))
    with pytest.raises(Failure, match="bomb"):
        run(reader, tmp_path, unpack)
    assert "s/data.sql.gz" not in on_disk(tmp_path) and "s/data.sql" not in on_disk(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 70 << 20
    assert run(reader, tmp_path, max_ratio=2000)


def test_little_input_never_unpacks_to_much_at_once() -> None:
    pieces = [len(piece) for piece in Gunzip("x", 1e9).feed(gzip.compress(bytes(20 << 20)))]
    assert sum(pieces) == 20 << 20 and max(pieces) <= 1 << 18


class Stretched(BytesReader):
    """As if the gzip of one mebibyte went on for ``mebibytes``: its start, and the trailer a gzip so long would have."""

    def __init__(self, mebibytes: int) -> None:
        one = gzip.compress(os.urandom(1 << 16) * 16, 1)
        super().__init__(one)
        self.size = len(one) * mebibytes
        self.trailer = ((mebibytes << 20) & 0xFFFFFFFF).to_bytes(4, "little")

    def read(self, offset: int, length: int) -> bytes:
        return self.trailer if offset + 4 == self.size else super().read(offset, length)


@pytest.mark.parametrize("mebibytes", [1, 100, 4095, 4096, 5000, 100000])
def test_the_unpacked_size_is_known_beyond_4_gib(mebibytes: int) -> None:
    reader = Stretched(mebibytes)
    assert unpacked_size(reader, Member("s/data.sql.gz", "data", True, 0, reader.size, 0, 0)).likely == mebibytes << 20


def test_the_unpacked_size_of_small_and_broken_members() -> None:
    for content, size in ((packed(DATA_SQL), len(DATA_SQL)), (bytes(100), 0), (b"", 0)):
        assert unpacked_size(BytesReader(content), Member("x", "data", True, 0, len(content), 0, 0)) == (size, size)


NOISE = random.Random(7).getrandbits(8 << 20).to_bytes(1 << 20, "big")
# A start that packs a thousandfold before noise that does not, many gzips after each other, and one followed by the zeros of a tape.
MISLEADING = [
    (packed(b"-- MySQL dump\n" + bytes(30 << 20) + NOISE * 6), 14 + (36 << 20)),
    (packed(NOISE) * 20, 20 << 20),
    (packed(NOISE * 4) + bytes(700000), 4 << 20),
]


@pytest.mark.parametrize("content,size", MISLEADING, ids=["compressible start", "many gzips", "padded"])
def test_no_estimate_refuses_a_dump_or_lets_it_begin(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, content: bytes, size: int) -> None:
    reader = BytesReader(tar({"s/data.sql.gz": content}))
    manifest = read_manifest(reader)
    for spare, fits in ((-1 << 16, False), (1 << 16, True)):
        monkeypatch.setattr(room, "volume_of", lambda _dest, free=size + spare: Volume(1, free, 4096))
        planned = room.plan(reader, manifest, str(tmp_path), unpack=True)
        assert (planned.targets[0].size, planned.targets[0].exact, planned.needed <= planned.free) == (size, True, fits)
        assert size <= planned.needed < size + 8192
    assert list(tmp_path.iterdir()) == []
    assert room.extract(reader, planned, str(tmp_path)) and (tmp_path / "s" / "data.sql").stat().st_size == size


def test_nothing_is_counted_where_there_is_room(tmp_path: pathlib.Path) -> None:
    for content, least, most in ((packed(BIG_SQL), len(BIG_SQL), len(BIG_SQL)), (MISLEADING[1][0], 19 << 20, 21 << 20), (MISLEADING[2][0], 4 << 20, 5 << 20)):
        reader = BytesReader(tar({"s/data.sql.gz": content}))
        manifest = read_manifest(reader)
        before = reader.bytes_read
        planned = room.plan(reader, manifest, str(tmp_path), unpack=True)
        assert least <= planned.targets[0].size <= most and not planned.targets[0].exact
        assert reader.bytes_read - before <= (1 << 18) + 4


def test_what_is_in_the_start_is_known_exactly() -> None:
    for content in (packed(SCHEMA_SQL) + packed(DATA_SQL), packed(DATA_SQL) + bytes(999), packed(b"") * 9 + packed(DATA_SQL)):
        size = len(gzip.decompress(content))
        assert unpacked_size(BytesReader(content), Member("x", "data", True, 0, len(content), 0, 0)) == (size, size)


def test_counting_finds_a_damaged_dump_before_anything_is_written(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "volume_of", lambda _dest: Volume(1, 1 << 20, 4096))
    with pytest.raises(Failure, match="is truncated.*memory, member s/data.sql.gz"):
        run(BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": packed(BIG_SQL)[:-9]})), tmp_path, unpack=True)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_too_small_is_reported_before_anything_is_written(tmp_path: pathlib.Path) -> None:
    free = volume_of(str(tmp_path)).free
    size = free * 2
    path = tmp_path / "huge.tar"
    with open(str(path), "wb") as handle:
        handle.write(header(b"r/shop/data.sql.gz", size))
        # The content is a hole: the file is as long as it says and takes no room.
        handle.truncate(512 + (size + 511) // 512 * 512 + 1024)
    with FileReader(str(path)) as reader:
        planned = room.plan(reader, read_manifest(reader), str(tmp_path / "out"))
        with pytest.raises(Failure) as caught:
            room.extract(reader, planned, str(tmp_path / "out"))
    assert "too little space" in caught.value.what
    assert caught.value.facts["bytes_needed"] >= size > caught.value.facts["bytes_free"] > 0
    assert not (tmp_path / "out").exists()


def test_room_is_counted_in_blocks_and_without_what_is_there(tmp_path: pathlib.Path) -> None:
    reader = BytesReader(tar(backups.plain_backup()))
    frame = os.statvfs(str(tmp_path)).f_frsize
    manifest = read_manifest(reader)
    sizes = [member.size for database in manifest.databases for member in database.members]
    assert room.plan(reader, manifest, str(tmp_path)).needed == sum(-(-size // frame) * frame for size in sizes)
    run(reader, tmp_path)
    assert room.plan(reader, manifest, str(tmp_path)).needed == 0


def test_a_disk_that_runs_full_leaves_nothing_half(tmp_path: pathlib.Path) -> None:
    # A limit on the size of files fails a write as a full disk does, in the middle.
    reader = BytesReader(tar({"s/schema.sql.gz": packed(SCHEMA_SQL), "s/data.sql.gz": packed(BIG_SQL)}))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300001, old[1]))
    try:
        with pytest.raises(Failure) as caught:
            run(reader, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    # The failure may stop the other thread before its file is complete.
    left = set(on_disk(tmp_path))
    assert left in (set(), {"s/schema.sql.gz"})
    missing = "bytes in {0} are missing".format("1 file" if left else "2 files")
    assert "disk is full: {0}".format(os.strerror(errno.EFBIG)) in caught.value.what and missing in caught.value.what
    assert run(reader, tmp_path) and len(on_disk(tmp_path)) == 2


_FULL = """
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import extract as room, layout, file_reader
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._free_space import Volume, volume_of

def run(path, free=None):
    with file_reader.FileReader(path) as opened:
        planned = room.plan(opened, layout.read_manifest(opened), folder)
        # Somebody else takes the room between the plan and the writing.
        planned = planned._replace(free=planned.free if free is None else free)
        try:
            told = room.extract(opened, planned, folder, threads=4)
        except Failure as failure:
            told = str(failure)
    return told, sorted(os.path.relpath(os.path.join(at, name), folder) for at, _folders, names in os.walk(folder) for name in names)

small, large = {small!r}, {large!r}
print(json.dumps([run(small), run(large), run(large, 1 << 40), run(small)]))
"""


def test_a_full_disk_gets_its_room_back_and_the_message_counts_all_that_is_missing(tmp_path: pathlib.Path) -> None:
    first = {"a/schema.sql": b"-- a\n", "a/data.sql": b"-- a\n"}
    dumps = {"{0}/data.sql".format(name): os.urandom(1 << 20) for name in "bcd"}
    (tmp_path / "small.tar").write_bytes(tar(first))
    (tmp_path / "large.tar").write_bytes(tar(dict(first, **dumps)))
    (tmp_path / "disk").mkdir()
    script = _FULL.format(small=str(tmp_path / "small.tar"), large=str(tmp_path / "large.tar"))
    told = on_small_disk(tmp_path / "disk", 2 << 20, script)
    assert told[0] == [True, ["a/data.sql", "a/schema.sql"]]
    assert told[1][0].startswith("The disk has too little space") and told[1][1] == told[0][1]
    message, left = told[2]
    done = [name for name in left if name not in first]
    missing = len(dumps) - len(done)
    assert "The disk is full: {0}, about {1} bytes in {2} files are missing".format(os.strerror(errno.ENOSPC), missing << 20, missing) in message
    # What was complete stays; nothing half takes room.
    assert missing >= 2 and set(done) <= set(dumps)
    assert told[3] == [False, left]


@pytest.mark.parametrize("full", [True, False])
def test_of_files_that_another_one_stopped_the_begun_parts_stay_unless_the_disk_is_full(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    stops: List[threading.Event] = []

    class Noted(threading.Event):
        def __init__(self) -> None:
            super().__init__()
            stops.append(self)

    begun = threading.Event()

    class Waiting(BytesReader):
        """Gives the first chunk of both files; the next one of the first file when that of the second is written, which continues after the first failed."""

        def read(self, offset: int, length: int) -> bytes:
            if self.first < offset < self.second:
                assert begun.wait(60)
            if self.second < offset <= self.second + (1 << 19):
                begun.set()
                assert stops[-1].wait(60)
            return super().read(offset, length)

        first = second = 1 << 40

    monkeypatch.setattr(room, "threading", types.SimpleNamespace(Event=Noted))
    broken = os.urandom(1 << 21) if full else packed(os.urandom(1 << 21))[:-9]
    reader = Waiting(tar({"s/schema.sql" if full else "s/schema.sql.gz": broken, "s/data.sql": bytes(1 << 20)}))
    manifest = read_manifest(reader)
    planned = room.plan(reader, manifest, str(tmp_path), threads=2)
    reader.first, reader.second = (member.offset for member in manifest.databases[0].members)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    if full:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, old[1]))
    try:
        with pytest.raises(Failure, match="in 2 files are missing" if full else "is truncated"):
            room.extract(reader, planned, str(tmp_path), threads=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert list(on_disk(tmp_path)) == ([] if full else ["s/data.sql.part"])


def test_what_is_written_reaches_the_disk_before_its_name_and_the_name_before_the_end(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: List[Tuple[str, str, int]] = []
    sync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        path = os.readlink("/proc/self/fd/{0}".format(descriptor))
        calls.append(("sync", os.path.relpath(path, str(tmp_path)), 0 if os.path.isdir(path) else os.fstat(descriptor).st_size))
        sync(descriptor)

    def renamed(old: str, new: str) -> None:
        calls.append(("rename", os.path.relpath(old, str(tmp_path)) + " " + os.path.relpath(new, str(tmp_path)), 0))
        rename(old, new)

    monkeypatch.setattr(room.os, "fsync", synced)
    monkeypatch.setattr(room.os, "rename", renamed)
    reader = BytesReader(tar({"s/data.sql": DATA_SQL}))
    for unpack in (False, True):
        room.extract(reader, room.plan(reader, read_manifest(reader), str(tmp_path / "out"), unpack=unpack), str(tmp_path / "out"), threads=1)
    part, name = "out/s/data.sql.part", "out/s/data.sql"
    assert calls == [("sync", ".", 0), ("sync", "out", 0), ("sync", part, len(DATA_SQL)), ("rename", part + " " + name, 0), ("sync", "out/s", 0)]


def module(path: pathlib.Path, **options: str) -> Dict[str, Any]:
    return Module("rds_backup_extract", dict({"src": str(path / "b.tar"), "dest": str(path / "out")}, **options)).answer()


def test_a_group_the_user_is_in_is_set_once(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b.tar").write_bytes(tar(backups.plain_backup()))
    group = grp.getgrgid(os.getegid()).gr_name
    first = module(tmp_path, group=group)
    assert first["changed"] and all(path.stat().st_gid == os.getegid() for path in (tmp_path / "out").rglob("*"))
    before = written(tmp_path / "out")
    assert not module(tmp_path, group=group)["changed"] and not module(tmp_path)["changed"]
    assert written(tmp_path / "out") == before


def test_an_impossible_owner_is_one_failure_and_no_file_gets_its_name(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b.tar").write_bytes(tar(backups.plain_backup(["a", "b", "c"])))
    (tmp_path / "out").mkdir()
    process = Module("rds_backup_extract", {"src": str(tmp_path / "b.tar"), "dest": str(tmp_path / "out"), "owner": "nobody-of-this-name"})
    answer = process.answer()
    assert answer["failed"] and "nobody-of-this-name" in answer["msg"] + str(answer), answer
    assert process.said.count('"failed": true') == 1
    assert not [name for name in on_disk(tmp_path / "out") if not name.endswith(".part")]


def test_files_are_private_regardless_of_the_modes_in_the_archive(tmp_path: pathlib.Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "data.sql.part").write_bytes(b"")
    (tmp_path / "s" / "data.sql.part").chmod(0o644)
    run(BytesReader(archive([entry(b"s/schema.sql", b"x", mode=0o6777), entry(b"s/data.sql", b"x", mode=0)])), tmp_path)
    assert [stat.S_IMODE((tmp_path / "s" / name).stat().st_mode) for name in ("schema.sql", "data.sql")] == [0o600, 0o600]


def test_attributes_are_there_before_the_name_is(tmp_path: pathlib.Path) -> None:
    seen = []

    def attributes(path: str) -> bool:
        seen.append((os.path.relpath(path, str(tmp_path)), os.path.isdir(path), os.path.exists(path)))
        return False

    reader = BytesReader(tar(backups.plain_backup()))
    manifest = read_manifest(reader)
    room.extract(reader, room.plan(reader, manifest, str(tmp_path)), str(tmp_path), attributes)
    assert sorted(seen) == [(".", True, True), ("shop", True, True), ("shop/data.sql.gz.part", False, True), ("shop/schema.sql.gz.part", False, True)]
    del seen[:]
    assert not room.extract(reader, room.plan(reader, manifest, str(tmp_path)), str(tmp_path), attributes)
    assert sorted(seen)[2:] == [("shop/data.sql.gz", False, True), ("shop/schema.sql.gz", False, True)]


def test_a_module_leaves_once_when_attributes_cannot_be_set(tmp_path: pathlib.Path) -> None:
    calls = []

    def attributes(path: str) -> bool:
        if not os.path.isdir(path):
            calls.append(path)
            # The other files come to this point meanwhile.
            time.sleep(0.3)
            raise SystemExit(1)
        return False

    reader = BytesReader(tar(backups.plain_backup(["a", "b", "c", "d"])))
    with pytest.raises(SystemExit):
        room.extract(reader, room.plan(reader, read_manifest(reader), str(tmp_path)), str(tmp_path), attributes, threads=8)
    assert len(calls) == 1
    assert all(name.endswith(".part") for name in on_disk(tmp_path))


def test_the_error_that_stopped_the_others_is_reported_although_it_comes_last(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dress, failed = room._set_attributes, threading.Event()
    reader = BytesReader(tar(backups.plain_backup(["a", "b"])))
    planned = room.plan(reader, read_manifest(reader), str(tmp_path))
    last = planned.targets[-1].path

    def attributes(path: str) -> bool:
        if not os.path.isdir(path):
            raise SystemExit(1)
        return False

    def in_turn(part: str, *more: Any) -> None:
        if part != last + ".part":
            assert failed.wait(60)
            dress(part, *more)
        try:
            dress(part, *more)
        except SystemExit:
            failed.set()
            time.sleep(0.3)
            raise

    monkeypatch.setattr(room, "_set_attributes", in_turn)
    with pytest.raises(SystemExit):
        room.extract(reader, planned, str(tmp_path), attributes, threads=4)


@pytest.mark.parametrize("name", ["shop", "shop/data.sql.gz", "shop/data.sql.gz.part"])
def test_no_link_in_the_destination_is_followed(tmp_path: pathlib.Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"precious")
    link = tmp_path / "dest" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(outside if name == "shop" else outside / "file")
    with pytest.raises(Failure):
        run(BytesReader(tar(backups.plain_backup())), tmp_path / "dest")
    assert on_disk(outside) == {"file": b"precious"}


def test_a_hard_link_under_the_temporary_name_is_not_written_to(tmp_path: pathlib.Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    os.link(str(tmp_path / "precious"), str(tmp_path / "shop" / "data.sql.gz.part"))
    with pytest.raises(Failure, match="another hard link"):
        run(BytesReader(tar(backups.plain_backup())), tmp_path)
    assert (tmp_path / "precious").read_bytes() == b"precious"


@pytest.mark.parametrize("kind, words", [("fifo", "regular file"), ("folder", "regular file"), ("foreign", "another user")])
@pytest.mark.parametrize("suffix", ["", ".part"])
def test_what_others_placed_in_a_shared_destination_is_neither_read_nor_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: str, suffix: str
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    folder.chmod(0o1777)
    path = folder / ("data.sql.gz" + suffix)
    if kind == "foreign":
        path.write_bytes(packed(DATA_SQL))
        give_away(monkeypatch, path)
    else:
        os.mkfifo(str(path)) if kind == "fifo" else path.mkdir()
    with pytest.raises(Failure, match=words + ".*data.sql.gz.*Remove it"):
        run(BytesReader(tar(backups.plain_backup())), tmp_path)
    assert os.lstat(str(path)).st_uid == (STRANGER if kind == "foreign" else os.geteuid())


@pytest.mark.parametrize("name", ["out", "out/shop"])
def test_nothing_is_extracted_to_a_folder_that_others_placed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)
    (tmp_path / name).parent.chmod(0o1777)
    give_away(monkeypatch, tmp_path / name)
    with pytest.raises(Failure, match="The directory belongs to another user"):
        run(BytesReader(tar(backups.plain_backup())), tmp_path / "out")
    assert on_disk(tmp_path / name) == {}


def test_a_folder_with_another_backups_dump_is_refused(tmp_path: pathlib.Path) -> None:
    first, second = ("s_datafull_20260{0}010330_1.sql.gz".format(month) for month in "12")
    run(BytesReader(tar({first: packed(DATA_SQL)})), tmp_path)
    with pytest.raises(Failure, match="not in this backup"):
        run(BytesReader(tar({second: packed(DATA_SQL)})), tmp_path)
    assert list(on_disk(tmp_path)) == ["s/" + first]


def test_a_file_as_destination_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Failure, match="dest is not a directory"):
        run(BytesReader(tar(backups.plain_backup())), tmp_path / "file")


@pytest.mark.parametrize("dest", ["file/out", "x" * 300, "out/" + "y" * 300])
def test_an_impossible_destination_is_reported(tmp_path: pathlib.Path, dest: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Failure, match="cannot be written or read"):
        run(BytesReader(tar(backups.plain_backup())), tmp_path / dest)


def test_another_run_on_the_same_file_is_reported(tmp_path: pathlib.Path) -> None:
    import fcntl

    (tmp_path / "shop").mkdir()
    with open(str(tmp_path / "shop" / "data.sql.gz.part"), "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Failure, match="Another run"):
            run(BytesReader(tar(backups.plain_backup())), tmp_path)
    assert (tmp_path / "shop" / "data.sql.gz.part").exists()


def test_killed_at_any_time_it_leaves_only_complete_files(tmp_path: pathlib.Path) -> None:
    files = {"s/schema.sql.gz": packed(SCHEMA_SQL)}
    for number in range(4):
        files["s/data_{0}.sql.gz".format(number)] = packed(os.urandom(3 << 20))
    path = tmp_path / "b.tar"
    path.write_bytes(tar(files))
    program = (
        "import sys\n"
        "from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import extract, layout, file_reader\n"
        "r = file_reader.FileReader(sys.argv[1])\n"
        "m = layout.read_manifest(r)\n"
        "print('go', flush=True)\n"
        "extract.extract(r, extract.plan(r, m, sys.argv[2]), sys.argv[2])\n"
        "print('done', flush=True)\n"
    )
    dest = tmp_path / "out"
    for victims in range(5):
        env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
        child = subprocess.Popen([sys.executable, "-c", program, str(path), str(dest)], stdout=subprocess.PIPE, env=env)
        assert child.stdout is not None
        child.stdout.readline()
        if victims < 4:
            while child.poll() is None and len(list((dest / "s").glob("*"))) <= victims:
                pass
            child.kill()
        finished = child.stdout.read()
        child.stdout.close()
        child.wait()
        for name, content in on_disk(dest).items():
            assert name.endswith(".part") or content == files[name]
    assert finished == b"done\n"
    assert on_disk(dest) == files

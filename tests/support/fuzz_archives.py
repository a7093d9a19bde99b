# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Damage archives at random and extract them: only a Failure may come of it, soon, and nothing outside the destination.

  make fuzz SECONDS=600
  PYTHONPATH=<collections> python tests/support/fuzz_archives.py --seconds 600 [--seed N]

Each is also read as behind a URL, with reading ahead, and cut down to one of its databases. Prints what it found; the seed of a case that
went wrong makes it again.
"""

import argparse
import collections
import faulthandler
import os
import random
import shutil
import sys
import tarfile
import tempfile
import time
from typing import Counter, List, Optional

from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import excerpt, extract, layout
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup import file_reader as reader_module
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.manifest import Manifest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import backups

# No case takes longer; one that does is a hang, and its stack is shown.
PATIENCE = 20

LONG = "r/{0}/schema.sql.gz".format("数据库-" * 15)
FLAT = "shop_datafull_202601010330_1767209400.sql.gz"

CORPUS = [
    backups.tar(backups.plain_backup(["shop", "a-b"]), tarfile.USTAR_FORMAT),
    backups.tar(dict(backups.plain_backup(), **{LONG: backups.packed(b"-- x\n"), "r/config.txt": b"x"}), tarfile.GNU_FORMAT),
    backups.tar(dict(backups.plain_backup(), **{LONG: backups.packed(b"-- x\n")}), tarfile.PAX_FORMAT),
    backups.tar({FLAT: backups.packed(backups.DATA_SQL)}),
    backups.archive([backups.pax({"path": "s/data.sql", "size": "3"}), backups.header(b"x"), backups.padded(b"abc"), backups.entry(b"s/schema.sql")]),
    backups.packed(backups.DATA_SQL),
]
PIECES = [b"../", b"/", b"\0", b"\n", b"..", b"schema.sql", b"9999999999", b"\x80", b"\xff" * 11, bytes(512), b"path=", b"size="]
PIECES += [b"x", b"L", b"K", b"g", b"1", b"2", b"5", b"S"]


def damaged(chance: random.Random) -> bytes:
    """One case. Half of the time the checksums of headers are made right again, or little would get past them."""
    content = bytearray(chance.choice(CORPUS))
    for _change in range(chance.randrange(5)):
        # Headers are where it hurts.
        headers = [position for position in range(0, len(content), 512) if content[position + 257 : position + 262] == b"ustar"]
        start = chance.randrange(len(content))
        if headers and chance.random() < 0.7:
            start = chance.choice(headers) + chance.choice([0, 100, 124, 148, 156, 157, 257, 345])
        piece = chance.choice(PIECES) if chance.random() < 0.7 else bytes(chance.getrandbits(8) for _byte in range(chance.randrange(1, 9)))
        if chance.random() < 0.8:
            content[start : start + len(piece)] = piece
        else:
            content[start:start] = piece * chance.choice([1, 512 // len(piece)])
    if chance.random() < 0.5:
        for position in range(0, len(content) - 511, 512):
            if content[position + 257 : position + 262] == b"ustar":
                content[position + 148 : position + 156] = b" " * 8
                content[position + 148 : position + 156] = b"%06o\0 " % sum(content[position : position + 512])
    if chance.random() < 0.2:
        del content[chance.randrange(len(content)) :]
    return bytes(content)


def one(seed: int, box: str) -> str:
    """Extract one case below ``box``; return how it ended."""
    chance = random.Random(seed)
    reader = backups.BytesReader(damaged(chance))
    dest = os.path.join(box, "dest")
    manifest: Optional[Manifest] = None
    try:
        manifest = layout.read_manifest(reader, "backup")
        _cut_down(reader, manifest, chance)
        planned = extract.plan(reader, manifest, dest, unpack=chance.random() < 0.5)
        extract.extract(reader, planned, dest)
        ended = "extracted"
    except Failure as failure:
        assert str(failure).isprintable(), repr(str(failure))
        if manifest is None:
            _refused_alike(reader, str(failure))
        ended = " ".join(failure.what.split(":")[0].split()[:4])
    assert reader.reads < 2000, "{0} reads".format(reader.reads)
    assert set(os.listdir(box)) <= {"dest"}, os.listdir(box)
    for folder, _folders, files in os.walk(dest):
        for name in files:
            path = os.path.join(folder, name)
            assert name.endswith((".sql", ".sql.gz", ".part")) and not os.path.islink(path) and os.lstat(path).st_mode & 0o7111 == 0, path
    return ended


def _cut_down(reader: backups.BytesReader, manifest: Manifest, chance: random.Random) -> None:
    """One of its databases is in the excerpt with the same bytes, and nothing else is."""
    ahead = reader_module.CachingReader(reader)
    assert layout.read_manifest(ahead, "backup") == manifest, "reading ahead tells another story"
    wanted = chance.choice(manifest.databases)
    found = excerpt.excerpt(reader, [wanted.name], "backup")
    if found is None:
        assert len(manifest.databases) == 1
        return
    content = b"".join(reader.content[first:end] for first, end in found.spans)
    assert len(content) + 1024 <= found.size
    small = backups.BytesReader(content + bytes(found.size - len(content)))
    (only,) = layout.read_manifest(small, "backup").databases
    assert only.name == wanted.name and [member.name for member in only.members] == [member.name for member in wanted.members]
    for number, one in enumerate(only.members):
        other = wanted.members[number]
        assert small.read(one.offset, one.size) == reader.read(other.offset, other.size), one.name


def _refused_alike(reader: backups.BytesReader, message: str) -> None:
    """A caching reader gives the same result."""
    try:
        layout.read_manifest(reader_module.CachingReader(reader), "backup")
    except Failure as failure:
        assert str(failure) == message, str(failure)
        return
    raise AssertionError("reading ahead takes what is refused: " + message)


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None, help="one case only")
    options = parser.parse_args(arguments)
    endings: Counter[str] = collections.Counter()
    first = random.SystemRandom().getrandbits(40)
    stop = time.monotonic() + options.seconds
    box = tempfile.mkdtemp()
    try:
        while not endings or (options.seed is None and time.monotonic() < stop):
            seed = options.seed if options.seed is not None else first + sum(endings.values())
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            try:
                endings[one(seed, box)] += 1
            except BaseException:
                print("seed {0} goes wrong".format(seed), file=sys.stderr)
                raise
            shutil.rmtree(os.path.join(box, "dest"), ignore_errors=True)
    finally:
        faulthandler.cancel_dump_traceback_later()
        shutil.rmtree(box, ignore_errors=True)
    for ending, count in endings.most_common():
        print("{0:9} {1}".format(count, ending))
    print("{0:9} cases, no crash, no hang".format(sum(endings.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

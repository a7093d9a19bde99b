# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version and time that a playbook reads from a backup before its modules do."""

import gzip
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "playbooks" / "files" / "dump_version.py"
DUMP = b"-- MySQL dump 10.13\n-- Server version\t8.0.36\n" + b"-- a line\n" * 300 + b"-- Dump completed on 2026-01-31  3:04:05\n"


def read(path):
    done = subprocess.run([sys.executable, str(PROGRAM), str(path), "--made"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.decode().splitlines()


def archive(path, content=DUMP, mtime=1769826245, mode="w"):
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("shop/schema.sql")
        member.size, member.mtime = len(content), mtime
        tar.addfile(member, io.BytesIO(content))
    return path


def test_a_dump_and_an_archive(tmp_path):
    (tmp_path / "shop.sql").write_bytes(DUMP)
    assert read(tmp_path / "shop.sql") == ["8.0.36", "2026-01-31T03:04:05Z"]
    assert read(archive(tmp_path / "hins1.tar", gzip.compress(DUMP))) == ["8.0.36", "2026-01-31T02:24:05Z"]


@pytest.mark.parametrize("kind", ["cut", "compressed", "damaged member", "time beyond every calendar"])
def test_a_damaged_backup_gives_nothing(tmp_path, kind):
    """The modules refuse it, and say why."""
    path = tmp_path / "hins1.tar"
    if kind == "cut":
        archive(path).write_bytes(path.read_bytes()[:700])
    elif kind == "compressed":
        archive(path, mode="w:gz")
    elif kind == "damaged member":
        archive(path, gzip.compress(DUMP)[:40] + b"damage")
    else:
        archive(path, mtime=1e30)
    found = read(path)
    assert len(found) == 2 and "" in found

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time of a backup that a playbook notes in a snapshot of its data."""

import gzip
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "playbooks" / "files" / "backup_time.py"
DUMP = b"-- MySQL dump 10.13\n-- Server version\t8.0.36\n" + b"-- a line\n" * 300 + b"-- Dump completed on 2026-01-31  3:04:05\n"


def read(path):
    done = subprocess.run([sys.executable, str(PROGRAM), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    (line,) = done.stdout.decode().splitlines()
    return line


def archive(path, content=DUMP, mtime=1769826245, mode="w"):
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("shop/schema.sql")
        member.size, member.mtime = len(content), mtime
        tar.addfile(member, io.BytesIO(content))
    return path


def test_a_dump_does_not_name_its_time_zone(tmp_path):
    (tmp_path / "shop.sql").write_bytes(DUMP)
    assert read(tmp_path / "shop.sql") == "2026-01-31T03:04:05"
    (tmp_path / "shop.sql").write_bytes(DUMP[:-60])
    assert read(tmp_path / "shop.sql") == ""


def test_the_time_of_an_archive_is_in_utc(tmp_path):
    assert read(archive(tmp_path / "hins1.tar", gzip.compress(DUMP))) == "2026-01-31T02:24:05Z"


@pytest.mark.parametrize("kind", ["cut", "compressed", "time beyond every calendar", "missing"])
def test_a_damaged_backup_gives_nothing(tmp_path, kind):
    """The modules refuse it, and say why."""
    path = tmp_path / "hins1.tar"
    if kind == "cut":
        archive(path).write_bytes(path.read_bytes()[:300])
    elif kind == "compressed":
        archive(path, mode="w:gz")
    elif kind == "time beyond every calendar":
        archive(path, mtime=1e30)
    assert read(path) == ""

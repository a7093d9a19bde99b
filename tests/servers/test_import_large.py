# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements of any size: the largest one bounds the memory, and LOAD DATA sends those larger than a packet."""

import gzip
import json
import os
import random
import subprocess
import sys
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "large_target"
MEGABYTE = 1 << 20
SCRIPT = "from ansible_collections.apsaradb.mysql.tests.support.import_process import main; import json, sys; sys.exit(main(json.loads(sys.argv[1])))"
TABLE = b"SET NAMES utf8mb4;\nCREATE TABLE `big` (`id` int NOT NULL, `what` varchar(2000) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n"
END = b"-- Dump completed on 2026-01-01\n"


@pytest.fixture
def entry():
    found = fixtures.server("9.7")
    databases.drop(found, TARGET)
    yield found
    databases.drop(found, TARGET)


def one_statement(path, size):
    rows = 0
    with open(path, "wb") as out:
        out.write(TABLE + b"INSERT INTO `big` VALUES ")
        written = 0
        while written < size:
            rows += 1
            row = b"%s(%d,'%s')" % (b"," if rows > 1 else b"", rows, b"it\\'s \\\\ " * 200)
            written += out.write(row)
        out.write(b";\n" + END)
    return rows


def run(entry, paths, **options):
    """The result, and the peak memory of all processes of the import together."""
    wanted = {"socket": entry["socket"], "target": TARGET, "paths": paths, "options": options}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, json.dumps(wanted)], stdout=subprocess.PIPE)
    peak = 0
    # Its output fits in a pipe.
    while process.poll() is None:
        peak = max(peak, memory_below(process.pid))
        time.sleep(0.01)
    lines = [line.split(" ", 1) for line in process.stdout.read().decode().splitlines()]
    process.stdout.close()
    found = {words[0]: words[1] for words in lines if len(words) == 2}
    assert "outcome" in found, found
    assert peak > 10 * MEGABYTE
    return json.loads(found["outcome"]), peak


def memory_below(pid):
    """The memory of a process and all its descendants; a shared page counts once."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            parents[int(name)] = int((read_proc(name, "stat") or "(x) X 0").rpartition(")")[2].split()[1])
    family = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            break
        family |= more
    rollups = (read_proc(member, "smaps_rollup") for member in family)
    return sum(int(line.split()[1]) * 1024 for rollup in rollups for line in rollup.splitlines() if line.startswith("Pss:"))


def read_proc(pid, name):
    try:
        with open("/proc/{0}/{1}".format(pid, name), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""  # It has ended since.


@pytest.mark.by_night
def test_one_statement_of_200_megabytes(entry, tmp_path):
    # The server takes packets of up to 64 MiB, so no client could send this INSERT.
    path = str(tmp_path / "large.sql")
    size = 200 * MEGABYTE
    rows = one_statement(path, size)
    outcome, peak = run(entry, [path])
    assert [(table["name"], table["rows"]) for table in outcome["tables"]] == [("big", rows)]
    assert peak < 3 * size, "{0} MiB".format(peak // MEGABYTE)


def test_an_insert_larger_than_a_packet_is_refused_before_the_first_write(entry, tmp_path):
    path = str(tmp_path / "large.sql")
    one_statement(path, 65 * MEGABYTE)
    with pytest.raises(Failure, match="max_allowed_packet"):
        load(databases.request(entry, TARGET, [path], lane="insert"))
    assert databases.run(entry, b"SHOW DATABASES LIKE 'large_target';") == b""


@pytest.mark.parametrize("packed", [pytest.param(False, id="plain", marks=pytest.mark.by_night), pytest.param(True, id="gzip")])
def test_memory_does_not_grow_with_the_file(entry, tmp_path, packed):
    paths = [str(tmp_path / ("data.sql.gz" if packed else "data.sql"))]
    # Compresses as well as a dump: about 4 to 1.
    chance = random.Random(1)
    texts = [b"".join(b"%x it\\'s " % chance.getrandbits(40) * 2 for _word in range(30)) for _row in range(500)]
    with gzip.open(paths[0], "wb", compresslevel=1) if packed else open(paths[0], "wb") as out:
        out.write(TABLE)
        for number in range(200):
            rows = b",".join(b"(%d,'%s')" % (number * 1000 + row, texts[chance.randrange(500)]) for row in range(1000))
            out.write(b"INSERT INTO `big` VALUES " + rows + b";\n")
        out.write(END)
    outcome, peak = run(entry, paths)
    assert outcome["bytes"] > 200_000_000 and outcome["tables"][0]["rows"] == 200_000
    assert peak < 250 * MEGABYTE, "{0} MiB".format(peak // MEGABYTE)


@pytest.mark.by_night
@pytest.mark.parametrize("packed", [pytest.param(False, id="plain"), pytest.param(True, id="gzip")])
def test_large_statements_are_not_kept_in_memory(entry, tmp_path, packed):
    path = str(tmp_path / ("data.sql.gz" if packed else "data.sql"))
    with gzip.open(path, "wb", 1) if packed else open(path, "wb") as out:
        out.write(b"-- Host: x    Database: shop\n" + TABLE + b"INSERT INTO `big` VALUES (0,'');\n")
        for number in range(1, 301):
            text = b"%d and no end; " % number * 60000 + b"it\\'s \\\\ " * 4
            out.write(b"UPDATE shop.big SET id = %d, what = RIGHT('%s', 40) WHERE id = %d;\n" % (number, text, number - 1))
        out.write(END)
    outcome, peak = run(entry, [path])
    assert outcome["bytes"] > 250 * MEGABYTE and outcome["statements"] == 303
    found = databases.run(entry, b"SELECT id, what FROM large_target.big", None, "--skip-column-names", "--raw")
    assert found == b"300\t" + (b"300 and no end; " + b"it's \\ " * 4)[-40:] + b"\n"
    assert peak < 250 * MEGABYTE, "{0} MiB".format(peak // MEGABYTE)


def test_a_comment_of_300_megabytes_takes_no_memory(entry, tmp_path):
    path = str(tmp_path / "data.sql.gz")
    with gzip.open(path, "wb", 6) as out:
        out.write(TABLE + b"/* ")
        for _mebibyte in range(300):
            out.write(b"a" * MEGABYTE)
        out.write(b" */\nINSERT INTO `big` VALUES (1,'a');\n" + END)
    outcome, peak = run(entry, [path])
    assert outcome["tables"][0]["rows"] == 1
    assert os.path.getsize(path) < MEGABYTE and peak < 120 * MEGABYTE, "{0} MiB".format(peak // MEGABYTE)


def test_the_driver_reads_rows_larger_than_a_pipe(entry, tmp_path):
    path = str(tmp_path / "large.sql")
    rows = one_statement(path, 5 * MEGABYTE)
    outcome = load(databases.request(entry, TARGET, [path], lane="load_data"))
    assert (outcome.tables[0].rows, outcome.fast_chunks) == (rows, 1)
    assert databases.run(entry, b"SELECT COUNT(DISTINCT what), MIN(LENGTH(what)) FROM big;", TARGET).split()[-2:] == [b"1", b"1400"]


def test_a_deprecation_warning_does_not_send_rows_twice(entry, tmp_path):
    # mysqldump of 5.7 writes SET NAMES utf8, and newer servers warn that it means utf8mb3.
    path = str(tmp_path / "large.sql")
    rows = one_statement(path, 2 * MEGABYTE)
    with open(path, "rb") as dump:
        text = dump.read().replace(b"SET NAMES utf8mb4", b"SET NAMES utf8")
    with open(path, "wb") as dump:
        dump.write(text)
    outcome = load(databases.request(entry, TARGET, [path]))
    assert (outcome.tables[0].rows, outcome.fast_chunks, outcome.warnings) == (rows, 1, ())

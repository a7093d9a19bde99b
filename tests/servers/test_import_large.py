# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements of any size: memory is bounded by the largest one, and LOAD DATA carries what no packet could."""

import gzip
import json
import os
import subprocess
import sys

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "large_target"
MEGABYTE = 1 << 20
SCRIPT = """
import json, sys
from ansible_collections.apsaradb.mysql.tests.support import import_process
code = import_process.main(json.loads(sys.argv[1]))
# Not getrusage: its peak is inherited from the process that started this one. A plain file has no second process.
used = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print("kilobytes {0}".format(used), flush=True)
sys.exit(code)
"""
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
    wanted = {"socket": entry["socket"], "target": TARGET, "paths": paths, "options": options}
    done = subprocess.run([sys.executable, "-c", SCRIPT, json.dumps(wanted)], stdout=subprocess.PIPE, check=False)
    lines = [line.split(" ", 1) for line in done.stdout.decode().splitlines()]
    found = {words[0]: words[1] for words in lines if len(words) == 2}
    assert "outcome" in found, found
    return json.loads(found["outcome"]), int(found["kilobytes"]) * 1024


def test_one_statement_of_200_megabytes(entry, tmp_path):
    # The server takes packets of 64 MiB: no client could send this INSERT to it.
    path = str(tmp_path / "large.sql")
    size = 200 * MEGABYTE
    rows = one_statement(path, size)
    outcome, peak = run(entry, [path])
    assert [(table["name"], table["rows"]) for table in outcome["tables"]] == [("big", rows)]
    assert peak < 3 * size, "{0} MiB".format(peak // MEGABYTE)


def test_as_an_insert_it_is_refused_before_anything_is_written(entry, tmp_path):
    path = str(tmp_path / "large.sql")
    one_statement(path, 65 * MEGABYTE)
    with pytest.raises(Failure, match="max_allowed_packet"):
        load(databases.request(entry, TARGET, [path], lane="insert"))
    assert databases.run(entry, b"SHOW DATABASES LIKE 'large_target';") == b""


def test_memory_does_not_grow_with_the_file(entry, tmp_path):
    paths = [str(tmp_path / "data.sql")]
    with open(paths[0], "wb") as out:
        out.write(TABLE)
        for number in range(300):
            out.write(b"INSERT INTO `big` VALUES " + b",".join(b"(%d,'%s')" % (number * 1000 + row, b"x" * 1000) for row in range(1000)) + b";\n")
        out.write(END)
    outcome, peak = run(entry, paths)
    assert outcome["bytes"] > 300_000_000 and outcome["tables"][0]["rows"] == 300_000
    assert peak < 250 * MEGABYTE, "{0} MiB".format(peak // MEGABYTE)


def test_a_comment_that_unpacks_to_300_megabytes_takes_no_memory(entry, tmp_path):
    path = str(tmp_path / "data.sql.gz")
    with gzip.open(path, "wb", 6) as out:
        out.write(TABLE + b"/* ")
        for _mebibyte in range(300):
            out.write(b"a" * MEGABYTE)
        out.write(b" */\nINSERT INTO `big` VALUES (1,'a');\n" + END)
    outcome, peak = run(entry, [path])
    assert outcome["tables"][0]["rows"] == 1
    assert os.path.getsize(path) < MEGABYTE and peak < 120 * MEGABYTE, "{0} MiB".format(peak // MEGABYTE)


@pytest.mark.parametrize("in_memory", [True, False], ids=["memory", "pipe"])
def test_the_driver_reads_rows_from_memory_or_where_python_has_no_such_files_from_a_pipe(entry, tmp_path, monkeypatch, in_memory):
    if not in_memory:
        monkeypatch.delattr(os, "memfd_create")
    path = str(tmp_path / "large.sql")
    rows = one_statement(path, 5 * MEGABYTE)
    outcome = load(databases.request(entry, TARGET, [path], lane="load_data"))
    assert (outcome.tables[0].rows, outcome.fast_chunks) == (rows, 1)
    assert databases.run(entry, b"SELECT COUNT(DISTINCT what), MIN(LENGTH(what)) FROM big;", TARGET).split()[-2:] == [b"1", b"1400"]


def test_a_name_that_goes_out_of_use_is_no_reason_to_send_rows_twice(entry, tmp_path):
    # mysqldump of 5.7 writes SET NAMES utf8, of which newer servers say that it means utf8mb3.
    path = str(tmp_path / "large.sql")
    rows = one_statement(path, 2 * MEGABYTE)
    with open(path, "rb") as dump:
        text = dump.read().replace(b"SET NAMES utf8mb4", b"SET NAMES utf8")
    with open(path, "wb") as dump:
        dump.write(text)
    outcome = load(databases.request(entry, TARGET, [path]))
    assert (outcome.tables[0].rows, outcome.fast_chunks, outcome.warnings) == (rows, 1, ())

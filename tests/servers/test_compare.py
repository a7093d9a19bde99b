# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/compare.md says of the vendor's procedure, measured with the ``mysql`` client, next to what this collection does with the same files."""

import signal
import subprocess
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET, OTHER = "compare_target", "compare_other"
SCHEMA = b"-- MySQL dump\nCREATE TABLE keyed (id INT PRIMARY KEY) ENGINE=InnoDB;\nCREATE TABLE keyless (a INT) ENGINE=InnoDB;\n-- Dump completed\n"
KEYLESS = b"INSERT INTO keyless VALUES (1),(2);\n"
KEYED = b"INSERT INTO keyed VALUES (1),(2),(3);\n"
DATA = b"-- MySQL dump\n" + KEYLESS + KEYED + b"-- Dump completed\n"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET, OTHER)
    yield entry
    databases.drop(entry, TARGET, OTHER)


def rows(entry, table):
    control = databases.connection(entry)
    try:
        return control.value("SELECT COUNT(*) FROM {0}.{1}".format(TARGET, table))
    finally:
        control.close()


def guide(entry, data):
    """The guide's procedure up to the second file."""
    databases.run(entry, "CREATE DATABASE {0}".format(TARGET).encode())
    databases.run(entry, SCHEMA, TARGET)
    return databases.run(entry, data, TARGET)


def test_a_cut_dump(entry, tmp_path):
    cut = DATA.partition(KEYED)[0]
    guide(entry, cut)
    assert (rows(entry, "keyless"), rows(entry, "keyed")) == (2, 0)
    databases.drop(entry, TARGET)
    with pytest.raises(Failure, match="probably truncated"):
        load(databases.request(entry, TARGET, databases.write(tmp_path, SCHEMA, cut)))


def test_a_second_run(entry, tmp_path):
    guide(entry, DATA)
    with pytest.raises(AssertionError, match="1062"):
        databases.run(entry, DATA, TARGET)
    assert rows(entry, "keyless") == 4
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, SCHEMA, DATA)
    assert load(databases.request(entry, TARGET, paths)).changed and not load(databases.request(entry, TARGET, paths)).changed
    assert (rows(entry, "keyless"), rows(entry, "keyed")) == (2, 3)


def test_a_client_that_is_killed_and_run_again(entry):
    """For an import of this collection: test_import_kills.py."""
    guide(entry, b"")
    client = subprocess.Popen([*entry["mysql"], "--unbuffered", TARGET], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert client.stdin is not None
    # The client reads its input in blocks.
    client.stdin.write(KEYLESS + b"-- filler\n" * 100000)
    client.stdin.flush()
    ending = time.monotonic() + 30
    while rows(entry, "keyless") != 2:
        assert time.monotonic() < ending
        time.sleep(0.05)
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdin.close()
    databases.run(entry, DATA, TARGET)
    assert rows(entry, "keyless") == 4


def test_a_dump_that_leaves_its_database(entry, tmp_path):
    databases.run(entry, "CREATE DATABASE {0}; CREATE TABLE {0}.kept (a INT)".format(OTHER).encode())
    hostile = DATA.replace(KEYED, KEYED + "DROP TABLE {0}.kept;\n".format(OTHER).encode())
    with pytest.raises(Failure, match="are not allowed in a restore of one database"):
        load(databases.request(entry, TARGET, databases.write(tmp_path, SCHEMA, hostile)))
    assert databases.run(entry, b"SHOW TABLES", OTHER)
    guide(entry, hostile)
    assert not databases.run(entry, b"SHOW TABLES", OTHER)

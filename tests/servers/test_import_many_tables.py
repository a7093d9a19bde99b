# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many small tables: made on several connections, filled in groups, and the same as one by one."""

import json
import subprocess
import sys
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support.import_process import main

TARGET = "many_target"
COUNT = 100
LONG = (10, 40, 41, 77)
# Which a server refuses only when it creates the table.
NOT_INCREASING = b" PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (2 + 3), PARTITION q VALUES LESS THAN (1 + 3))"


@pytest.fixture(params=["9.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET)


def dump(wrong=()):
    """Tables t0 to t99; some with a column that the server makes as another type, some that refer to others, and a statement that needs that."""
    made = b""
    for number in range(COUNT):
        column = b"b varchar(70000)" if number in LONG else b"b varchar(9)"
        if number % 25 == 24:
            column += b", CONSTRAINT k%d FOREIGN KEY (a) REFERENCES t%d (a)" % (number, number + 1 if number % 2 else number - 1)
        end = NOT_INCREASING if number in wrong else b""
        made += b"CREATE TABLE `t%d` (a int NOT NULL PRIMARY KEY, %s) ENGINE=InnoDB DEFAULT CHARSET=latin1%s;\n" % (number, column, end)
        made += b"INSERT INTO `t%d` VALUES (1,'x'),(2,'y');\n" % number
    return b"SET NAMES utf8;\nSET sql_mode = '', foreign_key_checks = 0;\n" + made + b"UPDATE t3 SET b = 'z' WHERE a = 2;\n-- Dump completed\n"


def test_tables_are_made_as_in_the_order_of_the_dump(entry, tmp_path):
    with pytest.raises(Failure, match="table t57, "):
        load(databases.request(entry, TARGET, databases.write(tmp_path, dump(wrong=(57, 58, 59, 60)))))
    databases.drop(entry, TARGET)
    done = load(databases.request(entry, TARGET, databases.write(tmp_path, dump())))
    assert [table.name for table in done.tables] == ["t{0}".format(number) for number in range(COUNT)]
    assert {table.rows for table in done.tables} == {2}
    warned = [text.split(":")[0] for text in done.warnings if "1246" in text]
    assert warned == ["table t{0}".format(number) for number in LONG]
    control = databases.connection(entry)
    assert control.value("SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %s", (TARGET,)) == 4
    assert control.rows("SELECT b FROM {0}.t3 ORDER BY a".format(TARGET)) == [("x",), ("z",)]
    control.close()


def noted(entry):
    control = databases.connection(entry)
    found = control.value("SELECT COUNT(*) FROM apsaradb_mysql.chunk WHERE target = %s", (TARGET.encode(),))
    control.close()
    return found


def killed(entry, paths, phase, seconds):
    """Import in a process that is killed ``seconds`` after it has begun this phase, in which each statement takes 10 ms more; None: when some rows are
    committed."""
    wanted = {"socket": entry["socket"], "target": TARGET, "paths": paths, "options": {}, "slow": phase}
    script = "from {0} import main; import json, sys; sys.exit(main(json.loads(sys.argv[1])))".format(main.__module__)
    process = subprocess.Popen([sys.executable, "-c", script, json.dumps(wanted)], stdout=subprocess.PIPE)
    while process.stdout.readline().decode().strip() != phase:
        assert process.poll() is None
    while seconds is None and process.poll() is None and not noted(entry):
        time.sleep(0.002)
    time.sleep(seconds or 0)
    process.kill()
    process.communicate()


def test_killed_imports_of_many_tables_are_resumed(entry, tmp_path):
    """Rows that were sent twice would be there twice: the tables have no keys."""
    tables = b"".join(
        b"CREATE TABLE `t%d` (a int, b varchar(9)) ENGINE=InnoDB;\nINSERT INTO `t%d` VALUES (1,'x'),(2,'y');\n" % (number, number) for number in range(COUNT)
    )
    paths = databases.write(tmp_path, tables + b"-- Dump completed\n")
    for phase, seconds in (("tables", 0.15), ("tables", 0.3), ("rows", 0.1), ("rows", None)):
        killed(entry, paths, phase, seconds)
    done = load(databases.request(entry, TARGET, paths))
    assert done.resumed and [table.rows for table in done.tables] == [2] * COUNT
    assert done.skipped_bytes > 0
    assert not load(databases.request(entry, TARGET, paths)).changed

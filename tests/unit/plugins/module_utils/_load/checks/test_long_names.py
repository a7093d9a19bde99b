# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which objects have files, and whose names are too long; tests/servers/test_checks_of_definitions.py compares this with real servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.long_names import check_file_names
from ansible_collections.apsaradb.mysql.tests.support.subjects import subject

# A name of 251 bytes in the name of a file, one of 250, and one of 247.
MOST, LESS, PART = ("\u20ac" * 49 + "a" * count for count in (6, 5, 2))
TABLE = "CREATE TABLE `{0}` (a int) ENGINE={1};\n"
HASH = "CREATE TABLE `{0}` (a int) ENGINE=InnoDB PARTITION BY HASH (a) (PARTITION `{1}`);\n"
TRIGGER = "CREATE TRIGGER `{0}` BEFORE INSERT ON `{1}` FOR EACH ROW SET @x = 1;\n"


def found(sql, version="9.7.4", **variables):
    wanted = subject(b"SET NAMES utf8;\n" + sql.encode("utf-8"), version=version, variables=dict({"innodb_file_per_table": "ON"}, **variables))
    return [finding.what.split(" would ")[0].rpartition("the ")[2].split(" ")[0] for finding in check_file_names(wanted)]


@pytest.mark.parametrize(
    "sql, now, before",
    [
        (TABLE.format(MOST, "InnoDB"), [], []),
        (TABLE.format(MOST + "a", "InnoDB"), ["table"], ["table"]),
        (TABLE.format(MOST + "a", "CSV"), ["table"], ["table"]),
        (TABLE.format(MOST + "a", "MEMORY"), [], ["table"]),
        (HASH.format(PART, "p"), [], []),
        (HASH.format(PART, "pp"), ["table"], ["table"]),
        ("CREATE VIEW `{0}` AS SELECT 1 AS a;\n".format(LESS), [], []),
        ("CREATE VIEW `{0}` AS SELECT 1 AS a;\n".format(LESS + "a"), [], ["view"]),
        (TABLE.format("t", "InnoDB") + TRIGGER.format(LESS + "a", "t"), [], ["trigger"]),
        (TABLE.format(LESS + "a", "InnoDB") + TRIGGER.format("g", LESS + "a"), [], ["trigger"]),
    ],
)
def test_files_of_new_and_of_old_servers(sql, now, before):
    assert found(sql) == now and found(sql, "5.7.44") == before


def test_tables_in_the_system_tablespace():
    sql = TABLE.format(MOST + "a", "InnoDB") + HASH.format(PART, "pp")
    assert found(sql, innodb_file_per_table="OFF") == [] and found(sql, "5.7.44", innodb_file_per_table="OFF") == ["table"]

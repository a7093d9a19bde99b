# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that change tables which the dump does not create."""

import pytest
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

TABLE = b"CREATE TABLE t (a int PRIMARY KEY, v int) ENGINE=InnoDB;\n"


def changed(sql, **choices):
    return sorted(name for name, _place in plan(whole(TABLE + sql), **choices).changed)


@pytest.mark.parametrize(
    "sql, names",
    [
        (b"UPDATE mine SET v=1;", [b"mine"]),
        (b"UPDATE t JOIN mine m ON m.a=t.a SET m.v=1;", [b"mine"]),
        (b"DELETE FROM mine;", [b"mine"]),
        (b"DELETE m FROM t, mine m;", [b"m", b"mine"]),
        (b"TRUNCATE TABLE mine;", [b"mine"]),
        (b"REPLACE INTO mine VALUES (1,1);", [b"mine"]),
        (b"REPLACE INTO mine SELECT 1,1;", [b"mine"]),
        (b"INSERT INTO mine VALUES (1,1) ON DUPLICATE KEY UPDATE v=2;", [b"mine"]),
        (b"ALTER TABLE mine ADD z int;", [b"mine"]),
        (b"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE mine;", [b"mine"]),
        (b"ALTER TABLE t UNION=(mine,t);", [b"mine"]),
        (b"CREATE TABLE m (a int) ENGINE=MERGE UNION=(`mine`);", [b"mine"]),
        (b"CREATE INDEX i ON mine (v);", [b"mine"]),
        (b"DROP INDEX i ON mine;", [b"mine"]),
        (b"RENAME TABLE mine TO yours;", [b"mine"]),
        (b"ALTER TABLE mine RENAME yours;", [b"mine"]),
        (b"ANALYZE TABLE mine UPDATE HISTOGRAM ON v WITH 4 BUCKETS;", [b"mine"]),
        (b"CREATE TRIGGER g BEFORE INSERT ON mine FOR EACH ROW SET NEW.v=1;", [b"mine"]),
        # What only adds rows, or reads.
        (b"INSERT INTO mine VALUES (1,1);", []),
        (b"INSERT IGNORE INTO mine SELECT 1,1;", []),
        (b"INSERT INTO mine VALUES (1,1);\nCREATE TRIGGER g BEFORE INSERT ON mine FOR EACH ROW SET NEW.v=1;", []),
        (b"INSERT INTO t SELECT * FROM mine;", []),
        (b"ANALYZE TABLE mine;", []),
        (b"CREATE TABLE u LIKE mine;", []),
        # What the dump creates.
        (b"UPDATE t SET v=1;\nTRUNCATE t;\nREPLACE INTO t VALUES (1,1);", []),
        (b"CREATE TABLE u SELECT * FROM t;\nUPDATE u SET v=1;\nRENAME TABLE u TO w;\nDELETE FROM w;", []),
    ],
)
def test_what_changes_a_table_of_the_user(sql, names):
    assert changed(sql + b"\n") == names


def test_what_allow_names_may_change_anything():
    assert changed(b"TRUNCATE mine;\nREPLACE INTO mine VALUES (1,1);\nUPDATE yours SET v=1;\n", allow=("TRUNCATE", "REPLACE")) == [b"yours"]


def test_names_are_those_that_the_server_stores():
    assert changed(b"UPDATE T SET v=1;\nUPDATE MINE SET v=1;\n", lower_case=True) == [b"mine"]

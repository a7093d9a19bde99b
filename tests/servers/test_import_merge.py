# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``on_existing: merge`` adds objects, and rows to existing tables. What would change the user's own in another way is refused before the first write."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "merge_target"
TABLE = b"SET NAMES utf8mb4;\nCREATE TABLE t (a int PRIMARY KEY, v int) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,1);\n"
OWN = b"""CREATE TABLE mine (a int PRIMARY KEY, v int, KEY k (v)) ENGINE=InnoDB;
INSERT INTO mine VALUES (1,1),(2,2);
CREATE TABLE below (a int, v int) ENGINE=MyISAM;
CREATE TABLE merged (a int, v int) ENGINE=MRG_MyISAM UNION=(below) INSERT_METHOD=LAST;
CREATE VIEW shown AS SELECT * FROM mine;
CREATE PROCEDURE p() SELECT 'mine';
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;
"""
CHANGES = {
    "update": b"UPDATE mine SET v=666",
    "update through a view": b"UPDATE shown SET v=666",
    "update of a join": b"UPDATE t JOIN mine m ON m.a=t.a SET m.v=666",
    "delete": b"DELETE FROM mine",
    "delete of one of two": b"DELETE mine FROM t JOIN mine ON 1",
    "truncate": b"TRUNCATE TABLE mine",
    "replace": b"REPLACE INTO mine VALUES (1,666)",
    "on duplicate key": b"INSERT INTO mine VALUES (1,1) ON DUPLICATE KEY UPDATE v=666",
    "a column": b"ALTER TABLE mine ADD z int",
    "an index": b"CREATE INDEX z ON mine (v)",
    "rename": b"RENAME TABLE mine TO yours",
    "rename onto": b"CREATE TABLE mine LIKE t",
    "a trigger": b"CREATE TRIGGER g BEFORE INSERT ON mine FOR EACH ROW SET NEW.v=666",
    "a MERGE table": b"CREATE TABLE m (a int, v int) ENGINE=MRG_MyISAM UNION=(below) INSERT_METHOD=LAST",
    "rows of a MERGE table": b"INSERT INTO merged VALUES (666,666)",
    "a view": b"ALTER VIEW shown AS SELECT 1",
    "a procedure": b"ALTER PROCEDURE p COMMENT 'x'",
    "an event": b"ALTER EVENT e ENABLE",
}


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture
def occupied(entry):
    databases.make(entry, TARGET, ())
    databases.run(entry, OWN, TARGET)
    return entry


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_there_is_not_changed(occupied, change, tmp_path):
    before = databases.content_by_sql(occupied, TARGET)
    paths = databases.write(tmp_path, TABLE + CHANGES[change] + b";\n-- Dump completed\n")
    for _run in range(2):
        with pytest.raises(Failure, match="othing was written"):
            load(databases.request(occupied, TARGET, paths, on_existing="merge"))
        assert databases.content_by_sql(occupied, TARGET) == before


def test_rows_are_added_and_what_allow_names_is_changed(occupied, tmp_path):
    sql = TABLE + b"INSERT INTO mine VALUES (3,3);\nUPDATE mine SET v=5 WHERE a=1;\n-- Dump completed\n"
    load(databases.request(occupied, TARGET, databases.write(tmp_path, sql), on_existing="merge", allow=("UPDATE mine",)))
    control = databases.connection(occupied)
    assert control.rows("SELECT * FROM {0}.mine ORDER BY a".format(TARGET)) == [(1, 5), (2, 2), (3, 3)]
    control.close()

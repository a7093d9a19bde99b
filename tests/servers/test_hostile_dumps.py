# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump that tries to leave its database is refused before the first write: another database and the server stay as they are."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET, OTHER = "hostile_target", "hostile_other"
HEAD = b"/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE t (a int NOT NULL PRIMARY KEY, v int) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,1);\n"
UPDATE = b"UPDATE t , hostile_other.x y SET y.v = 666"
ATTACKS = {
    "a comment nested twice in a skipped one hides an UPDATE": b"UPDATE t /*!99999 /* /* */ */ , hostile_other.x y SET y.v = 666",
    "... a table": b"CREATE TABLE hostile_other /*!99999 /* /* */ */ .planted (a int)",
    "... a trigger": b"CREATE TRIGGER hostile_other /*!99999 /* /* */ */ .g BEFORE INSERT ON hostile_other.x FOR EACH ROW SET NEW.v = 666",
    "... a library": b"CREATE FUNCTION f RETURNS STRING /*!99999 /* /* */ */ SONAME 'udf.so'",
    "... an UPDATE, with two comments inside": b"UPDATE t /*!99999 /* /* */ /* /* */ */ , hostile_other.x y SET y.v = 666",
    "*/ outside a comment hides a DELETE": b"DELETE t.*/*'*/, y.* FROM t, hostile_other.x y /*'*/",
    "... a file": b"SELECT */*'*/ FROM t INTO OUTFILE \"{out}\" /*'*/",
    "... an UPDATE": b"UPDATE t SET v = 2 */*'*/ 3, t.v = (SELECT 1 FROM hostile_other.x LIMIT 1) /*'*/",
    "a number glued to a name: UPDATE": b"UPDATE hostile_other 1.e.x SET v = 666",
    "... DELETE": b"DELETE FROM hostile_other 1.e.x",
    "... CREATE TABLE": b"CREATE TABLE hostile_other 1.e.planted (a int)",
    "a number glued to a word: 1e5JOIN": b"UPDATE t hostile_other JOIN t b ON 1e5JOIN hostile_other.x c SET c.v = 666",
    "... 1.JOIN": b"UPDATE t hostile_other JOIN t b ON 1.JOIN hostile_other.x c SET c.v = 666",
    "... 1e5UNION": b"CREATE TABLE m (v int) ENGINE=MRG_MyISAM MAX_ROWS=1e5UNION=(hostile_other.x)",
    "... 1e5SELECT": b"CREATE TABLE u (v int) MAX_ROWS=1e5SELECT v FROM hostile_other.x",
    "... 1e5ENGINE": b"CREATE TABLE u (v int) MAX_ROWS=1e5ENGINE=FEDERATED CONNECTION='mysql://root@127.0.0.1/hostile_other/x'",
    "... 0x1JOIN": b"UPDATE t a JOIN t b ON .5JOIN hostile_other.x c SET c.v = 666",
    "-- before a control character": b"UPDATE t --\x01'\n, hostile_other.x y SET y.v = 666 --\x01'\n",
    "... a unit separator": b"UPDATE t --\x1f`\n, hostile_other.x y SET y.v = 666 --\x1f`\n",
    "... a delete": b'UPDATE t --\x7f"\n, hostile_other.x y SET y.v = 666 --\x7f"\n',
    "a blank of latin1": b"SET NAMES latin1;\nSELECT v INTO\xa0OUTFILE '{out}' FROM t",
    "... in UNION": b"SET NAMES latin1;\nCREATE TABLE m (v int) ENGINE=MRG_MyISAM UNION\xa0=(hostile_other.x)",
    "... as comment": b"SET NAMES latin1;\nUPDATE t --\xa0'\n, hostile_other.x y SET y.v = 666 --\xa0'\n",
    "... in another set of one byte": b"SET NAMES cp850;\nSELECT v INTO\xffOUTFILE '{out}' FROM t",
    "gbk by number": b"SET character_set_client = 28;\nUPDATE t SET v = '\xbf\\' , t.v = (SELECT 1 FROM hostile_other.x) # '",
    "gbk by an escape": b"SET NAMES 'gb\\k';\nUPDATE t SET v = '\xbf\\' , t.v = (SELECT 1 FROM hostile_other.x) # '",
    "gbk, a backtick": b"SET NAMES gbk;\nCREATE TABLE m (v int COMMENT '`', `\xbf`) ENGINE=MRG_MyISAM UNION=(hostile_other.x) -- `",
    "gbk saved in a user variable": b"SET @c = 'gbk';\nSET character_set_client = @c;\nUPDATE t SET v = '\xbf\\' , t.v = 1 # '",
    "a variable's name that is more": b"SET `sql_safe_updates=0, GLOBAL max_connections`=77",
    "... persistent": b"SET @@`sql_safe_updates=0, PERSIST max_connections`=78",
    "... in another place": b"SET SESSION `sql_mode='', GLOBAL max_connections`=77",
    "a value read again under another mode": b"SET sql_mode='NO_BACKSLASH_ESCAPES';\nSET sql_mode='';\n"
    b"SET sql_notes='\\' IS NULL, GLOBAL max_connections=77 # '",
    "... in a time zone": b"SET time_zone='\\' , GLOBAL max_connections=77 # '",
    "... saved": b"SET @z='\\' , GLOBAL max_connections=77 # ';\nSET time_zone=@z",
    "a GTID of somebody else": b"SET gtid_next='3e11fa47-71ca-11e1-9e33-c80aa9429562:23'",
    "no warnings kept": b"SET max_error_count=0",
    "transactions that chain": b"SET completion_type=1",
    "rows cut off": b"SET sql_select_limit=0",
    "rows of another table": b"CREATE TABLE u (v int) AS (TABLE hostile_other.x)",
    "rows of a file": b"CREATE TABLE u (a text) VALUES ROW(LOAD_FILE('/etc/hostname'))",
    "a hint with a quote": b"SELECT /*+ ' */ v INTO OUTFILE '{out}' /*+ ' */ FROM t",
    "a version comment in another": b"UPDATE t /*!50000 /*!99999 ' */ */ , hostile_other.x y SET y.v = 666 /*!50000 /*!99999 ' */ */",
    "a lock": b"SELECT GET_LOCK('hostile', 0)",
    "... of others": b"INSERT INTO t SELECT 2, RELEASE_ALL_LOCKS()",
    "a wait": b"INSERT INTO t VALUES (2, SLEEP(0)),(3, 4)",
    "... for another server": b"UPDATE t SET v = MASTER_POS_WAIT('x', 1, 0)",
    "a stored function": b"DELETE FROM t WHERE hostile_function(a) OR `sleep`(0)",
    "a failover": b"DO asynchronous_connection_failover_reset()",
    "a wait in a query of a table": b"CREATE TABLE u (v int, KEY k (v)) SELECT BENCHMARK(1, SLEEP(0)) AS v",
    "in the open": UPDATE,
}


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, TARGET, OTHER)


@pytest.fixture
def ready(entry):
    databases.drop(entry, TARGET, OTHER)
    control = databases.connection(entry)
    for statement in "CREATE DATABASE {0}", "CREATE TABLE {0}.x (v int) ENGINE=MyISAM", "INSERT INTO {0}.x VALUES (1),(2),(3)":
        control.run(statement.format(OTHER))
    control.close()
    return entry


def state_of(entry):
    control = databases.connection(entry)
    state = (
        [str(row[0]) for row in control.rows("SHOW DATABASES")],
        control.rows("SELECT * FROM {0}.x".format(OTHER)),
        control.rows("SHOW TABLES FROM " + OTHER),
        control.rows("SHOW TRIGGERS FROM " + OTHER),
        control.value("SELECT @@GLOBAL.max_connections"),
        control.value("SELECT @@GLOBAL.gtid_executed LIKE '%3e11fa47-71ca-11e1-9e33-c80aa9429562%'"),
    )
    control.close()
    return state


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outside_the_target_is_reached(ready, attack, tmp_path):
    out = tmp_path / "out"
    # mysqld may run as another user.
    os.chmod(str(tmp_path), 0o777)
    sql = HEAD + ATTACKS[attack].replace(b"{out}", str(out).encode()) + b";\n-- Dump completed\n"
    before = state_of(ready)
    with pytest.raises(Failure) as caught:
        load(databases.request(ready, TARGET, databases.write(tmp_path, sql)))
    assert state_of(ready) == before and not out.exists()
    said = str(caught.value)
    assert "line 4" in said or "line 5" in said or "line 6" in said, said
    assert "othing was written" in said, said


@pytest.mark.parametrize("column", ["TIMESTAMP NOT NULL", "TIMESTAMP NOT NULL DEFAULT '2001-01-01 00:00:00'"])
def test_null_is_not_stored_as_the_time_of_the_load(ready, column, tmp_path):
    sql = "SET NAMES utf8mb4;\nSET explicit_defaults_for_timestamp=1;\n" if ready["name"] != "5.6" else "SET NAMES utf8mb4;\n"
    sql += "CREATE TABLE t (id int NOT NULL PRIMARY KEY, ts {0}) ENGINE=InnoDB;\nINSERT INTO t VALUES (1,NULL);\n-- Dump completed\n".format(column)
    paths = databases.write(tmp_path, sql.encode())
    if ready["name"] == "5.6":
        # There an INSERT does the same, in the client too.
        assert load(databases.request(ready, TARGET, paths)).fast_chunks == 0
        return
    with pytest.raises(Failure, match="1048"):
        load(databases.request(ready, TARGET, paths))


def test_minus_zero_is_stored_as_the_client_stores_it(ready, tmp_path):
    sql = b"SET NAMES utf8mb4;\nCREATE TABLE n (id int PRIMARY KEY, d double, f float);\nINSERT INTO n VALUES (1,-0,-0.0),(2,-0.00,-0);\n-- Dump completed\n"
    load(databases.request(ready, TARGET, databases.write(tmp_path, sql)))
    control = databases.connection(ready)
    assert control.rows("SELECT CONCAT(d), CONCAT(f) FROM {0}.n".format(TARGET)) == [("0", "0"), ("0", "0")]
    control.close()

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether statements and tables stay in the target database. All ways to name another one are in test_planner.py."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.database_options import DatabaseNames
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.scope import (
    files_of,
    for_another_server,
    outside_target,
    schedule_outside_target,
    schemas_named,
    table_outside_target,
    tied_to_connection,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

NEW = Dialect(90704)
SHOP = DatabaseNames(b"copy", b"shop")


def words(sql):
    return tokens(sql, NEW)


def item(sql):
    (statement,) = ClientSplitter(io.BytesIO(sql + b";"))
    return classify(statement, NEW)


@pytest.mark.parametrize(
    "sql, reason",
    [
        (b"UPDATE shop.t, copy.u SET t.a = u.a", None),
        (b"UPDATE other.t SET a = 1", "names other before a dot, which may be another database"),
        # One is reported, regardless of their order, so that every run reports the same.
        (
            b"UPDATE " + b", ".join(b"%c.t" % letter for letter in b"zyxwvutsrqponmlkjihgfedcba") + b" SET a = 1",
            "names a before a dot, which may be another database",
        ),
        (b"ALTER TABLE other.t ENGINE=FEDERATED", "names other before a dot, which may be another database"),
        (b"ALTER TABLE t ENGINE=federated", "stores its rows on another server"),
        (b"INSERT INTO t SELECT @x", "needs the variable @x, which only one connection knows"),
        # Triggers are parsed: their statements belong to them.
        (b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 1", None),
    ],
)
def test_reasons_why_a_statement_may_not_run(sql, reason):
    assert outside_target(item(sql), words(sql), SHOP, [b"t", b"u"]) == reason


def test_a_name_before_a_dot_is_a_table_only_if_that_is_known():
    sql = b"UPDATE t SET a = crm.a, b = `u`.b, c = mysql.c"
    assert schemas_named(item(sql), words(sql), SHOP, [b"u", b"mysql"]) == {b"crm", b"mysql"}
    assert schemas_named(item(sql), words(sql), SHOP, [b"CRM", b"u"]) == {b"crm", b"mysql"}
    upper = sql.replace(b"crm", b"Crm")
    assert schemas_named(item(upper), words(upper), SHOP._replace(lower_case=True), [b"crm", b"u"]) == {b"mysql"}
    # An alias of the statement's own is known too.
    aliased = b"UPDATE t crm SET a = crm.a"
    assert schemas_named(item(aliased), words(aliased), SHOP, []) == set()


def test_known_tables_are_looked_up_and_not_scanned():
    """Otherwise 8000 statements that name the database of one of 8000 tables took eight seconds, and twice as many four times as long."""

    class Asked:
        def __contains__(self, name):
            return name == b"u"

    sql = b"INSERT INTO shop.t SELECT u.a, v.a FROM w"
    assert schemas_named(item(sql), words(sql), SHOP, Asked()) == {b"shop", b"v"}


def test_the_object_of_a_statement_is_found_after_other_words():
    assert schemas_named(item(b"CREATE TRIGGER x.g BEFORE INSERT ON y.t FOR EACH ROW SET NEW.a = 1"), [], SHOP, []) == {b"x", b"y"}


@pytest.mark.parametrize(
    "sql, elsewhere",
    [
        (b"ALTER TABLE t ENGINE=InnoDB", False),
        (b"ALTER TABLE t ENGINE 'federated'", True),
        (b"ALTER TABLE t ENGINE = `Federated`, ENGINE MyISAM", True),
        # What comes behind may look like another engine.
        (b"ALTER TABLE t ENGINE=FEDERATED, ADD COLUMN engine INT", True),
        (b"CREATE TABLE f (a int) ENGINE=FEDERATED CONNECTION='mysql://x@y/z/t' UNION=(engine)", True),
        (b"CREATE TABLE f (engine int) ENGINE FEDERATED", True),
        (b"ALTER TABLE t ENGINE =", False),
        (b"ALTER TABLE t ADD `ENGINE` int", False),
        # A column of this name, which is compared or filled.
        (b"UPDATE t SET engine = 'federated'", False),
        (b"", False),
    ],
)
def test_an_engine_that_stores_rows_on_another_server(sql, elsewhere):
    assert for_another_server(words(sql)) is elsewhere


@pytest.mark.parametrize(
    "sql, tied",
    [
        (b"SELECT @a", "the variable @a"),
        (b"SELECT @'a b'", "the variable @a b"),
        (b"SELECT found_rows()", "FOUND_ROWS()"),
        (b"SELECT LAST_INSERT_ID(7), 'x@y', @@sql_mode", None),
        (b"INSERT INTO t VALUES (1),(@@identity)", "the variable @@identity"),
        (b"INSERT INTO t SELECT @@session . `Last_Insert_Id`", "the variable @@Last_Insert_Id"),
        (b"DO @@local.warning_count", "the variable @@warning_count"),
        # The import leaves these out, or sets them itself.
        (b"INSERT INTO t VALUES (@@sort_buffer_size)", "the variable @@sort_buffer_size"),
        (b"INSERT INTO t VALUES (@@autocommit)", "the variable @@autocommit"),
        (b"SELECT @@SESSION.Storage_Engine, @@time_zone, @@version, @@GLOBAL.sort_buffer_size", None),
        (b"INSERT INTO t VALUES (@@GLOBAL.local_infile)", "the variable @@local_infile"),
        (b"INSERT INTO t VALUES (@@sql_require_primary_key)", "the variable @@sql_require_primary_key"),
        (b"INSERT INTO t (definer) VALUES (@d)", "the variable @d"),
        (b"UPDATE t SET definer=@d", "the variable @d"),
        (b"SELECT @``", "the variable @``"),
        (b"SELECT @''", "the variable @"),
        (b"SELECT a@b", "the variable @b"),
        (b"", None),
    ],
)
def test_connection_state_in_a_statement(sql, tied):
    assert tied_to_connection(words(sql)) == tied


@pytest.mark.parametrize(
    "sql, tied",
    [
        (b"CREATE DEFINER=`a`@`b` EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DO SET @x = 1", None),
        (b"CREATE EVENT e ON SCHEDULE EVERY IFNULL(@n, 1) HOUR DO DELETE FROM t", "the variable @n"),
        (b"CREATE EVENT do ON SCHEDULE EVERY 1 DAY ENDS @do DO DELETE FROM t", "the variable @do"),
    ],
)
def test_connection_state_in_the_schedule_of_an_event(sql, tied):
    assert schedule_outside_target(words(sql)) == (None if tied is None else "needs {0}, which only one connection knows".format(tied))


@pytest.mark.parametrize(
    "sql, reason",
    [
        (b"CREATE TABLE m (a int) ENGINE=MRG_MyISAM UNION=(a, copy.b)", None),
        # By then the dump's own name has become the target's.
        (b"CREATE TABLE m (a int) ENGINE=MRG_MyISAM UNION=(a, shop.b)", "stores its rows in the database shop"),
        (b"CREATE TABLE f (a int) ENGINE=Federated", "stores its rows on another server"),
        (b"CREATE TABLE f (a int) ENGINE `federated` COMMENT 'x'", "stores its rows on another server"),
        (b"CREATE TABLE f (a int) ENGINE=InnoDB ENGINE='FEDERATED'", "stores its rows on another server"),
        (b"CREATE TABLE f (a int, CONSTRAINT) ENGINE=FEDERATED", "stores its rows on another server"),
        (b"CREATE TABLE f (engine int, federated int) COMMENT='ENGINE=FEDERATED'", None),
        (b"CREATE TABLE f (a int) COMMENT='ENGINE=FEDERATED'", None),
        (b"CREATE TABLE f (())", None),
    ],
)
def test_tables_that_store_their_rows_elsewhere(sql, reason):
    assert table_outside_target(sql, NEW, SHOP) == reason


@pytest.mark.parametrize(
    "sql, reason",
    [
        (b"ENGINE=InnoDB START TRANSACTION", "has an unknown clause after its definitions: START TRANSACTION"),
        (b"ENGINE=Aria PAGE_CHECKSUM=1", "has the option PAGE_CHECKSUM, which MySQL does not have"),
        (b"ENGINE=InnoDB `files`='x'", "has the option FILES, which MySQL does not have"),
        (b"CONNECTION='mysql://x@y/z/t'", "stores its rows on another server"),
        (b"ENGINE=MRG_MyISAM UNION=(a, other.b)", "stores its rows in the database other"),
        (b"ENGINE=MRG_MyISAM UNION=(a, 'other'.b)", "stores its rows in the database of an unknown table"),
    ],
)
def test_clauses_that_are_not_accepted(sql, reason):
    assert str(table_outside_target(b"CREATE TABLE t (a int) " + sql, NEW, SHOP)).startswith(reason)


@pytest.mark.parametrize(
    "options",
    [
        b"ENGINE=MRG_MyISAM, COMMENT='x', UNION=(a, copy.b)",
        b"DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='x' AUTO_INCREMENT=7",
        b"AVG_ROW_LENGTH=10 MAX_ROWS=10 MIN_ROWS=1 CHECKSUM=1 DELAY_KEY_WRITE=1 PACK_KEYS=1",
        b"STATS_PERSISTENT=1, STATS_AUTO_RECALC=0, STATS_SAMPLE_PAGES=20 INSERT_METHOD=LAST",
        b"ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 COMPRESSION='zlib' ENCRYPTION='Y'",
        b"AUTOEXTEND_SIZE=4M ENGINE_ATTRIBUTE='{}' SECONDARY_ENGINE_ATTRIBUTE='{}' SECONDARY_ENGINE=rapid",
        b"ENGINE=InnoDB PARTITION BY RANGE (a) SUBPARTITION BY HASH (a) (PARTITION p VALUES LESS THAN (5))",
    ],
)
def test_clauses_that_are_accepted(options):
    assert table_outside_target(b"CREATE TABLE t (a int) " + options, NEW, SHOP) is None


@pytest.mark.parametrize(
    "sql, clause",
    [
        (b"CREATE TABLE t DATA DIRECTORY='/x' SELECT 1", "DATA DIRECTORY"),
        (b"ALTER TABLE t ADD PARTITION (PARTITION p INDEX DIRECTORY '/x')", "INDEX DIRECTORY"),
        (b"ALTER TABLE t COMMENT='x', TABLESPACE ts", "TABLESPACE"),
        (b"ALTER TABLE t TABLESPACE = `ts`", "TABLESPACE"),
        (b"ALTER TABLE t IMPORT TABLESPACE", "TABLESPACE"),
        (b"ALTER TABLE t CONNECTION 'x'", "CONNECTION"),
        (b"ALTER TABLE t ADD COLUMN tablespace int, ADD INDEX directory (a), DROP COLUMN connection, COMMENT='DATA DIRECTORY'", None),
        (b"UPDATE t SET tablespace = 'x', connection = 'y'", None),
    ],
)
def test_files_in_other_statements(sql, clause):
    assert files_of(words(sql)) == clause
    reason = outside_target(item(sql), words(sql), SHOP, [])
    assert reason == (None if clause is None else "has the clause {0}, which concerns files outside the database".format(clause))

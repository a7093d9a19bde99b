# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies change tokens of statements, never text inside a value."""

import tracemalloc

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import rewrite as rewriting
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.database_options import DatabaseNames
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, Token
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import (
    Policy,
    definer_of,
    edited,
    edits_of_others,
    edits_without_database,
    rewrite,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

NEW = Dialect(90704)
FOUR = {
    "trigger": b"/*!50003 CREATE*/ /*!50017 DEFINER=`a``b`@`%`*/ /*!50003 TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 'DEFINER=`c`@`d`' */",
    "view": b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a``b`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select 'DEFINER=`c`@`d`' AS `DEFINER=x` */",  # noqa: E501
    "routine": b"CREATE DEFINER=`a``b`@`%` PROCEDURE `p`()\nBEGIN SELECT 'DEFINER=`c`@`d`'; /* DEFINER=`e`@`f` */ END",
    "event": b"/*!50106 CREATE*/ /*!50117 DEFINER=`a``b`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SET @x = 'DEFINER=`c`@`d`' */",
}


@pytest.mark.parametrize("what", sorted(FOUR))
@pytest.mark.parametrize("definer, clause", [("current", b"DEFINER=CURRENT_USER"), ("strip", b""), ("new`@user@%.x", b"DEFINER=`new``@user`@`%.x`")])
def test_definers_in_all_four_places(what, definer, clause):
    made = rewrite(FOUR[what], NEW, Policy(definer=definer, events="keep"), what)
    assert made.text == FOUR[what].replace(b"DEFINER=`a``b`@`%`", clause)
    assert made.changed == ("definer",)


@pytest.mark.parametrize("what", sorted(FOUR))
def test_definers_that_are_kept(what):
    made = rewrite(FOUR[what], NEW, Policy(events="keep"), what)
    assert (made.text, made.changed) == (FOUR[what], ())
    assert definer_of(FOUR[what], NEW) == (b"a`b", b"%")


@pytest.mark.parametrize(
    "sql, expected",
    [
        (b"CREATE DEFINER = 'a'@'b' PROCEDURE p() SELECT 1", (b"a", b"b")),
        (b"CREATE DEFINER=a@localhost PROCEDURE p() SELECT 1", (b"a", b"localhost")),
        (b"CREATE DEFINER=CURRENT_USER PROCEDURE p() SELECT 1", None),
        (b"CREATE DEFINER=CURRENT_USER() PROCEDURE p() SELECT 1", None),
        (b"CREATE PROCEDURE p() SELECT 'DEFINER=a@b'", None),
        (b"CREATE PROCEDURE p() COMMENT 'x' BEGIN DECLARE DEFINER INT; SET DEFINER = 1; END", None),
        (b"CREATE PROCEDURE p() SET DEFINER = a@b", None),
        (b"CREATE TABLE t (a int DEFAULT (DEFINER = a@b))", None),
        (b"CREATE EVENT e DO DEFINER", None),
        (b"CREATE DEFINER", None),
        (b"CREATE DEFINER=", None),
    ],
)
def test_definer_of_an_object(sql, expected):
    assert definer_of(sql, NEW) == expected


@pytest.mark.parametrize(
    "what, sql",
    [("view", b"CREATE VIEW v AS SELECT definer = a FROM t"), ("event", b"CREATE EVENT e DO DEFINER"), ("event", b"CREATE EVENT e DO DEFINER=")],
)
def test_definer_after_the_object_type_is_a_name(what, sql):
    assert rewrite(sql, NEW, Policy(definer="strip", events="keep"), what).text == sql


def test_stripping_a_current_user():
    sql = b"CREATE DEFINER=CURRENT_USER() PROCEDURE p() SELECT 1"
    assert rewrite(sql, NEW, Policy(definer="strip"), "routine").text == b"CREATE  PROCEDURE p() SELECT 1"


TABLE = b"CREATE TABLE `t` (\n  `ENGINE` int COMMENT 'ENGINE=TokuDB ENCRYPTION=''Y''',\n  `b` varchar(20) DEFAULT 'ENGINE=TokuDB'\n) ENGINE=TokuDB DEFAULT CHARSET=utf8 %s COMMENT='ENGINE=TokuDB'"  # noqa: E501


def test_engines():
    made = rewrite(TABLE % b"", NEW, Policy(engines=(("TOKUDB", "InnoDB"),)), "table")
    assert made.text == (TABLE % b"").replace(b") ENGINE=TokuDB", b") ENGINE=InnoDB") and made.changed == ("engine",)
    assert rewrite(TABLE % b"", NEW, Policy(engines=(("MYISAM", "InnoDB"),)), "table").changed == ()
    assert rewrite(b"CREATE TABLE t (a int) ENGINE `TokuDB`", NEW, Policy(engines=(("TOKUDB", "InnoDB"),)), "table").text.endswith(b" ENGINE InnoDB")


def test_engines_of_partitions():
    sql = b"CREATE TABLE t (a int) ENGINE=TokuDB\n/*!50100 PARTITION BY RANGE (a)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = TokuDB,\n PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = TokuDB) */"  # noqa: E501
    made = rewrite(sql, NEW, Policy(engines=(("TOKUDB", "InnoDB"),)), "table")
    assert made.text.count(b"InnoDB") == 3 and b"TokuDB" not in made.text


@pytest.mark.parametrize("clause", [b"ENCRYPTION='Y'", b"/*!80016 ENCRYPTION='Y' */", b"/*!50703 ENCRYPTION = 'Y' */"])
def test_encryption(clause):
    made = rewrite(TABLE % clause, NEW, Policy(encryption="strip"), "table")
    assert made.changed == ("encryption",)
    assert b"ENCRYPTION='Y'" not in made.text and b"ENCRYPTION = 'Y'" not in made.text and b"ENCRYPTION=''Y''" in made.text


@pytest.mark.parametrize(
    "sql, expected",
    [
        (b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE ENABLE DO SET @a='ENABLE'", b"DISABLE DO SET @a='ENABLE'"),
        (
            b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE COMMENT 'ENABLE' DO SELECT 1",
            b"PRESERVE DISABLE COMMENT 'ENABLE' DO SELECT 1",
        ),
        (
            b"CREATE EVENT `ENABLE` ON SCHEDULE EVERY 1 DAY ENABLE COMMENT 'DO' DO SELECT 1",
            b"`ENABLE` ON SCHEDULE EVERY 1 DAY DISABLE COMMENT 'DO' DO SELECT 1",
        ),
        (b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", b"ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"),
        (b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO SELECT 1", b"ON SCHEDULE EVERY 1 DAY DISABLE COMMENT 'x' DO SELECT 1"),
        (b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE ON SLAVE DO SELECT 1", b"PRESERVE DISABLE ON SLAVE DO SELECT 1"),
    ],
)
def test_events_that_do_not_run(sql, expected):
    made = rewrite(sql, NEW, Policy(events="disabled"), "event")
    assert made.text.endswith(expected)
    assert rewrite(sql, NEW, Policy(events="keep"), "event").text == sql


@pytest.mark.parametrize(
    "sql, expected",
    [
        (b"CREATE VIEW v AS select `old`.`t`.`a` AS `a` from `old`.`t`", b"CREATE VIEW v AS select `new-db`.`t`.`a` AS `a` from `new-db`.`t`"),
        (
            b"CREATE VIEW v AS select `old`.`f`(1), old.t.b, 'old.t', \"old.t\" from old . t /* old.t */",
            b"CREATE VIEW v AS select `new-db`.`f`(1), `new-db`.t.b, 'old.t', \"old.t\" from `new-db` . t /* old.t */",
        ),
        (b"CREATE VIEW v AS select old.1t.a from old.1t", b"CREATE VIEW v AS select `new-db`.`1t`.a from `new-db`.`1t`"),
        (b"CREATE VIEW v AS select `t`.`old` from `t`", b"CREATE VIEW v AS select `t`.`old` from `t`"),
        # A table with the name of its database: what may be its column is left alone.
        (b"CREATE VIEW v AS select `old`.`id` AS `id` from `old`", b"CREATE VIEW v AS select `old`.`id` AS `id` from `old`"),
        (
            b"CREATE VIEW v AS select `old`.`id` from `old` join `old`.`t` on `old`.`id` = 1",
            b"CREATE VIEW v AS select `old`.`id` from `old` join `new-db`.`t` on `old`.`id` = 1",
        ),
        (
            b"CREATE TRIGGER g AFTER INSERT ON old.t FOR EACH ROW INSERT INTO old.u VALUES (NEW.a)",
            b"CREATE TRIGGER g AFTER INSERT ON `new-db`.t FOR EACH ROW INSERT INTO `new-db`.u VALUES (NEW.a)",
        ),
        (
            b"CREATE PROCEDURE p() BEGIN CALL old.q(); UPDATE old.t SET a = 'old.t'; END",
            b"CREATE PROCEDURE p() BEGIN CALL `new-db`.q(); UPDATE `new-db`.t SET a = 'old.t'; END",
        ),
        (b"CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES `old`.`u` (`a`))", b"CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES `new-db`.`u` (`a`))"),
        (b"CREATE VIEW v AS select @@old.x, @old.x, other.old.t", b"CREATE VIEW v AS select @@old.x, @old.x, other.old.t"),
    ],
)
def test_a_renamed_database(sql, expected):
    assert rewrite(sql, NEW, Policy(events="keep", source=b"old", target=b"new-db"), "view").text == expected
    assert rewrite(sql, NEW, Policy(events="keep", source=b"old", target=b"old"), "view").text == sql


@pytest.mark.parametrize(
    "what, sql",
    [
        ("view", b"CREATE VIEW >.v AS SELECT EXTRACT(MONTH FROM shop.made), TRIM('x' FROM shop.a) FROM shop WHERE a LIKE shop.b"),
        ("view", b"CREATE VIEW v AS SELECT shop.id, >.shop.a, >.f(1) FROM >.shop JOIN >.y ON shop.id = y.id ORDER BY shop.id"),
        ("trigger", b"CREATE TRIGGER >.g BEFORE UPDATE ON >.shop FOR EACH ROW SET NEW.a = (SELECT 1 FROM y JOIN shop ON shop.id = y.id)"),
        ("trigger", b"CREATE TRIGGER g AFTER INSERT ON >.y FOR EACH ROW UPDATE >.shop SET shop.a = 1 WHERE shop.id = NEW.id"),
        ("routine", b"CREATE PROCEDURE >.p() BEGIN INSERT INTO shop (id) VALUES (1) ON DUPLICATE KEY UPDATE shop.a = shop.a + 1; CALL >.q; END"),
        ("routine", b"CREATE PROCEDURE p() BEGIN CREATE TABLE IF NOT EXISTS >.x LIKE >.shop; CREATE TABLE >.y (LIKE >.shop); END"),
        ("routine", b"CREATE PROCEDURE p() BEGIN DROP TABLE IF EXISTS >.shop; RENAME TABLE x TO >.shop; CREATE INDEX i ON >.shop (a); END"),
        ("routine", b"CREATE PROCEDURE p() BEGIN DELETE >.shop FROM >.shop WHERE EXISTS (SELECT 1 FROM y WHERE y.id = shop.id); END"),
        ("event", b"CREATE EVENT >.e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM >.shop WHERE shop.made < NOW()"),
    ],
)
def test_a_renamed_database_with_a_table_of_its_name(what, sql):
    """Each ``>`` is the database, every other ``shop`` the table."""
    made = rewrite(sql.replace(b">", b"shop"), NEW, Policy(events="keep", source=b"shop", target=b"copy"), what)
    assert made.text == sql.replace(b">", b"`copy`")


@pytest.mark.parametrize(
    "sql",
    [
        b"UPDATE >.shop SET a = (SELECT COUNT(*) FROM y WHERE y.ref = shop.id)",
        b"INSERT INTO shop (id) VALUES (1) ON DUPLICATE KEY UPDATE shop.a = 2",
        b"DELETE >.shop FROM >.shop JOIN >.y ON shop.id = y.id WHERE y.a LIKE shop.a",
    ],
)
def test_a_statement_about_a_table_with_the_name_of_its_database(sql):
    found = tokens(sql.replace(b">", b"shop"), NEW)
    edits = edits_of_others(found, Policy(source=b"shop", target=b"copy"))
    assert edited(sql.replace(b">", b"shop"), edits) == sql.replace(b">", b"`copy`")
    # Without the database, the column would be that of another table.
    assert edits_without_database(found, DatabaseNames(b"copy", b"shop")) is None


@pytest.mark.parametrize(
    "sql, expected",
    [
        (b"UPDATE shop.t SET a = (SELECT COUNT(*) FROM y WHERE y.ref = shop.t.id)", b"UPDATE t SET a = (SELECT COUNT(*) FROM y WHERE y.ref = t.id)"),
        (b"UPDATE shop.shop SET a = (SELECT 1 FROM y WHERE y.b = shop.shop.b)", b"UPDATE shop SET a = (SELECT 1 FROM y WHERE y.b = shop.b)"),
        (b"INSERT INTO r WITH a AS (SELECT 9 AS id) SELECT a.id FROM shop.a", None),
        (b"INSERT INTO r WITH RECURSIVE b (x) AS (SELECT 9), A AS (SELECT (1)) SELECT a.id FROM shop.a", None),
        (b"INSERT INTO r WITH a AS (SELECT 9) SELECT 1 FROM shop.b, a", b"INSERT INTO r WITH a AS (SELECT 9) SELECT 1 FROM b, a"),
        (b"INSERT INTO shop.r SELECT a FROM t GROUP BY a WITH ROLLUP", b"INSERT INTO r SELECT a FROM t GROUP BY a WITH ROLLUP"),
    ],
)
def test_a_statement_without_the_name_of_its_database(sql, expected):
    edits = edits_without_database(tokens(sql, NEW), DatabaseNames(b"copy", b"shop"))
    assert (edits if edits is None else edited(sql, edits)) == expected


@pytest.mark.parametrize("table", [b"u", b"shop"])
def test_time_for_a_view_is_linear_in_its_columns(monkeypatch, table):
    """Otherwise one of 1000 took 39 seconds, and one twice as large four times as long."""

    def looked(columns):
        asked = []
        for name in ("lone_name", "table_places"):
            original = getattr(rewriting, name)
            monkeypatch.setattr(rewriting, name, lambda found, *more, original=original, **named: asked.append(found) or original(found, *more, **named))
        named = b",".join(b"`shop`.`c%d`" % number for number in range(columns))
        made = rewrite(b"CREATE VIEW v AS select " + named + b" from `" + table + b"`", NEW, Policy(source=b"shop", target=b"copy"), "view")
        monkeypatch.undo()
        assert made.text.count(b"`copy`.") == (0 if table == b"shop" else columns) and len(made.notes) == (columns if table == b"shop" else 0)
        return len(asked)

    assert looked(200) < 3 * looked(100)


def test_skipped_version_comments_are_not_copied():
    """Otherwise 400 000 comments in one statement took half a minute more, and twice as many four times as long."""
    sql = b"CREATE TABLE t (a int /*!99999 " + b"x" * (8 << 20) + b" */)"
    tracemalloc.start()
    try:
        assert len(tokens(sql, NEW)) == 7
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_time_for_a_view_is_linear_in_its_joins(monkeypatch):
    """Otherwise one of 2000 took six seconds, and one twice as large four times as long."""

    def looked(joins):
        asked = []
        upper = Token.upper.fget
        monkeypatch.setattr(Token, "upper", property(lambda token: asked.append(token) or upper(token)))
        rewrite(b"CREATE VIEW v AS select 1 from shop" + b" join u on shop.a = u.a" * joins, NEW, Policy(source=b"shop", target=b"copy"), "view")
        monkeypatch.undo()
        return len(asked)

    assert looked(200) < 3 * looked(100)

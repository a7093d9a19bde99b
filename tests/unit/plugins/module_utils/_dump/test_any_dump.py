# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any dump has a plan, or a Failure that names the position of the reason."""

import io
import re

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.header import read_header
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import Policy
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from ansible_collections.apsaradb.mysql.tests.support.sql_statements import CONFORMANCE, PIECES
from hypothesis import given
from hypothesis import strategies as st

STATEMENTS = (
    b"CREATE TABLE `v` (a int)",
    b"CREATE TABLE IF NOT EXISTS `shop`.`v` (a int, b long varbinary, c int GENERATED ALWAYS AS (a + 1) VIRTUAL INVISIBLE, d SERIAL, KEY ((a + 1)))",
    b"CREATE TABLE u LIKE t",
    b"CREATE TABLE u (a int) ENGINE=MERGE UNION=(t, `shop`.v)",
    b"CREATE TABLE w (a int) ENGINE=FEDERATED CONNECTION='mysql://x/y'",
    b"CREATE TEMPORARY TABLE x (a int) AS SELECT 1",
    b"CREATE /*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */ VIEW `v` AS select `shop`.`t`.`a` AS `a` from `t`",
    b"CREATE OR REPLACE ALGORITHM=UNDEFINED DEFINER=CURRENT_USER() VIEW v AS SELECT 1",
    b"CREATE DEFINER='a'@'%' TRIGGER `g` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.b = other.f(OLD.a)",
    b"CREATE DEFINER=root@localhost PROCEDURE shop.p() SELECT 1",
    b"CREATE DEFINER=CURRENT_USER FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
    b"CREATE AGGREGATE FUNCTION f RETURNS STRING SONAME 'x.so'",
    b"CREATE /*!50117 DEFINER=`a`@`b`*/ EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE COMMENT 'x' DO DELETE FROM t",
    b"CREATE EVENT e DO DEFINER",
    b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='Y' */",
    b"CREATE SCHEMA IF NOT EXISTS shop ENCRYPTION 'Y' COLLATE utf8_bin",
    b"CREATE UNIQUE INDEX i ON t (a)",
    b"ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_bin",
    b"ALTER TABLE `t` ADD COLUMN z int, RENAME TO `shop`.`t`, ENGINE = InnoDB",
    b"/*!40000 ALTER TABLE `t` DISABLE KEYS */",
    b"ALTER DEFINER=`a`@`b` EVENT e DISABLE",
    b"ALTER VIEW v AS SELECT @x, LAST_INSERT_ID()",
    b"CREATE TABLE `t` (`a` int NOT NULL AUTO_INCREMENT, `b` varchar(9) CHARACTER SET utf8 COLLATE utf8_bin DEFAULT 'x,)', PRIMARY KEY (`a`),"
    b" UNIQUE KEY `u` (`b`(3)), KEY `k` (`b`,`a` DESC) USING BTREE, FULLTEXT KEY `f` (`b`) /*!50100 WITH PARSER `ngram` */,"
    b" CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `v` (`a`) ON DELETE CASCADE, CONSTRAINT CHECK (`a` > 0))"
    b" ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 /*!80016 ENCRYPTION='Y' */ COMMENT='c'"
    b" /*!50100 PARTITION BY RANGE (`a`) (PARTITION `p` VALUES LESS THAN (5) ENGINE = InnoDB) */",
    b"DROP TABLE IF EXISTS `t`, `shop`.`v`",
    b"/*!50001 DROP TABLE IF EXISTS `v`*/",
    b"DROP TABLE t",
    b"DROP VIEW IF EXISTS v",
    b"DROP TRIGGER /*!50032 IF EXISTS */ `g`",
    b"DROP FUNCTION f",
    b"DROP EVENT shop.e",
    b"DROP DATABASE IF EXISTS `shop`",
    b"DROP INDEX i ON t",
    b"USE `shop`",
    b"USE other",
    b"/*!40101 SET NAMES utf8mb4 */",
    b"SET NAMES 'latin1' COLLATE latin1_bin",
    b"SET CHARACTER SET gbk",
    b"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,NO_AUTO_CREATE_USER' */",
    b"SET sql_mode = 'ANSI_QUOTES'",
    b"SET SESSION sql_mode := \"NO_BACKSLASH_ESCAPES\", LOCAL time_zone = '+00:00', foreign_key_checks = -1",
    b"SET @@SESSION.character_set_client = @saved_cs_client, @@LOCAL . autocommit = 0, @@x = DEFAULT",
    b"SET @saved_cs_client = @@character_set_client, unique_checks = (SELECT 1)",
    b"SET GLOBAL read_only = 1, PERSIST x = 2",
    b"SET PASSWORD FOR a@b = 'x'",
    b"SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    b"SET @@SESSION.SQL_LOG_BIN= 0",
    b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n3e11fa47-71ca-11e1-9e33-c80aa9429562:7'",
    b"/*!80002 ANALYZE TABLE `t` UPDATE HISTOGRAM ON `b` WITH 100 BUCKETS */",
    b"RENAME TABLE `t` TO `u`, u TO shop.t",
    b"RENAME USER a TO b",
    b"INSERT INTO `t` VALUES (1,'x'),(2,NULL)",
    b"INSERT INTO `v` VALUES (1)",
    b"INSERT IGNORE INTO `shop`.`t` (`a`, b) VALUES (1,0x41),(-1.5e3,_binary 'x\\\\\\'y')",
    b"INSERT INTO t SELECT x.a FROM shop.t x JOIN other.u ON x.a = u.a ON DUPLICATE KEY UPDATE t.a = 1",
    b"REPLACE DELAYED t VALUES (NOW(), 'x')",
    b"UPDATE t SET a = 1 WHERE b IN ('x', `b`)",
    b"DELETE FROM t USING t, shop.u",
    b"TRUNCATE TABLE t",
    b"SELECT 1 INTO OUTFILE 'x'",
    b"PREPARE s FROM 'SET rocksdb_bulk_load = 1'",
    b"EXECUTE s USING @a",
    b"DEALLOCATE PREPARE s",
    b"LOCK TABLES `t` WRITE",
    b"UNLOCK TABLES",
    b"START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */",
    b"BEGIN WORK",
    b"GRANT ALL ON *.* TO x",
)
WORD = re.compile(rb"(?:`[^`]*`|'[^']*'|/\*!\d*|\*/|@@|[\w$]+|.)\s*", re.S)
SPLIT = tuple(tuple(WORD.findall(text)) for text in STATEMENTS)
# Names, numbers and bytes in positions where none of the statements has them.
ODD = (
    b"`", b"``", b"`a``b`", b"''", b"\"x\"", b"'\\", b"\xff\xfe", "bär".encode(), b"`\x00\n`", b".", b"@", b"=", b"(", b")", b",", b"1" * 5000, b"9e9", b".5",
    b"$$", b"\nDELIMITER \\x\n",
)  # fmt: skip
ENDS = (b";\n", b";\n", b";\n", b"\n;", b" */;\n", b"\nDELIMITER ;;\n", b";;\nDELIMITER ;\n", b"")


@st.composite
def statements(draw):
    """A statement as it should be, cut behind any word, without one, with an odd one, or going on as another one does."""
    words = draw(st.sampled_from(SPLIT))
    at = draw(st.integers(0, len(words)))
    kind = draw(st.integers(0, 4))
    if kind == 1:
        words = words[:at]
    elif kind == 2:
        words = words[:at] + words[at + 1 :]
    elif kind == 3:
        words = words[:at] + (draw(st.sampled_from(ODD)),) + words[at + draw(st.integers(0, 1)) :]
    elif kind == 4:
        other = draw(st.sampled_from(SPLIT))
        words = words[:at] + other[draw(st.integers(0, len(other))) :]
    return draw(st.sampled_from((b"", b"", b"/*!50001 "))) + b"".join(words) + draw(st.sampled_from(ENDS))


PARTS = st.one_of(statements(), statements(), st.sampled_from(PIECES), st.sampled_from([text for _rule, text, _expected in CONFORMANCE]))
FILES = st.lists(st.lists(PARTS, max_size=6).map(b"".join), min_size=1, max_size=2)
PATTERNS = st.sampled_from(((), (), ("t",), ("?",), ("[t-v]", "x*"), ("[",), ("[v-t]",)))
POLICIES = st.builds(
    Policy,
    definer=st.sampled_from(("keep", "current", "strip", "a@b", "`a`@'%'")),
    encryption=st.sampled_from(("keep", "strip")),
    events=st.sampled_from(("disabled", "keep", "omit")),
    engines=st.sampled_from(((), (("INNODB", "TokuDB"),))),
)
CHOICES = st.builds(
    Choices,
    target=st.sampled_from((b"copy", b"shop", b"other")),
    policy=POLICIES,
    tables=PATTERNS,
    exclude_tables=PATTERNS,
    triggers=st.sampled_from(("after", "omit")),
    allow=st.sampled_from(((), (), ("create", "drop", "insert", "alter", "set"), ("",))),
    batch_bytes=st.sampled_from((1, 100, 1 << 20)),
    defer_indexes=st.sampled_from(("auto", "always", "never")),
    server_version=st.integers(50500, 90700),
    lower_case=st.booleans(),
    source=st.sampled_from((None, None, b"shop", b"Shop", b"")),
)
PLACE = re.compile(r"file\d\.sql, line \d+, byte \d+: ")
# Nothing is in the one, and of what begins behind the last statement of the other nothing more is known.
EMPTY_OR_OPEN = re.compile(r"file\d\.sql(, \d+ bytes)?\Z")


class File(io.BytesIO):
    """As what the loader reads from, it knows its name."""

    def __init__(self, name, content):
        super().__init__(content)
        self.name = name


def planned(files, choices):
    """The plan, or None where a Failure says why there is none, with the place of each reason."""
    planner = Planner(choices)
    try:
        for number, content in enumerate(files):
            name = "file{0}.sql".format(number)
            planner.read(DumpSource(name, File(name, content)))
        return planner.plan()
    except Failure as failure:
        assert failure.cure
        places = failure.facts.get("refused") or [failure.where or ""]
        assert all(PLACE.search(place) or EMPTY_OR_OPEN.match(place) for place in places)
        return None


@pytest.mark.parametrize("policy", [Policy(), Policy("strip", "strip", "disabled", (("INNODB", "TokuDB"),)), Policy("a@b", "strip", "omit")])
def test_a_statement_cut_after_any_word_or_without_one(policy):
    for words in SPLIT:
        for at in range(len(words)):
            for left in (words[:at], words[:at] + words[at + 1 :]):
                planned([b"".join(left) + b";\n"], Choices(b"copy", policy, defer_indexes="always"))


@examples(400)
@given(FILES, CHOICES)
def test_any_dump_has_a_plan_or_a_failure_with_its_place(files, choices):
    planned(files, choices)


@examples(100)
@given(FILES.map(b"".join), st.booleans())
def test_any_head_of_a_dump_has_a_header_or_a_failure_with_its_place(head, whole):
    try:
        read_header(head, head[-100:], whole=whole)
    except Failure as failure:
        assert failure.cure and failure.where

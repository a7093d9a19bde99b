# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Columns, keys and options of a CREATE TABLE."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import ColumnOptions, KeyPart, parse_table

NEW = Dialect(90704, charset="utf8mb4")
ODD = b"""CREATE TABLE `a``b` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `primary` varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'KEY `x` (`y`),' COMMENT ') ENGINE=x,',
  `gen` decimal(12,4) GENERATED ALWAYS AS ((`id` * 1.19)) STORED,
  `hid` int DEFAULT NULL /*!80023 INVISIBLE */,
  `e` enum('a,b',')','it''s') DEFAULT NULL,
  `b` varbinary(10) DEFAULT NULL,
  `p` point NOT NULL /*!80003 SRID 4326 */,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u,1` (`primary`(10),`e` DESC),
  KEY `exp` (((`id` + 1)),`b`),
  FULLTEXT KEY `ft` (`primary`) /*!50100 WITH PARSER `ngram` */ ,
  SPATIAL KEY `sp` (`p`),
  CONSTRAINT `fk` FOREIGN KEY (`hid`) REFERENCES `x` (`y`) ON DELETE CASCADE,
  CONSTRAINT `chk` CHECK ((`hid` > 0))
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='ENGINE=MyISAM' /*!80016 ENCRYPTION='Y' */"""


def test_everything_at_once():
    table = parse_table(ODD, NEW)
    assert table is not None
    assert (table.name, table.engine, table.charset, table.encrypted, table.partitioned) == (b"a`b", "InnoDB", "utf8mb4", True, False)
    assert [(c.name, c.type) for c in table.columns] == [
        (b"id", "BIGINT"),
        (b"primary", "VARCHAR"),
        (b"gen", "DECIMAL"),
        (b"hid", "INT"),
        (b"e", "ENUM"),
        (b"b", "VARBINARY"),
        (b"p", "POINT"),
    ]
    assert [c.name for c in table.row_columns] == [b"id", b"primary", b"e", b"b", b"p"]
    assert [c.name for c in table.columns if c.generated] == [b"gen"] and [c.name for c in table.columns if c.invisible] == [b"hid"]
    assert [c.name for c in table.columns if c.auto_increment] == [b"id"] and [c.name for c in table.columns if c.binary] == [b"b", b"p"]
    assert [(key.kind, key.name, key.columns) for key in table.keys] == [
        ("primary", None, (b"id",)),
        ("unique", b"u,1", (b"primary", b"e")),
        ("index", b"exp", (b"b",)),
        ("fulltext", b"ft", (b"primary",)),
        ("spatial", b"sp", (b"p",)),
        ("foreign", b"fk", (b"hid",)),
        ("check", b"chk", ()),
    ]
    assert [key.part for key in table.keys] == list(range(7, 14))
    assert [key.sql for key in table.keys][3] == b"FULLTEXT KEY `ft` (`primary`) WITH PARSER `ngram`"
    assert all(b"".join(ODD[start:end] for start, end in key.spans).split() == key.sql.split() for key in table.keys if key.kind != "fulltext")
    assert [ODD[at : at + 1] for at in table.commas] == [b","] * 13


def test_version_comments_old_servers_skip():
    table = parse_table(ODD, Dialect(50729))
    assert table is not None and not table.encrypted and not any(c.invisible for c in table.columns)


@pytest.mark.parametrize(
    "sql, engine, partitioned",
    [
        (b"CREATE TABLE t (a int) ENGINE=MyISAM", "MyISAM", False),
        (b"CREATE TABLE IF NOT EXISTS t (a int) engine MEMORY", "MEMORY", False),
        (b"CREATE TABLE `s`.`t` (a int)", "InnoDB", False),
        (b"CREATE TABLE t (a int) ENGINE=InnoDB COMMENT='x' ENGINE=`MyISAM`", "MyISAM", False),
        (b"CREATE TABLE t (a int) ENGINE=MRG_MyISAM UNION=(engine, u)", "MRG_MyISAM", False),
        (b"CREATE TABLE t (a int) PARTITION BY HASH (a) (PARTITION p ENGINE=MyISAM)", "MyISAM", True),
        (b"CREATE TABLE t (a int) ENGINE=InnoDB\n/*!50100 PARTITION BY HASH (a)\nPARTITIONS 2 */", "InnoDB", True),
        (b"CREATE TABLE t (a int) COMMENT='PARTITION BY' ENGINE=MRG_MyISAM UNION=(`a`,`b`)", "MRG_MyISAM", False),
        (b"CREATE TABLE `PARTITION` (`PARTITION` int) ENGINE=InnoDB", "InnoDB", False),
    ],
)
def test_engines_and_partitions(sql, engine, partitioned):
    table = parse_table(sql, NEW)
    assert table is not None and (table.engine, table.partitioned) == (engine, partitioned)


@pytest.mark.parametrize(
    "column, kinds",
    [
        (b"a int PRIMARY KEY", ["primary"]),
        (b"a int KEY COMMENT 'UNIQUE'", ["primary"]),
        (b"a int UNIQUE", ["unique"]),
        (b"a int UNIQUE KEY", ["unique"]),
        (b"a int UNIQUE PRIMARY KEY", ["primary", "unique"]),
        (b"a SERIAL", ["unique"]),
        (b"a int REFERENCES u (a)", ["foreign"]),
        (b"a int DEFAULT (unique_key + key_of(b))", []),
    ],
)
def test_keys_in_a_column(column, kinds):
    table = parse_table(b"CREATE TABLE t (" + column + b", b int)", NEW)
    assert table is not None and [key.kind for key in table.keys] == kinds


def test_a_column_refers_to_another_table_only_since_9_0():
    table = parse_table(b"CREATE TABLE t (a int REFERENCES u (a))", Dialect(80400))
    assert table is not None and table.keys == ()


@pytest.mark.parametrize(
    "sql, name",
    [
        (b"KEY k USING BTREE (a)", b"k"),
        (b"INDEX USING HASH (a)", None),
        (b"KEY TYPE BTREE (a)", None),
        (b"KEY type (a)", b"type"),
        (b"UNIQUE KEY hash (a)", b"hash"),
        (b"CONSTRAINT c UNIQUE (a)", b"c"),
        (b"CONSTRAINT c UNIQUE INDEX k (a)", b"k"),
        (b"UNIQUE CLUSTERING KEY k (a)", b"k"),
        (b"CLUSTERING KEY k (a)", b"k"),
    ],
)
def test_names_of_keys(sql, name):
    table = parse_table(b"CREATE TABLE t (a int, " + sql + b")", NEW)
    assert table is not None and [(key.name, key.columns) for key in table.keys] == [(name, (b"a",))]


def test_the_text_of_a_key_has_no_comments_and_all_its_literals():
    """What a list of rows of literals would be in an INSERT is left out of its tokens, but not here."""
    key = b"KEY k ( /* a, */ (cast((a, b) IN ((1,2),(3,4)) -- ),\n as char(1))) ) COMMENT 'a -- b' # c"
    table = parse_table(b"CREATE TABLE t (a int, b int, " + key + b"\n)", NEW)
    assert table is not None and table.keys[0].sql == b"KEY k (  (cast((a, b) IN ((1,2),(3,4)) as char(1))) ) COMMENT 'a -- b'".replace(b"(  (", b"( (")


@pytest.mark.parametrize("digits, number", [(b"18446744073709551615", 18446744073709551615), (b"9" * 5000, None), (b"1e3", None), (b"", None)])
def test_the_next_number(digits, number):
    table = parse_table(b"CREATE TABLE t (a int) AUTO_INCREMENT=" + digits, NEW)
    assert table is not None and table.next_number == number


@pytest.mark.parametrize(
    "sql",
    [
        b"CREATE TABLE t LIKE u",
        b"CREATE TABLE t (a int",
        b"CREATE TABLE t (())",
        b"",
        b"CREATE TABLE t (a int, CONSTRAINT)",
        b"CREATE TABLE t (a int, CONSTRAINT `c`)",
        b"CREATE TABLE t (a int, CONSTRAINT c (a))",
        b"CREATE TABLE t (a int, CONSTRAINT CONSTRAINT UNIQUE (a))",
        "CREATE TABLE t (a int, CONSTRAINT c schlüssel (a))".encode(),
    ],
    ids=ascii,
)
def test_statements_that_are_not_table_definitions(sql):
    assert parse_table(sql, NEW) is None


@pytest.mark.parametrize(
    "column, expected",
    [
        (b"a int", {}),
        (b"a int NOT NULL DEFAULT '1' COMMENT 'NULL DEFAULT NULL'", {"nullable": False, "default": "VALUE"}),
        (b"a int NULL DEFAULT NULL", {"nullable": True, "default": "NULL"}),
        (b"a timestamp DEFAULT now() ON UPDATE current_timestamp()", {"default": "NOW", "on_update": True}),
        (b"a int REFERENCES b (c) ON UPDATE CASCADE", {"refers": True}),
        (b"a int CHECK (a > 0)", {"checked": True}),
        (b"a char(3) CHARACTER SET 'latin1' COLLATE latin1_bin", {"charset": "latin1", "collation": "latin1_bin"}),
        (b"a char(3) CHARSET latin1", {"charset": "latin1"}),
        (b"a char(3) BINARY", {"implied_charset": True}),
        (b"a enum('CHARSET latin1','NOT NULL')", {}),
        (b"a int COLUMN_FORMAT DEFAULT STORAGE DEFAULT", {}),
        (b"a varchar(9) DEFAULT (concat('NULL', now()))", {"default": "VALUE"}),
    ],
)
def test_what_follows_the_type_of_a_column(column, expected):
    table = parse_table(b"CREATE TABLE t (" + column + b")", NEW)
    assert table is not None and table.columns[0].options == ColumnOptions(**expected)


def test_parts_of_keys():
    table = parse_table(b"CREATE TABLE t (a text, KEY k (`a`(10) DESC, (lower(a)), b ASC))", NEW)
    assert table is not None and table.keys[0].key_parts == (KeyPart(b"a", 10, True), KeyPart(None, None, False), KeyPart(b"b", None, False))


@pytest.mark.parametrize(
    "options, expected",
    [(b"", None), (b"ROW_FORMAT=Compact", "COMPACT"), (b"ROW_FORMAT=DEFAULT", None), (b"KEY_BLOCK_SIZE=8", "COMPRESSED"), (b"KEY_BLOCK_SIZE=0", None),
     (b"ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8", "DYNAMIC")],
)  # fmt: skip
def test_row_formats(options, expected):
    table = parse_table(b"CREATE TABLE t (a int) " + options, NEW)
    assert table is not None and table.row_format == expected


@pytest.mark.parametrize(
    "written, engine", [("HEAP", "MEMORY"), ("merge", "MRG_MYISAM"), ("innobase", "InnoDB"), ("'ndb'", "NDBCLUSTER"), ("TokuDB", "TokuDB")]
)
def test_an_engine_has_other_names(written, engine):
    sql = "CREATE TABLE t (a int) ENGINE={0} PARTITION BY HASH (a) (PARTITION p ENGINE = {0})".format(written).encode()
    table = parse_table(sql, Dialect(90704))
    assert (table.engine, table.partition_engines) == (engine, (engine,))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a CREATE TABLE by the user's policies. What is left is the statement that remains when the clauses are not there."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, scan
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import edited
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_rewrite import table_edits
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

NEW = Dialect(90704)


def changed(sql, engines=None, strip=False):
    """The tokens after the changes, what is counted, and the notes."""
    made = table_edits(tokens(sql, NEW), engines or {}, strip_encryption=strip)
    return b" ".join(token.text for token in scan(edited(sql, made.edits), NEW)), made.changed, made.notes


@pytest.mark.parametrize(
    "options, left, counted",
    [
        (b"ENGINE=InnoDB DATA DIRECTORY='/x/'", b"ENGINE = InnoDB", ("data_directory",)),
        (b"ENGINE=MyISAM, DATA DIRECTORY='/x', INDEX DIRECTORY '/y', COMMENT='c'", b"ENGINE = MyISAM COMMENT = 'c'", ("data_directory",) * 2),
        (b"/*!50100 DATA */ DIRECTORY /*!50100 = '/x' */ ENGINE=InnoDB", b"ENGINE = InnoDB", ("data_directory",)),
        (b"/*!50100 TABLESPACE `ts_fast` */ ENGINE=InnoDB", b"ENGINE = InnoDB", ("tablespace",)),
        (b"TABLESPACE = innodb_system", b"", ("tablespace",)),
        (b"TABLESPACE ts STORAGE DISK ENGINE=NDB", b"ENGINE = NDB", ("tablespace",) * 2),
        (b"COMMENT='DATA DIRECTORY=/x' DEFAULT CHARSET=utf8", b"COMMENT = 'DATA DIRECTORY=/x' DEFAULT CHARSET = utf8", ()),
        (
            b"PARTITION BY HASH (a) (PARTITION p DATA DIRECTORY='/x' COMMENT='c', PARTITION q TABLESPACE ts)",
            b"PARTITION BY HASH ( a ) ( PARTITION p COMMENT = 'c' , PARTITION q )",
            ("data_directory", "tablespace"),
        ),
        (
            b"PARTITION BY RANGE (a) SUBPARTITION BY HASH (a) (PARTITION p VALUES LESS THAN (1) (SUBPARTITION s INDEX DIRECTORY='/x', SUBPARTITION r))",
            b"PARTITION BY RANGE ( a ) SUBPARTITION BY HASH ( a ) ( PARTITION p VALUES LESS THAN ( 1 ) ( SUBPARTITION s , SUBPARTITION r ) )",
            ("data_directory",),
        ),
    ],
)
def test_files_outside_the_directory_of_the_database_are_left_out(options, left, counted):
    text, count, notes = changed(b"CREATE TABLE t (a int) " + options)
    assert text == (b"CREATE TABLE t ( a int ) " + left).strip() and count == counted and len(notes) == len(counted)
    assert all("was left out" in note for note in notes)


def test_the_notes_name_the_clause():
    assert changed(b"CREATE TABLE t (a int) TABLESPACE `ts_fast`")[2][0].startswith("TABLESPACE `ts_fast` was left out")
    assert changed(b"CREATE TABLE t (a int) DATA DIRECTORY '/x'")[2][0].startswith("DATA DIRECTORY '/x' was left out")


@pytest.mark.parametrize(
    "sql, left, options",
    [
        (b"(h int, CLUSTERING KEY k (h)) ENGINE=TokuDB ROW_FORMAT=TOKUDB_ZLIB", b"( h int , KEY k ( h ) ) ENGINE = InnoDB", 2),
        (b"(h int, UNIQUE CLUSTERING KEY k (h)) ENGINE=TokuDB", b"( h int , UNIQUE KEY k ( h ) ) ENGINE = InnoDB", 1),
        (b"(h int, KEY k (h) `clustering`=yes) ENGINE=TokuDB `compression`='tokudb_zlib'", b"( h int , KEY k ( h ) ) ENGINE = InnoDB", 2),
        (b"(`clustering` int, KEY clustering (`clustering`)) ENGINE=TokuDB", b"( `clustering` int , KEY clustering ( `clustering` ) ) ENGINE = InnoDB", 0),
        (b"(h int) ENGINE=TokuDB PAGE_CHECKSUM=1 TRANSACTIONAL=0, COMMENT='c'", b"( h int ) ENGINE = InnoDB COMMENT = 'c'", 2),
        (b"(h int) ENGINE=TokuDB KEY_BLOCK_SIZE=1024 CONNECTION='x'", b"( h int ) ENGINE = InnoDB", 2),
        (b"(h int) ENGINE=MyISAM ROW_FORMAT=FIXED", b"( h int ) ENGINE = MyISAM ROW_FORMAT = FIXED", 0),
    ],
)
def test_words_of_a_replaced_engine_are_left_out(sql, left, options):
    text, count, notes = changed(b"CREATE TABLE t " + sql, {"TOKUDB": "InnoDB"})
    assert text == b"CREATE TABLE t " + left and count.count("engine_options") == options
    assert count.count("engine") == (b"InnoDB" in left)


@pytest.mark.parametrize(
    "partitions",
    [
        b"LIST (a) (PARTITION p VALUES IN (1,2,3,4,5,6,7,8) ENGINE = MyISAM, PARTITION q VALUES IN (9) COMMENT='c' MAX_ROWS=1 MIN_ROWS=1 ENGINE = MyISAM)",
        b"RANGE (a) (PARTITION p VALUES LESS THAN (1) STORAGE ENGINE MyISAM, PARTITION q VALUES LESS THAN MAXVALUE ENGINE = `MyISAM`)",
        b"RANGE (a) SUBPARTITION BY HASH (a) (PARTITION p VALUES LESS THAN (1) (SUBPARTITION r ENGINE = MyISAM, SUBPARTITION s ENGINE = 'MyISAM'))",
    ],
)
def test_engines_of_all_partitions_are_replaced(partitions):
    text, count, _notes = changed(b"CREATE TABLE t (a int) ENGINE=MyISAM PARTITION BY " + partitions, {"MYISAM": "InnoDB"})
    assert b"MyISAM" not in text and count == ("engine",) * 3


def test_an_engine_has_other_names():
    assert changed(b"CREATE TABLE t (a int) ENGINE=HEAP", {"MEMORY": "InnoDB"})[0] == b"CREATE TABLE t ( a int ) ENGINE = InnoDB"
    assert changed(b"CREATE TABLE t (a int) ENGINE=MEMORY", {"MEMORY": "heap"})[1] == ()


@pytest.mark.parametrize("option", [b"ENCRYPTION='Y'", b"/*!50611 BLOCK_FORMAT=ENCRYPTED */", b"encryption 'N'"])
def test_encryption(option):
    assert changed(b"CREATE TABLE t (a int) " + option + b" COMMENT='c'", strip=True) == (b"CREATE TABLE t ( a int ) COMMENT = 'c'", ("encryption",), ())
    assert changed(b"CREATE TABLE t (a int) " + option)[1] == ()


def test_other_statements_are_not_changed():
    assert table_edits(tokens(b"ALTER TABLE t ENGINE=TokuDB DATA DIRECTORY='/x'", NEW), {"TOKUDB": "InnoDB"}, strip_encryption=True) == ((), (), ())

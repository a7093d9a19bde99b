# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The temporary copy of a CREATE TABLE. What servers say to it is in tests/servers/test_checks_of_tables.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.temporary_copy import temporary_copies


def copies(text, version=90704, **choices):
    return temporary_copies(text, Dialect(version), b"x", b"MyISAM", **choices)


@pytest.mark.parametrize(
    "text, copy",
    [
        (b"CREATE TABLE t (a INT, KEY k (a)) ENGINE=InnoDB DEFAULT CHARSET=latin1", b"(a INT, KEY k (a)) ENGINE=InnoDB DEFAULT CHARSET=latin1"),
        (b"CREATE TABLE IF NOT EXISTS `s`.`t` (a INT) ENGINE = MyISAM, COLLATE utf8_bin", b"(a INT) ENGINE = MyISAM COLLATE utf8_bin"),
        (
            b"CREATE TABLE t (a INT /*!80023 INVISIBLE */ -- x\n, b TEXT DEFAULT (now()), CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a), FULLTEXT KEY (b), "
            b"CONSTRAINT c CHECK (a > 0), SPATIAL KEY (b), CONSTRAINT u UNIQUE (a)) ENGINE=InnoDB CHARSET=utf8mb4",
            b"(a INT INVISIBLE, b TEXT DEFAULT (now()), CONSTRAINT c CHECK (a > 0), CONSTRAINT u UNIQUE (a)) ENGINE=InnoDB CHARSET=utf8mb4",
        ),
        (
            b"CREATE TABLE t (a INT) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 CHARSET=utf8 ENCRYPTION='Y' TABLESPACE x COMMENT='y' "
            b"PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (1) ENGINE=MyISAM)",
            b"(a INT) ENGINE=InnoDB CHARSET=utf8 COMMENT='y'",
        ),
        (
            b"CREATE TABLE t (a INT REFERENCES p (x), b INT, CONSTRAINT f FOREIGN KEY (b) REFERENCES u (a)) ENGINE=InnoDB CHARSET=utf8",
            b"(a INT, b INT, KEY (`a`), KEY `f` (`b`)) ENGINE=InnoDB CHARSET=utf8",
        ),
        (b"CREATE TABLE t (a INT) ENGINE=InnoDB ROW_FORMAT=COMPACT CHARSET=utf8", b"(a INT) ENGINE=InnoDB ROW_FORMAT=COMPACT CHARSET=utf8"),
    ],
)
def test_columns_keys_and_options_that_a_temporary_table_may_have(text, copy):
    assert copies(text) == [b"CREATE TEMPORARY TABLE `x` " + copy]


def test_without_a_character_set_one_of_two_must_be_accepted():
    made = b"CREATE TEMPORARY TABLE `x` (a TEXT) ENGINE=InnoDB"
    assert copies(b"CREATE TABLE t (a TEXT) ENGINE=InnoDB") == [made + b" CHARSET=latin1", made + b" CHARSET=utf8mb4"]


def test_keys_that_innodb_has_no_temporary_tables_with():
    text = b"CREATE TABLE t (a TEXT, FULLTEXT KEY (a), FOREIGN KEY (b) REFERENCES u (b)) CHARSET=utf8"
    assert copies(text) == [b"CREATE TEMPORARY TABLE `x` (a TEXT, KEY (`b`)) ENGINE=MyISAM CHARSET=utf8"]
    assert copies(text, special_keys=True) == [b"CREATE TEMPORARY TABLE `x` (a TEXT, FULLTEXT KEY (a), KEY (`b`)) ENGINE=MyISAM CHARSET=utf8"]
    assert copies(b"CREATE TABLE t (a INT, KEY k (a))", special_keys=True) == []


def test_what_is_not_understood_is_not_tried():
    assert copies(b"CREATE TABLE t LIKE u") == []


def test_the_engine_and_character_set_of_a_table_that_names_none():
    assert temporary_copies(b"CREATE TABLE t (a INT)", Dialect(90704), b"x", b"InnoDB", charset=b"CHARACTER SET latin1") == [
        b"CREATE TEMPORARY TABLE `x` (a INT) ENGINE=InnoDB CHARACTER SET latin1"
    ]

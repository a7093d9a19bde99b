# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.database_options import (
    DatabaseNames,
    change_of_database,
    encryption_of,
    options_of_database,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens


def test_source_and_target_name_the_loaded_database():
    database = DatabaseNames(b"Copy", b"Shop")
    assert database.has(b"Copy") and database.has(b"Shop") and not database.has(b"shop") and not database.has(b"")
    assert database.is_target(b"Copy") and not database.is_target(b"Shop")
    assert database.is_source(b"Shop") and not database.is_source(b"Copy")
    assert database.stored(b"Copy") == b"Copy"


def test_names_in_any_case_are_equal_under_lower_case_table_names():
    database = DatabaseNames(b"Copy", "ÄRGER".encode(), lower_case=True)
    assert database.has(b"COPY") and database.is_target(b"copy") and database.is_source("ärger".encode())
    assert database.stored("Ä\udcff".encode("utf-8", "surrogateescape")) == "ä\udcff".encode("utf-8", "surrogateescape")


def test_only_the_target_is_known_before_the_dump_names_its_database():
    database = DatabaseNames(b"copy")
    for known in (database, database._replace(lower_case=True)):
        assert known.has(b"copy") and not known.has(b"shop") and not known.is_source(b"copy")


@pytest.mark.parametrize(
    "sql, options, stripped",
    [
        (b"CREATE DATABASE shop", b"", b""),
        (b"CREATE SCHEMA IF NOT EXISTS `database` COLLATE x", b"COLLATE x", b"COLLATE x"),
        (
            b"CREATE DATABASE shop DEFAULT CHARACTER SET utf8 DEFAULT ENCRYPTION='Y'",
            b"DEFAULT CHARACTER SET utf8 DEFAULT ENCRYPTION = 'Y'",
            b"DEFAULT CHARACTER SET utf8",
        ),
        (b"CREATE DATABASE shop ENCRYPTION 'Y' COLLATE x", b"ENCRYPTION 'Y' COLLATE x", b"COLLATE x"),
        (b"CREATE DATABASE encryption COLLATE x", b"COLLATE x", b"COLLATE x"),
        # The server reports what is wrong with these.
        (b"CREATE DATABASE shop ENCRYPTION", b"ENCRYPTION", b"ENCRYPTION"),
        (b"CREATE DATABASE shop COLLATE x DEFAULT ENCRYPTION=", b"COLLATE x DEFAULT ENCRYPTION =", b"COLLATE x DEFAULT ENCRYPTION ="),
        (b"CREATE DATABASE", b"", b""),
        (b"CREATE DATABASE IF NOT EXISTS", b"", b""),
        (b"CREATE DATABASE NOT COLLATE x", b"COLLATE x", b"COLLATE x"),
    ],
)
def test_options_after_the_name(sql, options, stripped):
    found = tokens(sql, Dialect(90704))
    assert options_of_database(found, strip_encryption=False) == (options, False)
    assert options_of_database(found, strip_encryption=True) == (stripped, stripped != options)
    encryption = encryption_of(options, Dialect(90704))
    assert bool(encryption) == (stripped != options) and options.replace(encryption, b"").split() == stripped.split()


@pytest.mark.parametrize(
    "options, change",
    [
        (b"CHARACTER SET latin1 /* x */ COLLATE latin1_bin", (b"CHARACTER SET latin1 COLLATE latin1_bin", b"", b"")),
        (b"default charset = 'latin1' default collate=`latin1_bin`", (b"CHARACTER SET 'latin1' COLLATE `latin1_bin`", b"", b"")),
        (b"CHAR SET latin1", (b"CHARACTER SET latin1", b"", b"")),
        (b"ENCRYPTION='n'", (b"", b"N", b"")),
        (b"COLLATE x DEFAULT ENCRYPTION 'Y'", (b"COLLATE x", b"Y", b"")),
        (b"COLLATE x READ ONLY = 1", (b"COLLATE x", b"", b"READ")),
        (b"UPGRADE DATA DIRECTORY NAME", (b"", b"", b"UPGRADE")),
        # The server reports what is wrong with these.
        (b"COLLATE", (b"", b"", b"COLLATE")),
        (b"COLLATE x DEFAULT", (b"COLLATE x", b"", b"DEFAULT")),
        (b"", (b"", b"", b"")),
    ],
)
def test_the_options_of_alter_database(options, change):
    assert change_of_database(tokens(b"ALTER DATABASE `shop` " + options, Dialect(90704))) == change

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The length of names of files; tests/servers/test_checks_of_definitions.py has servers that write some."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.file_names import file_name_length, partition_length
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.partitioning import partitioning_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens


@pytest.mark.parametrize("name, length", [("aZ_9", 4), ("a-b", 7), ("a b", 7), ("\u20ac", 5), ("\u6570\u636e", 10), ("\u00e9\u042f", 6), ("$", 5), ("", 0)])
def test_characters_in_the_name_of_a_file(name, length):
    assert file_name_length(name.encode("utf-8"), utf8=True) == length


def test_names_in_other_character_sets():
    assert [file_name_length(name, utf8=False) for name in (b"a-b", b"\x80")] == [7, 0]


@pytest.mark.parametrize(
    "clause, added",
    [
        (b"HASH (a)", "#P#p0"),
        (b"HASH (a) PARTITIONS 12", "#P#p11"),
        (b"HASH (a) (PARTITION p, PARTITION `q-r`)", "#P#q@002dr"),
        (b"RANGE (a) (PARTITION first VALUES LESS THAN (5), PARTITION q VALUES LESS THAN (6))", "#P#first"),
        (b"RANGE (a) SUBPARTITION BY HASH (a) SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN (5))", "#P#p#SP#psp1"),
        (
            b"RANGE (a) SUBPARTITION BY HASH (a) (PARTITION p VALUES LESS THAN (5) (SUBPARTITION s), PARTITION qq VALUES LESS THAN (6) (SUBPARTITION ss))",
            "#P#qq#SP#ss",
        ),
    ],
)
def test_partitions_in_the_name_of_a_file(clause, added):
    found = partitioning_of(tokens(b"CREATE TABLE t (a INT) PARTITION BY " + clause, Dialect(90704)))
    assert partition_length(found, utf8=True) == len(added)

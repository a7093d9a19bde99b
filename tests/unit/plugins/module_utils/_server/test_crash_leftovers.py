# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of the files that a crash leaves. What servers do with such files is tested in tests/servers/test_import_kills.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.crash_leftovers import _named_like_file, file_name_of, name_of_file


@pytest.mark.parametrize(
    "message, expected",
    [
        ("Tablespace '`db`.`t`' exists.", "a-b"),
        ("Tablespace '`db`.`a-b` /* Partition `p0` */' exists.", "#mysql50#a@002db#P#p0"),
        ("Tablespace '`db`.`a-b` /* Partition `p0`, Subpartition `s 1` */' exists.", "#mysql50#a@002db#P#p0#SP#s@00201"),
    ],
)
def test_the_file_of_a_table_or_of_a_partition(message, expected):
    assert _named_like_file("a-b", message) == expected


def test_another_error_is_about_the_table_itself():
    assert _named_like_file("t", "Table 't' already exists") == "t"


@pytest.mark.parametrize(
    "name, file",
    [
        ("orders_2026", "orders_2026"),
        ("a-b", "a@002db"),
        ("a b.c", "a@0020b@002ec"),
        ("$x", "@0024x"),
        ("\u4f60", "@4f60"),
        ("__apsaradb_file", "__apsaradb_file"),
    ],
)
def test_names_of_files(name, file):
    assert file_name_of(name) == file and name_of_file(file) == name

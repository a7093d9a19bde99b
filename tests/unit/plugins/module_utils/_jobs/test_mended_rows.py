# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How corrected rows are counted; the rows themselves come from servers, in tests/servers/test_roll_forward.py."""

from types import SimpleNamespace

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._mended_rows import MendedRows, _differing

BEFORE = {("31",): "a", ("32",): "b", ("33",): "c"}


@pytest.mark.parametrize(
    "after, count",
    [
        (BEFORE, 0),
        ({("31",): "changed", ("32",): "b", ("33",): "c"}, 1),
        ({("31",): "a", ("32",): "b"}, 1),
        ({("31",): "a", ("32",): "b", ("33",): "c", ("34",): "d"}, 1),
        # A row whose key has changed counts twice: it was removed and added.
        ({("31",): "a", ("32",): "b", ("39",): "c"}, 2),
        ({}, 3),
    ],
)
def test_changed_removed_and_added_rows_are_counted(after, count):
    assert _differing(BEFORE, after) == count


def test_a_key_of_several_columns():
    assert _differing({("31", "32"): "a", ("31", "33"): "b"}, {("31", "32"): "a", ("32", "33"): "b"}) == 2


def test_an_overlap_without_tables():
    mended = MendedRows(None, ())
    mended.remember()
    assert mended.result() is None
    mended.compare()
    assert mended.result() == {"total": 0, "tables": {}, "not_counted": [], "without_key": []}


def test_the_largest_tables_beyond_the_limit_are_not_counted(monkeypatch):
    """The limit is one of the memory for all of them together."""
    counts = {"`shop`.`a`": 600000, "`shop`.`b`": 7, "`shop`.`c`": 500000, "`shop`.`d`": 400000}
    connection = SimpleNamespace(value=lambda sql: counts[sql.rpartition(" ")[2]])
    monkeypatch.setattr(MendedRows, "_key", lambda *_table: ["id"])
    read = []
    monkeypatch.setattr(MendedRows, "_digests", lambda _self, table: read.append(table[1]) or {})
    monkeypatch.setattr(MendedRows, "_exists", lambda *_table: True)
    mended = MendedRows(connection, [("shop", name) for name in "abcd"])
    mended.remember()
    assert read == ["b", "d", "c"]
    mended.compare()
    assert mended.result()["not_counted"] == ["shop.a"]

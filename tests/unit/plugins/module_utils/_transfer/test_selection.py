# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.selection import Selection, whole


def test_whole_object() -> None:
    selection = whole(100)
    assert selection.whole and (selection.spans, selection.size, selection.length) == (((0, 100),), 100, 100)


def test_selected_spans_followed_by_zeros() -> None:
    selection = Selection(("shop",), ((10, 20), (50, 80)), 10240)
    assert not selection.whole and selection.length == 40


def test_divided_at_the_borders_of_other_spans() -> None:
    selection = Selection(("shop",), ((10, 20), (50, 80)), 10240)
    divided = selection.divided([(0, 15), (50, 60), (70, 90)])
    assert divided.spans == ((10, 15), (15, 20), (50, 60), (60, 70), (70, 80))
    assert divided.length == selection.length and divided.size == selection.size


def test_dividing_by_no_spans_changes_nothing() -> None:
    assert whole(100).divided([]) == whole(100)

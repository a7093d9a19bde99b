# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import items, names, number, parse_api_time, text, version, written
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(("value", "read"), [("321", "321"), (321, "321"), (321.0, "321"), (" a ", "a"), (None, None), ("", None), ("null", None), ({}, None)])
def test_text_may_come_as_a_number_or_be_missing(value: Any, read: Optional[str]) -> None:
    assert text(value) == read


@pytest.mark.parametrize(("value", "read"), [(5, 5), ("5", 5), (5.0, 5), ("many", None), (None, None), (True, 1), ([], None)])
def test_number_may_come_as_text_or_be_missing(value: Any, read: Optional[int]) -> None:
    assert number(value) == read


@pytest.mark.parametrize(("value", "read"), [("8.0", "8.0"), (8, "8.0"), (8.0, "8.0"), (5.7, "5.7"), ("5.6", "5.6"), (None, None)])
def test_version_may_come_as_a_number(value: Any, read: Optional[str]) -> None:
    assert version(value) == read


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({"Items": {"Backup": [{"a": 1}, {"a": 2}]}}, [{"a": 1}, {"a": 2}]),
        ({"Items": {"Backup": {"a": 1}}}, [{"a": 1}]),
        ({"Items": {"Backup": []}}, []),
        ({"Items": {"Backup": None}}, []),
        ({"Items": {}}, []),
        ({"Items": ""}, []),
        ({}, []),
        ({"Items": {"Backup": [None, "x", {"a": 1}]}}, [{"a": 1}]),
    ],
)
def test_list_may_come_as_its_element_or_be_missing(answer: Dict[str, Any], read: List[Any]) -> None:
    assert items(answer, "Items", "Backup") == read


def test_names_are_separated_by_commas() -> None:
    assert names("shop,crm") == ["shop", "crm"]
    assert names(["shop", 7]) == ["shop", "7"]
    assert names(2024) == ["2024"]
    assert names("") == names(None) == []


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2019-02-13T12:20:00Z", 1550060400),
        ("2019-02-13T12:20Z", 1550060400),
        ("2019-02-13T12:20:30.123Z", 1550060430),
        ("2019-02-13", 1550016000),
        ("2019-02-30T12:20Z", None),
        ("2019-02-13T25:20Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_points_in_time(value: Any, read: Optional[int]) -> None:
    assert parse_api_time(value) == read


@given(st.integers(min_value=0, max_value=4 * 10**9))
def test_written_time_reads_the_same(seconds: int) -> None:
    assert parse_api_time(written(seconds)) == seconds

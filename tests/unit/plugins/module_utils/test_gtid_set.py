# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTID arithmetic, against Python's own sets."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B, as_text, expanded
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.lists(st.tuples(st.sampled_from([A, B, A + ":tag", A + ":_t2"]), st.integers(1, 30), st.integers(0, 6)), max_size=8).map(as_text)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ""),
        (" \n,, ", ""),
        (A + ":1", A + ":1"),
        (A.upper() + ":1-5", A + ":1-5"),
        (A + ":1-5:3-9,\n" + A + ":10", A + ":1-10"),
        (A + ":5:1:3", A + ":1:3:5"),
        (B + ":1," + A + ":2", A + ":2," + B + ":1"),
        (A + ":1-3:tag:1-2:_t:7", "{0}:1-3,{0}:_t:7,{0}:tag:1-2".format(A)),
        (A + ":TAG:1", A + ":tag:1"),
        (A + ":5-3", ""),
        (A + ": 1 - 5", A + ":1-5"),
    ],
)
def test_reading_and_writing(text, expected):
    assert str(GtidSet.parse(text)) == expected
    assert bool(GtidSet.parse(text)) == bool(expected)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        A,
        A + ":",
        A + ":x-y",
        A + ":1-",
        "1-5",
        A[:-1] + ":1",
        A + ":1;DROP",
        A + ":-5",
        A + ":" + "t" * 33 + ":1",
        A + ":1.5",
        A + ":1-" + "9" * 5000,
        A + ":\u0663",
        A + ":1 OR 1",
        "'" + A + ":1'",
    ],
)
def test_invalid_gtid_sets(text):
    with pytest.raises(Failure, match="This is not a GTID"):
        GtidSet.parse(text)


def test_size():
    assert GtidSet.parse(A + ":1-5:7," + B + ":1").transactions == 7
    assert GtidSet.parse("{0}:1-9223372036854775806".format(A)).subtract(GtidSet.parse(A + ":2-9223372036854775806")) == GtidSet.parse(A + ":1")


@given(TEXTS, TEXTS)
@examples(400)
def test_arithmetic(one, other):
    first, second = GtidSet.parse(one), GtidSet.parse(other)
    theirs = expanded(one), expanded(other)
    assert expanded(str(first)) == theirs[0] and first.transactions == len(theirs[0])
    assert GtidSet.parse(str(first)) == first
    assert expanded(str(first.subtract(second))) == theirs[0] - theirs[1]
    assert expanded(str(first.intersect(second))) == theirs[0] & theirs[1]
    assert first.within(second) == (theirs[0] <= theirs[1])


@given(TEXTS, TEXTS)
def test_union_and_single_transactions(first, second):
    left, right = GtidSet.parse(first), GtidSet.parse(second)
    both = left.union(right)
    assert expanded(str(both)) == expanded(first) | expanded(second)
    for key in (A, B, A + ":tag", A + ":_t2"):
        for number in range(38):
            assert both.contains("{0}:{1}".format(key, number)) == ((key, number) in expanded(str(both)))
    assert GtidSet.of((key, number, number) for key, number in expanded(str(both))) == both


@pytest.mark.parametrize("text", ["", "5", A, A + ":", A + ":1-5", A + ":tag"])
def test_what_is_not_one_transaction(text):
    with pytest.raises(Failure, match="not a GTID"):
        GtidSet().contains(text)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Segments of a roll-forward, and what happens to the target's GTID history."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.segments import ExecMode, SegmentBuilder, all_of, history_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4e11fa47-71ca-11e1-9e33-c80aa9429562"


def gtids(text):
    return GtidSet.parse(text.replace("A", A).replace("B", B))


def test_segments_end_at_a_change_of_mode_and_around_a_statement_by_hand():
    builder = SegmentBuilder()
    for number in (5, 6):
        builder.add("{0}:{1}".format(A, number), ExecMode.IDEMPOTENT)
    for gtid, by_hand in ((A + ":7", False), (B + ":1", False), (A + ":8", True), (A + ":9", False)):
        builder.add(gtid, ExecMode.STRICT, by_hand=by_hand)
    found = builder.segments()
    assert [(segment.gtids, segment.mode, segment.by_hand) for segment in found] == [
        (gtids("A:5-6"), ExecMode.IDEMPOTENT, False),
        (gtids("A:7,B:1"), ExecMode.STRICT, False),
        (gtids("A:8"), ExecMode.STRICT, True),
        (gtids("A:9"), ExecMode.STRICT, False),
    ]
    assert found[2].first == A + ":8" and all_of(found) == gtids("A:5-9,B:1")


def test_history_of_a_server_that_has_executed_nothing():
    """What the dump has and the overlap does not repeat is added to gtid_purged."""
    found = history_of(gtids("B:1-3"), gtids("A:1-10"), gtids("A:8-15"), None)
    assert found == (gtids("A:1-7"), gtids("A:8-15"), GtidSet())


def test_history_with_the_set_of_the_dump():
    """The overlap cannot be applied again."""
    found = history_of(gtids("A:1-10"), gtids("A:1-10"), gtids("A:8-15"), None)
    assert found == (GtidSet(), gtids("A:11-15"), gtids("A:8-10"))


def test_history_of_an_interrupted_run():
    found = history_of(gtids("A:1-12"), gtids("A:1-10"), gtids("A:8-15"), gtids("A:8-15"))
    assert found == (GtidSet(), gtids("A:13-15"), GtidSet())


@pytest.mark.parametrize("ours", [None, gtids("A:8-11")])
def test_transactions_that_another_database_has_used_up(ours):
    with pytest.raises(Failure, match="would skip them: {0}:1[12]".format(A)):
        history_of(gtids("A:1-12"), gtids("A:1-10"), gtids("A:8-15"), ours)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What earlier runs have left that prevents databases from following; tests/servers/test_follow.py follows a server."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._following import EarlierRuns, _follow_together, _left_problems
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_targets import FOLLOW_STARTING, FOLLOWING, PROMOTED
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B

FOLLOWS = {"state": FOLLOWING, "set": A + ":1-5", "databases": {"blog": "blog", "shop": "shop"}, "source": {"host": "h"}}


def problems(roll, here="", there=A + ":1-9", dump="", is_ours=False, has_channel=False):
    return list(_left_problems(EarlierRuns(roll, GtidSet.parse(dump), is_ours, has_channel), GtidSet.parse(here), GtidSet.parse(there)))


@pytest.mark.parametrize(
    "rolls, ours",
    [
        ([FOLLOWS, FOLLOWS], True),
        ([FOLLOWS, None], False),
        ([None, None], False),
        # A roll-forward of the same databases has no source.
        ([{"state": "complete", "databases": FOLLOWS["databases"]}] * 2, False),
        ([dict(FOLLOWS, databases={"shop": "shop"})] * 2, False),
        ([dict(FOLLOWS, databases=dict(FOLLOWS["databases"], wiki="wiki"))] * 2, False),
        ([FOLLOWS, dict(FOLLOWS, databases={"shop": "shop"})], False),
    ],
)
def test_databases_of_one_earlier_call(rolls, ours):
    assert _follow_together(rolls, ["shop", "blog"]) is ours


@pytest.mark.parametrize("here", ["", A + ":1-5", B + ":1-3"])
def test_new_imports_may_follow(here):
    # Transactions of the backup, and of this server alone, do not matter.
    assert problems({}, here=here, dump=A + ":1-5") == []


def test_databases_that_follow_continue():
    assert problems(FOLLOWS, here=A + ":1-7", is_ours=True, has_channel=True) == []
    assert problems(dict(FOLLOWS, state=FOLLOW_STARTING), is_ours=True) == []


@pytest.mark.parametrize(
    "roll, given, text",
    [
        ({}, {"has_channel": True}, "already follows with other databases"),
        (dict(FOLLOWS, state=PROMOTED), {"is_ours": True, "here": A + ":1-9"}, "were promoted"),
        (FOLLOWS, {"is_ours": True, "here": A + ":1-4", "has_channel": True}, "emptied since the databases began to follow"),
        # One cause is enough: without its history, the channel does not matter.
        (FOLLOWS, {"is_ours": True, "here": ""}, "emptied since the databases began to follow"),
        (FOLLOWS, {"is_ours": True, "here": A + ":1-9"}, "Someone has removed the channel"),
        ({}, {"here": A + ":1-7", "dump": A + ":1-5"}, "counts 2 transaction(s) as executed that are missing from these databases: {0}:6-7. Empty".format(A)),
        ({"state": "complete", "gtids": A + ":6-8"}, {"here": A + ":1-5", "dump": A + ":1-5"}, "emptied since the roll-forward"),
    ],
)
def test_what_earlier_runs_have_left(roll, given, text):
    (found,) = problems(roll, **given)
    assert text in found


def test_transactions_of_a_roll_forward_are_not_missing():
    assert problems({"state": "complete", "gtids": A + ":6-8"}, here=A + ":1-8", dump=A + ":1-5") == []

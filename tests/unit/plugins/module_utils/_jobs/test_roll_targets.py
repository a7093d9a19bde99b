# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases of a roll-forward as options name them, and what their imports know; tests/servers/test_roll_forward.py reads ledgers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_targets import FOLLOWING, PROMOTED, RollTarget, databases_of, refuse_followed, sets_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.tests.support.gtids import A


class Entry:
    """The part of a ledger entry that is read here."""

    def __init__(self, dump):
        self.report = {"gtid": {"dump": dump}} if dump is not None else {}


def target(name="shop", dump=None, roll=None):
    return RollTarget(name, name, Ledger(name, name), None if dump == "no entry" else Entry(dump), roll)


@pytest.mark.parametrize(
    "given, names",
    [
        ({"database": "shop"}, {"shop": "shop"}),
        ({"database": "shop2", "source_database": "shop"}, {"shop": "shop2"}),
        ({"databases": ["shop", "crm"]}, {"shop": "shop", "crm": "crm"}),
        ({"databases": "shop, crm"}, {"shop": "shop", "crm": "crm"}),
        ({"databases": {"shop": "shop2", "crm": None}}, {"shop": "shop2", "crm": "crm"}),
    ],
)
def test_databases(given, names):
    assert databases_of(dict({"database": None, "source_database": None, "databases": None}, **given)) == names


@pytest.mark.parametrize("databases", [None, [], {}, {"a": "x", "b": "x"}, {"a": "b", "b": ""}])
def test_no_database_or_one_target_twice(databases):
    with pytest.raises(Failure, match="databases is empty, or names the same target twice"):
        databases_of({"database": None, "source_database": None, "databases": databases})


def test_sets_of_several_dumps():
    found = sets_of([target(dump=A + ":1-10"), target("crm", dump=A + ":1-12")], None, "here")
    assert found == (GtidSet.parse(A + ":1-10"), GtidSet.parse(A + ":1-12"))
    assert sets_of([target(dump=A + ":1-10"), target("crm", "no entry")], A + ":1-3", "here").any == GtidSet.parse(A + ":1-3")


@pytest.mark.parametrize("dump", [None, "", "no entry"])
def test_an_unknown_set_is_refused(dump):
    with pytest.raises(Failure, match="The GTID set of the backup of crm is not known.*Give gtid_set"):
        sets_of([target(dump=A + ":1"), target("crm", dump)], None, "here")


def test_a_database_that_follows_is_not_rolled_forward():
    refuse_followed([target(), target("crm", roll={"state": "complete"})], "here")
    for state in (FOLLOWING, PROMOTED):
        with pytest.raises(Failure, match="The database crm follows a server, or has followed one"):
            refuse_followed([target(), target("crm", roll={"state": state})], "here")

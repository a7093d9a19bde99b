# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GTID sets of several dumps together."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._dump_sets import DumpsByGtid, dump_sets
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def test_what_all_have_and_what_one_has():
    found = dump_sets([GtidSet.parse(A + ":1-5," + B + ":1"), GtidSet.parse(A + ":3-9"), GtidSet.parse(A + ":1-7")])
    assert found is not None
    assert (str(found.common), str(found.any)) == (A + ":3-5", str(GtidSet.parse(A + ":1-9," + B + ":1")))


@pytest.mark.parametrize("sets", [[], [None], [GtidSet.parse(A + ":1"), None]])
def test_one_that_is_not_known_hides_the_others(sets):
    assert dump_sets(sets) is None


def test_the_dumps_that_contain_a_transaction():
    dumps = {"shop": GtidSet.parse(A + ":1-5:9"), "crm": GtidSet.parse(A + ":3-9," + B + ":tag:1")}
    found = DumpsByGtid(dumps)
    for gtid in ["{0}:{1}".format(A, number) for number in range(1, 12)] + [B + ":1", B + ":tag:1", B + ":tag:2"]:
        assert found.names(gtid) == {name for name, gtids in dumps.items() if gtids.contains(gtid)}, gtid

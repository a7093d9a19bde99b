# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GTID set in a result; that it is applied is tested on servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.gtid_purged import decision, lacks_set
from ansible_collections.apsaradb.mysql.tests.support.gtids import A
from ansible_collections.apsaradb.mysql.tests.support.subjects import subject

SET = b"SET @@GLOBAL.GTID_PURGED='" + A.encode() + b":1-5';\n"


def test_the_result_names_policy_and_set():
    assert decision(subject(SET, gtid="apply"), "added") == {"policy": "apply", "dump": A + ":1-5", "applied": "added"}
    assert decision(subject()) == {"policy": "strip", "dump": None, "applied": ""}


@pytest.mark.parametrize("sql, gtid", [(SET, "strip"), (SET, "fail"), (b"", "apply")])
def test_policies_that_want_no_set_ask_no_server(sql, gtid):
    assert not lacks_set(subject(sql, gtid=gtid))

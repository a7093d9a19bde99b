# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a dump."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.subject import KnownDump, choices_for
from ansible_collections.apsaradb.mysql.tests.support.subjects import EVENT, TABLE, request, server, subject


def test_a_dump_that_was_read_to_its_end():
    dump = subject(b"SET @@GLOBAL.GTID_PURGED='3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';\n" + TABLE % b"t" + EVENT)
    known = dump.known
    assert (known.whole, known.gtid_sure, known.origin.series) == (True, True, "5.7")
    assert known.gtid_purged == "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5" and [made.name for made in dump.programs] == [b"e"]


def test_a_dump_of_which_nothing_is_known():
    assert subject(whole=False).programs == () and KnownDump() == (None, False, None, False, None)
    assert KnownDump.loaded(None).gtid_sure


@pytest.mark.parametrize("setting, lower", [("0", False), ("1", True), ("2", False), (None, False)])
def test_choices_depend_on_the_server(setting, lower):
    choices = choices_for(request(), server("5.7.29", {} if setting is None else {"lower_case_table_names": setting}))
    assert (choices.server_version, choices.lower_case) == (50729, lower)


@pytest.mark.parametrize(
    "binlog, log_bin, grants, logged",
    [("on", "ON", ("SUPER",), True), ("on", "OFF", ("SUPER",), False), ("off", "ON", ("SUPER",), False), (None, "ON", (), True)],
)
def test_whether_the_load_is_logged(binlog, log_bin, grants, logged):
    assert subject(binlog=binlog, grants=grants, variables={"log_bin": log_bin}).logged is logged

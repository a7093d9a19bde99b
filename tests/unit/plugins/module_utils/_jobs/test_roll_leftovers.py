# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the note of a killed roll-forward means for the next run."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_leftovers import _settled, _was_restarted

NOTED = {"state": "starting", "exec_mode": "STRICT", "restart": "starts", "started": 1000}


@pytest.mark.parametrize("started, restarted", [(990, False), (1000, False), (1002, False), (1003, True), (5000, True)])
def test_a_restart_is_later_than_the_note(started, restarted):
    assert _was_restarted(NOTED, lambda: started) is restarted


@pytest.mark.parametrize("restart", ["held", "stopped", None, "nonsense"])
def test_a_channel_that_stays_stopped_is_safe_and_the_server_is_not_asked(restart):
    assert not _was_restarted(dict(NOTED, restart=restart), pytest.fail)


def test_a_note_without_a_time_counts_as_restarted():
    assert _was_restarted({"restart": "starts"}, lambda: 1000)


def test_settings_are_restored_once():
    assert _settled(NOTED, restarted=False) == {"state": "starting", "started": 1000}


def test_after_a_restart_the_next_run_for_the_same_databases_still_fails():
    kept = _settled(NOTED, restarted=True)
    assert "exec_mode" not in kept and _was_restarted(kept, lambda: 5000)

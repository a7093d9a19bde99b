# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.apsaradb.mysql.plugins.module_utils._backoff import backoff


def test_waits_double_up_to_a_limit_and_differ() -> None:
    for failures in range(1, 40):
        full = min(30.0, 0.5 * 2 ** (failures - 1))
        waits = [backoff(failures, 0.5) for _number in range(50)]
        assert all(full / 2 <= wait <= full for wait in waits)
        assert len(set(waits)) > 1


def test_wait_requested_by_the_server_is_respected_up_to_five_minutes() -> None:
    assert backoff(1, 0.5, 12.0) == 12.0
    assert backoff(1, 0.5, 86400.0) == 300.0

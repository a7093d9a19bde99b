# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import threading
from typing import List, Optional

from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.bandwidth_limit import BandwidthLimit


class RecordedWaits(threading.Event):
    """Records the waits and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: List[float] = []

    def wait(self, timeout: Optional[float] = None) -> bool:
        self.waits.append(timeout or 0.0)
        return True


def test_limit_applies_to_all_connections_together() -> None:
    limit, stop = BandwidthLimit(1000), RecordedWaits()
    for _number in range(10):
        limit.spend(5000, stop)
    assert 45 < stop.waits[-1] <= 50
    assert stop.waits == sorted(stop.waits)


def test_no_limit_never_waits() -> None:
    stop = RecordedWaits()
    BandwidthLimit(0).spend(1 << 40, stop)
    assert stop.waits == []

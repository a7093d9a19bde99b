# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import threading
import time
from email.utils import formatdate
from typing import List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.retry import Throttle, asked_for, pause


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, None),
        ({"x-oss-qos-delay-time": "1500"}, 1.5),
        ({"x-oss-qos-delay-time": "soon"}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "Thu, 99 Jan 99999 00:00:00 GMT"}, None),
    ],
)
def test_what_a_server_asks_for(headers: "dict[str, str]", seconds: Optional[float]) -> None:
    assert asked_for(headers) == seconds


def test_a_date_to_come() -> None:
    asked = asked_for({"Retry-After": formatdate(time.time() + 1000, usegmt=True)})
    assert asked is not None and 900 < asked <= 1000


def test_pauses_double_up_to_a_limit_and_differ() -> None:
    for failures in range(1, 40):
        full = min(30.0, 0.5 * 2 ** (failures - 1))
        pauses = [pause(failures, None, 0.5) for _number in range(50)]
        assert all(full / 2 <= one <= full for one in pauses)
        assert len(set(pauses)) > 1


def test_never_less_than_asked_for_and_not_for_hours() -> None:
    assert pause(1, 12.0, 0.5) == 12.0
    assert pause(1, 86400.0, 0.5) == 300.0


class Patience(threading.Event):
    """Writes down how long it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: List[float] = []

    def wait(self, timeout: Optional[float] = None) -> bool:
        self.waits.append(timeout or 0.0)
        return True


def test_a_limit_is_paid_for_by_all_together() -> None:
    throttle, stop = Throttle(1000), Patience()
    for _number in range(10):
        throttle.spend(5000, stop)
    assert 45 < stop.waits[-1] <= 50
    assert stop.waits == sorted(stop.waits)


def test_no_limit_never_waits() -> None:
    stop = Patience()
    Throttle(0).spend(1 << 40, stop)
    assert stop.waits == []

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load that is told to end leaves as it does when it fails: with what it borrowed given back."""

import os
import signal
import threading
from contextlib import contextmanager
from typing import Any, Iterator

_TOLD = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def end_as_failure() -> Iterator[None]:
    """SIGTERM and SIGHUP raise SystemExit in here, where nobody else treats them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()

    def end(number: int, _frame: Any) -> None:
        if os.getpid() != process:
            # A child that only reads: nothing of the load is its own to clear up.
            os._exit(128 + number)  # pylint: disable=protected-access
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _TOLD if signal.getsignal(number) is signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIGTERM and SIGHUP end a load like a failure, so that server settings are restored."""

import os
import signal
import threading
from contextlib import contextmanager
from typing import Any, Iterator

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Within the context, SIGTERM and SIGHUP raise SystemExit, unless the process already handles or ignores them. Does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()

    def end(number: int, _frame: Any) -> None:
        if os.getpid() != process:
            # A forked child only reads; it must not clean up for its parent.
            os._exit(128 + number)  # pylint: disable=protected-access
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

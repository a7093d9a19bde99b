# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the status that a module writes into a few lines for people."""

import json
from typing import Any

from ansible_collections.apsaradb.mysql.plugins.plugin_utils._units import progress_duration, progress_size

_PERCENT_PER_LINE = 5
_SECONDS_BETWEEN_LINES = 2
_SILENT_SECONDS = (10, 300)


class ProgressLines:
    """Decides which polls of a module are worth a line."""

    def __init__(self) -> None:
        self._shown: dict[str, Any] = {}
        self._at = 0.0

    def line(self, status: dict[str, Any], elapsed: float) -> str | None:
        """The line to show ``elapsed`` seconds after the module began, if any: for a new phase, for more percent, or after a long silence."""
        if status.get("state") != "running" or elapsed - self._at < _SECONDS_BETWEEN_LINES:
            return None
        more = (_number(status, "percent") or 0) - (_number(self._shown, "percent") or 0)
        least, most = _SILENT_SECONDS
        # The longer a job runs, the less often a line without news is useful.
        silence = min(most, max(least, elapsed / 30))
        if status.get("phase") == self._shown.get("phase") and abs(more) < _PERCENT_PER_LINE and elapsed - self._at < silence:
            return None
        self._shown, self._at = status, elapsed
        return _line(status, elapsed)


def status_of(text: str) -> dict[str, Any] | None:
    """The status in the text of a status file; None if it is empty, incomplete or of another format."""
    try:
        status = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return status if isinstance(status, dict) and status.get("format") == 1 else None


def _line(status: dict[str, Any], elapsed: float) -> str:
    percent, done, total = (_number(status, name) for name in ("percent", "bytes_done", "bytes_total"))
    facts = []
    if percent is not None:
        facts.append(f"{percent} %")
    if done and total:
        facts.append(f"{progress_size(done)} of {progress_size(total)}")
    elif done:
        facts.append(progress_size(done))
    rate = _number(status, "rate")
    if rate:
        facts.append(f"{progress_size(rate)}/s")
    for what in ("databases", "tables", "transactions"):
        all_of_them = _number(status, f"{what}_total")
        if all_of_them:
            facts.append(f"{_number(status, f'{what}_done') or 0} of {all_of_them} {what}")
    eta = _number(status, "eta")
    facts.append(f"{progress_duration(elapsed)} so far" if eta is None else f"{progress_duration(eta)} left")
    about = f"{_plain(status['subject'])}: " if status.get("subject") else ""
    return f"{about}{_plain(status.get('phase'))}: {', '.join(facts)}"


def _number(status: dict[str, Any], name: str) -> int | None:
    value = status.get(name)
    return value if isinstance(value, int) and 0 <= value < 1 << 63 else None


def _plain(text: Any) -> str:
    """``text`` without control characters: a name may hold an escape sequence."""
    return "".join(character if character.isprintable() else "?" for character in str(text))

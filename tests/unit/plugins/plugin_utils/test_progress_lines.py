# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which polls of a module become lines, and what the lines say."""

from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._progress_lines import ProgressLines, status_of


def status(**facts: Any) -> dict[str, Any]:
    return {"format": 1, "state": "running", "phase": "rows", "subject": "shop", **facts}


def shown(polls: list[tuple[float, dict[str, Any]]]) -> list[float]:
    lines = ProgressLines()
    return [at for at, poll in polls if lines.line(poll, at) is not None]


def test_line_with_all_that_is_known() -> None:
    full = status(percent=43, bytes_done=152_300_000, bytes_total=354_000_000, rate=18_200_000, eta=11, tables_done=3, tables_total=8)
    assert ProgressLines().line(full, 9) == "shop: rows: 43 %, 152.3 MB of 354.0 MB, 18.2 MB/s, 3 of 8 tables, 11 s left"
    rolled = status(phase="applying", percent=6, bytes_done=2_000_000, bytes_total=34_000_000, transactions_done=5, transactions_total=90)
    assert ProgressLines().line(rolled, 9) == "shop: applying: 6 %, 2.0 MB of 34.0 MB, 5 of 90 transactions, 9 s so far"
    assert ProgressLines().line(status(phase="verify", percent=None, bytes_done=0), 65) == "shop: verify: 1 min 05 s so far"
    assert ProgressLines().line(status(phase="scan", bytes_done=2_000_000, bytes_total=None, subject=None), 5) == "scan: 2.0 MB, 5 s so far"


def test_short_modules_show_no_line() -> None:
    assert shown([(at / 10, status(percent=at * 5)) for at in range(19)]) == []
    assert ProgressLines().line(dict(status(), state="ended"), 60) is None


def test_one_line_per_five_percent() -> None:
    # One percent per second, polled once per second.
    assert shown([(at, status(percent=at)) for at in range(2, 20)]) == [2, 7, 12, 17]


def test_at_most_one_line_in_two_seconds() -> None:
    assert shown([(at / 2, status(percent=at * 10, phase=str(at))) for at in range(20)]) == [2, 4, 6, 8]


def test_new_phase_is_a_line() -> None:
    assert shown([(3, status()), (6, status()), (7, status(phase="indexes")), (9, status(phase="indexes"))]) == [3, 7]


def test_time_between_lines_without_news_grows() -> None:
    at = shown([(float(second), status(percent=1)) for second in range(36000)])
    gaps = [later - before for before, later in zip(at, at[1:], strict=False)]
    assert gaps[0] == 10 and gaps[-1] == 300 and gaps == sorted(gaps)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 100000, '{"format": 2}', "cat: progress: No such file or directory"])
def test_text_that_is_not_a_status(text: str) -> None:
    assert status_of(text) is None


def test_status_with_wrong_types_and_escape_sequences() -> None:
    line = ProgressLines().line(status(subject="\x1b[2Jshop\n", phase=None, percent="x", bytes_done=[1], eta={}), 11)
    assert line is not None and line.isprintable()
    line = ProgressLines().line(status(bytes_done=10**400, bytes_total=10**401, rate=10**400, eta=10**400), 11)
    assert line is not None and len(line) < 100

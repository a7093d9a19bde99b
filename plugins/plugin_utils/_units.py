# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes and durations for people: in reports, and in progress lines."""


def size(number: float) -> str:
    """Bytes for a page, as in 47.3 MB and 123 kB."""
    unit = "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            break
        number /= 1000
    return f"{number:.{0 if unit == 'B' or number >= 99.95 else 1}f} {unit}"


def duration(seconds: float) -> str:
    """A duration for a page: 0.31 s, 12.4 s, 3 min 12 s, 2 h 5 min."""
    if seconds < 59.95:
        return f"{seconds:.{2 if seconds < 0.995 else 1}f} s"
    whole = int(seconds + 0.5)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def progress_size(count: int) -> str:
    """Bytes for a progress line, as in 152.3 MB. The number of decimals depends on the unit only, so that it does not change from line to line."""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit in ("B", "kB") else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def progress_duration(seconds: float) -> str:
    """A duration for a progress line, in whole seconds, as in 2 h 05 min."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minute:02} min"
    return f"{minute} min {second:02} s" if minute else f"{second} s"

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read fields of RDS API responses, whose types vary: numbers come as strings, strings as numbers, empty lists as nothing."""

import calendar
import re
import time
from typing import Any, Dict, List, Optional

_MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?Z?\Z")


def text(value: Any) -> Optional[str]:
    """``value`` as a string; None if it is missing, which the API also writes as an empty string or "null"."""
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if str(value).strip() in ("", "null", "None") else str(value).strip()


def version(value: Any) -> Optional[str]:
    """A version such as ``8.0``, which may come as the number 8 or 8.0."""
    number_or_name = text(value)
    return number_or_name + ".0" if number_or_name is not None and number_or_name.isdigit() else number_or_name


def number(value: Any) -> Optional[int]:
    """``value`` as an integer; None if it is not one."""
    if isinstance(value, bool):
        return int(value)
    try:
        return int(text(value) or "")
    except ValueError:
        return None


def items(answer: Any, *path: str) -> List[Dict[str, Any]]:
    """The objects in the list at ``path``. A list of one may come as the object itself; an empty list may be missing."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if isinstance(answer, dict):
        answer = [answer]
    return [item for item in answer or [] if isinstance(item, dict)] if isinstance(answer, list) else []


def names(value: Any) -> List[str]:
    """The names in the text ``a,b`` or in a list."""
    pieces = value if isinstance(value, list) else (text(value) or "").split(",")
    return [name for name in (text(piece) for piece in pieces) if name]


def parse_api_time(value: Any) -> Optional[int]:
    """A time in UTC as seconds since the epoch, from a text with seconds, with minutes (as in the API's parameters), or with only a date."""
    match = _MOMENT.match(text(value) or "")
    if not match:
        return None
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    try:
        time.strptime(match.group(0)[:10], "%Y-%m-%d")
    except ValueError:
        return None
    return calendar.timegm((year, month, day, hour, minute, second)) if hour < 24 and minute < 60 and second < 61 else None


def written(seconds: Optional[float]) -> Optional[str]:
    """The inverse of :func:`parse_api_time`, in the format of the API's responses."""
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a roll-forward stops: the options, and the time, transaction or statement that they name."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, NamedTuple, Optional, Pattern

from .._failure import Failure
from .._gtid_set import GtidSet

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE)

STOP_SPEC: Dict[str, Dict[str, Any]] = {"until": {"type": "str"}, "until_gtid": {"type": "str"}, "before_statement": {"type": "str"}}
# At most one of these options may be set.
STOPS = tuple(STOP_SPEC)


class StopPoint(NamedTuple):
    """Where to stop; at most one field is set. ``until`` is in seconds since the epoch and includes everything committed at that time."""

    until: Optional[float] = None
    until_gtid: Optional[GtidSet] = None
    before_statement: Optional[Pattern[str]] = None


def parse_time(text: str) -> float:
    """Convert a time to seconds since the epoch; without a zone it is UTC.

    :raises Failure: it is not a time.
    """
    found = _TIME.match(text.strip())
    cure = "Specify a time such as 2026-11-28 09:41:00 (UTC) or 2026-11-28T17:41:00+08:00."
    if found is None:
        raise Failure("This is not a valid time: {0}".format(text[:40]), "until", cure)
    clock = found.group(2) if found.group(2).count(":") == 2 else found.group(2) + ":00"
    zone = (found.group(3) or "Z").upper()
    try:
        value = datetime.strptime("{0} {1}".format(found.group(1), clock), "%Y-%m-%d %H:%M:%S.%f" if "." in clock else "%Y-%m-%d %H:%M:%S")
        offset = timedelta(0)
        if zone not in ("Z", "UTC"):
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
        return value.replace(tzinfo=timezone(offset)).timestamp()
    except ValueError:
        raise Failure("This is not a valid time: {0}".format(text[:40]), "until", cure) from None


def stop_point(params: Dict[str, Any]) -> StopPoint:
    """The stop point in the options.

    :raises Failure: it is invalid.
    """
    pattern = None
    if params["before_statement"] is not None:
        try:
            pattern = re.compile(params["before_statement"], re.IGNORECASE)
        except re.error as error:
            cure = "Specify a Python regular expression; write a literal parenthesis as \\(."
            raise Failure("before_statement is not a regular expression: {0}".format(error), "before_statement", cure) from error
    gtids = GtidSet.parse(params["until_gtid"]) if params["until_gtid"] else None
    return StopPoint(parse_time(params["until"]) if params["until"] else None, gtids, pattern)


def shown(seconds: float) -> str:
    """Format a time for messages and results, in UTC."""
    text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " UTC"

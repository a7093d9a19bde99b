# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a snapshot that can be rolled forward to another point in time, or changed by other SQL files, without loading the backup.

find_base.py STORE BASE OVERLAP UNTIL ETAG CRC64 prints {"path": ..., "note": ...} as JSON, or {} if none is found. UNTIL may be empty. BASE is in the
notes of the snapshots of the same backup with the same options that no SQL file has changed. The latest of those that were rolled forward to a time up to
UNTIL with the same OVERLAP is chosen, otherwise the one of the backup itself. The overlap is applied once, so a later roll-forward does not mend what the
first one left out.

An object can be overwritten under its name. Snapshots of another object than the one with this ETAG or CRC64 are left out; if both are empty, because the
URL has expired, those of another object than the newest snapshot of the backup has.
"""

import datetime
import glob
import json
import os
import re
import sys
from typing import Any, Dict, Optional

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?:(:\d\d)(\.\d{1,6})?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE)


def seconds(text: str) -> Optional[float]:
    """Parse a time as mysql_roll_forward does: UTC if it names no zone. None if it is not a time."""
    found = _TIME.match(text.strip())
    if found is None:
        return None
    day, clock, second, fraction, zone = found.groups()
    zone = zone if zone and zone[0] in "+-" else "+0000"
    try:
        return datetime.datetime.strptime(day + clock + (second or ":00") + zone, "%Y-%m-%d%H:%M:%S%z").timestamp() + float(fraction or 0)
    except ValueError:
        return None


def moment_of(note: Dict[str, Any], overlap: str) -> Optional[float]:
    """The time to which a snapshot was rolled forward, 0 if it was not.

    None if it cannot be continued: the overlap was different, or the target was a transaction, which cannot be compared with a time.
    """
    if not note.get("moment"):
        return 0.0
    return seconds(str(note.get("until") or "")) if str(note.get("overlap")) == overlap else None


def same_object(note: Dict[str, Any], etag: str, crc64: str) -> bool:
    """Whether the snapshot may have been made from the object with this ETag and CRC-64, each empty if it is not known."""
    return not (note.get("etag") and etag) or note["etag"] == etag or bool(crc64) and str(note.get("crc64")) == crc64


def find(store: str, base: str, overlap: str, wanted: Optional[float], etag: str, crc64: str) -> Dict[str, Any]:
    """The best snapshot. ``wanted`` is the latest time to which it may have been rolled forward, None if it must not have been."""
    found = []
    newest = ("", "", "")
    for path in glob.glob(os.path.join(glob.escape(store), "*", "snapshot.json")):
        try:
            with open(path, encoding="utf-8") as handle:
                snapshot = json.load(handle)["snapshot"]
            note = snapshot["note"]
            if note.get("of") == base and not etag:
                newest = max(newest, (str(snapshot.get("created")), str(note.get("etag") or ""), str(note.get("crc64") or "")))
            moment = moment_of(note, overlap) if note.get("base") == base else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # damaged, or just removed
        if moment is not None and moment <= (wanted or 0.0):
            found.append((moment, os.path.dirname(path), note))
    best = max((each for each in found if same_object(each[2], etag or newest[1], crc64 or newest[2])), key=lambda each: each[:2], default=None)
    return {} if best is None else {"path": best[1], "note": best[2]}


if __name__ == "__main__":
    print(json.dumps(find(*sys.argv[1:4], seconds(sys.argv[4]), *sys.argv[5:7])))

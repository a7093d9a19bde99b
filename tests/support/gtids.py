# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GTID sets as Python's sets of single transactions, the slow and obvious way."""

from typing import List, Set, Tuple

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4f22ab58-82db-22f2-af44-d91bba530673"


def as_text(spans: List[Tuple[str, int, int]]) -> str:
    """The text of a set from (uuid or uuid:tag, first, how many more)."""
    return ",".join("{0}:{1}-{2}".format(key, first, first + more) for key, first, more in spans)


def expanded(text: str) -> Set[Tuple[str, int]]:
    """Each transaction of a set as (uuid or uuid:tag, number)."""
    found = set()
    for part in text.split(","):
        key = ""
        for piece in part.split(":"):
            if piece and piece.replace("-", "").isdigit() and len(piece) < 30:
                first, _dash, last = piece.partition("-")
                found.update((key, number) for number in range(int(first), int(last or first) + 1))
            else:
                key = piece if len(piece) == 36 else key[:36] + ":" + piece
    return found

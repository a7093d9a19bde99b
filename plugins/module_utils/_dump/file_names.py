# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The length of the names of files in which a server keeps tables and their partitions (MySQL manual, "Mapping of Identifiers to File Names").

Measured on 5.6, 5.7 and 9.7. A length may be too small for some letters, never too large.
"""

import re

from .partitioning import Partitioning

# Letters that take at least three bytes; all other characters take five.
_LETTER = re.compile("[\u00c0-\u02af\u0370-\u058f\u1e00-\u1fff\u2160-\u217f\u24b6-\u24e9\uff21-\uff5a]")
_PLAIN = re.compile("[0-9A-Za-z_]")


def file_name_length(name: bytes, *, utf8: bool) -> int:
    """The length of a name in the name of a file, without an extension. Names in other character sets than UTF-8 count only if they are ASCII."""
    text = name.decode("utf-8", "replace")
    if not utf8 and max(name, default=0) >= 0x80:
        return 0
    return sum(1 if _PLAIN.match(char) else 3 if _LETTER.match(char) else 5 for char in text)


def partition_length(partitioning: Partitioning, *, utf8: bool) -> int:
    """The length of what is added to the name of the table for its partition or subpartition with the longest name."""
    lengths, above = [0], 0
    last, last_sub = partitioning.numbers[0] - 1, partitioning.numbers[1] - 1
    if not partitioning.partitions:
        lengths.append(len("#P#p") + len(str(last)))
    for partition in partitioning.partitions:
        own = file_name_length(partition.name, utf8=utf8)
        if partitioning.sub is not None and partition.values is None:
            lengths.append(above + len("#SP#") + own)
            continue
        above = len("#P#") + own
        lengths.append(above)
        if partitioning.sub is not None and len(partitioning.partitions) == sum(each.values is not None for each in partitioning.partitions):
            lengths.append(above + len("#SP#") + own + len("sp") + len(str(last_sub)))
    return max(lengths)

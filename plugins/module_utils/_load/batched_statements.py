# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Combine many small queries into few statements."""

from typing import Iterator, List, Sequence

# The smallest possible max_allowed_packet is 1024.
_LONGEST = 900


def batched(parts: Sequence[bytes], between: bytes) -> Iterator[bytes]:
    """The parts in order, joined into texts that every server accepts in a statement: at most 900 bytes each, or a single part of any size."""
    group: List[bytes] = []
    size = 0
    for part in parts:
        if group and size + len(part) > _LONGEST:
            yield between.join(group)
            group, size = [], 0
        group.append(part)
        size += len(between) + len(part)
    if group:
        yield between.join(group)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask for many small things with few statements."""

from typing import Iterator, List, Sequence

# The least value of max_allowed_packet is 1024.
_LONGEST = 900


def batched(parts: Sequence[bytes], between: bytes) -> Iterator[bytes]:
    """The parts in their order, joined to texts that every server accepts in a statement: of at most 900 bytes, or one part of any size."""
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

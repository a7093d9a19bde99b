# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements about many tables are short."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.batched_statements import batched


def test_parts_are_joined_in_their_order_up_to_a_length():
    parts = [b"x" * size for size in (1, 500, 395, 2, 3000, 1)]
    assert list(batched(parts, b", ")) == [b", ".join(parts[:3]), parts[3], parts[4], parts[5]]
    assert list(batched([], b", ")) == []
    assert all(len(text) <= 900 for text in batched([b"y" * 7] * 1000, b" UNION ALL "))
    assert b"|".join(batched([b"%d" % number for number in range(999)], b"|")) == b"|".join(b"%d" % number for number in range(999))

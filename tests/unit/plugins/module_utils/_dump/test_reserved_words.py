# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that became reserved, and where they are used as names."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.reserved_words import bare_names, reserved_since
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens


def test_words_that_became_reserved():
    assert reserved_since(50740, 50799) == frozenset() == reserved_since(80040, 80036)
    assert b"RANK" in reserved_since(50740, 80036) and b"RANK" not in reserved_since(80036, 90700)
    for word, since in ((b"STORED", 50700), (b"LAG", 80000), (b"INTERSECT", 80031), (b"QUALIFY", 80400), (b"LIBRARY", 90200), (b"EXTERNAL", 90400)):
        assert word in reserved_since(since - 1, since) and word not in reserved_since(since, 99999) and word not in reserved_since(since - 1, since - 1), word
    words = reserved_since(50740, 90700)
    for text, names in (
        (b"SELECT rank FROM t", {b"RANK"}),
        (b"SELECT `rank`, 'rank', t.rank, @rank FROM t -- rank", set()),
        (b"SELECT Groups, empty FROM t", {b"GROUPS", b"EMPTY"}),
        (b"/*!99990 SELECT rank */ SELECT 1", set()),
    ):
        assert bare_names(tokens(text, Dialect(90700)), words) == names

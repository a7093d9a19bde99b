# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that newer servers reserve, so that they no longer accept them as unquoted names in the views and routines of a dump."""

from typing import FrozenSet, Sequence

from .lexer import Token

# By the version that reserved them. Only words without any earlier meaning, so that an unquoted occurrence is a name. SYSTEM is not
# included, because SET time_zone = SYSTEM is older (MySQL manual, "Keywords and Reserved Words").
_RESERVED_SINCE = {
    50700: b"GENERATED OPTIMIZER_COSTS STORED VIRTUAL",
    80000: b"CUME_DIST DENSE_RANK EMPTY EXCEPT FIRST_VALUE GROUPING GROUPS JSON_TABLE LAG LAST_VALUE LATERAL LEAD NTH_VALUE NTILE OF OVER"
    b" PERCENT_RANK RANK RECURSIVE ROW_NUMBER WINDOW",
    80031: b"INTERSECT",
    80400: b"QUALIFY TABLESAMPLE",
    90200: b"LIBRARY",
    90400: b"EXTERNAL",
}
# Words with an earlier meaning, so that only the server's parser knows which occurrence is a name.
_RESERVED_AGAIN = {80000: b"CUBE FUNCTION ROW ROWS SYSTEM"}


def reserved_since(origin: int, server: int) -> FrozenSet[bytes]:
    """The words, in upper case, that version ``origin`` accepts as names and version ``server`` reserves; 80036 is 8.0.36."""
    return frozenset(word for version, words in _RESERVED_SINCE.items() if origin < version <= server for word in words.split())


def reserved_again(origin: int, server: int) -> FrozenSet[bytes]:
    """Like :func:`reserved_since`, plus the words that had another meaning in ``origin``, where they may be more than names."""
    again = frozenset(word for version, words in _RESERVED_AGAIN.items() if origin < version <= server for word in words.split())
    return reserved_since(origin, server) | again


def bare_names(found: Sequence[Token], words: FrozenSet[bytes]) -> FrozenSet[bytes]:
    """The ``words`` that are unquoted names in these tokens. After a dot every version accepts any word as a name."""
    return frozenset(token.upper for index, token in enumerate(found) if token.upper in words and not (index and found[index - 1].text in (b".", b"@", b"@@")))

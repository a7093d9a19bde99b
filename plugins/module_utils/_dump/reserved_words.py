# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that were names once: what a newer server does not take any more as a bare name, and a dump's programs may use."""

from typing import FrozenSet, Sequence

from .tokens import Token

# By the version they became reserved in. Only words that had no meaning at all before: found bare, they are names. SYSTEM is not
# among them, since SET time_zone = SYSTEM is older (MySQL manual, "Keywords and Reserved Words").
_RESERVED_SINCE = {
    50700: b"GENERATED OPTIMIZER_COSTS STORED VIRTUAL",
    80000: b"CUME_DIST DENSE_RANK EMPTY EXCEPT FIRST_VALUE GROUPING GROUPS JSON_TABLE LAG LAST_VALUE LATERAL LEAD NTH_VALUE NTILE OF OVER"
    b" PERCENT_RANK RANK RECURSIVE ROW_NUMBER WINDOW",
    80031: b"INTERSECT",
    80400: b"QUALIFY TABLESAMPLE",
    90200: b"LIBRARY",
}


def reserved_since(origin: int, server: int) -> FrozenSet[bytes]:
    """The words, in upper case, that are names to ``origin`` and reserved on ``server``; versions as in 80036."""
    return frozenset(word for version, words in _RESERVED_SINCE.items() if origin < version <= server for word in words.split())


def bare_names(found: Sequence[Token], words: FrozenSet[bytes]) -> FrozenSet[bytes]:
    """Those of ``words`` that stand bare among these tokens; behind a dot any word is a name to every version."""
    return frozenset(token.upper for index, token in enumerate(found) if token.upper in words and not (index and found[index - 1].text in (b".", b"@", b"@@")))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query of a CREATE VIEW, and other tables in the place of those that it reads."""

from typing import Callable, List, Optional, Tuple

from .lexer import Dialect, Token
from .table_clauses import parts_of
from .table_definition import without_comments
from .tokens import AFTER_TABLE, places_joined, tokens


def names_and_query(text: bytes, found: List[Token]) -> Tuple[bytes, bytes]:
    """The column names in parentheses, if any, and the text after AS, without WITH CHECK OPTION."""
    start = next(index for index, token in enumerate(found) if token.upper == b"AS" and found[index - 1].text != b".") + 1
    end = len(found)
    if found[-1].upper == b"OPTION":
        end = max(index for index, token in enumerate(found) if token.upper == b"WITH")
    opening = max((index for index in range(start - 1) if found[index].text == b"("), default=0)
    names = without_comments(text, found[opening : start - 1]) if found[start - 2].text == b")" else b""
    return names, without_comments(text, found[start:end])


def as_table(names: bytes, query: bytes, dialect: Dialect) -> bytes:
    """The query of a view as a table in parentheses, with the view's names of the columns. Before 8.0.19 an alias cannot name them."""
    if not names:
        return b"(" + query + b")"
    found = tokens(names, dialect)
    columns = [names[found[start].start : found[end - 1].end] for start, end in parts_of(found, 1, len(found) - 1)]
    return b"(SELECT " + b", ".join(b"NULL AS " + column for column in columns) + b" UNION ALL (" + query + b"))"


def with_tables_replaced(text: bytes, found: List[Token], table: Callable[[bytes], Optional[bytes]]) -> bytes:
    """The text of a view with ``table(name)`` for each table of its database, None to keep it. The name becomes the alias of one that has none."""
    pieces, end = [], 0
    for index, name in places_joined(found):
        replacement = table(name.name) if name.schema is None else None
        if replacement is not None:
            token, after = found[index], found[index + 1].upper if index + 1 < len(found) else b""
            quoted = index + 1 < len(found) and found[index + 1].kind == "name"
            # Where such a word is an alias, the query gets two of them, which no server accepts.
            alone = after in AFTER_TABLE or after in (b")", b",", b"")
            alias = b" AS " + token.text if alone and not quoted else b""
            pieces += [text[end : token.start], replacement, alias]
            end = token.end
    return b"".join(pieces) + text[end:]

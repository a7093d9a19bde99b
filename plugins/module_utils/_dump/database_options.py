# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of a dump: its names, and the options of its CREATE DATABASE and ALTER DATABASE."""

from typing import List, NamedTuple, Optional, Tuple

from .._identifiers import folded
from .lexer import Dialect, Token
from .tokens import after_if_exists, name_at, option_value_at, tokens


class DatabaseNames(NamedTuple):
    """``target`` is the database that is loaded, ``source`` the one in the dump (None until the dump names it).

    With ``lower_case`` the server stores every name in lower case (lower_case_table_names is 1).
    """

    target: bytes
    source: Optional[bytes] = None
    lower_case: bool = False

    def stored(self, name: bytes) -> bytes:
        """The name of a database, table or view as the server stores it."""
        return folded(name) if self.lower_case else name

    def is_source(self, schema: bytes) -> bool:
        """Whether ``schema`` is the database of the dump."""
        return self.source is not None and self.stored(schema) == self.stored(self.source)

    def is_target(self, schema: bytes) -> bool:
        """Whether ``schema`` is the database that is loaded."""
        return self.stored(schema) == self.stored(self.target)

    def has(self, schema: bytes) -> bool:
        """Whether ``schema`` is one of the two, so that its objects belong into the target."""
        return self.is_source(schema) or self.is_target(schema)


def options_of_database(found: List[Token], *, strip_encryption: bool) -> Tuple[bytes, bool]:
    """The options after the name in a CREATE DATABASE, and whether ENCRYPTION was removed from them."""
    at = next(index for index, token in enumerate(found) if token.upper in (b"DATABASE", b"SCHEMA")) + 1
    _name, after = name_at(found, after_if_exists(found, at))
    kept = found[after:]
    encryption = _encryption(kept) if strip_encryption else None
    if encryption is not None:
        kept = kept[: encryption[0]] + kept[encryption[1] :]
    return b" ".join(token.text for token in kept), encryption is not None


def encryption_of(options: bytes, dialect: Dialect) -> bytes:
    """The ENCRYPTION option among the options of a CREATE DATABASE, empty if there is none."""
    found = tokens(options, dialect)
    begin, end = _encryption(found) or (0, 0)
    return b" ".join(token.text for token in found[begin:end])


def _encryption(options: List[Token]) -> Optional[Tuple[int, int]]:
    """The token range of the first ENCRYPTION option that has a value."""
    for index, token in enumerate(options):
        value = option_value_at(options, index)
        if token.upper == b"ENCRYPTION" and value < len(options):
            return index - 1 if index and options[index - 1].upper == b"DEFAULT" else index, value + 1
    return None


class DatabaseChange(NamedTuple):
    """The options of an ALTER DATABASE: ``collation`` has those of the character set and collation, ``encryption`` is the value of ENCRYPTION in upper
    case (Y or N), ``other`` the first word of any other option; each is empty without one."""

    collation: bytes
    encryption: bytes
    other: bytes


def change_of_database(found: List[Token]) -> DatabaseChange:
    """The options after the name in an ALTER DATABASE."""
    at = name_at(found, 2)[1]
    collation: List[bytes] = []
    encryption = b""
    while at < len(found):
        at += found[at].upper == b"DEFAULT"
        words = [token.upper for token in found[at : at + 2]]
        of_charset = words[:1] == [b"CHARSET"] or words in ([b"CHARACTER", b"SET"], [b"CHAR", b"SET"])
        value = option_value_at(found, at + (words[1:] == [b"SET"]))
        if value >= len(found) or not (of_charset or words[0] in (b"COLLATE", b"ENCRYPTION")):
            return DatabaseChange(b" ".join(collation), encryption, words[0] if words else b"DEFAULT")
        if words[0] == b"ENCRYPTION":
            encryption = found[value].value.upper()
        else:
            collation.append((b"CHARACTER SET " if of_charset else b"COLLATE ") + found[value].text)
        at = value + 1
    return DatabaseChange(b" ".join(collation), encryption, b"")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the tokens of a statement as the server reads them, or refuse the statement.

The rules are those of sql_lex.cc from 5.6 to 9.x. Where servers differ, or where the result depends on an unknown
character set, nothing is guessed: :class:`UnclearText` says which bytes could be read in two ways. A test sends
random statements to real servers and compares the tokens with the digest text of performance_schema.
"""

import re
from functools import lru_cache
from typing import Iterable, Iterator, NamedTuple, Optional, Tuple

from .._mariadb import COUNTS_AS as MARIADB

_TOKEN = re.compile(
    rb"(?P<space>[ \t\n\v\f\r]+)"
    rb"|(?P<version>/\*!)"
    rb"|(?P<hint>/\*\+)"
    rb"|(?P<comment>/\*)"
    rb"|(?P<line>\#|--(?=[ \t\n\v\f\r]|\Z))"
    rb"|(?P<number>(?<![.@])0x[0-9a-fA-F]+(?![\w$.\x80-\xff])|(?<![.@])0b[01]+(?![\w$.\x80-\xff])"
    rb"|(?:(?<![.@])\d+(?:\.\d*)?|(?<![\w$.`\"\x80-\xff])\.\d+)(?:[eE][+-]?\d+)?(?![\w$.\x80-\xff]))"
    rb"|(?P<dollar>\$[A-Za-z0-9_]*\$)"
    rb"|(?P<word>[\w$\x80-\xff]+)"
    rb"|(?P<host>@(?![@'\"`])[A-Za-z0-9_.$]+(?![\w.$\x80-\xff]))"
    rb"|(?P<sign>@@(?=[\w$`\x80-\xff])|@(?=['\"`])|:=|[!-?\[\]^{|}~])",
    re.S,
)
_COMMENT_MARK = re.compile(rb"/\*|\*/")
_VERSION_NUMBER = re.compile(rb"\d{0,6}")
# 999999 belongs to no version: mariadb-dump begins with it.
_OF_MARIADB = re.compile(rb"/\*M!(?!999999\D)")
_HINT_IN_DOUBT = re.compile(rb"['\"`\x00-\x08\x0e-\x1f\x7f-\xff]|/\*")
# A word that begins with digits is a name, unless what follows could be an exponent or a literal.
_DIGITS_THEN_NAME = re.compile(rb"\d+(?:[A-DF-Za-df-z_$]|\Z)")
_LIKE_A_LITERAL = re.compile(rb"0[xb][0-9a-fA-F]*\Z")
_IN_WORD = re.compile(rb"[\w$\x80-\xff]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_QUOTES = b"'\"`"
_BACKSLASH = 0x5C
# Modes in which double quotes delimit names: ANSI_QUOTES, and the modes of 5.7 and earlier that include it.
_ANSI = (b"ANSI", b"DB2", b"MAXDB", b"MSSQL", b"ORACLE", b"POSTGRESQL")
_UTF8 = frozenset(("utf8", "utf8mb3", "utf8mb4"))
# The non-ASCII bytes of latin1 that every server treats as letters (strings/ctype-latin1.c).
_LATIN1_LETTERS = re.compile(rb"[\x00-\x7f\xc0-\xd6\xd8-\xf6\xf8-\xff]*\Z")
# Character sets whose second bytes include a backslash, a backtick or letters (MySQL manual, "Supported Character Sets").
HALF_CHARACTERS = {"big5": "big5", "cp932": "cp932", "gb18030": "gb18030", "gbk": "gbk", "sjis": "shift_jis"}
_HALF_IS_SYNTAX = re.compile(rb"[\x80-\xff][\\`]")
# Maximum size in bytes of statements whose tokens are cached: many short ones, which a dump repeats for each table, and the last longer ones.
SHORT, LONGEST_KEPT = 256, 1 << 16


class UnclearText(ValueError):
    """Bytes that servers, or character sets, read in different ways.

    ``offset`` is counted from the start of the statement. ``unclosed``: the text ends inside a quote or comment.
    """

    def __init__(self, offset: int, what: str, *, unclosed: bool = False) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what
        self.unclosed = unclosed


class Dialect(NamedTuple):
    """How SQL is to be read.

    ``version`` is the server's (80036 is 8.0.36); 0 accepts only what all servers read alike. ``charset`` is the
    character set in which the connection sends statements; None accepts only what all character sets read alike.
    """

    version: int
    ansi_quotes: bool = False
    backslash: bool = True
    charset: Optional[str] = None

    def under(self, sql_mode: Optional[bytes]) -> "Dialect":
        """The dialect under this sql_mode (the SQL text of its value, None for a server's default)."""
        modes = (sql_mode or b"").upper().replace(b"\\", b"")
        return self._replace(ansi_quotes=any(mode in modes for mode in _ANSI), backslash=b"NO_BACKSLASH_ESCAPES" not in modes)


class Token(NamedTuple):
    """``kind`` is word, name (quoted), string, number or sign. ``text`` is as written, ``upper`` for comparing."""

    kind: str
    text: bytes
    start: int
    end: int

    @property
    def upper(self) -> bytes:
        """The keyword that a bare word may be; empty for quoted text, so that a name is never mistaken for a keyword."""
        return self.text.upper() if self.kind in ("word", "sign") else b""

    @property
    def identifier(self) -> Optional[bytes]:
        """The name that this token may be, None for signs, numbers and strings."""
        if self.kind == "name":
            return self.text[1:-1].replace(self.text[:1] * 2, self.text[:1])
        return self.text if self.kind == "word" else None

    @property
    def value(self) -> bytes:
        """A string's bytes without quotes and escapes; anything else as written."""
        if self.kind != "string" or self.text[:1] == b"$":
            return self.text
        quote = self.text[:1]
        return re.sub(rb"\\(.)", rb"\1", self.text[1:-1].replace(quote + quote, quote), flags=re.S)


def scanned(text: bytes, dialect: Dialect) -> Iterable[Token]:
    """The tokens from :func:`scan`, cached for recent statements: several checks read each, and a dump repeats some for each table."""
    if len(text) > LONGEST_KEPT:
        return scan(text, dialect)
    return (_short if len(text) <= SHORT else _long)(text, dialect)


def _scanned(text: bytes, dialect: Dialect) -> Tuple[Token, ...]:
    return tuple(scan(text, dialect))


_short, _long = lru_cache(maxsize=256)(_scanned), lru_cache(maxsize=4)(_scanned)


@lru_cache(maxsize=512)
def is_clear(text: bytes, dialect: Dialect) -> bool:
    """Whether :func:`scan` accepts a whole short statement."""
    try:
        scanned(text, dialect)
    except UnclearText:
        return False
    return True


def scan(text: bytes, dialect: Dialect) -> Iterator[Token]:
    """Yield the tokens a server executes; raise :class:`UnclearText` at the first byte whose reading is not certain.

    Comments are left out, and so is ``/*!VVVVV ... */`` of a later version with its contents; the contents of other
    version comments are treated like normal text (MySQL manual, "Comments").
    """
    pos, opened, must_end = 0, -1, -1
    while pos < len(text):
        if text[pos] in _QUOTES:
            token = _quoted(text, pos, dialect)
            yield token
            pos = token.end
            continue
        if opened >= 0 and text.startswith(b"*/", pos):
            if must_end not in (-1, pos + 2):
                raise UnclearText(opened, "a version comment that ends elsewhere for a server of another version")
            opened, pos = -1, pos + 2
            continue
        found = _TOKEN.match(text, pos)
        kind = found.lastgroup if found is not None else None
        if found is None or kind is None:
            raise UnclearText(pos, "the byte 0x{0:02x} outside quotes and comments".format(text[pos]))
        if kind == "version":
            if opened >= 0:
                raise UnclearText(pos, "a version comment inside another one")
            pos, executed = _version_comment(text, pos, dialect.version)
            if executed:
                opened = found.start()
                must_end = _after_skipped(text, pos) if dialect.version == 0 else -1
            continue
        if dialect.version == MARIADB and _OF_MARIADB.match(text, found.start()):
            raise UnclearText(found.start(), "a comment that MariaDB executes")
        if kind in ("comment", "hint", "line"):
            pos = _after_comment(text, found.start(), kind)
            continue
        pos = found.end()
        if kind == "dollar":
            pos = _after_dollar_quoted(text, found.start(), found.group(), dialect.version)
            yield Token("string", text[found.start() : pos], found.start(), pos)
        elif kind == "host":
            yield Token("sign", b"@", found.start(), found.start() + 1)
            yield Token("word", found.group()[1:], found.start() + 1, pos)
        elif kind != "space":
            if kind == "word":
                _check_word(found.group(), found.start(), text, dialect)
            yield Token(kind, found.group(), found.start(), pos)
    if opened >= 0:
        raise UnclearText(opened, "an unterminated version comment", unclosed=True)


def _check_word(word: bytes, at: int, text: bytes, dialect: Dialect) -> None:
    """Refuse a bare word that could be a number and a word, or bytes that are not letters in the character set."""
    if word[:1].isdigit() and at and text[at - 1 : at] == b".":
        # After a name and a dot, all of it is a name (measured: 5.6, 5.7 and 9.7).
        if not _IN_WORD.match(text, at - 2):
            raise UnclearText(at, "digits directly after a dot")
    elif word[:1].isdigit() and (not _DIGITS_THEN_NAME.match(word) or _LIKE_A_LITERAL.match(word) or text[at + len(word) : at + len(word) + 1] == b"."):
        raise UnclearText(at, "a number directly followed by letters or a dot")
    if word[:1] == b"$" and not 0 < dialect.version < 90000:
        raise UnclearText(at, "a word that begins with a dollar sign")
    if not _BEYOND_ASCII.search(word):
        return
    if dialect.charset in _UTF8:
        if not _is_utf8(word, dialect.charset):
            raise UnclearText(at, "bytes outside quotes that are not characters of {0}".format(dialect.charset))
    elif dialect.charset != "latin1" or not _LATIN1_LETTERS.match(word):
        raise UnclearText(at, "non-ASCII letters outside quotes, in the character set {0}".format(dialect.charset or "that is not known"))


def _is_utf8(word: bytes, charset: Optional[str]) -> bool:
    try:
        text = word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return charset == "utf8mb4" or max(text) <= "\uffff"


def _quoted(text: bytes, pos: int, dialect: Dialect) -> Token:
    """The string or quoted name at ``pos``."""
    is_name = text[pos] == 0x60 or (dialect.ansi_quotes and text[pos] == 0x22)
    end = _quoted_end(text, pos, escapes=dialect.backslash and not is_name)
    if end <= 0:
        raise UnclearText(pos, "a quote that is never closed", unclosed=True)
    codec = HALF_CHARACTERS.get(dialect.charset or "")
    if (is_name or codec is not None) and _BEYOND_ASCII.search(text, pos, end):
        if codec is not None:
            _check_whole_characters(text[pos + 1 : end - 1], codec, dialect.charset or "", pos)
        elif dialect.charset != "latin1" and not _is_utf8(text[pos + 1 : end - 1], dialect.charset if dialect.charset in _UTF8 else "utf8mb4"):
            # 5.6 and 5.7 skip as many bytes as the first byte of a character announces, even a closing backtick.
            raise UnclearText(pos, "a quoted name with bytes that are not {0}".format(dialect.charset if dialect.charset in _UTF8 else "UTF-8"))
    return Token("name" if is_name else "string", text[pos:end], pos, end)


def _check_whole_characters(content: bytes, codec: str, charset: str, pos: int) -> None:
    try:
        content.decode(codec)
    except UnicodeDecodeError:
        raise UnclearText(pos, "a quoted text with incomplete characters of {0}".format(charset)) from None
    if _HALF_IS_SYNTAX.search(content):
        raise UnclearText(pos, "a quoted text with a backslash or backtick in the second byte of a character of {0}".format(charset))


def _quoted_end(text: bytes, pos: int, *, escapes: bool) -> int:
    """The end of the quoted text at ``pos``, 0 if it does not end. Not by a regular expression, which takes a hundred bytes of memory for each escape."""
    quote = text[pos : pos + 1]
    search = pos + 1
    while True:
        at = text.find(quote, search)
        if at < 0:
            return 0
        run = at
        while escapes and run > pos + 1 and text[run - 1] == _BACKSLASH:
            run -= 1
        if (at - run) % 2:
            search = at + 1
        elif text[at + 1 : at + 2] == quote:
            search = at + 2
        else:
            return at + 1


def _after_comment(text: bytes, pos: int, kind: str) -> int:
    """The position after the comment at ``pos``, which no server executes."""
    if kind == "line":
        end = text.find(b"\n", pos)
        end = len(text) if end < 0 else end
        if b"\0" in text[pos:end]:
            raise UnclearText(pos, "a NUL in a comment, where some servers end it")
        return end
    end = text.find(b"*/", pos + 2)
    if end < 0:
        raise UnclearText(pos, "an unterminated comment", unclosed=True)
    if kind == "hint" and _HINT_IN_DOUBT.search(text, pos + 3, end):
        # Only a server that supports hints interprets quotes in them.
        raise UnclearText(pos, "an optimizer hint with quotes or odd characters in it")
    return end + 2


def _version_comment(text: bytes, pos: int, version: int) -> Tuple[int, bool]:
    """Where to continue after the ``/*!`` at ``pos``, and whether the server executes the contents of the comment.

    Five digits are a version; 8.0 and later also accept six with a blank after them. Otherwise a sixth is part of the statement (measured: 5.6, 5.7, 9.7).
    Fewer digits are not a version: the comment is executed, including the digits.
    """
    begin = pos + 3
    found = _VERSION_NUMBER.match(text, begin)
    digits = found.group() if found is not None else b""
    if len(digits) < 5:
        if digits:
            raise UnclearText(pos, "a version comment whose number has fewer than five digits")
        return begin, True
    if len(digits) == 6 and text[begin + 6 : begin + 7].isdigit():
        raise UnclearText(pos, "a version comment whose number has more than six digits")
    if len(digits) == 6 and (version < 80000 or not text[begin + 6 : begin + 7].isspace()):
        if version == 0 or int(digits[:5]) <= version:
            raise UnclearText(pos, "a version comment with six digits (servers before 8.0, and without a blank later ones, read five of them)")
        digits = digits[:5]
    after = begin + len(digits)
    if version and int(digits) > version:
        end = _after_skipped(text, after)
        if end < 0:
            raise UnclearText(pos, "an unterminated version comment", unclosed=True)
        return end, False
    return after, True


def _after_skipped(text: bytes, pos: int) -> int:
    """The position after the ``*/`` of a version comment that the server skips, -1 without one. A plain comment may be nested in it; quotes are ignored."""
    nested = False
    for mark in _COMMENT_MARK.finditer(text, pos):
        if mark.group() == b"/*":
            nested = True
        elif nested:
            nested = False
        else:
            return mark.end()
    return -1


def _after_dollar_quoted(text: bytes, pos: int, tag: bytes, version: int) -> int:
    """The position after the ``$tag$ ... $tag$`` at ``pos``, which is a string for MySQL 9.0 and later."""
    end = text.find(tag, pos + len(tag)) if version >= 90000 else -1
    if end < 0:
        raise UnclearText(pos, "a dollar sign at the beginning of a word")
    return end + len(tag)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stream of bytes becomes statements, cut where the ``mysql`` client cuts (in its ``--binary-mode``)."""

import re
from typing import BinaryIO, Dict, Iterator, NamedTuple, Optional, Pattern, Tuple

from .._failure import Failure
from .insert_values import ROWS_START, InsertRows
from .repeated_inserts import InsertInspector

BLOCK = 1 << 19
# No server takes a packet of more. LOAD DATA could carry more rows, but no mysqldump writes so many as one statement.
LARGEST = 1 << 30
_LOOKAHEAD = 64
_LONGEST_DELIMITER = 15
_SEMICOLON = 0x3B
_BACKSLASH = 0x5C

_SPACE = re.compile(rb"[\s\0]*")
_DELIMITER = re.compile(rb"delimiter[ \t]+('[^'\n]+'|\"[^\"\n]+\"|`[^`\n]+`|\S+)[^\n]*", re.I)
_IN_NAME = re.compile(rb"[\w$\x80-\xff]")
_BOM = b"\xef\xbb\xbf"
_DOLLAR = re.compile(rb"\$[A-Za-z0-9_\x80-\xff]*\$")
_ROWS_VERBS = (b"INSERT", b"insert", b"REPLAC", b"replac", b"Insert", b"Replac")


class Statement(NamedTuple):
    """One statement as the server would be sent it: no delimiter, no white space or comment before it.

    ``offset`` and ``end`` are byte positions in the uncompressed file (``end`` lies after the delimiter), ``line``
    counts from 1. ``rows`` describes an INSERT of literal rows, and is None for everything else. ``text`` may be any
    bytes: a dump's strings are in the character set the dump declares, or in none.
    """

    text: bytes
    offset: int
    end: int
    line: int
    rows: Optional[InsertRows]

    @property
    def head(self) -> str:
        """See :func:`head_of`."""
        return head_of(self.text)


def head_of(statement: bytes) -> str:
    """The first bytes, fit for a message: at most 60 characters, printable."""
    text = " ".join(statement[:60].decode("utf-8", "replace").split())
    return "".join(c if c.isprintable() else "?" for c in text)


class Splitter:
    """Iterates over the statements of ``stream``. Memory stays below three times the largest statement plus two blocks: comments
    and white space before a statement are forgotten while they are read. A statement of more than 1 GiB is a :class:`Failure`.

    Rules of the client, each of which a test names: the delimiter ends a statement outside quotes, outside ``/* */``
    and ``/*+ */``, but also inside ``/*! */``; ``--`` starts a comment only before white space or the end of the line;
    quotes may be doubled, and know the backslash (backticks do not, nor do double quotes under ANSI_QUOTES, nor does
    any under NO_BACKSLASH_ESCAPES: set ``ansi_quotes`` and ``backslash``); DELIMITER stands at the start of a line, and not
    behind a comment to the line's end that has anything but its like before it; text after the last delimiter is a statement too;
    ``$tag$`` bodies are one token when ``dollar_quotes`` is on (9.x); a byte order mark before the first statement is no
    part of it.

    After the last statement ``size`` is the number of bytes read, ``head`` and ``tail`` hold the first and last of
    them, and ``open_at_end`` says what the file stopped in the middle of: a string, a comment, a statement, or None.
    """

    def __init__(self, stream: BinaryIO, dollar_quotes: bool = False) -> None:
        self.backslash = True
        self.ansi_quotes = False
        self.open_at_end: Optional[str] = None
        self.head = b""
        self.tail = b""
        self._stream = stream
        self._dollar_quotes = dollar_quotes
        self._inspect = InsertInspector()
        self._delimiter = b";"
        self._specials: Dict[bytes, Pattern[bytes]] = {}
        self._buffer = b""
        self._base = 0
        self._line = 1
        self._counted = 0
        self._eof = False

    @property
    def size(self) -> int:
        """Bytes read so far."""
        return self._base + len(self._buffer)

    @property
    def delimiter(self) -> bytes:
        """What ended the last statement, unless the file did."""
        return self._delimiter

    def __iter__(self) -> Iterator[Statement]:
        while not self._eof and len(self._buffer) < len(_BOM):
            self._more(0)
        pos = len(_BOM) if self._buffer.startswith(_BOM) else 0
        line_start = True
        while True:
            pos, line_start, held = self._skip_blank(pos, line_start)
            if pos >= len(self._buffer):
                return
            if line_start and not held and self._buffer[pos : pos + 9].lower() == b"delimiter":
                pos, changed = self._change_delimiter(pos)
                if changed:
                    line_start = True
                    continue
            line_start = False
            begin, end, rows = self._rows(pos)
            one_line = rows is not None
            if not one_line:
                begin, end = self._end(begin)
            text = self._buffer[begin:end]
            if not one_line:
                text = text.rstrip()
                if self._buffer.startswith(self._delimiter, end):
                    rows = self._inspect(text, self.backslash)
            pos = end + len(self._delimiter)
            if text:
                line = self._line_of(begin)
                if one_line:
                    self._counted = end
                yield Statement(text, self._base + begin, min(self._base + pos, self.size), line, rows)

    def _more(self, keep: int) -> int:
        """Read on. Forgets what lies before ``keep``, which is where ``keep`` moves to 0; returns that shift."""
        held = len(self._buffer) - keep
        if held > LARGEST:
            raise Failure(
                "A statement has more than {0} bytes, which is more than any server takes in a packet".format(LARGEST),
                self._place(keep),
                "If the dump is yours, make it again with fewer rows in a statement (mysqldump --net-buffer-length); else it is damaged, or made to harm.",
            )
        # Reading as much again as there is keeps the cost of a statement linear in its size.
        block = self._stream.read(max(BLOCK, min(held, LARGEST - held)))
        if not block:
            self._eof = True
            return 0
        if len(self.head) < 4096:
            self.head = (self.head + block[:4096])[:4096]
        self.tail = (self.tail + block[-1024:])[-1024:]
        self._line_of(keep)
        self._counted = 0
        self._base += keep
        self._buffer = self._buffer[keep:] + block
        return keep

    def _place(self, pos: int) -> str:
        """What a message calls the place: the file, where the stream has a name, line, byte and what stands there."""
        name = getattr(self._stream, "name", None)
        file = "{0}, ".format(name) if isinstance(name, str) else ""
        return "{0}line {1}, byte {2}: {3}".format(file, self._line_of(pos), self._base + pos, head_of(self._buffer[pos : pos + 60]))

    def _line_of(self, pos: int) -> int:
        self._line += self._buffer.count(b"\n", self._counted, pos)
        self._counted = pos
        return self._line

    def _skip_blank(self, pos: int, line_start: bool) -> Tuple[int, bool, bool]:
        """Past white space and comments that stand before a statement. Says whether it stands first on its line, and whether the
        client holds something of it by then, which it does from a comment to the line's end on that is not the first it has seen."""
        behind, seen, held = not line_start, False, False
        while True:
            space = _SPACE.match(self._buffer, pos)
            after = space.end() if space else pos
            blank = self._buffer[pos:after]
            line_start = line_start or b"\n" in blank
            # The rest of a statement's line is not seen, nor is an empty one.
            behind, blank = behind and b"\n" not in blank, blank.partition(b"\n")[2] if behind else blank
            seen = seen or bool(blank.strip(b"\n"))
            pos = after
            if len(self._buffer) - pos < _LOOKAHEAD and not self._eof:
                pos -= self._more(pos)
                continue
            comment = self._comment(pos)
            if comment is None:
                return pos, line_start, held
            held = held or (seen and comment == b"\n")
            seen = seen or comment != b"\n"
            behind = False
            pos = self._past_comment(pos, comment)
            line_start = line_start or comment == b"\n"

    def _comment(self, pos: int) -> Optional[bytes]:
        """What ends the comment that starts here, None where none starts."""
        first = self._buffer[pos : pos + 1]
        if first == b"#":
            return b"\n"
        if first == b"-" and self._buffer[pos + 1 : pos + 2] == b"-" and self._buffer[pos + 2 : pos + 3] in (b" ", b"\t", b"\n", b"\r", b"\v", b"\f", b""):
            return b"\n"
        if first == b"/" and self._buffer[pos + 1 : pos + 2] == b"*" and self._buffer[pos + 2 : pos + 3] not in (b"!", b"+"):
            return b"*/"
        return None

    def _past_comment(self, pos: int, closing: bytes) -> int:
        """Where the comment at ``pos`` ends, which stands before a statement. Nothing of it is kept: it may be of any length."""
        pos += len(closing)
        while True:
            end = self._buffer.find(closing, pos)
            if end >= 0:
                return end + len(closing)
            if self._eof:
                if closing == b"*/":
                    self.open_at_end = "a comment"
                return len(self._buffer)
            # The first half of what closes it may be there.
            pos = max(len(self._buffer) - 1, pos)
            pos -= self._more(pos)

    def _comment_end(self, begin: int, pos: int, closing: bytes) -> Tuple[int, int]:
        """Where the comment at ``pos``, which stands in a statement, ends and where ``begin`` is now."""
        # A # and a line's end close a comment together, /*/ does not.
        search = pos + len(closing)
        while True:
            end = self._buffer.find(closing, search)
            if end >= 0:
                return end + len(closing), begin
            if self._eof:
                if closing == b"*/":
                    self.open_at_end = "a comment"
                return len(self._buffer), begin
            search = max(len(self._buffer) - 1, search)
            shift = self._more(begin)
            begin, search = begin - shift, search - shift

    def _change_delimiter(self, pos: int) -> Tuple[int, bool]:
        while b"\n" not in self._buffer[pos:] and not self._eof:
            pos -= self._more(pos)
        found = _DELIMITER.match(self._buffer, pos)
        if found is None:
            return pos, False
        delimiter = found.group(1)
        if delimiter[:1] in (b"'", b'"', b"`") and len(delimiter) > 2 and delimiter[-1:] == delimiter[:1]:
            delimiter = delimiter[1:-1]
        if b"\\" in delimiter or len(delimiter) > _LONGEST_DELIMITER:
            raise Failure(
                "DELIMITER takes up to {0} bytes without a backslash".format(_LONGEST_DELIMITER),
                self._place(pos),
                "Check the file: mysqldump writes no such line.",
            )
        self._delimiter = delimiter
        return found.end(), True

    def _rows(self, begin: int) -> Tuple[int, int, Optional[InsertRows]]:
        """The end of an INSERT of literal rows, found by its line's end and then proved; rows is None if it is not."""
        if self._delimiter != b";" or self._buffer[begin : begin + 6] not in _ROWS_VERBS:
            return begin, begin, None
        search = begin
        while True:
            # mysqldump puts an INSERT on one line. A line's end is found at the speed of memory, any two bytes are not.
            end = self._buffer.find(b"\n", search)
            if end >= 0:
                end -= 1
                if self._buffer[end] != _SEMICOLON:
                    return begin, begin, None
                return begin, end, self._inspect(self._buffer[begin:end], self.backslash)
            if self._eof:
                return begin, begin, None
            search = len(self._buffer)
            shift = self._more(begin)
            begin, search = begin - shift, search - shift
            if not ROWS_START.match(self._buffer, begin):
                return begin, begin, None

    def _end(self, begin: int) -> Tuple[int, int]:
        """Where the statement that starts at ``begin`` starts now, and where its delimiter stands."""
        pos = begin
        specials = self._specials_of(self._delimiter)
        while True:
            found = specials.search(self._buffer, pos)
            at = found.start() if found else len(self._buffer)
            if len(self._buffer) - at < _LOOKAHEAD and not self._eof:
                shift = self._more(begin)
                begin, pos = begin - shift, at - shift
                continue
            if found is None:
                self.open_at_end = self.open_at_end or "a statement"
                return begin, len(self._buffer)
            if self._buffer.startswith(self._delimiter, at):
                return begin, at
            begin, pos = self._pass(begin, at)

    def _pass(self, begin: int, at: int) -> Tuple[int, int]:
        """Past the quote, comment or plain byte at ``at``; where ``begin`` and the next position are now."""
        byte = self._buffer[at : at + 1]
        closing = self._comment(at)
        if closing is None and self._buffer[at : at + 3] == b"/*+":
            closing = b"*/"
        if closing is not None:
            end, begin = self._comment_end(begin, at, closing)
            return begin, end
        if byte in (b"'", b'"', b"`"):
            return self._pass_quoted(begin, at, byte, self.backslash and byte != b"`" and not (self.ansi_quotes and byte == b'"'))
        if byte == b"$" and self._dollar_quotes:
            return self._pass_dollar(begin, at)
        return begin, at + 1

    def _pass_quoted(self, begin: int, at: int, quote: bytes, escapes: bool) -> Tuple[int, int]:
        """Past the string or name at ``at``. No pattern does that: one takes memory for each backslash."""
        first = search = at + 1
        while True:
            end = self._buffer.find(quote, search)
            if end >= 0:
                if not (escapes and self._escaped(first, end)):
                    return begin, end + 1
                search = end + 1
                continue
            if self._eof:
                self.open_at_end = "a string" if quote != b"`" else "a name"
                return begin, len(self._buffer)
            search = len(self._buffer)
            shift = self._more(begin)
            begin, first, search = begin - shift, first - shift, search - shift

    def _escaped(self, first: int, at: int) -> bool:
        """Whether an odd number of backslashes stands before ``at``, as far back as ``first``."""
        run = at
        while run > first and self._buffer[run - 1] == _BACKSLASH:
            run -= 1
        return (at - run) % 2 == 1

    def _pass_dollar(self, begin: int, at: int) -> Tuple[int, int]:
        opening = _DOLLAR.match(self._buffer, at)
        if opening is None or (at > begin and _IN_NAME.match(self._buffer, at - 1)):
            return begin, at + 1
        tag = opening.group()
        search = opening.end()
        while True:
            end = self._buffer.find(tag, search)
            if end >= 0:
                return begin, end + len(tag)
            if self._eof:
                self.open_at_end = "a text in dollar quotes"
                return begin, len(self._buffer)
            search = max(len(self._buffer) - len(tag) + 1, search)
            shift = self._more(begin)
            begin, search = begin - shift, search - shift

    def _specials_of(self, delimiter: bytes) -> Pattern[bytes]:
        if delimiter not in self._specials:
            self._specials[delimiter] = re.compile(rb"['\"`#/\-$]|" + re.escape(delimiter[:1]))
        return self._specials[delimiter]

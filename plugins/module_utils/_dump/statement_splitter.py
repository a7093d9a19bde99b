# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split a stream of bytes into statements exactly as the ``mysql`` client does with ``--binary-mode``, including DELIMITER."""

import re
from typing import BinaryIO, Dict, Iterator, Match, NamedTuple, Optional, Pattern, Tuple

from .._failure import Failure
from .._not_sql import NotSql, message_found, message_inside, wrong_file, wrong_statement
from .._sql_passwords import without_passwords
from .insert_values import ROWS_START, InsertRows
from .lexer import SHORT, Dialect, UnclearText, is_clear, scanned
from .repeated_inserts import InsertInspector
from .repeated_tables import form_of

BLOCK = 1 << 19
# The largest packet that a server accepts. LOAD DATA could load more, but no mysqldump writes so many rows in one statement.
LARGEST = 1 << 30
_LOOKAHEAD = 64
_LONGEST_DELIMITER = 15
_SEMICOLON = 0x3B
_BACKSLASH = 0x5C

_SPACE = re.compile(rb"[\s\0]*")
# Only a blank ends a delimiter: a carriage return before the end of the line belongs to it.
_DELIMITER = re.compile(rb"delimiter[ \t\v\f\r]+('[^'\n]+'|\"[^\"\n]+\"|`[^`\n]+`|[^ \n]+)[^\n]*", re.I)
# Of others it depends on the version of the client where they end a statement: a NUL ends the delimiter, a quote may begin a string.
_DELIMITER_TEXT = re.compile(rb"[ -!#-&(-\[\]-_a-~]+\r?\Z")
# The beginning of a program, which may contain semicolons.
_PROGRAM = re.compile(
    rb"(?:/\*![0-9]*\s*)?CREATE\b(?:(?!\b(?:AS|DATABASE|INDEX|SCHEMA|SERVER|TABLE|USER|VIEW)\b)[^;])*?\b(?:PROCEDURE|FUNCTION|TRIGGER|EVENT)\b", re.I
)
_IN_NAME = re.compile(rb"[\w$\x80-\xff]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_BOM = b"\xef\xbb\xbf"
_DOLLAR = re.compile(rb"\$[A-Za-z0-9_\x80-\xff]*\$")
_ROWS_VERBS = (b"INSERT", b"insert", b"REPLAC", b"replac", b"Insert", b"Replac")


class Statement(NamedTuple):
    """A statement as the client would send it: without delimiter, and without white space or comments before it.

    ``offset`` and ``end`` are byte positions in the uncompressed file (``end`` is after the delimiter), ``line`` counts from 1.
    ``rows`` describes an INSERT of literal rows and is None for everything else. ``text`` may be any bytes: the strings of a dump are
    in the character set it declares, or in none.
    """

    text: bytes
    offset: int
    end: int
    line: int
    rows: Optional[InsertRows]

    @property
    def head(self) -> str:
        """The start of the statement, see :func:`head_of`."""
        return head_of(self.text)


def head_of(statement: bytes) -> str:
    """The start of a statement for messages: at most 60 printable characters, without passwords."""
    text = without_passwords(" ".join(statement[:60].decode("utf-8", "replace").split()))[:60]
    return "".join(c if c.isprintable() else "?" for c in text)


class ClientSplitter:
    """Iterates over the statements of ``stream``. Memory stays below three times the largest statement plus two blocks: comments
    and white space before a statement are discarded while they are read. A statement of more than 1 GiB is a :class:`Failure`.

    Rules of the client, each with a test: the delimiter ends a statement outside quotes, outside ``/* */``
    and ``/*+ */``, but also inside ``/*! */``; ``--`` starts a comment only before white space or the end of the line;
    quotes may be doubled, and a backslash escapes in them (not in backticks, nor in double quotes under ANSI_QUOTES, nor in any under
    NO_BACKSLASH_ESCAPES: set ``ansi_quotes`` and ``backslash``); DELIMITER is recognised at the start of a line, except after a line comment that
    follows something other than line comments, and a carriage return at the end of its line belongs to the delimiter; text after the last delimiter
    is a statement too; ``$tag$`` bodies are one token if ``dollar_quotes`` is on (9.x); a byte order mark before the first statement is skipped.

    After the last statement ``size`` is the number of bytes read, ``head`` and ``tail`` are the first and last of them, and
    ``open_at_end`` is what the file ended in: "a string", "a comment", "a statement" ..., or None.
    """

    def __init__(self, stream: BinaryIO, *, dollar_quotes: bool = False) -> None:
        self.backslash = True
        self.ansi_quotes = False
        self.open_at_end: Optional[str] = None
        self.head = b""
        self.tail = b""
        name = getattr(stream, "name", None)
        # The file's name for messages; the planner sets it if the stream does not know it.
        self.name: Optional[str] = name if isinstance(name, str) else None
        self._stream = stream
        self._dollar_quotes = dollar_quotes
        self._inspect = InsertInspector()
        self._delimiter = b";"
        # The delimiter without the carriage return at its end, if it has one, and the first place in the current statement where it stands like this.
        self._bare = b""
        self._bare_at: Optional[int] = None
        self._specials: Dict[bytes, Pattern[bytes]] = {}
        self._buffer = b""
        self._base = 0
        self._line = 1
        self._counted = 0
        self._eof = False
        # Whether a NUL stands between the last statement and the next one, outside a /* comment */.
        self._nul_before = False

    @property
    def size(self) -> int:
        """Bytes read so far."""
        return self._base + len(self._buffer)

    @property
    def delimiter(self) -> bytes:
        """The current delimiter; it ended the last statement, unless the file ended first."""
        return self._delimiter

    def __iter__(self) -> Iterator[Statement]:
        while not self._eof and len(self._buffer) < len(_BOM):
            self._more(0)
        pos = len(_BOM) if self._buffer.startswith(_BOM) else 0
        line_start = True
        while True:
            pos, line_start, buffered = self._skip_blank(pos, line_start=line_start)
            if pos >= len(self._buffer):
                return
            if line_start and not buffered and self._buffer[pos : pos + 9].lower() == b"delimiter":
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
                if self._buffer.startswith(self._bare or self._delimiter, end):
                    rows = self._inspect(text, backslash=self.backslash, ansi_quotes=self.ansi_quotes)
            pos = end + len(self._delimiter)
            if text:
                self._check(text, begin, rows)
                line = self._line_of(begin)
                if one_line:
                    self._counted = end
                yield Statement(text, self._base + begin, min(self._base + pos, self.size), line, rows)

    def _check(self, text: bytes, begin: int, rows: Optional[InsertRows]) -> None:
        """Check a statement; nothing here, because text that is not SQL is also split as the client splits it."""

    def _more(self, keep: int) -> int:
        """Read more, and discard the buffer before ``keep``. Returns by how many bytes positions shift."""
        held = len(self._buffer) - keep
        if held > LARGEST:
            raise Failure(
                "A statement has more than {0} bytes, the largest packet any server accepts".format(LARGEST),
                self._place(keep),
                "If you made the dump, create it again with fewer rows per statement (mysqldump --net-buffer-length). Otherwise it is damaged or malicious.",
            )
        # Doubling the buffer keeps the cost of a statement linear in its size.
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
        """The position for messages: file (if known), line, byte and the text there."""
        file = "{0}, ".format(self.name) if self.name else ""
        return "{0}line {1}, byte {2}: {3}".format(file, self._line_of(pos), self._base + pos, head_of(self._buffer[pos : pos + 60]))

    def _line_of(self, pos: int) -> int:
        self._line += self._buffer.count(b"\n", self._counted, pos)
        self._counted = pos
        return self._line

    def _skip_blank(self, pos: int, *, line_start: bool) -> Tuple[int, bool, bool]:
        """Skip white space and comments before a statement. Returns its position, whether it starts a line, and whether the client already
        has text in its buffer, so that it does not recognise DELIMITER: this happens after a line comment that is not the first text read."""
        on_statement_line, seen, buffered = not line_start, False, False
        while True:
            space = _SPACE.match(self._buffer, pos)
            after = space.end() if space else pos
            blank = self._buffer[pos:after]
            line_start = line_start or b"\n" in blank
            # The client ignores blanks after a statement on its line, and empty lines.
            on_statement_line, blank = on_statement_line and b"\n" not in blank, blank.partition(b"\n")[2] if on_statement_line else blank
            seen = seen or bool(blank.strip(b"\n"))
            self._nul_before = self._nul_before or b"\0" in self._buffer[pos:after]
            pos = after
            if len(self._buffer) - pos < _LOOKAHEAD and not self._eof:
                pos -= self._more(pos)
                continue
            comment = self._comment(pos)
            if comment is None:
                return pos, line_start, buffered
            buffered = buffered or (seen and comment == b"\n")
            seen = seen or comment != b"\n"
            on_statement_line = False
            pos = self._past_comment(pos, comment)
            line_start = line_start or comment == b"\n"

    def _comment(self, pos: int) -> Optional[bytes]:
        """The end mark of the comment that starts at ``pos``, or None."""
        first = self._buffer[pos : pos + 1]
        if first == b"#":
            return b"\n"
        if first == b"-" and self._buffer[pos + 1 : pos + 2] == b"-" and self._buffer[pos + 2 : pos + 3] in (b" ", b"\t", b"\n", b"\r", b"\v", b"\f", b""):
            return b"\n"
        if first == b"/" and self._buffer[pos + 1 : pos + 2] == b"*" and self._buffer[pos + 2 : pos + 3] not in (b"!", b"+"):
            return b"*/"
        return None

    def _past_comment(self, pos: int, closing: bytes) -> int:
        """The end of the comment at ``pos`` before a statement. It is discarded while it is read, because it may have any length."""
        pos += len(closing)
        while True:
            end = self._buffer.find(closing, pos)
            self._nul_before = self._nul_before or closing == b"\n" and self._buffer.find(b"\0", pos, end if end >= 0 else len(self._buffer)) >= 0
            if end >= 0:
                return end + len(closing)
            if self._eof:
                if closing == b"*/":
                    self.open_at_end = "a comment"
                return len(self._buffer)
            # The first half of the end mark may be in the buffer.
            pos = max(len(self._buffer) - 1, pos)
            pos -= self._more(pos)

    def _comment_end(self, begin: int, pos: int, closing: bytes) -> Tuple[int, int]:
        """The end of the comment at ``pos`` inside a statement, and the new position of ``begin``."""
        # "#" and a line end are a whole comment, "/*/" is not.
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
        if not _DELIMITER_TEXT.match(delimiter) or len(delimiter) > _LONGEST_DELIMITER:
            raise Failure(
                "A DELIMITER may have up to {0} ASCII characters, none of them a quote or a backslash".format(_LONGEST_DELIMITER),
                self._place(pos),
                "Check the file: mysqldump does not write such a line.",
            )
        self._delimiter, self._bare = delimiter, delimiter[:-1] if delimiter.endswith(b"\r") else b""
        return found.end(), True

    def _rows(self, begin: int) -> Tuple[int, int, Optional[InsertRows]]:
        """Begin and end of an INSERT of literal rows that ends with its line, and its description; None if it is not provably one."""
        if self._delimiter != b";" or self._buffer[begin : begin + 6] not in _ROWS_VERBS:
            return begin, begin, None
        search = begin
        while True:
            # mysqldump writes an INSERT on one line. Searching for a single byte runs at memory speed, searching for two does not.
            end = self._buffer.find(b"\n", search)
            if end >= 0:
                end -= 1
                if self._buffer[end] != _SEMICOLON:
                    return begin, begin, None
                return begin, end, self._inspect(self._buffer[begin:end], backslash=self.backslash, ansi_quotes=self.ansi_quotes)
            if self._eof:
                return begin, begin, None
            search = len(self._buffer)
            shift = self._more(begin)
            begin, search = begin - shift, search - shift
            if not ROWS_START.match(self._buffer, begin):
                return begin, begin, None

    def _end(self, begin: int) -> Tuple[int, int]:
        """The new position of ``begin``, and the position of the delimiter of the statement that starts there."""
        pos = begin
        specials, self._bare_at = self._specials_of(self._delimiter), None
        while True:
            found = specials.search(self._buffer, pos)
            at = found.start() if found else len(self._buffer)
            if len(self._buffer) - at < _LOOKAHEAD and not self._eof:
                shift = self._more(begin)
                begin, pos = begin - shift, at - shift
                continue
            if found is None:
                if self._ends_without_line_end():
                    return begin, (self._bare_at or 0) - self._base
                self.open_at_end = self.open_at_end or "a statement"
                return begin, len(self._buffer)
            if self._buffer.startswith(self._delimiter, at):
                return begin, at
            if self._bare and self._bare_at is None and self._buffer.startswith(self._bare, at):
                self._bare_at = self._base + at
            begin, pos = self._pass(begin, at)

    def _ends_without_line_end(self) -> bool:
        """Whether the last line of the file ends with a semicolon, not with the delimiter of a semicolon and a carriage return. Servers accept one."""
        return self._bare == b";" and self._bare_at is not None and not self._buffer[self._bare_at - self._base + 1 :].strip()

    def _pass(self, begin: int, at: int) -> Tuple[int, int]:
        """Skip the quoted text, comment or plain byte at ``at``. Returns the new position of ``begin`` and the position after it."""
        byte = self._buffer[at : at + 1]
        closing = self._comment(at)
        if closing is None and self._buffer[at : at + 3] == b"/*+":
            closing = b"*/"
        if closing is not None:
            end, begin = self._comment_end(begin, at, closing)
            return begin, end
        if byte in (b"'", b'"', b"`"):
            return self._pass_quoted(begin, at, byte, escapes=self.backslash and byte != b"`" and not (self.ansi_quotes and byte == b'"'))
        if byte == b"$" and self._dollar_quotes:
            return self._pass_dollar(begin, at)
        return begin, at + 1

    def _pass_quoted(self, begin: int, at: int, quote: bytes, *, escapes: bool) -> Tuple[int, int]:
        """Skip the string or quoted name at ``at``. Not by a regular expression, which takes memory for each backslash."""
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
        """Whether an odd number of backslashes precedes ``at``, looking back to ``first``."""
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


class Splitter(ClientSplitter):
    """Yields statements that every check parses as the server does; any other statement is a :class:`Failure`.

    ``version`` and ``charset`` are those of :class:`Dialect`; set them, like the modes, as soon as a statement changes them.
    """

    def __init__(self, stream: BinaryIO, *, dollar_quotes: bool = False) -> None:
        super().__init__(stream, dollar_quotes=dollar_quotes)
        self.version = 0
        self.charset: Optional[str] = None

    def _check(self, text: bytes, begin: int, rows: Optional[InsertRows]) -> None:
        if self._nul_before:
            raise self._unclear("The", "a NUL before it, which ends it for the server", begin)
        self._check_delimiter(text, begin)
        if rows is not None:
            # Proven rows contain only literals; only the names before them may be in doubt.
            if not _BEYOND_ASCII.search(text, 0, rows.body):
                return
            text = text[: rows.body]
        wrong = wrong_statement(text[:4096], self._line_of(begin))
        if wrong is not None:
            raise _not_sql(wrong, self._place(begin))
            # The bare words of a program message; in a string they are data.
        message = message_inside(text)
        dialect = Dialect(self.version, self.ansi_quotes, self.backslash, self.charset)
        form = form_of(text)
        short = form.text if form is not None else text if len(text) <= SHORT else None
        if message is None and short is not None and is_clear(short, dialect):
            return
        try:
            for token in scanned(text, dialect):
                if message is not None and token.start <= message.start() < token.end:
                    # A quote in the message ("Couldn't") may end the string before it.
                    if token.kind not in ("string", "name") or text[token.end : token.end + 1].isalpha():
                        raise self._message(message, begin)
        except UnclearText as unclear:
            if message is not None and (self.open_at_end is not None or message.start() <= unclear.offset):
                raise self._message(message, begin) from None
            if unclear.unclosed and self.open_at_end is not None and self.version:
                return
            cut = "The file is truncated in the middle of a statement, or the" if self.open_at_end is not None else "The"
            raise self._unclear(cut, unclear.what, begin + unclear.offset) from None

    def _check_delimiter(self, text: bytes, begin: int) -> None:
        """Refuse a statement that has the delimiter without its carriage return, unless this is a semicolon inside a program."""
        at = self._bare_at
        if not self._bare or at is None or at - self._base >= begin + len(text) or (self._bare == b";" and _PROGRAM.match(text)):
            return
        raise Failure(
            "The delimiter has a carriage return at its end, like the line of its DELIMITER, and is without it here: the mysql client would not end the "
            "statement",
            self._place(at - self._base),
            "Nothing was written. Give all lines of the file the same end (for example with dos2unix).",
        )

    def _unclear(self, subject: str, what: str, pos: int) -> Failure:
        return Failure(
            subject + " statement has {0}: servers may parse it differently than the checks do".format(what),
            self._place(pos),
            "Nothing was written. If you trust the dump, remove this text from it; mysqldump writes nothing like it.",
        )

    def _more(self, keep: int) -> int:
        first = not self.head
        shift = super()._more(keep)
        wrong = wrong_file(self.head) if first else None
        if wrong is not None:
            raise _not_sql(wrong, self.name)
        return shift

    def _message(self, message: Match[bytes], begin: int) -> Failure:
        place = self._place(begin + message.start())
        return _not_sql(message_found(message, self._line), place)


def _not_sql(wrong: NotSql, where: Optional[str]) -> Failure:
    return Failure(wrong.what, where, "Nothing was written. {0}".format(wrong.cure), recognised=wrong.kind)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The splitter: a conformance list, which tests on servers compare with the real client, and reads of any size."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import statement_splitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter, Splitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from ansible_collections.apsaradb.mysql.tests.support.sql_statements import CONFORMANCE, PIECES
from hypothesis import given
from hypothesis import strategies as st

FILES = st.lists(st.sampled_from(PIECES + [b"'", b'"', b"`", b"\\", b"/*", b"$$", b"\xef\xbb\xbf"]), max_size=40).map(b"".join)


class Parts:
    """A stream of parts of any length that are not held in memory."""

    name = "dump.sql"

    def __init__(self, *parts):
        self.parts = list(parts)

    def read(self, size):
        if not self.parts:
            return b""
        unit, left = self.parts.pop(0)
        if left > size // len(unit):
            self.parts.insert(0, (unit, left - size // len(unit)))
        return unit * min(left, size // len(unit))


class Dribble:
    """A stream that gives what it likes, but never nothing before its end."""

    def __init__(self, content, sizes):
        self.stream = io.BytesIO(content)
        self.sizes = sizes
        self.reads = 0

    def read(self, size):
        self.reads += 1
        return self.stream.read(min(size, self.sizes[self.reads % len(self.sizes)]))


def split(content, **changes):
    splitter = ClientSplitter(io.BytesIO(content), dollar_quotes=True)
    for name, value in changes.items():
        setattr(splitter, name, value)
    return [statement.text for statement in splitter]


@pytest.mark.parametrize("sql, expected", [case[1:] for case in CONFORMANCE], ids=[case[0] for case in CONFORMANCE])
def test_the_client_s_rules(sql, expected):
    assert split(sql) == expected


@given(FILES, st.lists(st.integers(1, 7), min_size=1, max_size=5), st.integers(1, 200))
@examples(300)
def test_any_split_into_reads_gives_the_same_statements(sql, sizes, block):
    whole = ClientSplitter(io.BytesIO(sql), dollar_quotes=True)
    expected = list(whole)
    before = statement_splitter.BLOCK, statement_splitter._LOOKAHEAD
    # As little looking ahead as the longest of what must be seen whole: the word DELIMITER.
    statement_splitter.BLOCK, statement_splitter._LOOKAHEAD = block, 10
    try:
        splitter = ClientSplitter(Dribble(sql, sizes), dollar_quotes=True)
        assert list(splitter) == expected
    finally:
        statement_splitter.BLOCK, statement_splitter._LOOKAHEAD = before
    assert (splitter.size, splitter.open_at_end, splitter.head, splitter.tail) == (len(sql), whole.open_at_end, sql[:4096], sql[-1024:])


@given(FILES)
@examples(300)
def test_offsets_and_lines_are_correct(sql):
    end = 0
    for statement in ClientSplitter(io.BytesIO(sql), dollar_quotes=True):
        assert statement.offset >= end and statement.end <= len(sql)
        assert sql[statement.offset : statement.end].startswith(statement.text)
        assert statement.line == sql.count(b"\n", 0, statement.offset) + 1
        end = statement.end


def test_a_version_comment_stays_in_its_statement():
    assert split(b"/*!40101 SET NAMES utf8 */;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER x */;;\n") == [
        b"/*!40101 SET NAMES utf8 */",
        b"/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER x */",
    ]


def test_comments_of_mysqldump_hide_a_gtid_line_with_its_delimiter():
    assert split(b"/* SET @@GLOBAL.GTID_PURGED='+a:1';*/\nselect 1;\n/*M!999999\\- enable the sandbox mode */ \nselect 2;") == [b"select 1", b"select 2"]


@pytest.mark.parametrize(
    "sql, backslash, ansi, expected",
    [
        (b"select 'a\\';select 'b';", False, False, [b"select 'a\\'", b"select 'b'"]),
        (b'select "a\\";select 1;', False, False, [b'select "a\\"', b"select 1"]),
        (b"select \"a\\\";select 'b\\';';", True, True, [b'select "a\\"', b"select 'b\\';'"]),
        (b"INSERT INTO t VALUES ('\\');\nINSERT INTO t VALUES (';');\n", False, False, [b"INSERT INTO t VALUES ('\\')", b"INSERT INTO t VALUES (';')"]),
    ],
)
def test_modes_of_the_session(sql, backslash, ansi, expected):
    assert split(sql, backslash=backslash, ansi_quotes=ansi) == expected


def test_dollars_are_names_before_9_x():
    assert [s.text for s in ClientSplitter(io.BytesIO(b"select $$;'$$;';"))] == [b"select $$", b"'$$;'"]


@pytest.mark.parametrize(
    "sql, what",
    [
        (b"select 1;\n", None),
        (b"select 1", "a statement"),
        (b"select '1;\n", "a string"),
        (b'select "1', "a string"),
        (b"select `1;\n", "a name"),
        (b"select 1; /* x", "a comment"),
        (b"select 1 /*", "a comment"),
        (b"select 1; -- x", None),
        (b"select $$ ;", "a text in dollar quotes"),
        (b"INSERT INTO `t` VALUES (1,'a", "a string"),
        (b"INSERT INTO `t` VALUES (1,'a'),(2", "a statement"),
        (b"INSERT INTO `t` VALUES (1,'a\\';\n", "a string"),
        (b"", None),
    ],
)
def test_what_is_open_at_the_end_of_a_file(sql, what):
    splitter = ClientSplitter(io.BytesIO(sql), dollar_quotes=True)
    list(splitter)
    assert splitter.open_at_end == what


@pytest.mark.parametrize("sql", [b"delimiter a\\b\nselect 1;", b"\ndelimiter aVeryLongDelimiterOf\nselect 1;"])
def test_delimiters_the_client_rejects(sql):
    with pytest.raises(Failure, match="15 ASCII characters, none of them a quote or a backslash") as caught:
        split(sql)
    at = sql.index(b"delimiter")
    assert caught.value.where == "line {0}, byte {1}: {2}".format(at + 1, at, " ".join(sql[at:].decode().split()))


@pytest.mark.parametrize(
    "delimiter", [b"\0", b"'", b"`", b'"', b'"ab', b"a'b", b"\xff", b"\x01", "\u2702".encode(), b"//\t", b"//\t-- x", b"//\v", b"//\f", b"//\r\r", b"//\rx"]
)
def test_delimiters_that_clients_read_in_different_ways(delimiter):
    with pytest.raises(Failure, match="none of them a quote or a backslash"):
        split(b"delimiter " + delimiter + b"\nselect 1" + delimiter + b"\ndelimiter ;\n")


WINDOWS = b"delimiter ;;\ncreate procedure p() begin select 1; end;;\ndelimiter ;\nselect 2;\ninsert into t values (1);\n".replace(b"\n", b"\r\n")


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_file_whose_lines_all_end_with_a_carriage_return(cut):
    """At the end of the file, servers accept a semicolon."""
    splitter = Splitter(io.BytesIO(WINDOWS[: len(WINDOWS) - cut]))
    found = list(splitter)
    assert [each.text for each in found] == [b"create procedure p() begin select 1; end", b"select 2", b"insert into t values (1)"]
    assert found[2].rows is not None and found[2].end == len(WINDOWS) - max(1, cut) and splitter.open_at_end is None


@pytest.mark.parametrize(
    "sql",
    [
        WINDOWS.replace(b"end;;\r", b"end;;"),
        WINDOWS.replace(b"end;;\r", b"end;; \r"),
        WINDOWS.replace(b"2;\r", b"2;"),
        WINDOWS.replace(b"2;\r\n", b"2; "),
        b"delimiter ;;\r\nselect 1;;",
        # No program, in which a semicolon would not be the end.
        b"delimiter ;\r\ncreate view v as select 'event'; \r\ninsert into t values (1);\r\n",
    ],
)
def test_a_delimiter_without_the_carriage_return_of_its_line(sql):
    with pytest.raises(Failure, match="the mysql client would not end the statement") as caught:
        list(Splitter(io.BytesIO(sql)))
    assert ": ;" in caught.value.where


def test_semicolons_inside_a_statement_whose_delimiter_has_a_carriage_return():
    for sql in (b"create procedure p() begin select 1; select 2; end", b"select ';', `;` /* ; */", b"/*!50003 create function f() begin return 1; end */"):
        assert [each.text for each in Splitter(io.BytesIO(b"delimiter ;\r\n" + sql + b";\r\nselect 3;\r\n"))] == [sql, b"select 3"]


@pytest.mark.parametrize("before", [b"\0", b" \0 ", b"-- x\n\0", b"-- a\0b\n", b"# \0\n/* c */ ", b"select 1;\0\n"])
def test_a_nul_before_a_statement_is_refused(before):
    """There it is the end of the text for the server, which runs nothing and reports nothing."""
    with pytest.raises(Failure, match="a NUL before it"):
        list(Splitter(io.BytesIO(before + b"create table t (a int);")))


@pytest.mark.parametrize("sql", [b"select 1;\0\0\0", b"select 1;\n-- \0\n", b"/* \0 */ select 1;"])
def test_nuls_that_no_statement_follows(sql):
    assert [statement.text for statement in Splitter(io.BytesIO(sql))] == [b"select 1"]


def test_an_unterminated_quoted_delimiter(monkeypatch):
    monkeypatch.setattr(statement_splitter, "LARGEST", 1 << 20)
    with pytest.raises(Failure, match="more than 1048576 bytes"):
        list(ClientSplitter(Parts((b"delimiter ", 1), (b"a", 9 << 20))))


def test_heads_are_short_and_printable():
    (statement,) = ClientSplitter(io.BytesIO(b"select '\x00\x1b[31m\xff\n' , " + b"x" * 500))
    assert len(statement.head) <= 60 and statement.head.isprintable()


def held_at_most(splitter):
    """The statements' lengths, and the most that was held in memory between two reads."""
    most, more = 0, splitter._more

    def noted(keep):
        nonlocal most
        shift = more(keep)
        most = max(most, len(splitter._buffer))
        return shift

    splitter._more = noted
    return [len(statement.text) for statement in splitter], most


@pytest.mark.parametrize("begin, unit, end", [(b"/* ", b"*a", b"*/"), (b"-- ", b"a ", b"\n"), (b"#", b"a", b"\n"), (b"", b"\n ", b""), (b"", b"#\n", b"")])
def test_comments_before_a_statement_take_no_memory(monkeypatch, begin, unit, end):
    monkeypatch.setattr(statement_splitter, "BLOCK", 1 << 14)
    parts = [(part, count) for part, count in ((begin, 1), (unit, 12 * statement_splitter.BLOCK), (end, 1), (b"select 1;", 1)) if part]
    splitter = ClientSplitter(Parts(*parts))
    assert held_at_most(splitter)[0] == [8] and splitter.size == sum(len(part) * count for part, count in parts)
    splitter = ClientSplitter(Parts(*parts))
    assert held_at_most(splitter)[1] <= 2 * statement_splitter.BLOCK


@pytest.mark.parametrize("begin", [b"select '", b'select "', b"select `", b"select /* ", b"select /*+ ", b"select ", b"insert into t values ('", b"do $$"])
@pytest.mark.parametrize("unit", [b"a", b"\\'", b"''", b"\\\\"])
def test_a_statement_larger_than_any_packet_is_a_failure(monkeypatch, begin, unit):
    monkeypatch.setattr(statement_splitter, "LARGEST", 1 << 18)
    monkeypatch.setattr(statement_splitter, "BLOCK", 1 << 14)
    parts = [(b"select 1;\n", 3), (begin, 1), (unit, 5 << 18)]
    splitter = ClientSplitter(Parts(*parts), dollar_quotes=True)
    with pytest.raises(Failure, match="more than 262144 bytes.*dump.sql, line 4.*net-buffer-length"):
        held_at_most(splitter)
    assert len(splitter._buffer) <= statement_splitter.LARGEST + statement_splitter.BLOCK
    # One that is just as large as can be is a statement like others.
    splitter = ClientSplitter(Parts(*parts[:2], (unit, (1 << 18) // len(unit) - 50)), dollar_quotes=True)
    assert held_at_most(splitter)[1] <= statement_splitter.LARGEST + statement_splitter.BLOCK and splitter.size > 1 << 17


def test_backslashes_in_a_string_take_no_memory_of_their_own():
    import tracemalloc

    tracemalloc.start()
    try:
        splitter = ClientSplitter(Parts((b"select '", 1), (b"\\'\\n", 1 << 18), (b"'; select 2;", 1)))
        assert [len(statement.text) for statement in splitter] == [(1 << 20) + 9, 8]
        assert tracemalloc.get_traced_memory()[1] < 3 * (1 << 20) + 2 * statement_splitter.BLOCK
    finally:
        tracemalloc.stop()


def test_memory_is_bounded_by_the_statement_not_by_the_file():
    class Endless:
        left = 3000

        def read(self, size):
            self.left -= 1
            return b"INSERT INTO `t` VALUES (1,'" + b"x" * 4000 + b"');\n" if self.left >= 0 else b""

    splitter = ClientSplitter(Endless())
    count = largest = 0
    for _statement in splitter:
        count += 1
        largest = max(largest, len(splitter._buffer))
    assert count == 3000 and largest < 4 * 4100


def test_rows_are_described_and_other_inserts_are_not():
    found = list(
        ClientSplitter(
            io.BytesIO(
                b"INSERT INTO `t` VALUES (1,'a'),(2,NULL);\nINSERT INTO `t` VALUES (now());\nINSERT INTO t\nVALUES (1)\n;\ninsert into t values (1); select 1;\n"  # noqa: E501
            )
        )
    )
    assert [statement.rows.number if statement.rows else None for statement in found] == [2, None, 1, 1, None]

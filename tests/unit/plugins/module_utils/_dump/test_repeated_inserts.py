# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs with and without patterns agree, for any order of statements."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import pcre2, repeated_inserts
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.insert_values import four_digits, inspect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.repeated_inserts import FourDigits, InsertInspector
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from hypothesis import given
from hypothesis import strategies as st

HEADS = (b"INSERT INTO `t` VALUES ", b"INSERT INTO `u` VALUES\n", b"REPLACE INTO `t` (`a`,`b`) VALUES ")
PIECES = [b"a", b"'", b"\\'", b"\\\\", b"\\", b"\\)", b"\\%", b"\\N", b"N", b")", b"),(", b"),\n(", b",(", b";\n", b"NULL", b"\0", b"\xff", b"1", b"''", b"/*"]
VALUES = st.one_of(
    st.sampled_from([b"1", b"-2", b"3.5", b"-.5", b"1e5", b"1.5e-7", b"-2E+3", b"NULL", b"0x1F", b"''", b"'it\\'s'", b"_binary 'x'", b"x'41'", b"b'1'"]),
    st.sampled_from([b"", b"-", b"1.", b"1e", b"e5", b"1-2", b"1.2.3", b"--1", b"+1", b" 1", b"NOW()", b"NUL", b"NULLNULL", b"0x", b"'a''b'", b"'a'b", b"'a"]),
    st.sampled_from([b'"a"', b'"it\'s"', b'"\\""', b'""', b'_binary "x"', b"_binary 0x1F", b'x"41"', b'"a""b"', b"'\"'", b'"']),
    st.lists(st.sampled_from(PIECES), max_size=5).map(lambda pieces: b"'" + b"".join(pieces) + b"'"),
)
ROWS = st.lists(VALUES, min_size=1, max_size=2).map(lambda values: b"(" + b",".join(values) + b")")
STATEMENTS = st.builds(
    lambda head, rows, between: head + between.join(rows),
    st.sampled_from(HEADS),
    st.lists(ROWS, min_size=1, max_size=3),
    st.sampled_from([b",", b",", b",\n", b", "]),
)


@pytest.fixture(autouse=True)
def here():
    assert pcre2._LIBRARY is not None, "These tests need PCRE2, which this machine lacks: install libpcre2-8 (pcre2)."


class Alone(InsertInspector):
    """As on a machine without patterns."""

    def __init__(self):
        super().__init__()
        self._patterns = False


@given(st.lists(st.tuples(STATEMENTS, st.sampled_from([True, True, True, False])), min_size=1, max_size=6))
@examples(800)
def test_the_same_is_found_with_and_without_patterns(texts):
    fast, slow = InsertInspector(), Alone()
    # Each twice: the second time its like is known.
    for text, backslash in [one for one in texts for _time in range(2)]:
        found = fast(text, backslash=backslash)
        assert found == slow(text, backslash=backslash)
        alone = inspect(text, backslash=backslash)
        # Under ANSI_QUOTES no name is taken for a string.
        assert fast(text, backslash=backslash, ansi_quotes=True) == slow(text, backslash=backslash, ansi_quotes=True)
        assert b'"' not in text or found is None or found.quote != b'"' or fast(text, backslash=backslash, ansi_quotes=True) is None
        assert (found is None) == (alone is None)
        if found is not None:
            assert found._replace(forms=alone.forms, separator=alone.separator, quote=alone.quote) == alone
            assert found.quote == alone.quote or not alone.quote
            assert found.separator == alone.separator or alone.number == 1
            assert alone.forms is None or all(map(frozenset.issubset, alone.forms, found.forms))


def test_the_second_insert_is_proved_by_the_pattern(monkeypatch):
    text = HEADS[0] + b",".join(b"(%d,'it\\'s \\\\ (%d)',NULL,-1.5,0x1f,_binary '\\0',1e-5)" % (number, number) for number in range(1000))
    inspector = InsertInspector()
    first = inspector(text)
    assert first is not None and first == inspect(text)
    monkeypatch.setattr(repeated_inserts, "inspect", None)
    assert inspector(text) == first
    assert inspector(text[: text.rindex(b",(")]) == first._replace(number=999)
    with pytest.raises(TypeError):
        inspector(text.replace(b"(7,", b"('7',"))


@given(st.lists(st.sampled_from([b"),(", b"),\n(", b")", b",", b"(", b"\n", b"\0", b"\xff", b"x" * 40]), max_size=60).map(b"".join), st.integers(0, 20))
def test_separators_are_counted_as_python_counts_them(text, begin):
    begin = min(begin, len(text))
    for separator in (b"),(", b"),\n("):
        found = pcre2.literal(separator)
        assert found is not None and found.matched_bytes(text, begin) == len(separator) * text.count(separator, begin)


@pytest.mark.by_night
def test_a_statement_as_large_as_any_client_would_send():
    text = HEADS[0] + b",".join([b"(1,'" + b"it\\'s \\\\ " * 400 + b"')"] * 20000)
    assert len(text) > 64 << 20
    inspector = InsertInspector()
    first = inspector(text)
    assert first is not None and first.number == 20000
    assert inspector._pattern is None and inspector(text) == first and inspector._pattern is not None
    assert inspector._pattern.matches(text, first.body), "it ran out of something"


@pytest.mark.by_night
def test_a_string_as_large_as_any_client_would_send():
    inspector = InsertInspector()
    text = HEADS[0] + b"('" + b"it\\'s) \\\\ \\n" * (8 << 20) + b"')"
    first = inspector(text)
    assert first is not None and inspector(text) == first and inspector._pattern.matches(text, first.body)


def test_inserts_are_proved_without_pcre2(monkeypatch):
    monkeypatch.setattr(pcre2, "_LIBRARY", None)
    inspector = InsertInspector()
    text = HEADS[0] + b"(1,'a'),(2,NULL)"
    assert [inspector(text) for _time in range(3)] == [inspect(text)] * 3


@pytest.mark.parametrize("value", [b"'a'", b"_binary 'a'", b"1", b"1.5"])
def test_a_table_with_as_many_columns_as_the_server_allows(value):
    """Its pattern may be too large for PCRE2. The INSERTs of other tables have one again."""
    inspector = InsertInspector()
    row = b"(" + b",".join([value] * 1017) + b")"
    text = HEADS[0] + row + b"," + row
    assert [inspector(text) for _time in range(3)] == [inspect(text)] * 3
    assert FourDigits()(text, inspect(text), frozenset())
    other = b"INSERT INTO `u` VALUES (1,'a'),(2,'b')"
    assert [inspector(other) for _time in range(3)] == [inspect(other)] * 3 and inspector._pattern is not None


BARE = st.sampled_from([b"1999", b"0000", b"0", b"00", b"000", b"00000", b"7", b"NULL", b"'0'", b"'),(0,'", b"'it\\'s,0'", b"'a''0'", b"_binary '0,'", b"0x1F"])


@given(st.integers(1, 3), st.data(), st.sampled_from([b"),(", b"),\n("]))
@examples(400)
def test_years_need_four_digits(width, data, between):
    proved, columns = FourDigits(), data.draw(st.frozensets(st.integers(0, width - 1), min_size=1))
    for rows in data.draw(st.lists(st.lists(st.lists(BARE, min_size=width, max_size=width), min_size=1, max_size=4), min_size=1, max_size=3)):
        text = HEADS[0] + b"(" + between.join(b",".join(row) for row in rows) + b")"
        found = inspect(text)
        assert found is not None
        expected = not any(row[at].isdigit() and len(row[at]) != 4 for row in rows for at in columns)
        # The second time with a pattern that is there.
        assert [proved(text, found, columns), proved(text, found, columns), four_digits(text, found, columns)] == [expected] * 3


def test_years_are_proved_by_the_pattern(monkeypatch):
    text = HEADS[0] + b",".join(b"(%d,'it\\'s',%d,NULL)" % (number, 1901 + number % 200) for number in range(1000))
    found, proved = inspect(text), FourDigits()
    monkeypatch.setattr(repeated_inserts, "four_digits", None)
    assert found is not None and proved(text, found, frozenset((2, 3)))
    with pytest.raises(TypeError):
        proved(text, found, frozenset((0,)))

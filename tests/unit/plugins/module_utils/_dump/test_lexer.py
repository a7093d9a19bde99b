# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lexer reads, and what it refuses to read. tests/servers/test_lexer.py compares it with real servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import MARIADB, Dialect, UnclearText, scan

UTF8 = Dialect(90704, charset="utf8mb4")


def texts(sql, dialect=UTF8):
    return [token.text for token in scan(sql, dialect)]


def unclear(sql, dialect=UTF8):
    with pytest.raises(UnclearText) as caught:
        texts(sql, dialect)
    return caught.value


@pytest.mark.parametrize(
    "sql, expected",
    [
        # One plain comment may be nested in a version comment that is skipped, and no second one in it.
        (b"a /*!99999 x /* y */ z */ b", [b"a", b"b"]),
        (b"a /*!99999 /* /* */ */ b", [b"a", b"b"]),
        (b"a /*!50000 b /* c */ d */ e", [b"a", b"b", b"d", b"e"]),
        (b"a */ b", [b"a", b"*", b"/", b"b"]),
        (b"a /*/ b */ c", [b"a", b"c"]),
        (b"a -- b\nc # d\ne --f", [b"a", b"c", b"e", b"-", b"-", b"f"]),
        (b"a /*!50000 -- */\n b */ c", [b"a", b"b", b"c"]),
        (b"1 1.5 1. .5 1e5 1.5E-3 0x1F 0b01 1a 0xg 0X1F", [b"1", b"1.5", b"1.", b".5", b"1e5", b"1.5E-3", b"0x1F", b"0b01", b"1a", b"0xg", b"0X1F"]),
        (b"t.1a t.5", [b"t", b".", b"1a", b"t", b".", b"5"]),
        (b"a$b root@10.0.0.1 @x.y @@z", [b"a$b", b"root", b"@", b"10.0.0.1", b"@", b"x.y", b"@@", b"z"]),
        (b"AS $$ it's $$ b", [b"AS", b"$$ it's $$", b"b"]),
        ("a数量b é".encode(), ["a数量b".encode(), "é".encode()]),
        (b'\'a\\\'b\' "c""d" `e``f`', [b"'a\\'b'", b'"c""d"', b"`e``f`"]),
    ],
)
def test_tokens_are_those_of_the_server(sql, expected):
    assert texts(sql) == expected


@pytest.mark.parametrize(
    "sql, at",
    [
        (b"other 1.e.x", 6),
        (b"t 1e5JOIN", 2),
        (b"t 1.JOIN", 2),
        (b"t 1e", 2),
        (b"t 0b2", 2),
        (b"`t`.5", 4),
        (b"a --\x01'\nb", 4),
        (b"INTO\xa0OUTFILE", 0),
        (b"a\x00b", 1),
        (b"$a", 0),
        (b"$$ a", 0),
        (b"@ a", 0),
        (b"a \\N", 2),
        (b"/*!50000 /*!50000 a */ */", 9),
        (b"/*!500 a */", 0),
        (b"/*!50000 a", 0),
        (b"/* a", 0),
        (b"a 'b", 2),
        (b"SELECT /*+ ' */ 1", 7),
        (b"# a\x00b", 0),
        (b"`\xe4`", 0),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_where_it_begins(sql, at):
    assert unclear(sql).offset == at


@pytest.mark.parametrize(
    "text, words", [("/*!100000 x */ y", "y"), ("/*!090704\tx */ y", "x y"), ("/*!999999\\- x */ y", "y"), ("/*!900009x */", None), ("/*!080000*/", None)]
)
def test_a_version_of_six_digits_needs_a_blank_after_it(text, words):
    """Measured on 9.7: without a blank the first five are the version, and the sixth is part of the statement."""
    if words is None:
        with pytest.raises(UnclearText, match="six digits"):
            list(scan(text.encode(), Dialect(90704)))
        return
    assert b" ".join(token.text for token in scan(text.encode(), Dialect(90704))) == words.encode()


def test_a_dollar_begins_a_name_before_9_0():
    assert texts(b"$a", Dialect(80036)) == [b"$a"]


def test_letters_beyond_ascii_are_read_in_character_sets_that_are_known():
    assert texts(b"\xe4", Dialect(90704, charset="latin1")) == [b"\xe4"]
    assert "not known" in unclear("ä".encode(), Dialect(90704)).what
    assert "0x" not in unclear(b"a\xa0b", Dialect(90704, charset="latin1")).what
    for text in "\N{GRINNING FACE}", "`a\N{GRINNING FACE}`":
        # A server refuses it (error 1300), after the tables before it are made.
        assert unclear(text.encode(), Dialect(90704, charset="utf8")).what.endswith("utf8")
        assert texts(text.encode(), Dialect(90704, charset="utf8mb4")) == [text.encode()]


def test_half_characters_in_quotes():
    gbk = Dialect(90704, charset="gbk")
    assert texts("'中文' `中`".encode("gbk"), gbk) == ["'中文'".encode("gbk"), "`中`".encode("gbk")]
    assert "second byte" in unclear(b"'\xbf\\a'", gbk).what
    assert "incomplete" in unclear(b"'\xbf' ", gbk).what
    assert texts(b"'\xbf\\''", Dialect(90704, charset="latin1")) == [b"'\xbf\\''"]


def test_without_a_version_only_what_all_servers_read_alike():
    any_server = Dialect(0)
    assert texts(b"a /*!50000 b */", any_server) == [b"a", b"b"]
    assert unclear(b"a /*!50000 '*/' */", any_server).offset == 2
    assert unclear(b"a /*!100000 b */", any_server).offset == 2


@pytest.mark.parametrize("sql", [b"SELECT /*M! 1, */ 2", b"SELECT /*M!100100 1, */ 2", b"SELECT /*!100100 1, */ 2", b"SELECT /*M!9999991 1, */ 2"])
def test_what_only_some_versions_of_mariadb_execute_is_refused(sql):
    """tests/servers/test_mariadb.py compares what it executes with real servers."""
    assert unclear(sql, Dialect(MARIADB)).offset == 7


def test_version_comments_of_mysql_5_7_and_later_are_comments_to_mariadb():
    assert texts(b"SELECT /*!50699 1, */ /*!50700 2, */ /*!90999 3, */ /*!99990 4, */ /*M!999999 5, */ 6", Dialect(MARIADB)) == [b"SELECT", b"1", b",", b"6"]
    assert texts(b"SELECT /*M! 1, */ 2") == [b"SELECT", b"2"]

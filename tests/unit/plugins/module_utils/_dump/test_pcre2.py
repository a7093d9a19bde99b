# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of PCRE2, where the library is there; without it callers take a slower way."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import pcre2

pytestmark = pytest.mark.skipif(pcre2.pattern(b"a") is None, reason="this machine has no PCRE2 that compiles to machine code")


@pytest.mark.parametrize(
    "text, begin, found", [(b"xxa\nb", 2, True), (b"xxa\nb", 1, False), (b"a\0b", 0, True), (b"a\xffb", 0, True), (b"ab", 0, False), (b"", 0, False)]
)
def test_a_pattern_matches_at_its_start_only_and_a_dot_is_any_byte(text, begin, found):
    assert pcre2.pattern(rb"a.b").matches(text, begin) is found


def test_a_pattern_that_backtracks_has_no_limit_of_steps():
    text = b"(" + b"1,'it\\'s'," * 100000 + b"2)"
    assert pcre2.pattern(rb"\((?:[0-9]++,'(?:[^'\\]++|\\.)*+',)*+2\)").matches(text, 0)


@pytest.mark.parametrize("text, length", [(b"a),(b),(c", 6), (b"", 0), (b"),(),(", 6), (b"),)", 0), (b"\0),(\0", 3)])
def test_the_bytes_of_all_matches(text, length):
    assert pcre2.literal(b"),(").matched_bytes(text, 0) == length


def test_matches_before_the_beginning_do_not_count():
    assert pcre2.literal(b".").matched_bytes(b"..a.b.", 2) == 2


def test_a_wrong_pattern_is_an_error():
    with pytest.raises(ValueError, match="PCRE2 error [0-9]+ at byte 1"):
        pcre2.pattern(b"(")


def test_without_the_library_there_is_no_pattern(monkeypatch):
    monkeypatch.setattr(pcre2, "_LIBRARY", None)
    assert pcre2.pattern(b"a") is None and pcre2.literal(b"a") is None


def test_a_library_without_pcre2_functions_is_not_used(monkeypatch):
    monkeypatch.setattr(pcre2, "_LIBRARIES", ("libc.so.6", "nowhere.so"))
    assert pcre2._load() is None


def test_where_no_machine_code_may_be_made_there_is_no_pattern(monkeypatch):
    class Library:
        def __getattr__(self, name):
            return (lambda *_arguments: -45) if name == "pcre2_jit_compile_8" else getattr(whole, name)

    whole = pcre2._LIBRARY
    monkeypatch.setattr(pcre2, "_LIBRARY", Library())
    assert pcre2.pattern(b"a") is None

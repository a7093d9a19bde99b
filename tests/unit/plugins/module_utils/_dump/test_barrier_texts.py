# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Barriers whose texts a plan keeps for the checks."""

from ansible_collections.apsaradb.mysql.tests.support.plans import HEAD, TABLE, plan

UPDATE = b"UPDATE t SET b = 'x' WHERE a = %d;\n"


def texts(*files, **choices):
    return [(barrier.definition.text, barrier.tables_known) for barrier in plan(*files, **choices).barriers]


def test_barriers_are_kept_as_they_are_sent():
    dump = HEAD + TABLE + b"UPDATE shop.t SET b = 1;\nALTER TABLE t ADD c INT;\nDELETE FROM t WHERE c = 1;\nINSERT INTO t VALUES (1,'x');\n"
    assert texts(dump) == [(b"UPDATE t SET b = 1", True), (b"ALTER TABLE t ADD c INT", False), (b"DELETE FROM t WHERE c = 1", False)]
    made = plan(dump).barriers[0].definition
    assert (made.what, made.name, made.on, made.place.line) == ("UPDATE SHOP", b"t", b"t", dump.count(b"\n", 0, dump.index(b"UPDATE")) + 1)


def test_the_first_500_are_kept_and_the_last_of_each_file():
    file = b"".join(UPDATE % number for number in range(600))
    kept = texts(HEAD + TABLE + file, file)
    assert [text for text, _known in kept[498:]] == [(UPDATE % number)[:-2] for number in (498, 499, 599, 599)]


def test_large_ones_are_not_kept():
    large = b"UPDATE t SET b = '%s';\n" % (b"x" * (1 << 20))
    small = b"UPDATE t SET b = '%s';\n" % (b"x" * 900_000)
    assert texts(HEAD + TABLE + large) == []
    assert len(texts(HEAD + TABLE + small * 6)) == 5


def test_a_statement_without_a_delimiter_is_noted():
    for end, unended in (b";\n", False), (b"\n", True), (b"", True):
        dump = HEAD + TABLE + b"UPDATE t SET b = 1" + end
        assert plan(dump).files[0].unended == (dump.index(b"UPDATE") if unended else None)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which statements are proved to be rows, and which must not be."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import insert_values
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.insert_values import inspect
from ansible_collections.apsaradb.mysql.tests.support.cases import examples
from hypothesis import given
from hypothesis import strategies as st

HEAD = b"INSERT INTO `t` VALUES "


@pytest.fixture(params=[1, 2, 3, 5, 1 << 18])
def window(request, monkeypatch):
    monkeypatch.setattr(insert_values, "_WINDOW", request.param)


def by_column(shapes):
    """For rows described by the forms of their values."""
    insert_values = [shape.split(b",") for shape in shapes]
    return tuple(map(lambda *column: set(column), *insert_values)) if len(set(map(len, insert_values))) == 1 else None


@pytest.mark.parametrize(
    "values, number, shapes",
    [
        (b"(1)", 1, {b""}),
        (b"(1,'a',NULL)", 1, {b",',NULL"}),
        (b"(1,'a'),(2,'b')", 2, {b",'"}),
        (b"(1,'a'),(2,NULL)", 2, {b",'", b",NULL"}),
        (b"(-1,1.5,.5,-1.5e-10,1E+5,1e300)", 1, {b"-,.,.,-.e-,E+,e"}),
        (b"('it''s','','''',' ''')", 1, {b"',',','"}),
        (b"('\\'','\\\\','\\\\\\'','\\n\\0\\Z')", 1, {b"',',','"}),
        (b"('),(',';\n',');\n')", 1, {b"',','"}),
        (b"('\x00\r\n\xff\x1a\"`#-- /*')", 1, {b"'"}),
    ],
)
def test_rows_of_literals(window, values, number, shapes):
    found = inspect(HEAD + values)
    assert found is not None
    assert (found.number, found.forms, found.separator) == (number, by_column(shapes), b"),(")
    assert (found.table, found.schema, found.columns, found.verb, found.ignore) == (b"t", None, (), b"INSERT", False)
    assert (HEAD + values)[found.body :] == values


@pytest.mark.parametrize(
    "values, shapes",
    [
        (b"(0x1F,1)", {b"X,"}),
        (b"(_binary 'a;\\'),(',1)", {b"X,"}),
        (b"(b'0101',x'1f',X'00',B'1')", {b"X,X,X,X"}),
        (b"(NULL,0x00),(1,_binary '')", {b"NULL,X", b",X"}),
        (b"(0b101)", {b"X"}),
    ],
)
def test_marked_literals(window, values, shapes):
    found = inspect(HEAD + values)
    assert found is not None and found.forms == by_column(shapes)


@pytest.mark.parametrize(
    "values",
    [
        b"(now())",
        b"(1,(select 1))",
        b"(1,a)",
        b"(@a)",
        b"(DEFAULT)",
        b"(1+1)",
        b"(1-1)",
        b"(1--1)",
        b"(- 1)",
        b"(1 2)",
        b"('a' 'b')",
        b"('a'b)",
        b"(a'b')",
        b"(1,)",
        b"(,1)",
        b"()",
        b"(1,,2)",
        b"(1),()",
        b"(1)(2)",
        b"((1))",
        b"(1),",
        b"(1,2",
        b"1)",
        b"('a',\"b\")",
        b"(\"a\",'b')",
        b"(\"','\",'a')",
        b'("a',
        b'(X"41")',
        b'("a"b)',
        b"(_binary  0x41)",
        b"(`a`)",
        b"(1 /* x */)",
        b"(1 -- x\n)",
        b"(1 #x\n)",
        b"(1/*!50001 +1*/)",
        b"('a) ",
        b"(1);(2)",
        b"(1) ON DUPLICATE KEY UPDATE a=(1)",
        b"(1) AS new",
        b"(1e)",
        b"(1.2.3)",
        b"(0x)",
        b"(_utf8'a')",
        b"(_binary x)",
        b"(N'a')",
        b"(null_)",
        b"(NULLNULL)",
        b"(NULL2)",
        b"(2NULL)",
        b"('a',NULL0)",
        b"(50x1F)",
        b"(0x1F,1x'41')",
        b"(5'a')",
        b"('a'5)",
        b"(NULL 1)",
        b"(TRUE)",
        b"(load_file('/etc/passwd'))",
        b"('a'||'b')",
        b"(1),(2),(sleep(9))",
        b"(1;)",
        b"(1\\)",
        b"('a'\\)",
        b"(e)",
        b"(e5)",
        b"(.)",
        b"(-)",
    ],
)
def test_inserts_that_are_not_literal_rows(window, values):
    assert inspect(HEAD + values) is None


@pytest.mark.parametrize(
    "head, table, schema, columns, verb, ignore",
    [
        (b"INSERT INTO `a``b` VALUES ", b"a`b", None, (), b"INSERT", False),
        (b"INSERT INTO t VALUES", b"t", None, (), b"INSERT", False),
        (b"insert  ignore\ninto `s`.`t` (`a`, `b``c`)\nvalues ", b"t", b"s", (b"a", b"b`c"), b"INSERT", True),
        (b"REPLACE INTO `t` (`) VALUES (`,x) VALUES ", b"t", None, (b") VALUES (", b"x"), b"REPLACE", False),
        (b"INSERT LOW_PRIORITY INTO s . t(a) VALUES ", b"t", b"s", (b"a",), b"INSERT", False),
        ("INSERT INTO `表` (`列`) VALUES ".encode(), "表".encode(), None, ("列".encode(),), b"INSERT", False),
    ],
)
def test_heads(head, table, schema, columns, verb, ignore):
    found = inspect(head + b"(1,2)")
    assert found is not None
    assert (found.table, found.schema, found.columns, found.verb, found.ignore) == (table, schema, columns, verb, ignore)


@pytest.mark.parametrize(
    "head",
    [
        b"INSERT INTO t SELECT ",
        b"INSERT t VALUES ",
        b"INSERT INTO a.b.c VALUES ",
        b"INSERT INTO t VALUES ROW",
        b"INSERT INTO t SET a=",
        b"INSERT INTO t (f(a)) VALUES ",
    ],
)
def test_heads_of_other_tools(head):
    assert inspect(head + b"(1,2)") is None


def test_one_row_per_line_as_mariadb_dump_writes_them(window):
    found = inspect(HEAD + b"\n(1,'a'),\n(2,'),\n('),\n(3,NULL)")
    assert found is not None and (found.number, found.separator, found.forms) == (3, b"),\n(", by_column({b",'", b",NULL"}))


def test_white_space_between_values_excludes_load_data(window):
    for text in (b"\n(1),\n(2),(3)", b"( 1 ) , (2),(3)", b"(1),\t(2), ( 3)"):
        found = inspect(HEAD + text)
        assert found is not None and (found.number, found.separator, found.forms) == (3, b"", ({b""},))
    found = inspect(HEAD + b"(1, 'a b', NULL, 0x00), (-1.5, ' ,( ', 'c', _binary 'x')")
    assert found is not None and (found.number, found.separator, found.forms) == (2, b"", by_column({b",',NULL,X", b"-.,',',X"}))


def test_without_backslash_escapes(window):
    assert inspect(HEAD + b"('\\'),('\\\\')", backslash=False).number == 2
    assert inspect(HEAD + b"('\\'),('\\\\')", backslash=True) is None


def escaped(text):
    return b"'" + text.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\n", b"\\n").replace(b"\0", b"\\0") + b"'"


def doubled(text):
    return b"'" + text.replace(b"\\", b"\\\\").replace(b"'", b"''") + b"'"


TEXTS = st.lists(
    st.sampled_from([b"'", b"\\", b"),(", b"),\n(", b";\n", b"NULL", b"0x", b"_binary ", b"-- ", b"/*", b"1", b"\xd5\x5c", b"a", b"\0", b","]), max_size=6
).map(b"".join)
LITERALS = st.one_of(
    TEXTS.map(lambda text: (escaped(text), b"'")),
    TEXTS.map(lambda text: (doubled(text), b"'")),
    st.just((b"NULL", b"NULL")),
    st.integers(0, 10**20).map(lambda number: (b"%d" % number, b"")),
    st.integers(1, 99).map(lambda number: (b"-%d.%d" % (number, number), b"-.")),
    st.integers(1, 99).map(lambda number: (b"%de-%d" % (number, number), b"e-")),
    TEXTS.map(lambda text: (b"0x" + (text or b"x").hex().encode(), b"X")),
    TEXTS.map(lambda text: (b"_binary " + escaped(text), b"X")),
)


@given(st.lists(st.lists(LITERALS, min_size=1, max_size=5), min_size=1, max_size=6), st.integers(1, 40), st.sampled_from([b",", b",\n"]))
@examples(400)
def test_generated_rows_are_counted_and_their_forms_are_known(table, size, between):
    before, insert_values._WINDOW = insert_values._WINDOW, size
    try:
        found = inspect(HEAD + between.join(b"(" + b",".join(literal for literal, _shape in row) + b")" for row in table))
    finally:
        insert_values._WINDOW = before
    assert found is not None
    assert found.number == len(table)
    assert found.forms == by_column({b",".join(shape for _literal, shape in row) for row in table})


@given(
    st.lists(
        st.sampled_from([b"'", b"\\", b"(", b")", b",", b"),(", b"1", b"NULL", b"-", b"e", b"a", b" ", b"\n", b"0x1", b"''", b";", b"#", b"/*", b"_binary "]),
        max_size=12,
    ).map(b"".join)
)
@examples(500)
def test_accepted_statements_are_complete(values):
    """Whatever passes has its strings closed, and outside of them no sign that could end the statement or start a comment."""
    text = HEAD + b"(" + values + b")"
    if inspect(text) is None:
        return
    outside, inside, skip = [], False, False
    for byte in text[len(HEAD) :]:
        if skip:
            skip = False
        elif byte == 0x27:
            inside = not inside
        elif inside and byte == 0x5C:
            skip = True
        elif not inside:
            outside.append(byte)
    assert not inside
    assert not set(bytes(outside)) & set(b';#/*"`\\@') and b"--" not in bytes(outside)

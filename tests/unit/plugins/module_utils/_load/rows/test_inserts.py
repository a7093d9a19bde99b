# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only the INSERTs that the plan counted are sent, whatever else the bytes of a chunk hold."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Chunk, cut
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.inserts import ChunkData, as_sent, cut_at_equal_heads, inserts_of
from hypothesis import given
from hypothesis import strategies as st

ONE, TWO = b"INSERT INTO `t` VALUES (1,'a;')", b"REPLACE INTO t (a) VALUES (2)"


def chunk(data, statements, first=None, cuts=0):
    return Chunk(0, 0, len(data), 7, 0, statements, 0, statements, cuts, len(data) - 1 if first is None else first, True, b"")


def inserts(known, data, table=b"t", sql_mode=None):
    session = SessionState() if sql_mode is None else SessionState((("sql_mode".encode(), sql_mode),))
    return [bytes(text) for text, _start in inserts_of(ChunkData(known, session, table, data, True))]


def found(data, statements, table=b"t", first=None):
    return inserts(chunk(data, statements, first), data, table)


def test_the_inserts_of_a_chunk():
    assert found(ONE + b";", 1) == [ONE]
    assert found(ONE + b"  ;", 1, first=len(ONE)) == [ONE]
    assert found(ONE + b";\n" + TWO + b";", 2) == [ONE, TWO]
    assert found(b"INSERT INTO `T` VALUES (1);", 1) == [b"INSERT INTO `T` VALUES (1)"]


@given(
    st.lists(st.sampled_from([ONE, TWO, b"INSERT INTO `t` VALUES (7,';\nINSERT INTO `t` VALUES (8)')", b"INSERT INTO `t` VALUES (9)"]), min_size=2, max_size=5),
    st.sampled_from([b";\n", b";", b" ;\n", b"; \n"]),
    st.booleans(),
)
def test_inserts_are_cut_where_the_plan_cut_them(texts, between, last):
    data, cuts, begin = between.join(texts) + (b";" if last else b""), 0, 0
    for text in texts:
        cuts = cut(cuts, begin, begin + len(text))
        begin += len(text) + len(between)
    known = chunk(data, len(texts), len(texts[0]), cuts)
    assert inserts(known, data) == texts
    fast = cut_at_equal_heads(known, data)
    assert fast is None or list(map(bytes, fast)) == texts
    if between == b";\n" and len(set(texts)) == 1 and texts[0] in (ONE, TWO):
        assert fast is not None


def test_a_planned_chunk_is_cut_without_a_parser():
    dump = b"CREATE TABLE `t` (a INT, b TEXT);\n" + (ONE + b";\n") * 100 + b"-- Dump completed on 2026-01-01\n"
    planner = Planner(Choices(target=b"copy", batch_bytes=1000))
    planner.read(DumpSource("data.sql", io.BytesIO(dump)))
    chunks = [step for step in planner.plan().steps if isinstance(step, Chunk)]
    assert len(chunks) > 2 and sum(step.statements for step in chunks) == 100
    for step in chunks:
        texts = cut_at_equal_heads(step, dump[step.offset : step.end])
        assert texts is not None and list(map(bytes, texts)) == [ONE] * step.statements


@pytest.mark.parametrize(
    "data, statements",
    [
        (ONE + b";" + TWO + b";" + TWO + b";", 2),
        (ONE + b";", 2),
        (ONE + b"; COMMIT; " + TWO + b";", 2),
        (ONE + b"; COMMIT; " + TWO + b";", 3),
        (ONE + b"; DROP DATABASE shop;", 2),
        (b"INSERT INTO `u` VALUES (1);", 1),
        (b"INSERT INTO `t`.`u` VALUES (1);", 1),
        (ONE + b"; INSERT INTO t.u VALUES (1);", 2),
        (b"DELETE FROM t;", 1),
        (b"xINSERT INTO `t` VALUES (1);", 1),
    ],
)
def test_any_other_statement_is_refused(data, statements):
    with pytest.raises(Failure, match=r"The file changed during the import: the . INSERT\(s\) into t.*line 7"):
        found(data, statements)


@pytest.mark.parametrize(
    "text, sent",
    [
        (ONE, ONE),
        (b"INSERT INTO `s`.`t` VALUES (1,'s.t')", b"INSERT INTO `t` VALUES (1,'s.t')"),
        (b"INSERT  DELAYED IGNORE INTO s . t (a) VALUES (1)", b"INSERT   IGNORE INTO t (a) VALUES (1)"),
        (b"insert delayed into t values (1)", b"insert  into t values (1)"),
        (b"REPLACE LOW_PRIORITY INTO t VALUES ('DELAYED')", b"REPLACE LOW_PRIORITY INTO t VALUES ('DELAYED')"),
    ],
)
def test_inserts_are_sent_without_a_database_and_not_delayed(text, sent):
    ((found_text, start),) = inserts_of(ChunkData(chunk(text + b";", 1), SessionState(), b"t", text + b";", True))
    assert as_sent(found_text, start) == sent


def test_a_backslash_escapes_nothing_under_no_backslash_escapes():
    data = b"INSERT INTO t VALUES ('\\');INSERT INTO t VALUES (2);"
    known = chunk(data, 2)
    assert len(inserts(known, data, sql_mode=b"'NO_BACKSLASH_ESCAPES'")) == 2
    with pytest.raises(Failure, match="file changed"):
        inserts(known, data)

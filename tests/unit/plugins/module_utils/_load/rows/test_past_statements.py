# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements that an earlier run has begun or run: what they have changed is not loaded again without them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Barrier, Chunk
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import BARRIER_BEGUN, TABLE_BEGUN, TABLE_WHOLE
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.past_statements import (
    lost_tables,
    past_histograms,
    refuse_begun,
    refuse_other_engine,
    refuse_other_steps,
    refuse_to_reload,
    starts_over,
)
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

M = b"CREATE TABLE m (a int) ENGINE=MyISAM;\n"
U = b"CREATE TABLE u (a int) ENGINE=MyISAM;\n"
ROWS, MORE = b"INSERT INTO m VALUES (1),(2);\n", b"INSERT INTO m VALUES (3);\n"


def ran(dump):
    """The plan of a dump whose statements between the rows have all run."""
    found = plan(whole(dump))
    return found, {(step.file, step.offset): 0 for step in found.steps if isinstance(step, Barrier)}


@pytest.mark.parametrize("statement", [b"UPDATE m SET a = a + 10", b"DELETE FROM m WHERE a = 1", b"TRUNCATE TABLE m", b"INSERT INTO m SELECT 5"])
@pytest.mark.parametrize("created_again", [False, True])
def test_a_table_that_a_statement_has_changed_is_not_filled_without_it(statement, created_again):
    found, done = ran(M + ROWS + statement + b";\n" + MORE)
    with pytest.raises(Failure, match="table m must be loaded again, .*file0.sql, line 10, byte [0-9]+.*Drop everything .* database shop, then"):
        refuse_to_reload(found, done, (0,), "shop", created_again=created_again)


def test_rows_that_a_statement_has_added_before_the_others_are_not_lost():
    found, done = ran(M + b"INSERT INTO m SELECT 5;\n" + ROWS)
    with pytest.raises(Failure, match="table m must be loaded again"):
        refuse_to_reload(found, done, (0,), "shop", created_again=False)


@pytest.mark.parametrize(
    "dump",
    [
        # Its rows came later.
        U + b"INSERT INTO u VALUES (1);\nUPDATE u SET a = 2;\n" + M + ROWS,
        M + b"ALTER TABLE m ADD KEY (a);\n" + ROWS,
        # Only another table has other rows.
        M + U + ROWS + b"INSERT INTO u SELECT 5;\n",
        # The statement has not run.
        M + ROWS,
    ],
)
def test_a_table_that_no_statement_has_changed_is_filled_again(dump):
    found, done = ran(dump)
    refuse_to_reload(found, done, (next(index for index, table in enumerate(found.tables) if table.name == b"m"),), "shop", created_again=False)


def test_a_table_that_is_created_again_lacks_what_a_statement_has_added_to_it():
    found, done = ran(M + b"ALTER TABLE m ADD KEY (a);\n" + ROWS)
    with pytest.raises(Failure, match="line 9"):
        refuse_to_reload(found, done, (0,), "shop", created_again=True)
    refuse_to_reload(found, {}, (0,), "shop", created_again=True)
    refuse_to_reload(found, done, (), "shop", created_again=True)


def test_a_statement_that_an_earlier_run_began_and_did_not_note_stops_the_load():
    found, done = ran(M + ROWS + b"UPDATE m SET a = 3;\n")
    (step,) = done
    begun = {(BARRIER_BEGUN - step[0], step[1]): 0}
    with pytest.raises(Failure, match="An earlier run was stopped during this statement.*file0.sql, line 10, byte .*Drop everything .* database shop"):
        refuse_begun(found, begun, "shop")
    refuse_begun(found, {**done, **begun}, "shop")
    refuse_begun(found, {}, "shop")


COPIES = M + ROWS + b"UPDATE m SET a = 2;\nCREATE TABLE c LIKE m;\nINSERT INTO c VALUES (1);\nCREATE TABLE d LIKE m;\nINSERT INTO d VALUES (1);\n"


@pytest.mark.parametrize(
    "ran, begun, there, lost",
    [
        # The statements that create the tables have not run.
        (2, (), "m", ""),
        (3, (), "mc", ""),
        (4, (), "mc", ""),
        (6, (), "mcd", ""),
        # The user has dropped them.
        (3, (), "m", "c"),
        (4, (), "m", "c"),
        (6, (), "mc", "d"),
        (6, (), "", "mcd"),
        (0, (), "", "m"),
        # It is not known whether the statement took effect.
        (2, (2,), "m", "c"),
    ],
)
def test_a_table_that_a_statement_will_create_is_not_lost(ran, begun, there, lost):
    found = plan(whole(COPIES))
    done = noted(found, *range(ran))
    done.update({(BARRIER_BEGUN - step.file, step.offset): 0 for at, step in enumerate(found.steps) if at in begun})
    assert [found.tables[index].name.decode() for index in lost_tables(found, done, there)] == list(lost)


def test_a_table_whose_statement_is_not_known_is_lost_if_any_statement_has_run_that_may_have_created_it():
    names = [b"c%d" % number for number in range(12)]
    renames = b", ".join(b"x%s TO %s" % (name, name) for name in names)
    found = plan(whole(M + b"UPDATE m SET a = 1;\nRENAME TABLE " + renames + b";\nINSERT INTO c0 VALUES (1);\n"))
    assert lost_tables(found, noted(found, 0), "m") == [] and lost_tables(found, noted(found, 0, 1), "m") == [1]


@pytest.mark.parametrize(
    "dump, begun, there, expected",
    [
        (M + ROWS + b"UPDATE m SET a = 2;\n", 1, "", True),
        (M + ROWS + b"UPDATE m SET a = 2;\n", 1, "m", False),
        (M + ROWS + b"CREATE TABLE c SELECT 1 AS a;\n", 1, "c", False),
        # A table of the user has rows of the dump.
        (M + b"INSERT INTO mine VALUES (1);\nUPDATE m SET a = 2;\n", 1, "", False),
        # Only statements create tables.
        (b"CREATE TABLE c SELECT 1 AS a;\nUPDATE c SET a = 2;\n", 1, "", True),
        (b"CREATE TABLE c SELECT 1 AS a;\nUPDATE c SET a = 2;\n", 1, "c", False),
        (b"CREATE TABLE c SELECT 1 AS a;\nINSERT INTO c VALUES (2);\n", 0, "", True),
        (b"CREATE TABLE c SELECT 1 AS a;\nUPDATE mine SET a = 2;\n", 1, ("mine",), False),
        (b"UPDATE mine SET a = 2;\n", 0, "", False),
    ],
)
def test_an_import_starts_over_if_nothing_is_left_of_it(dump, begun, there, expected):
    found = plan(whole(dump))
    stopped = found.steps[begun]
    done = {**noted(found, *range(begun)), (BARRIER_BEGUN - stopped.file, stopped.offset): 0}
    assert starts_over(found, done, there) == expected


def test_without_a_stopped_statement_a_table_that_a_statement_has_dropped_again_is_no_reason_to_start_over():
    found = plan(whole(b"CREATE TABLE c SELECT 1 AS a;\nUPDATE mine JOIN c SET mine.a = 2;\nDROP TABLE c;\n"))
    assert not starts_over(found, noted(found, 0, 1, 2), "")


SEVERAL = M + ROWS + b"UPDATE m SET a = 2;\n" + MORE + MORE


@pytest.mark.parametrize("size", [1 << 20, 10])
def test_an_import_that_has_divided_the_rows_alike_is_continued(size):
    """The number of rows that INSERT IGNORE adds is not known before."""
    found = plan(whole(SEVERAL + b"INSERT IGNORE INTO m VALUES (4),(4);\n"), batch_bytes=size)
    steps = [((step.file, step.offset), step.rows - (not step.exact) if isinstance(step, Chunk) else 0) for step in found.steps]
    for count in range(len(steps) + 1):
        refuse_other_steps(found, dict(steps[:count] + [((TABLE_WHOLE, 0), 3), ((BARRIER_BEGUN, 5), 0)]), "shop")


@pytest.mark.parametrize("then, now", [(1 << 20, 10), (10, 1 << 20)])
def test_an_import_that_has_divided_the_rows_otherwise_is_refused(then, now):
    """Also if a chunk begins at the same place, but has another number of rows."""
    last = [step for step in plan(whole(SEVERAL), batch_bytes=then).steps if isinstance(step, Chunk)][1:]
    assert last
    for step in last:
        with pytest.raises(
            Failure, match="split the rows into different chunks.*another version of this collection.*Drop everything.* database shop, then run"
        ):
            refuse_other_steps(plan(whole(SEVERAL), batch_bytes=now), {(step.file, step.offset): step.rows}, "shop")


HISTOGRAMS = b"ANALYZE TABLE m UPDATE HISTOGRAM ON a;\nANALYZE TABLE u UPDATE HISTOGRAM ON a;\n"


def test_a_histogram_before_a_statement_that_has_run_is_not_created_again():
    """It is of the rows before the statement. Of a table that gets rows after it, it is not created yet."""
    found = plan(whole(M + U + ROWS + HISTOGRAMS + b"UPDATE m SET a = 9;\nINSERT INTO u VALUES (1);\n"))
    rows, statement, more = [(step.file, step.offset) for step in found.steps]
    assert found.tables[0].name == b"m"
    assert past_histograms(found, {rows: 2, statement: 0, more: 1}) == past_histograms(found, {(TABLE_WHOLE, 0): 2, statement: 0}) == {0}
    # The statement has not run; the rows are loaded again; a table without rows.
    assert past_histograms(found, {}) == past_histograms(found, {rows: 2}) == past_histograms(found, {statement: 0}) == frozenset()
    assert past_histograms(plan(whole(M + U + HISTOGRAMS + ROWS)), {rows: 2}) == frozenset()
    filled, done = ran(M + U + HISTOGRAMS + b"INSERT INTO m SELECT 5;\n")
    assert past_histograms(filled, done) == {0, 1}


def noted(found, *places):
    """The ledger with the steps at these places in the plan."""
    steps = [step for at, step in enumerate(found.steps) if at in places]
    return {(step.file, step.offset): getattr(step, "rows", 0) for step in steps}


TO_INNODB = M + ROWS + b"ALTER TABLE m ENGINE=InnoDB;\n" + MORE


@pytest.mark.parametrize(
    "dump, places, more, restart, refused",
    [
        # The rows before the statement were sent when no chunk of the table was recorded.
        (TO_INNODB, (1,), {}, (), "line 9"),
        (TO_INNODB, (1, 2), {}, (), "line 9"),
        (TO_INNODB, (1,), {(TABLE_WHOLE, 0): 3}, (), None),
        (TO_INNODB, (0, 1), {}, (), None),
        (TO_INNODB, (), {(TABLE_BEGUN, 0): 3}, (), "line 9"),
        (TO_INNODB, (), {(TABLE_BEGUN, 0): 3, (TABLE_WHOLE, 0): 3}, (), None),
        # Chunks were recorded when the table could roll back.
        (TO_INNODB, (0,), {}, (0,), "line 9"),
        (TO_INNODB, (2,), {(TABLE_WHOLE, 0): 3}, (0,), "line 11"),
        (TO_INNODB, (1,), {}, (0,), None),
        (TO_INNODB, (1,), {(TABLE_WHOLE, 0): 3}, (0,), None),
        # Another table has another engine.
        (M + ROWS + U + b"ALTER TABLE u ENGINE=InnoDB;\n" + MORE, (1,), {}, (), None),
        # The engine is the same.
        (M + ROWS + b"UPDATE m SET a = 1;\n" + MORE, (1,), {}, (), None),
    ],
)
def test_rows_of_a_table_with_another_engine_are_not_sent_again_or_left_out(dump, places, more, restart, refused):
    found = plan(whole(dump))
    done = {**noted(found, *places), **more}
    refuse_other_engine(found, done, frozenset(restart), {"m": None}, "shop")
    if refused is None:
        refuse_other_engine(found, done, frozenset(restart), (), "shop")
        return
    with pytest.raises(Failure, match="Rows of the table m were loaded while it had another engine.*{0}, .*Drop everything".format(refused)):
        refuse_other_engine(found, done, frozenset(restart), (), "shop")


def test_any_statement_may_have_changed_the_engine_if_its_tables_are_not_known():
    found = plan(whole(M + ROWS + b"CALL change_all();\n"), allow=("CALL",))
    with pytest.raises(Failure, match="another engine"):
        refuse_other_engine(found, noted(found, 1), frozenset(), (), "shop")

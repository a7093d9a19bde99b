# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps keep their order, and stay small."""

import gc
import io
import random
import tracemalloc

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.row_change import AffectedTables, RowChange
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Barrier, Chunk, Steps, digest_of
from ansible_collections.apsaradb.mysql.tests.support.plans import TABLE, whole


@pytest.mark.by_night
def test_barriers_take_little_memory():
    def held(number):
        dump = whole(TABLE + b"".join(b"UPDATE shop.t SET b = '%s' WHERE a = %d;\n" % (b"x" * 300, at) for at in range(number)))
        planner = Planner(Choices(target=b"copy", server_version=90704))
        gc.collect()
        tracemalloc.start()
        try:
            planner.read(DumpSource("file0.sql", io.BytesIO(dump)))
            made = planner.plan()
            gc.collect()
            size = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert made.statements > number
        return size

    # Entries of the first plan in shared caches do not count.
    held(10)
    assert held(1500) - held(500) < 1000 * 60


def test_steps_keep_their_order_and_values():
    chance = random.Random(4)
    for _time in range(300):
        steps, made = Steps(), []
        for number in range(chance.randrange(9)):
            if chance.random() < 0.5:
                made.append(Chunk(0, number, number + 1, 1, chance.randrange(3), 1, 0, 1, 1 << 100, 1, True, b"),("))
            else:
                made.append(
                    Barrier(
                        number,
                        1 << 60,
                        1 << 50,
                        1 << 30,
                        digest_of(b"%d" % number),
                        number,
                        ((1, 2, b"%d" % (number % 2)),),
                        RowChange(b"%d" % (number % 3), number),
                        AffectedTables((b"%d" % (number % 2),), number % 3 == 0, number % 5 == 0),
                    )
                )
            steps.append(made[-1])
            assert steps.last_chunk == (made[-1] if isinstance(made[-1], Chunk) else None)
        if steps.last_chunk is not None and chance.random() < 0.5:
            made[-1] = made[-1]._replace(end=99)
            steps.replace_last(made[-1])
        assert list(steps) == made
        steps.drop_rows(1)
        made = [step for step in made if not (isinstance(step, Chunk) and step.table == 1)]
        assert list(steps) == made
        known = [step._replace(table=5 - 5 * (step.table // 2)) if isinstance(step, Chunk) else step for step in made]
        assert list(steps.renumbered({0: 5, 2: 0}, (b"0", b"1"))) == known
        others = [step for step in steps.renumbered({0: 5, 2: 0}, (b"1",)) if isinstance(step, Barrier)]
        assert others == [
            step._replace(affected=step.affected._replace(tables=tuple(name for name in step.affected.tables if name != b"0")))
            for step in made
            if isinstance(step, Barrier)
        ]
        assert list(steps) == made
        # The table is filled again.
        assert steps.last_chunk is None or steps.last_chunk == made[-1]
        made.append(Chunk(0, 50, 51, 1, 1, 1, 0, 1, 1 << 100, 1, True, b"),("))
        steps.append(made[-1])
        assert steps.last_chunk == made[-1] and list(steps) == made
        assert [step for step in steps.renumbered({0: 0, 1: 7, 2: 2}, ()) if isinstance(step, Chunk)][-1].table == 7


def test_dropping_a_table_does_not_scan_the_chunks():
    """Otherwise 8000 tables twice in one file took ten seconds more, and twice as many four times as long."""

    class Rows(list):
        def __iter__(self):
            raise AssertionError("gone through")

    steps = Steps()
    steps.append(Chunk(0, 0, 1, 1, 0, 1, 0, 1, 1 << 100, 1, True, b"),("))
    steps._chunks = Rows(steps._chunks)
    steps.drop_rows(0)
    assert steps.last_chunk is None

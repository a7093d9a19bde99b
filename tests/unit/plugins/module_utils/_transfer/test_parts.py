# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import threading
from typing import List, Set, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.parts import (
    LONGEST_RUN,
    MOST_PARTS,
    PartQueue,
    done,
    fitting_part_size,
    layout,
    may_expire,
)
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(1, 10**6), st.integers(1, 10**5))
def test_layout_covers_every_byte_once(size: int, part_size: int) -> None:
    if size // part_size > 5000:
        part_size = size // 5000
    parts = layout([(0, size)], part_size)
    at = 0
    for number, part in enumerate(parts):
        assert (part.index, part.first) == (number, at) and 0 < part.length <= part_size
        at += part.length
    assert at == size


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), min_size=1, max_size=20), st.integers(1, 20), st.integers(1, 4))
def test_runs_of_spans_are_in_a_row_in_the_object_too(pieces: List[Tuple[int, int]], part_size: int, connections: int) -> None:
    spans, at = [], 0
    for length, gap in pieces:
        spans.append((at, at + length))
        at += length + gap
    parts = layout(spans, part_size)
    assert [offset for part in parts for offset in range(part.source, part.source + part.length)] == [
        offset for first, end in spans for offset in range(first, end)
    ]
    queue = PartQueue(parts, connections)
    while True:
        run = queue.take(whole_share=True)
        if run is None:
            break
        assert queue.end(run) - parts[run.at].source == sum(part.length for part in parts[run.at : run.stop])
        for part in parts[run.at : run.stop]:
            part.done = part.length
        queue.finish(run)
    assert all(part.complete for part in parts)


@given(st.integers(1, 10**14), st.integers(1 << 16, 1 << 30), st.integers(1, 32))
def test_part_size_fits_the_object(size: int, part_size: int, connections: int) -> None:
    fitting = fitting_part_size(size, part_size, connections)
    assert -(-size // fitting) <= MOST_PARTS
    assert fitting == part_size or fitting % (1 << 20) == 0


@pytest.mark.parametrize(
    "size, wanted, fitting",
    [(100 << 30, 16 << 20, 16 << 20), (1 << 20, 1 << 16, 1 << 16), (1 << 40, 16 << 20, 105 << 20), (100 << 20, 16 << 20, 1 << 20), (1, 16 << 20, 1 << 20)],
)
def test_part_size_of_some_objects(size: int, wanted: int, fitting: int) -> None:
    assert fitting_part_size(size, wanted, 4) == fitting


@given(st.integers(1, 60), st.integers(1, 9), st.lists(st.tuples(st.integers(0, 59), st.integers(0, 10)), max_size=30), st.lists(st.booleans(), max_size=200))
def test_every_missing_part_is_handed_out_once(count: int, connections: int, before: List[object], hurry: List[bool]) -> None:
    parts = layout([(0, count * 10)], 10)
    for number, amount in before:  # type: ignore[misc]
        if number < count:
            parts[number].done = amount
    missing = {part.index for part in parts if not part.complete}
    queue = PartQueue(parts, connections)
    assert queue.connections <= connections and (queue.connections > 0) == bool(missing)
    given_out: List[int] = []
    moods = iter(hurry)
    while True:
        run = queue.take(whole_share=next(moods, False))
        if run is None:
            break
        first = parts[run.at]
        assert not first.complete
        assert all(part.done == 0 for part in parts[run.at + 1 : run.stop])
        assert queue.end(run) == parts[run.stop - 1].first + parts[run.stop - 1].length
        while True:
            part = queue.part(run)
            if part is None:
                break
            given_out.append(part.index)
            part.done = part.length
        queue.finish(run)
    assert sorted(given_out) == sorted(missing)
    assert done(parts) == count * 10


def test_in_a_hurry_each_connection_takes_its_whole_share_at_once() -> None:
    parts = layout([(0, 1000)], 1)
    queue = PartQueue(parts, 4)
    taken = [queue.take(whole_share=True) for _number in range(4)]
    assert [run.stop - run.at for run in taken if run] == [250, 250, 250, 250]
    assert queue.take(whole_share=True) is None


def test_runs_get_shorter_towards_the_end() -> None:
    queue = PartQueue(layout([(0, 200)], 1), 2)
    lengths = []
    while True:
        run = queue.take(whole_share=False)
        if run is None:
            break
        lengths.append(run.stop - run.at)
    assert sum(lengths) == 200 and lengths == sorted(lengths, reverse=True) and lengths[0] == 25 and lengths[-1] == 1


@pytest.mark.parametrize("part_size", [pytest.param(1 << 20, marks=pytest.mark.by_night), 16 << 20, 1 << 30])
def test_no_run_is_longer_than_a_request_should_be_or_shorter_than_a_part(part_size: int) -> None:
    run = PartQueue(layout([(0, 1 << 40)], part_size), 4).take(whole_share=False)
    assert run is not None and (run.stop - run.at) * part_size == max(LONGEST_RUN, part_size)


@pytest.mark.parametrize("size", [500 << 20, (1 << 30) + 10240, (3 << 30) - 1])
@pytest.mark.parametrize("connections", [2, 4, 7])
def test_connections_of_one_speed_end_together_after_few_requests(size: int, connections: int) -> None:
    parts = layout([(0, size)], fitting_part_size(size, 16 << 20, connections))
    queue = PartQueue(parts, connections)
    bytes_of, requests = [0] * connections, 0
    while True:
        run = queue.take(whole_share=False)
        if run is None:
            break
        requests += 1
        # The connection that received least ends first.
        bytes_of[bytes_of.index(min(bytes_of))] += sum(part.length for part in parts[run.at : run.stop])
    assert sum(bytes_of) == size
    assert max(bytes_of) - min(bytes_of) <= max(1 << 20, size / connections / 200)
    assert requests <= 40 * connections


def test_what_is_given_back_is_handed_out_again_once() -> None:
    parts = layout([(0, 100)], 10)
    queue = PartQueue(parts, 1)
    run = queue.take(whole_share=True)
    assert run is not None
    parts[0].done = 10
    parts[1].done = 4
    assert queue.part(run) is parts[1]
    queue.finish(run)
    queue.finish(run)
    assert queue.part(run) is None and run.revoked
    again = queue.take(whole_share=True)
    assert again is not None and (again.at, again.stop) == (1, 10)
    assert queue.take(whole_share=True) is None


def test_many_threads_take_every_part_once() -> None:
    parts = layout([(0, 5000)], 1)
    queue = PartQueue(parts, 8)
    seen: List[int] = []
    lock = threading.Lock()

    def work() -> None:
        mine: Set[int] = set()
        while True:
            run = queue.take(whole_share=False)
            if run is None:
                break
            while True:
                part = queue.part(run)
                if part is None:
                    break
                mine.add(part.index)
                part.done = 1
            queue.finish(run)
        with lock:
            seen.extend(mine)

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(5000))


@pytest.mark.parametrize(
    "missing, rate, left, expected",
    [
        (10**12, 1e6, None, False),
        (10**9, 1e8, 3600, False),
        (5 * 10**11, 1e8, 3600, True),
        (10**9, None, 3600, False),
        (1, 1e8, 60, True),
        (1, None, -10, True),
    ],
)
def test_whether_a_url_may_expire_before_the_download_ends(missing: int, rate: float, left: float, expected: bool) -> None:
    assert may_expire(missing, rate, left) is expected

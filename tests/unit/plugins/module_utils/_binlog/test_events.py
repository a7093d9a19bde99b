# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The walk over events. What real servers write is in tests/servers/test_binlog.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import BytesReader, ReadBuffer, UnreadableBinlog
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.events import FIRST, QUERY, events
from ansible_collections.apsaradb.mysql.tests.support.binlogs import Change, binlog
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

DATA = binlog([], [Change(A + ":1", statement="CREATE TABLE t (a int)"), Change(A + ":2")])


def walk(data, wanted=(), found=None):
    found = [] if found is None else found
    reader = BytesReader(data, "test")
    for event in events(reader, ReadBuffer(reader, 64), FIRST, checksums=True, wanted=frozenset(wanted)):
        found.append(event)
    return found


def test_events_and_positions():
    found = walk(DATA)
    assert [each.kind for each in found] == [15, 35, 33, 2, 33, 2, 19, 30, 16, 4]
    assert [each.end for each in found] == [each.start for each in found[1:]] + [len(DATA)]
    assert not any(each.body for each in found)


def test_bodies_of_wanted_types_only():
    found = walk(DATA, [QUERY])
    assert [each.body.rpartition(b"\0")[2] for each in found if each.body] == [b"CREATE TABLE t (a int)", b"BEGIN"]


def test_every_cut_is_found_at_its_event():
    starts = [each.start for each in walk(DATA)]
    for length in range(FIRST, len(DATA)):
        found = []
        if length in starts:
            walk(DATA[:length], found=found)
        else:
            with pytest.raises(UnreadableBinlog) as caught:
                walk(DATA[:length], found=found)
            assert (caught.value.kind, caught.value.byte) == ("cut", max(each for each in starts if each < length))
        assert len(found) == len([each for each in starts[1:] + [len(DATA)] if each <= length])


def test_a_changed_byte_of_a_body_that_is_read():
    query = next(each for each in walk(DATA) if each.kind == QUERY)
    data = bytearray(DATA)
    data[query.end - 6] ^= 4
    with pytest.raises(UnreadableBinlog, match="checksum of an event is wrong") as caught:
        walk(bytes(data), [QUERY])
    assert (caught.value.kind, caught.value.byte) == ("damaged", query.start)


@pytest.mark.parametrize("tail", [bytes(19), bytes(100), b"\xff" * 40])
def test_bytes_that_are_no_event(tail):
    with pytest.raises(UnreadableBinlog) as caught:
        walk(DATA + tail)
    assert (caught.value.kind, caught.value.byte) == ("damaged", len(DATA))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transactions of a binlog. What real servers write is in tests/servers/test_binlog.py."""

import random
import uuid

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import BytesReader, UnreadableBinlog
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_start import read_start
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.transactions import gtids_of, transactions
from ansible_collections.apsaradb.mysql.tests.support.binlogs import BEGUN, Change, binlog, number, query, series
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def read(data):
    reader = BytesReader(data, "test")
    return list(transactions(reader, read_start(reader)))


CHANGES = [
    Change(A + ":1", 1.25, "CREATE TABLE `t` (a int)"),
    Change(A + ":2", 2.000001),
    Change(B + ":9", 3, table="u", schema="crm", columns=b"\x03\x08", time_zone="Asia/Shanghai"),
    Change(None, 4, "DROP TABLE t", ""),
]


@pytest.mark.parametrize("version", ["8.0.36", "5.7.29"])
def test_transactions(version):
    found = read(binlog([], CHANGES, version=version))
    assert [each.gtid for each in found] == [A + ":1", A + ":2", B + ":9", None]
    seconds = [1.25, 2.000001, 3, 4] if version == "8.0.36" else [1, 2, 3, 4]
    assert [each.committed - BEGUN for each in found] == pytest.approx(seconds, abs=2e-7)
    assert [each.tables for each in found] == [(), (("shop", "t"),), (("crm", "u"),), ()]
    assert [(each.columns, each.time_zone) for each in found] == [((), None), ((b"\x03",), None), ((b"\x03\x08",), "Asia/Shanghai"), ((), None)]
    assert [[(one.schema, one.text) for one in each.statements] for each in found] == [[("shop", b"CREATE TABLE `t` (a int)")], [], [], [("", b"DROP TABLE t")]]
    assert [each.end for each in found[:-1]] == [each.start for each in found[1:]] and all(each.size > 0 for each in found)


@pytest.mark.parametrize("text", ["SAVEPOINT `a`", "ROLLBACK TO `a`", "XA END X'78',X'',1"])
def test_statements_that_only_frame_a_transaction(text):
    found = read(binlog([], [Change(A + ":1", 1, text), Change(A + ":2")]))
    assert [each.gtid for each in found] == [A + ":1", A + ":2"]
    assert not any(each.statements for each in found)


@pytest.mark.parametrize("text,xa", [("XA START X'78',X'',1", None), ("XA COMMIT X'78',X'',1", "commit"), ("XA ROLLBACK X'78',X'',1", "rollback")])
def test_parts_of_xa(text, xa):
    changes = [Change(A + ":1", 1, text), Change(A + ":2", 1, "DROP TABLE t")]
    assert [each.xa for each in read(binlog([], changes))][:1] == [xa or "start"]


@pytest.mark.parametrize("one_phase, xa, xid", [(b"\0", "start", b"X'78',X'',1"), (b"\1", "whole", None)])
def test_the_end_of_the_first_part_of_xa(one_phase, xa, xid):
    """XA COMMIT ... ONE PHASE is written as an XA_PREPARE with a mark, and nothing follows it."""
    head = b"\1" + uuid.UUID(A).bytes + (1).to_bytes(8, "little")
    raw = [(33, head), (2, query("shop", "XA START X'78',X'',1")), (2, query("shop", "XA END X'78',X'',1")), (38, one_phase + bytes(12))]
    (found,) = read(binlog([], raw=raw))
    assert (found.gtid, found.xa, found.xid) == (A + ":1", xa, xid)


def test_a_file_that_ends_inside_a_transaction():
    data = binlog([], CHANGES[:2], closed=False)
    with pytest.raises(UnreadableBinlog, match="ends inside a transaction") as caught:
        read(data[:-31])
    assert (caught.value.kind, caught.value.byte) == ("cut", read(data)[1].start)


def test_an_event_that_is_not_understood():
    with pytest.raises(UnreadableBinlog, match="An event of type 2 cannot be read") as caught:
        data = binlog([], [Change(A + ":1", 1, "x")], checksums=False)
        at = data.rindex(b"shop\0x") - 13
        read(data[: at + 8] + b"\xff" + data[at + 9 : at + 11] + b"\1\0" + b"\x05" + data[at + 14 :])
    assert caught.value.kind == "damaged"


def test_gtids_of_many():
    found = [each for data in series(A, [3, 4]) for each in read(data)] + read(binlog([], [Change(A + ":12"), Change(B + ":1"), Change()]))
    assert str(gtids_of(found)) == "{0}:1-7:12,{1}:1".format(A, B)


def test_any_bytes_are_read_or_refused():
    """Without checksums, so that changed bytes reach the readers."""
    source = b"".join(map(number, uuid.UUID(A).bytes))
    tagged = b"\2" + number(99) + b"\0" + b"\0\2\2" + source + b"\4\x0a\6\6tag" + b"\x0c" + number(1 << 50) + b"\x10" + number(300)
    raw = [(42, tagged), (2, query("shop", "BEGIN")), (40, b"\2\1\0\1\1\x0e\3\1\5\0(\xb5/\xfd \5)\0\0hello"), (42, tagged), (18, bytes(26) + b"x")]
    data = binlog([(A, 1, 5), (A + ":tag", 1, 4)], CHANGES, checksums=False, raw=raw)
    rng = random.Random(5)
    outcomes = set()
    for _round in range(1500):
        changed = bytearray(data)
        for _byte in range(rng.randint(1, 3)):
            changed[rng.randrange(4, len(data))] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        try:
            for each in read(bytes(changed)):
                assert each.end > each.start
            outcomes.add("read")
        except UnreadableBinlog as error:
            outcomes.add(error.kind)
    assert outcomes == {"read", "cut", "damaged", "not a binlog"}

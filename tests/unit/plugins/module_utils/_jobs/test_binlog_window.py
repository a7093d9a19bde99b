# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gaps and the overlap of a folder of binlogs."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_start import BinlogStart
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.transactions import Transaction
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._binlog_window import (
    DumpSets,
    Overlap,
    WindowFile,
    WindowReader,
    WindowTransaction,
    files_in,
    needed_files,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._stop_point import StopPoint
from ansible_collections.apsaradb.mysql.tests.support.binlogs import Change, binlog

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"


def gtids(text):
    return GtidSet.parse(text.replace("A", A))


def file(previous, time, name="b.000001"):
    return WindowFile(name, BinlogStart("9.7.4", 1, time, True, True, gtids(previous), 200))


def placed(number, committed, in_dump=True, **changes):
    transaction = Transaction("{0}:{1}".format(A, number), committed, 0, 1, 1, (), (), None, None)
    return WindowTransaction(transaction._replace(**changes), file("", 0), in_dump)


def test_transactions_in_the_files_of_two_servers_are_read_once(tmp_path):
    for name, first, last in (("1-mysql-bin.000009", 1, 5), ("1-mysql-bin.000010", 6, 9), ("2-mysql-bin.000002", 4, 12)):
        changes = [Change("{0}:{1}".format(A, number), number) for number in range(first, last + 1)]
        (tmp_path / name).write_bytes(binlog([(A, 1, first - 1)] if first > 1 else [], changes))
    files = files_in(str(tmp_path))
    reader = WindowReader(files, DumpSets(gtids("A:1-2"), gtids("A:1-2")), StopPoint())
    assert [each.transaction.gtid.rpartition(":")[2] for each in reader.read()] == [str(number) for number in range(1, 13)]
    assert [each.path.rpartition("/")[2] for each, _end in reader.used] == ["1-mysql-bin.000009", "2-mysql-bin.000002"]


def test_files_before_the_overlap_are_not_read():
    files = [file("A:1-10", 100, "b.1"), file("A:1-20", 200, "b.2"), file("A:1-30", 300, "b.3"), file("A:1-40", 400, "b.4")]
    sets = DumpSets(gtids("A:1-35"), gtids("A:1-35"))
    assert [each.path for each in needed_files(files, sets, 50)] == ["b.2", "b.3", "b.4"]
    assert len(needed_files(files, sets, 5000)) == 4


@pytest.mark.parametrize(
    "dump, message", [("A:1-5", r"gap.*5 transaction\(s\) are missing: .*:6-10"), ("4e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", "no transaction in common")]
)
def test_gap_before_the_first_file(dump, message):
    with pytest.raises(Failure, match=message):
        needed_files([file("A:1-10", 100)], DumpSets(gtids(dump), gtids(dump)), 0)


def test_overlap_keeps_the_last_seconds():
    """Before the end of the set, transactions that are not in it are kept too; those before the last definition are not applied again."""
    overlap = Overlap(10.0)
    for number, committed, in_dump in ((1, 80, True), (2, 95, True), (3, 96, False), (4, 97, True), (5, 100, True)):
        overlap.add(placed(number, float(committed), in_dump))
    assert [each.transaction.gtid[-1] for each in overlap.from_last(lambda _placed: False)] == ["2", "3", "4", "5"]
    assert [each.transaction.gtid[-1] for each in overlap.from_last(lambda each: each.transaction.gtid.endswith(":4"))] == ["3", "5"]
    assert overlap.latest == 100.0


def test_no_overlap():
    overlap = Overlap(0.0)
    overlap.add(placed(1, 1.0))
    assert overlap.from_last(lambda _placed: False) == []


def test_folder_without_binlogs(tmp_path):
    (tmp_path / "binlog.index").write_bytes(b"")
    with pytest.raises(Failure, match="no binlog files"):
        files_in(str(tmp_path))
    (tmp_path / "binlog.000001").write_bytes(b"CREATE TABLE")
    with pytest.raises(Failure, match="binlog.000001"):
        files_in(str(tmp_path))


def test_an_xa_transaction_is_not_applied_again_without_its_beginning():
    """The server would not know it (error 1397)."""
    overlap = Overlap(10.0)
    parts = [("start", b"a"), ("start", b"b"), ("commit", b"a"), ("start", b"c"), ("rollback", b"c"), ("commit", b"b"), (None, None), ("start", b"d")]
    for number, (xa, xid) in enumerate(parts, 1):
        overlap.add(placed(number, 20.0 if number == 1 else 100.0 + number, xa=xa, xid=xid))
    assert [each.transaction.gtid[-1] for each in overlap.from_last(lambda _placed: False)] == ["7", "8"]

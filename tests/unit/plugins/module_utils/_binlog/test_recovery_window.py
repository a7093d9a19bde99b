# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The points in time that binlogs reach, from one server or two, with gaps."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_file import BinlogFile
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_start import BinlogStart
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.recovery_window import recovery_window, until, until_now
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def gtids(text):
    return GtidSet.parse(text.replace("A", A).replace("B", B))


def file(node, number, previous, begin, status="readable", **more):
    """The file with these transactions before it; it lasts ten seconds."""
    start = None if status != "readable" else BinlogStart("8.0.36", 1, begin, True, True, gtids(previous), 200)
    return BinlogFile("mysql-bin.{0:06d}".format(number), node, 1000, begin, begin + 10, status, start, **more)


def chain(window):
    return [(each.node, each.number) for each in window.files]


# Ten transactions a file: 1-10 in number 1, 11-20 in number 2 ...
def run(node, numbers, shift=0):
    return [file(node, number, "A:1-{0}".format(10 * number - 10) if number > 1 else "", 10 * number) for number in numbers]


def test_one_server_without_gaps():
    window = recovery_window(run("1", [1, 2, 3, 4]), gtids("A:1-15"))
    assert chain(window) == [("1", 2), ("1", 3), ("1", 4)]
    assert (window.begin, window.end, window.gaps, window.exact) == (20, 50, (), False)
    assert window.gtids == gtids("A:1-30")


def test_from_the_oldest_file():
    window = recovery_window(run("1", [2, 3]), None)
    assert chain(window) == [("1", 2), ("1", 3)] and window.gtids == gtids("A:1-20") and not window.gaps


def test_a_gap_of_one_server_is_filled_by_the_other():
    window = recovery_window(run("1", [1, 2, 4, 5]) + run("2", [1, 2, 3, 4]), gtids("A:1-5"))
    assert window.gaps == ()
    # Number 2 of the first server ends where nothing shows, so the second server's is chosen.
    assert chain(window) == [("1", 1), ("2", 2), ("2", 3), ("1", 4), ("1", 5)]


def test_files_of_one_node_are_chosen_as_long_as_they_continue():
    other = [file("2", 7, "A:1-5", 5), file("2", 8, "A:1-25", 25), file("2", 9, "A:1-45", 45)]
    window = recovery_window(run("1", [1, 2, 3]) + other, gtids(""))
    assert chain(window)[:2] == [("1", 1), ("1", 2)]


def test_equal_names_with_different_contents():
    old = [file("1", 5, "A:1-40", 50), file("1", 6, "A:1-50", 60)]
    new = [file("2", 5, "A:1-30", 40), file("2", 6, "A:1-45", 55), file("2", 7, "A:1-55,B:1-5", 65)]
    window = recovery_window(old + new, gtids("A:1-48"))
    assert chain(window)[-1] == ("2", 7) and not window.gaps
    assert window.gtids == gtids("A:1-55,B:1-5")


def test_a_missing_file():
    window = recovery_window(run("1", [1, 2, 4, 5]), gtids("A:1-5"))
    assert chain(window) == [("1", 1), ("1", 2)]
    (gap,) = window.gaps
    assert (gap.kind, gap.after, gap.file, gap.begin, gap.end) == ("missing", "mysql-bin.000002", None, 30, 40)
    assert gap.gtids == gtids("A:11-30") and gap.cure


def test_what_the_backup_needs_is_purged():
    window = recovery_window(run("1", [4, 5]), gtids("A:1-15"))
    assert chain(window) == [] and window.end is None
    (gap,) = window.gaps
    assert (gap.kind, gap.gtids, gap.end) == ("purged", gtids("A:16-30"), 40)


def test_several_gaps():
    window = recovery_window(run("1", [1, 3, 4, 6]), gtids("A:1-5"))
    assert chain(window) == [("1", 1)]
    assert [(gap.kind, gap.begin, gap.end) for gap in window.gaps] == [("missing", 20, 30), ("missing", 50, 60)]


@pytest.mark.parametrize("status", ["uploading", "encrypted", "cut"])
def test_the_newest_file_cannot_be_read(status):
    window = recovery_window(run("1", [1, 2]) + [file("1", 3, "", 30, status)], gtids(""))
    assert chain(window) == [("1", 1), ("1", 2)]
    assert [(gap.kind, gap.after, gap.file) for gap in window.gaps] == [(status, "mysql-bin.000002", "mysql-bin.000003")]


def test_a_file_in_the_middle_cannot_be_read():
    window = recovery_window(run("1", [1, 2]) + [file("1", 3, "", 30, "encrypted")] + run("1", [4]), gtids(""))
    assert chain(window) == [("1", 1), ("1", 2)]
    assert [(gap.kind, gap.file, gap.end) for gap in window.gaps] == [("encrypted", "mysql-bin.000003", 40)]


def test_a_file_that_is_cut():
    cut = file("1", 2, "A:1-10", 20)._replace(status="cut", contained=gtids("A:11-13"))
    window = recovery_window(run("1", [1]) + [cut] + run("1", [3]), gtids(""))
    assert chain(window) == [("1", 1), ("1", 2)] and window.gtids == gtids("A:1-13")
    assert [(gap.kind, gap.file, gap.gtids) for gap in window.gaps] == [("cut", "mysql-bin.000002", gtids("A:14-20"))]


def test_binlogs_of_another_server():
    window = recovery_window([file("1", 1, "B:1-9", 10), file("1", 2, "B:1-20", 20)], gtids("A:1-9"))
    assert chain(window) == [] and [gap.kind for gap in window.gaps] == ["purged"]


def test_files_that_are_already_executed():
    window = recovery_window([each._replace(contained=gtids("A:1-10")) for each in run("1", [1])], gtids("A:1-10"))
    assert chain(window) == [] and not window.gaps and window.exact


def test_files_without_gtids():
    files = [each._replace(start=each.start._replace(previous=None)) for each in run("1", [1])]
    with pytest.raises(Failure, match="do not name the transactions"):
        recovery_window(files, gtids("A:1"))


def test_the_overlap():
    files = run("1", [1, 2, 3, 4, 5])
    assert [[each.number for each in recovery_window(files, gtids("A:1-35"), earliest).overlap] for earliest in (None, 41, 40, 39, 25, 5)] == [
        [],
        [],
        [],
        [3],
        [2, 3],
        [1, 2, 3],
    ]
    assert [each.number for each in recovery_window(files[:1] + files[2:], gtids("A:1-35"), 5).overlap] == [3]
    assert recovery_window([], gtids(""), 5).overlap == ()


def test_no_files():
    assert recovery_window([], gtids("A:1")).files == ()


def test_the_files_for_a_time():
    window = recovery_window(run("1", [1, 2, 3]), gtids(""))
    assert [each.number for each in until(window, 29.5)] == [1, 2]
    assert [each.number for each in until(window, 5)] == [1]
    assert [each.number for each in until(window, 40)] == [1, 2, 3]
    with pytest.raises(Failure, match="after the end of the binlogs") as caught:
        until(window, 41)
    assert caught.value.facts == {"latest": 40}


def test_the_time_that_is_not_uploaded():
    window = recovery_window(run("1", [1, 2]), gtids(""))
    (gap,) = until_now(window, 99).gaps
    assert (gap.kind, gap.after, gap.begin, gap.end) == ("not uploaded", "mysql-bin.000002", 30, 99)
    assert [gap.kind for gap in until_now(recovery_window([], gtids("")), 99).gaps] == ["not uploaded"]
    uploading = recovery_window(run("1", [1, 2]) + [file("1", 3, "", 30, "uploading")], gtids(""))
    assert until_now(uploading, 99) == uploading


def test_thousands_of_files():
    """One pass: every file is looked at a few times, not once for each other file."""
    looked = []

    class Counted(GtidSet):
        def within(self, other):
            looked.append(1)
            return super().within(other)

    files = [each._replace(start=each.start._replace(previous=Counted(each.previous.members))) for each in run("1", range(1, 500)) + run("2", range(1, 500))]
    assert len(recovery_window(files, gtids("")).files) == 499
    assert len(looked) < 10 * len(files)

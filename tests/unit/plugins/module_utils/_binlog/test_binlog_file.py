# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binlogs of a folder, and what each contains."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_file import read_folder, scan, with_contents
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.binlogs import BEGUN, Change, binlog, series
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def fill(folder, files, stem="mysql-bin", first=9):
    for number, data in enumerate(files, first):
        (folder / "{0}.{1:06d}".format(stem, number)).write_bytes(data)
    return str(folder)


def read(folder):
    return {each.name: (each.status, None if each.contained is None else str(each.contained)) for each in read_folder(folder)}


def test_the_next_file_or_the_events_show_what_a_file_contains(tmp_path):
    folder = fill(tmp_path, series(A, [3, 2, 4]))
    (tmp_path / "mysql-bin.index").write_text("./mysql-bin.000009\n")
    assert read(folder) == {
        "mysql-bin.000009": ("readable", A + ":1-3"),
        "mysql-bin.000010": ("readable", A + ":4-5"),
        "mysql-bin.000011": ("readable", A + ":6-9"),
    }
    files = read_folder(folder)
    assert [each.begin - BEGUN for each in files] == [1, 4, 6] and [each.end - BEGUN for each in files] == [3, 5, 9]
    assert str(files[1].previous) == A + ":1-3" and str(files[1].after) == A + ":1-5"


def test_two_servers_are_two_series(tmp_path):
    fill(tmp_path, series(A, [3, 2]), "1-mysql-bin")
    fill(tmp_path, series(B, [1, 5]), "2-mysql-bin")
    assert [(each.node, each.number, str(each.contained)) for each in read_folder(str(tmp_path))] == [
        ("1-mysql-bin", 9, A + ":1-3"),
        ("1-mysql-bin", 10, A + ":4-5"),
        ("2-mysql-bin", 9, B + ":1"),
        ("2-mysql-bin", 10, B + ":2-6"),
    ]


def test_a_cut_file_contains_what_is_before_the_cut(tmp_path):
    first, second = series(A, [3, 2])
    folder = fill(tmp_path, [first[:-60], second])
    assert read(folder) == {"mysql-bin.000009": ("cut", A + ":1-2"), "mysql-bin.000010": ("readable", A + ":4-5")}
    assert read_folder(folder)[0].end == BEGUN + 2


def test_a_file_of_a_killed_server_is_whole(tmp_path):
    folder = fill(tmp_path, series(A, [3, 2], closed=False))
    assert read(folder) == {"mysql-bin.000009": ("readable", A + ":1-3"), "mysql-bin.000010": ("readable", A + ":4-5")}


def test_a_missing_file_and_files_that_cannot_be_read(tmp_path):
    files = series(A, [3, 2, 4, 1, 1])
    folder = fill(tmp_path, [files[0], b"\xfdbin" + bytes(100), files[2], b"SELECT 1", files[4][:60]])
    (tmp_path / "mysql-bin.000009").unlink()
    assert read(folder) == {
        "mysql-bin.000010": ("encrypted", None),
        "mysql-bin.000011": ("readable", A + ":6-9"),
        "mysql-bin.000012": ("not a binlog", None),
        "mysql-bin.000013": ("cut", None),
    }


def test_a_series_that_began_again_proves_nothing(tmp_path):
    folder = fill(tmp_path, [binlog([(A, 1, 9)], [Change(A + ":10")]), binlog([], [Change(A + ":1")])])
    files = read_folder(folder)
    assert [str(each.contained) for each in files] == [A + ":10", A + ":1"]
    assert [each.contained for each in with_contents(each._replace(contained=None) for each in files)] == [None, None]


def test_folders_without_binlogs(tmp_path):
    with pytest.raises(Failure, match="has no binlogs"):
        read_folder(str(tmp_path))
    with pytest.raises(Failure, match="cannot be read: No such file"):
        read_folder(str(tmp_path / "none"))


def test_a_file_without_transactions(tmp_path):
    fill(tmp_path, [binlog([(A, 1, 5)])])
    gtids, last, status = scan(str(tmp_path / "mysql-bin.000009"))
    assert (str(gtids), last, status) == ("", None, "readable")

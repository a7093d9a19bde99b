# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The periods of a listing. The listing itself is in _openapi/with_sdk/test_binlogs_by_instance.py."""

from types import SimpleNamespace

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import BytesReader
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _binlog_listing
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._binlog_listing import BinlogListing, Period, gtid_set_of, period_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.binlog_files import read_binlog
from ansible_collections.apsaradb.mysql.tests.support.binlogs import binlog
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

NOW = 1767268800.0
OPTIONS = {"start_time": None, "end_time": None, "since_backup": None, "gtid_set": None}


@pytest.mark.parametrize(
    "given,expected",
    [
        ({}, Period(NOW - 7 * 86400, NOW, True, False)),
        ({"start_time": "2026-01-01T11:00:00Z"}, Period(NOW - 3600, NOW, True, False)),
        ({"start_time": "2025-12-31", "end_time": "2026-01-01"}, Period(NOW - 36 * 3600, NOW - 12 * 3600, False, False)),
        # As YAML passes a time without quotes.
        ({"start_time": "2026-01-01 11:00:00+00:00"}, Period(NOW - 3600, NOW, True, False)),
        ({"start_time": "2026-01-01T19:00:00+08:00"}, Period(NOW - 3600, NOW, True, False)),
        ({"end_time": "2030-01-01"}, Period(NOW - 7 * 86400, NOW, False, False)),
    ],
)
def test_periods(given, expected):
    assert period_of(dict(OPTIONS, **given), None, NOW) == expected


@pytest.mark.parametrize(
    "given,message",
    [
        ({"start_time": "yesterday"}, "start_time is not a valid time"),
        ({"end_time": "2026-02-30"}, "end_time is not a valid time"),
        ({"start_time": "2026-01-01", "end_time": "2025-12-31"}, "start_time is not before end_time"),
        ({"start_time": "2026-01-02"}, "start_time is not before end_time"),
    ],
)
def test_periods_that_are_refused(given, message):
    with pytest.raises(Failure, match=message):
        period_of(dict(OPTIONS, **given), None, NOW)


def test_a_period_that_ends_before_the_backup_began(monkeypatch):
    backup = SimpleNamespace(start=NOW - 60)
    monkeypatch.setattr(_binlog_listing, "list_backups", lambda _rds, _instance, _backup: [backup])
    given = dict(OPTIONS, instance_id="rm-1", since_backup="7", end_time="2026-01-01T11:58:00Z")
    with pytest.raises(Failure, match=r"The backup began after end_time \(2026-01-01T11:59:00Z\)\. Specify a later end_time"):
        period_of(given, object(), NOW)
    assert period_of(dict(given, end_time=None), object(), NOW) == Period(NOW - 60, NOW, True, True)


def test_a_gtid_set():
    assert gtid_set_of(OPTIONS) is None and str(gtid_set_of({"gtid_set": ""})) == "" and str(gtid_set_of({"gtid_set": A + ":1"})) == A + ":1"
    with pytest.raises(Failure, match="not a GTID set"):
        gtid_set_of({"gtid_set": "1-5"})


def test_a_damaged_file_from_an_earlier_run_is_read_at_the_source(monkeypatch):
    """So that it is fetched again, instead of being a gap in every run."""
    data = binlog([(A, 1, 5)])

    class Remote(BytesReader):
        def close(self):
            pass

    monkeypatch.setattr(_binlog_listing, "RemoteReader", lambda *_arguments: Remote(data, "remote"))
    damaged = data[:60] + b"\xff" * 40 + data[100:]
    listing = BinlogListing(None, {"instance_id": "rm-1", "overlap": 0}, Period(0, 1, True, False), None, lambda _binlog: BytesReader(damaged, "local"))
    found = listing._start(read_binlog({"LogFileName": "mysql-bin.000001", "DownloadLink": "https://oss.example.com/a?b"}), None)
    assert str(found.previous) == A + ":1-5"

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binlogs of an instance as the API describes them."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import rds_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.binlog_files import list_binlogs, read_binlog, upload_newest
from ansible_collections.apsaradb.mysql.tests.support.accounts import ID, Account
from ansible_collections.apsaradb.mysql.tests.support.openapi import logged

NOON = 1767268800


@pytest.mark.parametrize("strange", [False, True])
def test_every_page_of_both_nodes(account: Account, strange: bool) -> None:
    account.server.strange = strange
    account.server.throttle = 2
    account.instance.binlogs = [
        logged(node, "mysql-bin.{0:06d}".format(number), NOON + number, NOON + number + 1) for number in range(130) for node in ("7", "8")
    ]
    found = list_binlogs(rds_of(account.params(), account.pace), ID, NOON, NOON + 1000)
    assert [each.key for each in found] == [(node, "mysql-bin.{0:06d}".format(number)) for number in range(130) for node in ("7", "8")]
    assert [seen.params["PageNumber"] for seen in account.server.calls("DescribeBinlogFiles")][-3:] == ["1", "2", "3"]


@pytest.mark.parametrize("strange", [False, True])
def test_one_binlog(account: Account, strange: bool) -> None:
    account.server.strange = strange
    account.instance.binlogs = [logged("5882781", "mysql-bin.000012", NOON, NOON + 3600, FileSize=123)]
    (found,) = list_binlogs(rds_of(account.params(), account.pace), ID, NOON - 60, NOON + 60)
    assert (found.key, found.size, found.begin, found.end, found.uploaded) == (("5882781", "mysql-bin.000012"), 123, NOON, NOON + 3600, True)
    assert found.checksum == "11051210869376104954" and found.url and found.internal_url and found.url_expires_at
    assert found.url not in repr(found)


def test_an_unfinished_upload_and_the_upload_of_the_newest(account: Account) -> None:
    account.instance.newest = [logged("7", "mysql-bin.000013", NOON, NOON + 1, looks=1)]
    rds = rds_of(account.params(), account.pace)
    assert list_binlogs(rds, ID, NOON, NOON + 60) == []
    upload_newest(rds, ID)
    assert [[each.uploaded for each in list_binlogs(rds, ID, NOON, NOON + 60)] for _look in range(2)] == [[False], [True]]


def test_fields_that_are_missing() -> None:
    found = read_binlog({"LogFileName": "mysql-bin.000001"})
    assert (found.size, found.begin, found.end, found.uploaded, found.checksum) == (None, None, None, False, None)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The choice of a backup and its result keys, without the API."""

from typing import Any, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import backup_result, chosen, moment_of, urls_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.backups import RdsBackup

NOON = 1767268800
PUBLIC = "https://bucket.oss.example/{0}.tar?Expires={1}&Signature=a"
INTERNAL = "https://bucket.oss-internal.example/{0}.tar?Expires={1}&Signature=b"


def backup(number: int, **given: Any) -> RdsBackup:
    values = dict(
        id=str(number),
        method="Logical",
        status="Success",
        available=True,
        size=1000 + number,
        start=1767225600,
        end=1767225660,
        url=PUBLIC.format(number, 1767229200),
        internal_url=INTERNAL.format(number, 1767229000),
        checksum=None,
        linked=[],
    )
    return RdsBackup(**dict(values, **given))


def test_by_default_the_newest_usable_backup_is_chosen() -> None:
    backups = [backup(3, method="Physical"), backup(2), backup(1)]
    assert chosen(backups, "rm-1").id == "2"


def test_a_backup_is_chosen_by_the_object_behind_a_url() -> None:
    backups = [backup(3), backup(2), backup(1, url=None)]
    assert chosen(backups, "rm-1", object_path="/2.tar").id == "2"
    assert chosen(backups, "rm-1", object_path="/1.tar").id == "1"


@pytest.mark.parametrize(
    "backups,wish,message",
    [
        ([], {}, "no logical backup.*Create one with rds_backup_create"),
        ([], {"backup_id": "7"}, "Backup 7 cannot be fetched: the instance has no such backup"),
        ([backup(7, status="Failed")], {"backup_id": "7"}, "Backup 7 cannot be fetched: it did not succeed"),
        ([backup(7)], {"object_path": "/8.tar"}, "at the address in url.*Specify backup_id, or omit url"),
    ],
)
def test_fails_when_no_backup_can_be_restored(backups: List[RdsBackup], wish: Any, message: str) -> None:
    with pytest.raises(Failure, match=message):
        chosen(backups, "rm-1", **wish)


def test_the_result_has_the_earlier_expiry_and_both_urls() -> None:
    result = backup_result(backup(1), ["shop"])
    assert result["url_expires_at"] == "2026-01-01T00:56:40Z" and result["databases"] == ["shop"] and result["size"] == 1001
    assert (result["download_url"], result["internal_url"]) == (backup(1).url, backup(1).internal_url)
    assert result["start_time"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("url", [None, "not a URL", "https://bucket.oss.example/1.tar"])
def test_urls_without_an_expiry_have_none(url: Any) -> None:
    assert backup_result(backup(1, url=url, internal_url=None), None)["url_expires_at"] is None


def test_messages_about_a_url_do_not_contain_its_secret() -> None:
    urls = urls_of(backup(1, internal_url=None))
    assert urls.internal_url is None and urls.url is not None and "Signature=a" not in str(urls.url)


@pytest.mark.parametrize(
    "given,moment",
    [
        (None, None),
        ("", None),
        ("2026-01-01", NOON - 43200),
        ("2026-01-01T12:00Z", NOON),
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01T20:00+08:00", NOON),
        # Ansible passes the YAML value 2026-01-01T12:00:00Z without quotes in these forms.
        ("2026-01-01T12:00:00+00:00", NOON),
        ("2026-01-01 12:00:00+00:00", NOON),
    ],
)
def test_times(given: Any, moment: Any) -> None:
    assert moment_of({"start_time": given}, "start_time") == moment


@pytest.mark.parametrize("given", ["yesterday", "2026-02-30", "2026-01-01T12:00:00+8"])
def test_times_that_are_refused_name_their_option(given: str) -> None:
    with pytest.raises(Failure, match="end_time is not a valid time .*or with a zone"):
        moment_of({"end_time": given}, "end_time")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import time
from pathlib import Path
from typing import Any, Dict

import pytest
import requests
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import parse_api_time
from ansible_collections.apsaradb.mysql.tests.support.accounts import ID, Account
from ansible_collections.apsaradb.mysql.tests.support.faulty_oss import FaultyServer
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, made


@pytest.mark.parametrize("strange", [False, True])
def test_backups_are_described_newest_first(account: Account, strange: bool) -> None:
    account.server.strange = strange
    old, new = made(age=7200, databases=["crm"]), made(age=60, databases=["2024", "shop"])
    account.instance.backups = [old, new]
    told = account.info()
    assert told["changed"] is False
    assert [backup["id"] for backup in told["backups"]] == [new["BackupId"], old["BackupId"]]
    backup = told["backups"][0]
    assert {name: backup[name] for name in ("databases", "size", "start_time", "end_time", "checksum")} == {
        "databases": ["2024", "shop"],
        "size": 48130048,
        "start_time": new["BackupStartTime"],
        "end_time": new["BackupEndTime"],
        "checksum": "11051210869376104954",
    }
    assert all(isinstance(backup[name], kind) for name, kind in (("id", str), ("size", int), ("checksum", str)))
    assert told["instance"] == {"id": ID, "engine_version": "8.0", "category": "HighAvailability", "storage_type": "local_ssd", "eligible": True, "reasons": []}
    assert account.warnings == []


@pytest.mark.parametrize("strange", [False, True])
def test_an_instance_without_backups(account: Account, strange: bool) -> None:
    account.server.strange = strange
    assert account.info()["backups"] == []


def test_only_backups_that_can_be_restored_are_listed(account: Account) -> None:
    good = made(age=50)
    account.instance.backups = [
        made(BackupMethod="Physical"),
        made(BackupMethod="Snapshot"),
        made(BackupStatus="Failed"),
        made(IsAvail=0),
        made(BackupDownloadURL="", BackupIntranetDownloadURL=None),
        good,
    ]
    assert [backup["id"] for backup in account.info()["backups"]] == [good["BackupId"]]
    assert len(account.server.calls("DescribeBackupDatabase")) == 1


@pytest.mark.parametrize("strange", [False, True])
def test_every_page_is_read(account: Account, strange: bool) -> None:
    account.server.strange = strange
    # The logical ones are the oldest, as where automatic backups are physical.
    account.instance.backups = [made(age=60 * number, BackupMethod="Physical" if number < 205 else "Logical") for number in range(210)]
    assert len(account.info()["backups"]) == 5
    assert [seen.params["PageNumber"] for seen in account.server.calls("DescribeBackups")] == ["1", "2", "3"]


def test_pages_end_where_the_last_one_is_full(account: Account) -> None:
    account.instance.backups = [made(age=60 * number, BackupMethod="Physical") for number in range(100)]
    account.info()
    assert len(account.server.calls("DescribeBackups")) == 1


def test_every_question_gets_fresh_urls(account: Account) -> None:
    account.instance.backups = [made()]
    before = account.info()["backups"][0]
    after = account.info()["backups"][0]
    assert len({before["download_url"], before["internal_url"], after["download_url"], after["internal_url"]}) == 4
    assert "-internal." in before["internal_url"]
    assert before["download_url"].partition("?")[0] == after["download_url"].partition("?")[0]


def test_when_the_urls_expire(account: Account) -> None:
    account.instance.backups = [made()]
    account.server.lifetime = 0
    now = int(time.time())
    told = account.info()["backups"][0]["url_expires_at"]
    assert now <= (parse_api_time(told) or 0) <= int(time.time())
    account.server.sign = lambda name, internal: "https://oss.example.com/{0}?Expires={1}".format(name, 2000000000 - internal)
    assert account.info()["backups"][0]["url_expires_at"] == "2033-05-18T03:33:19Z"
    account.server.sign = lambda name, internal: "https://oss.example.com/{0}?Expires={1}".format(name, 2000000000 + internal)
    assert account.info()["backups"][0]["url_expires_at"] == "2033-05-18T03:33:20Z"
    account.server.sign = lambda name, internal: "https://oss.example.com/{0}?no=expiry".format(name)
    assert account.info()["backups"][0]["url_expires_at"] is None


def test_one_backup(account: Account) -> None:
    account.instance.backups = [made(age=60), made(age=120)]
    wanted = account.instance.backups[1]["BackupId"]
    assert [backup["id"] for backup in account.info(backup_id=wanted)["backups"]] == [wanted]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"BackupMethod": "Physical"}, "is left out: it is a physical backup, not a logical one."),
        ({"BackupStatus": "Failed"}, "is left out: it did not succeed: Failed."),
        ({"IsAvail": 0}, "is left out: it cannot be downloaded"),
        (None, "The instance has no backup 7"),
    ],
)
def test_why_one_backup_is_left_out(account: Account, more: Any, why: str) -> None:
    account.instance.backups = [made(BackupId="7", **more)] if more else []
    assert account.info(backup_id="7")["backups"] == []
    assert why in account.warnings[0]


def test_a_range_of_time(account: Account) -> None:
    account.instance.backups = [made(BackupId=str(day), BackupStartTime="2026-01-{0:02}T10:30:59Z".format(day)) for day in range(1, 10)]
    assert [backup["id"] for backup in account.info(start_time="2026-01-03T10:30Z", end_time="2026-01-05T10:31:30Z")["backups"]] == ["5", "4", "3"]
    assert [backup["id"] for backup in account.info(start_time="2026-01-08")["backups"]] == ["9", "8"]
    for end in ("2026-01-02T00:00Z", "2026-01-02T08:00:30+08:00", "2026-01-02 00:00"):
        assert [backup["id"] for backup in account.info(end_time=end)["backups"]] == ["1"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"start_time": "yesterday"}, "start_time is not a valid time"),
        ({"end_time": "2026-02-30"}, "end_time is not a valid time"),
        ({"start_time": "2026-01-02", "end_time": "2026-01-01"}, "start_time is not before end_time"),
    ],
)
def test_times_that_are_refused_before_anything_is_asked(account: Account, given: Dict[str, str], told: str) -> None:
    with pytest.raises(Failure, match=told):
        account.info(**given)
    assert account.server.seen == []


def test_databases_that_rds_does_not_tell(account: Account) -> None:
    link = {"BackupDownloadLinkByDB": [{"DataBase": "shop", "DownloadLink": "https://x"}]}
    account.instance.backups = [
        made(databases=None, age=5, BackupId="1"),
        made(databases=None, age=9, BackupDownloadLinkByDB=link),
        made(databases=[], age=12, BackupDownloadLinkByDB=link),
    ]
    assert [backup["databases"] for backup in account.info()["backups"]] == [None, ["shop"], ["shop"]]
    assert account.warnings == ["RDS does not report which databases are in backup 1."]


def test_an_instance_of_which_no_logical_backup_is_made(account: Account) -> None:
    account.server.instances["rm-basic"] = Instance(category="Basic", storage_type="cloud_essd")
    told = account.info(instance_id="rm-basic")["instance"]
    assert told["eligible"] is False
    assert told["reasons"] == ["The edition is Basic, not High-availability Edition.", "The storage is cloud_essd, not local SSD."]


def test_when_the_url_of_a_backup_has_expired_the_next_answer_has_one_that_is_good(account: Account, tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_bytes(b"backup")
    account.instance.backups = [made(Name="backup.tar")]
    with FaultyServer(tmp_path) as oss:
        account.server.sign = lambda name, internal: oss.sign(name, -5)
        assert requests.get(account.info()["backups"][0]["download_url"], timeout=5).status_code == 403
        account.server.sign = lambda name, internal: oss.sign(name, 3600)
        assert requests.get(account.info()["backups"][0]["download_url"], timeout=5).content == b"backup"

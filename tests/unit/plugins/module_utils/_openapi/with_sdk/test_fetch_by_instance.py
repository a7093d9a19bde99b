# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From nothing but the id of an instance to a file: one server signs URLs, the other one takes them for as long as they live."""

import functools
import sys
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import rds_backup_fetch
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.api_client import ApiError
from ansible_collections.apsaradb.mysql.tests.support import backups, faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.accounts import ID, Account
from ansible_collections.apsaradb.mysql.tests.support.openapi import made
from ansible_collections.apsaradb.mysql.tests.support.transfers import FETCH, NAME, PART, Place, Served, noise

HOUR = 3600
CONNECTIONS = 4
OLD = "custins7/old.tar"


@pytest.fixture
def place(account: Account, tmp_path: Path) -> Iterator[Place]:
    """A server with two backups of the account's instance, the old one and the one to be fetched."""
    with Served(tmp_path) as place:
        server = place.server
        place.secrets += [account.server.secret]
        for name, seed in ((OLD, 1), (NAME, 2)):
            place.store(backups.packed(b"-- MySQL dump\n-- " + noise(40 * PART, seed)), name)
        account.instance.backups = [made(age=60, Name=NAME, BackupId="2"), made(age=600, Name=OLD, BackupId="1")]
        account.server.sign = lambda name, internal: place.signed(server.sign(name, HOUR + server.clock)).in_full()
        yield place


def run(account: Account, place: Place, **params: Any) -> Dict[str, Any]:
    options = dict(FETCH, dest=str(place.dest), **account.params())
    return place.call(functools.partial(rds_backup_fetch.job, pace=account.pace), dict(options, **params))


def test_the_newest_logical_backup(account: Account, place: Place) -> None:
    account.instance.backups.append(made(age=5, BackupMethod="Physical", Name="custins7/physical.tar"))
    result = run(account, place)
    assert place.is_complete()
    assert (result["changed"], result["backup_id"], result["verified_by"]) == (True, "2", ["size", "crc64", "structure"])
    assert not run(account, place)["changed"]


def test_the_one_that_is_named(account: Account, place: Place) -> None:
    assert run(account, place, backup_id="1")["backup_id"] == "1"
    assert place.dest.read_bytes() == (place.root / OLD).read_bytes()


def test_expiry_in_the_middle(account: Account, place: Place) -> None:
    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        while len(handler.server.bodies()) < CONNECTIONS and not handler.server.hung_up.is_set():
            handler.sleep(0.005)
        # By now a newer one is there, which is none of this download's business.
        account.instance.backups = [made(age=0, Name=OLD, BackupId="3"), *account.instance.backups[-2:]]
        handler.server.clock = 2.0 * HOUR
        faulty_oss.drop(PART + 100).act(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=CONNECTIONS))
    result = run(account, place)
    assert place.is_complete()
    assert (result["backup_id"], result["bytes_downloaded"]) == ("2", len(place.data))
    assert 1 <= place.server.refusals <= CONNECTIONS
    # Not a byte twice; one byte was the probe's. Once to begin with, once for all connections.
    assert place.server.sent == len(place.data) + 1
    assert [seen.params.get("BackupId") for seen in account.server.calls("DescribeBackups")] == [None, "2"]


def test_expiry_while_the_headers_are_read(account: Account, place: Place) -> None:
    content = {"hins/{0}/data.sql.gz".format(name): backups.packed(b"-- MySQL dump\n-- " + noise(9 * PART, 5)) for name in ("blog", "shop")}
    place.store(backups.tar(content))

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.server.clock = 2.0 * HOUR
        faulty_oss.oss.Handler.give(handler, found, first, last)

    place.server.inject(faulty_oss.Fault(act, times=1))
    result = run(account, place, databases=["shop"])
    assert (result["databases"], result["verified_by"]) == (["shop"], ["size", "structure", "gzip"])
    assert place.server.refusals == 1


def test_a_url_that_has_expired_names_the_backup(account: Account, place: Place) -> None:
    result = run(account, place, url=place.url(-60, OLD).in_full())
    assert place.dest.read_bytes() == (place.root / OLD).read_bytes()
    assert result["backup_id"] == "1"


def test_a_good_url_is_the_only_request(account: Account, place: Place) -> None:
    assert run(account, place, url=place.url().in_full())["backup_id"] is None
    assert place.is_complete()
    assert account.server.seen == []


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"backup_id": "7"}, "Backup 7 cannot be fetched: the instance has no such backup .{0}.".format(ID)),
        ({"backup_id": "9"}, "Backup 9 cannot be fetched: it is a physical backup, not a logical one"),
        ({"instance_id": "rm-empty"}, "no logical backup that can be fetched .rm-empty.*rds_backup_create"),
        ({"instance_id": "rm-none"}, "InvalidDBInstanceId.NotFound"),
    ],
)
def test_backups_that_cannot_be_fetched(account: Account, place: Place, params: Dict[str, Any], told: str) -> None:
    account.server.instances["rm-empty"] = type(account.instance)()
    account.instance.backups.append(made(BackupMethod="Physical", BackupId="9"))
    with pytest.raises(Failure, match=told):
        run(account, place, **params)
    assert place.left() == [] and place.server.seen == []


def test_a_url_of_no_backup_of_the_instance(account: Account, place: Place) -> None:
    place.store(place.data, "custins8/of_another.tar")
    with pytest.raises(Failure, match="URL has expired.*no fresh URL is available: None of the instance.s logical backups is at the address in url"):
        run(account, place, url=place.url(-60, "custins8/of_another.tar").in_full())


@pytest.mark.parametrize("params", [{}, {"url": "http://127.0.0.1:1/custins7/backup.tar?Expires=1&OSSAccessKeyId=a&Signature=b"}])
def test_without_the_library(account: Account, place: Place, params: Dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_tea_openapi", None)
    with pytest.raises(Failure, match=r"required Python library \(alibabacloud-tea-openapi >= 0.4 and alibabacloud-credentials >= 1.0\)"):
        run(account, place, **params)


def test_unusable_credentials(account: Account, place: Place) -> None:
    with pytest.raises(ApiError, match="SignatureDoesNotMatch"):
        run(account, place, alicloud_secret_key="another")

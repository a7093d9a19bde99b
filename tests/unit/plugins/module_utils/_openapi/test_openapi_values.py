# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, List, Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_create import seconds
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.backups import read_backup
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.credentials import AccessKey, Credentials, credentials_of, region_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.endpoint import Endpoint, endpoint_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.instance import Instance, read_instance
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import items, moment, names, number, text, version, written
from hypothesis import given
from hypothesis import strategies as st

NOTHING = {name: None for name in ("region", "alicloud_access_key", "alicloud_secret_key", "alicloud_security_token", "ecs_role_name", "profile")}


# What the API answers.


@pytest.mark.parametrize(("value", "read"), [("321", "321"), (321, "321"), (321.0, "321"), (" a ", "a"), (None, None), ("", None), ("null", None), ({}, None)])
def test_a_text_may_come_as_a_number_or_as_nothing(value: Any, read: Optional[str]) -> None:
    assert text(value) == read


@pytest.mark.parametrize(("value", "read"), [(5, 5), ("5", 5), (5.0, 5), ("many", None), (None, None), (True, 1), ([], None)])
def test_a_number_may_come_as_a_text_or_as_nothing(value: Any, read: Optional[int]) -> None:
    assert number(value) == read


@pytest.mark.parametrize(("value", "read"), [("8.0", "8.0"), (8, "8.0"), (8.0, "8.0"), (5.7, "5.7"), ("5.6", "5.6"), (None, None)])
def test_a_version_may_come_as_a_number(value: Any, read: Optional[str]) -> None:
    assert version(value) == read


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({"Items": {"Backup": [{"a": 1}, {"a": 2}]}}, [{"a": 1}, {"a": 2}]),
        ({"Items": {"Backup": {"a": 1}}}, [{"a": 1}]),
        ({"Items": {"Backup": []}}, []),
        ({"Items": {"Backup": None}}, []),
        ({"Items": {}}, []),
        ({"Items": ""}, []),
        ({}, []),
        ({"Items": {"Backup": [None, "x", {"a": 1}]}}, [{"a": 1}]),
    ],
)
def test_a_list_may_come_as_its_element_or_as_nothing(answer: Dict[str, Any], read: List[Any]) -> None:
    assert items(answer, "Items", "Backup") == read


def test_names_are_separated_by_commas() -> None:
    assert names("shop,crm") == ["shop", "crm"]
    assert names(["shop", 7]) == ["shop", "7"]
    assert names(2024) == ["2024"]
    assert names("") == names(None) == []


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2019-02-13T12:20:00Z", 1550060400),
        ("2019-02-13T12:20Z", 1550060400),
        ("2019-02-13T12:20:30.123Z", 1550060430),
        ("2019-02-13", 1550016000),
        ("2019-02-30T12:20Z", None),
        ("2019-02-13T25:20Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_moments(value: Any, read: Optional[int]) -> None:
    assert moment(value) == read


@given(st.integers(min_value=0, max_value=4 * 10**9))
def test_a_moment_that_is_written_reads_the_same(seconds: int) -> None:
    assert moment(written(seconds)) == seconds


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"IsAvail": "1"}, None),
        ({"BackupDownloadURL": None}, None),
        ({"IsAvail": None, "BackupIsAvail": 1}, None),
        ({"BackupMethod": "Physical"}, "is no logical backup but a physical one"),
        ({"BackupStatus": "Failed"}, "did not succeed: Failed"),
        ({"IsAvail": "0"}, "cannot be downloaded"),
        ({"IsAvail": 0}, "cannot be downloaded"),
        ({"IsAvail": None, "BackupIsAvail": "0"}, "cannot be downloaded"),
        ({"BackupDownloadURL": "", "BackupIntranetDownloadURL": "null"}, "cannot be downloaded"),
    ],
)
def test_what_can_be_restored(changed: Dict[str, Any], why: Optional[str]) -> None:
    urls = {"BackupDownloadURL": "https://o/a?s", "BackupIntranetDownloadURL": "https://i/a?s"}
    item = dict(urls, BackupId=7, BackupMethod="Logical", BackupStatus="Success", IsAvail=1)
    backup = read_backup(dict(item, **changed))
    assert backup.usable is (why is None)
    assert (why or "") in (backup.unusable or "")
    assert "?s" not in repr(backup)


# Instances.

GOOD = {"Engine": "MySQL", "EngineVersion": "8.0", "Category": "HighAvailability", "DBInstanceStorageType": "local_ssd"}


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({}, []),
        ({"EngineVersion": 5.7}, []),
        ({"EngineVersion": None, "Category": "", "DBInstanceStorageType": "null"}, []),
        ({"Engine": "PostgreSQL"}, ["The engine is PostgreSQL, not MySQL."]),
        ({"EngineVersion": "8.4"}, ["The version is 8.4, not one of 8.0, 5.7, 5.6, 5.5."]),
        (
            {"Category": "Basic", "DBInstanceStorageType": "cloud_essd"},
            ["The edition is Basic, not High-availability Edition.", "The storage is cloud_essd, not local SSD."],
        ),
    ],
)
def test_instances_and_why_no_logical_backup_is_made_of_them(changed: Dict[str, Any], reasons: List[str]) -> None:
    assert read_instance("rm-1", dict(GOOD, **changed)).reasons == reasons


def test_an_instance_of_which_nothing_is_told_is_not_excluded() -> None:
    assert Instance("rm-1", None, None, None, None).reasons == []


# Credentials.


@pytest.mark.parametrize(
    ("options", "environ", "chosen"),
    [
        ({}, {}, Credentials()),
        (
            {"alicloud_access_key": "k", "alicloud_secret_key": "s"},
            {"ALICLOUD_ACCESS_KEY": "K", "ALICLOUD_SECRET_KEY": "S", "ALICLOUD_SECURITY_TOKEN": "T"},
            Credentials(key=AccessKey("k", "s", None)),
        ),
        ({"alicloud_access_key": "k", "alicloud_secret_key": "s", "alicloud_security_token": "t"}, {}, Credentials(key=AccessKey("k", "s", "t"))),
        ({"ecs_role_name": "r"}, {"ALICLOUD_ACCESS_KEY": "K", "ALICLOUD_SECRET_KEY": "S"}, Credentials(role="r")),
        ({"profile": "p"}, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "K", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S"}, Credentials(profile="p")),
        ({}, {"ALICLOUD_ACCESS_KEY": "K", "ALICLOUD_SECRET_KEY": "S", "ALICLOUD_SECURITY_TOKEN": "T"}, Credentials(key=AccessKey("K", "S", "T"))),
        ({}, {"ALICLOUD_ACCESS_KEY_ID": "K", "ALICLOUD_SECRET_ACCESS_KEY": "S"}, Credentials(key=AccessKey("K", "S", None))),
        (
            {},
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "K", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S", "ALIBABA_CLOUD_SECURITY_TOKEN": "T"},
            Credentials(key=AccessKey("K", "S", "T")),
        ),
        # A token of the other family is of another key.
        (
            {},
            {"ALICLOUD_ACCESS_KEY": "K", "ALICLOUD_SECRET_KEY": "S", "ALIBABA_CLOUD_SECURITY_TOKEN": "T"},
            Credentials(key=AccessKey("K", "S", None)),
        ),
        (
            {},
            {"ALICLOUD_ACCESS_KEY": "half", "ALIBABA_CLOUD_ACCESS_KEY_ID": "K", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S"},
            Credentials(key=AccessKey("K", "S", None)),
        ),
        ({}, {"ALICLOUD_ECS_ROLE_NAME": "r"}, Credentials(role="r")),
        ({}, {"ALICLOUD_PROFILE": "p"}, Credentials(profile="p")),
        ({}, {"ALIBABA_CLOUD_PROFILE": "p"}, Credentials(profile="p")),
    ],
)
def test_which_credentials_are_used(options: Dict[str, str], environ: Dict[str, str], chosen: Credentials) -> None:
    assert credentials_of(dict(NOTHING, **options), environ) == chosen


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"ALICLOUD_ACCESS_KEY": "K"}, "ALICLOUD_SECRET_KEY"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S"}, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ({"ALICLOUD_ACCESS_KEY": "K", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S"}, "ALICLOUD_SECRET_KEY"),
    ],
)
def test_half_a_key_is_an_error(environ: Dict[str, str], missing: str) -> None:
    with pytest.raises(Failure, match=missing):
        credentials_of(NOTHING, environ)


@pytest.mark.parametrize("name", ["ALICLOUD_REGION", "ALICLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID"])
def test_the_region_of_the_environment(name: str) -> None:
    assert region_of(NOTHING, {name: "cn-hangzhou"}) == "cn-hangzhou"
    assert region_of(dict(NOTHING, region="eu-central-1"), {name: "cn-hangzhou"}) == "eu-central-1"


# Addresses.


@pytest.mark.parametrize(
    ("region", "override", "endpoint"),
    [
        ("cn-hangzhou", None, Endpoint("rds.aliyuncs.com", "HTTPS")),
        ("eu-central-1", None, Endpoint("rds.eu-central-1.aliyuncs.com", "HTTPS")),
        ("cn-hangzhou", "rds-vpc.cn-hangzhou.aliyuncs.com", Endpoint("rds-vpc.cn-hangzhou.aliyuncs.com", "HTTPS")),
        (None, "https://rds.example.com:8443/", Endpoint("rds.example.com:8443", "HTTPS")),
        (None, "http://127.0.0.1:8080", Endpoint("127.0.0.1:8080", "HTTP")),
        (None, "http://[::1]:8080", Endpoint("[::1]:8080", "HTTP")),
    ],
)
def test_where_the_api_is(region: Optional[str], override: Optional[str], endpoint: Endpoint) -> None:
    assert endpoint_of(region, override) == endpoint


@pytest.mark.parametrize(
    ("region", "override", "told"),
    [
        (None, None, "region"),
        ("evil.example.com/", None, "name of a region"),
        ("cn-hangzhou", "http://rds.example.com", "not encrypted"),
        ("cn-hangzhou", "http://127.0.0.1.example.com", "not encrypted"),
        ("cn-hangzhou", "https://rds.example.com/path", "no address"),
        ("cn-hangzhou", "https://user:password@rds.example.com", "no address"),
    ],
)
def test_addresses_that_are_refused(region: Optional[str], override: Optional[str], told: str) -> None:
    with pytest.raises(Failure, match=told) as caught:
        endpoint_of(region, override)
    assert "password" not in str(caught.value)


# Spans of time.


@pytest.mark.parametrize(("age", "read"), [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("24h", 86400), ("1d", 86400), (" 2W ", 1209600), ("1.5h", 5400)])
def test_ages(age: str, read: float) -> None:
    assert seconds(age) == read


@pytest.mark.parametrize("age", ["", "soon", "-1h", "1y", "h", "1 h 5"])
def test_ages_that_are_none(age: str) -> None:
    with pytest.raises(Failure, match="max_age"):
        seconds(age)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import sys
from pathlib import Path
from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.api_client import ApiError, RetryPolicy
from ansible_collections.apsaradb.mysql.tests.support.accounts import ID, Account


def test_the_server_does_check_signatures(account: Account) -> None:
    with pytest.raises(ApiError, match="SignatureDoesNotMatch.*secret key belongs to the access key") as caught:
        account.info(alicloud_secret_key="another")
    # The API repeats the request that was signed; nothing of it is passed on.
    assert account.server.key_id not in str(caught.value)
    assert "anonical" not in str(caught.value)


def test_a_key_that_is_not_known(account: Account) -> None:
    with pytest.raises(ApiError, match="InvalidAccessKeyId.NotFound") as caught:
        account.info(alicloud_access_key="LTAIunknown")
    assert caught.value.facts["api_code"] == "InvalidAccessKeyId.NotFound"
    assert len(caught.value.facts["request_id"]) == 32


def test_a_temporary_key_needs_its_token(account: Account) -> None:
    account.server.token = "CAISsecrettoken"
    assert account.info()["changed"] is False
    assert account.server.seen[-1].token == "CAISsecrettoken"
    with pytest.raises(ApiError, match="InvalidSecurityToken") as caught:
        account.info(alicloud_security_token="CAISother")
    assert "CAIS" not in str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ],
)
def test_the_variables_of_the_environment(account: Account, names: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account.server.token = "CAISsecrettoken"
    key, secret, token = names
    monkeypatch.setenv(key, account.server.key_id)
    monkeypatch.setenv(secret, account.server.secret)
    monkeypatch.setenv(token, account.server.token)
    assert account.info(alicloud_access_key=None, alicloud_secret_key=None, alicloud_security_token=None)["changed"] is False


def write_profiles(home: Path, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    from alibabacloud_credentials.utils import auth_constant

    profile = {"name": "restore", "mode": "AK", "access_key_id": account.server.key_id, "access_key_secret": account.server.secret}
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text(json.dumps({"current": "none", "profiles": [profile]}))
    # The library reads HOME once, when it is imported.
    monkeypatch.setattr(auth_constant, "HOME", str(home))


def test_a_profile(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profiles(tmp_path, account, monkeypatch)
    assert account.info(alicloud_access_key=None, alicloud_secret_key=None, profile="restore")["changed"] is False


def test_a_profile_that_is_not_there(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profiles(tmp_path, account, monkeypatch)
    with pytest.raises(Failure, match="profile provides no credentials.*'other'"):
        account.info(alicloud_access_key=None, alicloud_secret_key=None, profile="other")
    assert account.server.seen == []


def test_no_credentials_at_all(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alibabacloud_credentials.utils import auth_constant, auth_util

    monkeypatch.setattr(auth_constant, "HOME", str(tmp_path))
    monkeypatch.setattr(auth_util, "environment_ecs_metadata_disabled", "true")
    with pytest.raises(Failure, match="No credentials for Alibaba Cloud were found.*alicloud_access_key"):
        account.info(alicloud_access_key=None, alicloud_secret_key=None)


@pytest.mark.parametrize("missing", ["alibabacloud_tea_openapi", "alibabacloud_credentials.provider"])
def test_a_library_that_is_missing(account: Account, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(Failure, match=r"required Python library \(alibabacloud-tea-openapi >= 0.4 and alibabacloud-credentials >= 1.0\)"):
        account.info()


def test_throttled_calls_are_repeated(account: Account) -> None:
    account.server.throttle = 3
    assert account.info()["changed"] is False
    assert len(account.server.calls("DescribeDBInstanceAttribute")) == 4


def test_throttling_that_does_not_end(account: Account) -> None:
    account.server.throttle = 100
    with pytest.raises(ApiError, match="Throttling.User.*Try again later"):
        account.info()
    assert len(account.server.seen) == 4


def test_the_pause_is_at_least_what_the_api_asks_for(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi import api_client

    pauses = []
    monkeypatch.setattr(api_client.time, "sleep", pauses.append)
    account.server.throttle, account.server.retry_after = 3, 7000
    account.info()
    assert pauses == [7.0, 7.0, 7.0]
    del pauses[:]
    account.server.throttle, account.server.retry_after, account.pace = 7, None, RetryPolicy()
    account.info()
    assert len(pauses) == 7
    assert all(0.5 * full <= pauses[number] <= full for number, full in enumerate((1, 2, 4, 8, 16, 30, 30)))
    assert len(set(pauses)) == 7


@pytest.mark.parametrize("fault", ["drop", "page", "json", "error"])
def test_calls_that_get_no_answer_are_repeated(account: Account, fault: str) -> None:
    account.server.faults["any"] = [fault, fault]
    assert account.info()["changed"] is False
    assert len(account.server.calls("DescribeDBInstanceAttribute")) == 3


@pytest.mark.parametrize(
    ("fault", "told", "calls"),
    [("drop", "got no response from 127.0.0.1:", 3), ("page", "got no response", 3), ("json", "got no response", 3), ("error", "InternalError", 4)],
)
def test_a_server_that_does_not_recover(account: Account, fault: str, told: str, calls: int) -> None:
    account.server.faults["any"] = [fault] * 100
    with pytest.raises(Failure, match=told) as caught:
        account.info()
    assert len(account.server.seen) == calls
    assert account.server.secret not in str(caught.value)


def test_nobody_answers(account: Account) -> None:
    account.server.shutdown()
    account.server.server_close()
    with pytest.raises(Failure, match="DescribeDBInstanceAttribute got no response.*refused.*endpoint"):
        account.info()


def test_what_the_account_may_not_do(account: Account) -> None:
    account.server.denied = ["DescribeBackups"]
    with pytest.raises(ApiError, match="Forbidden.RAM.*permission rds:DescribeBackups"):
        account.info()
    assert len(account.server.calls("DescribeBackups")) == 1


@pytest.mark.parametrize("given", [{"instance_id": "rm-other"}])
def test_an_instance_that_is_not_there(account: Account, given: Dict[str, str]) -> None:
    with pytest.raises(ApiError, match="InvalidDBInstanceId.NotFound.*region"):
        account.info(**given)


def test_no_region(account: Account) -> None:
    with pytest.raises(Failure, match="region of the instance is not known"):
        account.info(endpoint=None)
    assert ID not in str(account.server.seen)

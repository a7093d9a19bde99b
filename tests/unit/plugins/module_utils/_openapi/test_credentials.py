# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.credentials import AccessKey, Credentials, credentials_of, region_of

NOTHING = {name: None for name in ("region", "alicloud_access_key", "alicloud_secret_key", "alicloud_security_token", "ecs_role_name", "profile")}


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
def test_precedence_of_credentials(options: Dict[str, str], environ: Dict[str, str], chosen: Credentials) -> None:
    assert credentials_of(dict(NOTHING, **options), environ) == chosen


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"ALICLOUD_ACCESS_KEY": "K"}, "ALICLOUD_SECRET_KEY"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S"}, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ({"ALICLOUD_ACCESS_KEY": "K", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "S"}, "ALICLOUD_SECRET_KEY"),
    ],
)
def test_key_without_its_secret_in_the_environment(environ: Dict[str, str], missing: str) -> None:
    with pytest.raises(Failure, match=missing):
        credentials_of(NOTHING, environ)


@pytest.mark.parametrize("name", ["ALICLOUD_REGION", "ALICLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID"])
def test_region_from_the_environment(name: str) -> None:
    assert region_of(NOTHING, {name: "cn-hangzhou"}) == "cn-hangzhou"
    assert region_of(dict(NOTHING, region="eu-central-1"), {name: "cn-hangzhou"}) == "eu-central-1"

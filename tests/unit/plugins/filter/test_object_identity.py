# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All URLs of an object have one identity, without a secret; objects of other buckets have another one."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.filter import object_identity as plugin

object_identity = plugin.FilterModule().filters()["object_identity"]
SIGNED = "/dumps/shop.tar?Expires=1&OSSAccessKeyId=LTAI5t&Signature=secret%3D"


@pytest.mark.parametrize(
    "host",
    [
        "prod.oss-cn-hangzhou.aliyuncs.com",
        "prod.oss-cn-hangzhou-internal.aliyuncs.com",
        "PROD.OSS-cn-hangzhou.aliyuncs.com:443",
        "prod.oss-cn-hangzhou-internal.aliyuncs.com:80",
        "user:pass@prod.oss-cn-hangzhou.aliyuncs.com",
    ],
)
def test_all_addresses_of_an_object(host: str) -> None:
    assert object_identity("https://" + host + SIGNED) == "prod.oss-cn-hangzhou.aliyuncs.com/dumps/shop.tar"


def test_addresses_of_rds() -> None:
    assert object_identity("https://cn-hangzhou-internal.bak.rds.aliyuncs.com" + SIGNED) == "cn-hangzhou.bak.rds.aliyuncs.com/dumps/shop.tar"


def test_other_buckets_have_other_objects() -> None:
    hosts = ["prod.oss-cn-x.aliyuncs.com", "stage.oss-cn-x.aliyuncs.com", "prod-internal.oss-cn-x.aliyuncs.com", "localhost:9000", "localhost:9001"]
    assert len({object_identity("http://" + host + SIGNED) for host in hosts}) == len(hosts)


def test_an_address_in_brackets_keeps_its_port() -> None:
    assert object_identity("http://[::1]:9000" + SIGNED) == "::1:9000/dumps/shop.tar" and object_identity("http://[::1]" + SIGNED) == "::1/dumps/shop.tar"


def test_an_empty_url_has_an_empty_identity() -> None:
    assert object_identity("") == object_identity(None) == ""  # type: ignore[arg-type]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Optional

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.endpoint import Endpoint, endpoint_of


@pytest.mark.parametrize(
    ("region", "override", "endpoint"),
    [
        ("cn-hangzhou", None, Endpoint("rds.aliyuncs.com", "HTTPS")),
        ("cn-beijing-finance-1", None, Endpoint("rds.aliyuncs.com", "HTTPS")),
        ("cn-north-2-gov-1", None, Endpoint("rds.aliyuncs.com", "HTTPS")),
        ("cn-wuhan", None, Endpoint("rds.aliyuncs.com", "HTTPS")),
        ("cn-hangzhou-finance", None, Endpoint("rds-vpc.cn-hangzhou-finance.aliyuncs.com", "HTTPS")),
        ("eu-central-1", None, Endpoint("rds.eu-central-1.aliyuncs.com", "HTTPS")),
        ("cn-hangzhou", "rds-vpc.cn-hangzhou.aliyuncs.com", Endpoint("rds-vpc.cn-hangzhou.aliyuncs.com", "HTTPS")),
        (None, "https://rds.example.com:8443/", Endpoint("rds.example.com:8443", "HTTPS")),
        (None, "http://127.0.0.1:8080", Endpoint("127.0.0.1:8080", "HTTP")),
        (None, "http://[::1]:8080", Endpoint("[::1]:8080", "HTTP")),
    ],
)
def test_endpoint_of_a_region(region: Optional[str], override: Optional[str], endpoint: Endpoint) -> None:
    assert endpoint_of(region, override) == endpoint


@pytest.mark.parametrize(
    ("region", "override", "told"),
    [
        (None, None, "region"),
        ("evil.example.com/", None, "name of a region"),
        ("cn-hangzhou", "http://rds.example.com", "not encrypted"),
        ("cn-hangzhou", "http://127.0.0.1.example.com", "not encrypted"),
        ("cn-hangzhou", "https://rds.example.com/path", "not an address"),
        ("cn-hangzhou", "https://user:password@rds.example.com", "not an address"),
    ],
)
def test_refused_endpoints(region: Optional[str], override: Optional[str], told: str) -> None:
    with pytest.raises(Failure, match=told) as caught:
        endpoint_of(region, override)
    assert "password" not in str(caught.value)

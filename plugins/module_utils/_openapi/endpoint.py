# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoint of the RDS API of a region."""

import re
from typing import NamedTuple, Optional

from .._failure import Failure

# Regions served by the central endpoint; every other region has its own. From the endpoint table of the vendor's SDK (alibabacloud-rds20140815 16.0.2).
_CENTRAL = (
    "ap-northeast-2-pop",
    "ap-southeast-1",
    "cn-beijing",
    "cn-beijing-finance-1",
    "cn-beijing-finance-pop",
    "cn-beijing-gov-1",
    "cn-beijing-nu16-b01",
    "cn-edge-1",
    "cn-fujian",
    "cn-haidian-cm12-c01",
    "cn-hangzhou",
    "cn-hangzhou-bj-b01",
    "cn-hangzhou-internal-prod-1",
    "cn-hangzhou-internal-test-1",
    "cn-hangzhou-internal-test-2",
    "cn-hangzhou-internal-test-3",
    "cn-hangzhou-test-306",
    "cn-heyuan",
    "cn-hongkong",
    "cn-hongkong-finance-pop",
    "cn-north-2-gov-1",
    "cn-qingdao",
    "cn-qingdao-nebula",
    "cn-shanghai",
    "cn-shanghai-et15-b01",
    "cn-shanghai-et2-b01",
    "cn-shanghai-finance-1",
    "cn-shanghai-inner",
    "cn-shanghai-internal-test-1",
    "cn-shenzhen",
    "cn-shenzhen-finance-1",
    "cn-shenzhen-inner",
    "cn-shenzhen-st4-d01",
    "cn-shenzhen-su18-b01",
    "cn-wuhan",
    "cn-yushanfang",
    "cn-zhangbei",
    "cn-zhangbei-na61-b01",
    "cn-zhangjiakou-na62-a01",
    "cn-zhengzhou-nebula-1",
    "eu-west-1-oxs",
    "rus-west-1-pop",
    "us-east-1",
    "us-west-1",
)
_SPECIAL = {"cn-hangzhou-finance": "rds-vpc.cn-hangzhou-finance.aliyuncs.com"}
_ADDRESS = re.compile(r"(?:(https?)://)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?/?\Z")
_LOOPBACK = re.compile(r"localhost\Z|127\.[\d.]+\Z|\[::1\]\Z")


class Endpoint(NamedTuple):
    """``address`` is host or host:port; ``protocol`` is HTTP or HTTPS, in the spelling of the library."""

    address: str
    protocol: str


def endpoint_of(region: Optional[str], override: Optional[str]) -> Endpoint:
    """The endpoint of ``region``, or ``override``. Plain HTTP is allowed on loopback only, because responses contain download URLs."""
    if override:
        match = _ADDRESS.match(override)
        if not match:
            raise Failure("endpoint is not an address", cure="Specify a host, or https://HOST, without a path.")
        scheme, host, port = match.groups()
        if scheme == "http" and not _LOOPBACK.match(host):
            raise Failure("endpoint is not encrypted", where=host, cure="Use https: the responses contain download URLs, which are secrets.")
        return Endpoint(host + (port or ""), "HTTP" if scheme == "http" else "HTTPS")
    if not region:
        raise Failure("The region of the instance is not known", cure="Specify region, or set ALICLOUD_REGION or ALIBABA_CLOUD_REGION.")
    if not re.match(r"[a-z0-9-]+\Z", region):
        raise Failure("region is not the name of a region", cure="Specify one such as cn-hangzhou.")
    address = "rds.aliyuncs.com" if region in _CENTRAL else "rds.{0}.aliyuncs.com".format(region)
    return Endpoint(_SPECIAL.get(region, address), "HTTPS")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""These tests need alibabacloud-tea-openapi, which Pythons of old restore hosts cannot have: they are left out there."""

import os
import sys
from typing import Iterator

import pytest
from ansible_collections.apsaradb.mysql.tests.support.accounts import Account
from ansible_collections.apsaradb.mysql.tests.support.openapi import OpenApi

if sys.version_info < (3, 8):
    collect_ignore_glob = ["*"]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("ALICLOUD_", "ALIBABA_CLOUD_")):
            monkeypatch.delenv(name)
    with OpenApi() as server:
        account = Account(server)
        yield account
    # Whatever the test is about, no secret is in a warning.
    assert not [said for said in account.warnings if server.secret in said or any(part in said for part in server.signatures)]

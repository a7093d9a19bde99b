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


def pytest_collection_modifyitems(config, items):  # type: ignore[no-untyped-def]
    here = os.path.dirname(os.path.abspath(__file__))
    left_out = [item for item in items if sys.version_info < (3, 8) and str(item.fspath).startswith(here)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


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

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path
from typing import Iterator

import pytest
from ansible_collections.apsaradb.mysql.tests.support.proxies import PASSWORD, Proxy
from ansible_collections.apsaradb.mysql.tests.support.transfers import Place, Served


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A server and a folder, without a proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Served(tmp_path) as place:
        yield place


@pytest.fixture
def proxy(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy of the environment."""
    place.secrets.append(PASSWORD)
    with Proxy() as running:
        monkeypatch.setenv("http_proxy", running.url)
        monkeypatch.setenv("https_proxy", running.url)
        yield running

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path
from typing import Iterator

import pytest
from ansible_collections.apsaradb.mysql.tests.support.oss import FaultyServer
from ansible_collections.apsaradb.mysql.tests.support.transfers import Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A server and a folder. Whatever the test is about, no secret may be left anywhere after it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    root, folder = tmp_path / "root", tmp_path / "restore"
    root.mkdir()
    folder.mkdir()
    with FaultyServer(root) as server:
        place = Place(server, root, folder)
        yield place
    assert place.leaks() == []

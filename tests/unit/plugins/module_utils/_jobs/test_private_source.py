# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock on the folder of a private source. The server is in tests/servers/test_roll_forward.py."""

import fcntl
import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _private_source


def test_folder_in_use_is_kept_until_its_guard_has_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(_private_source, "_PATIENCE", 0.3)
    folder = tmp_path / "source"
    (folder / "binlogs").mkdir(parents=True)
    lock = os.open(str(folder), os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(Failure, match="Another roll-forward of this server is running.*Wait"):
            _private_source.remove_leftovers(str(folder))
        assert (folder / "binlogs").exists()
    finally:
        os.close(lock)
    assert _private_source.remove_leftovers(str(folder)) and not folder.exists()
    assert not _private_source.remove_leftovers(str(folder))

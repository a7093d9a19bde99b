# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._atomic_file import begin_replacement


def test_an_old_file_is_replaced_and_its_reader_keeps_it(tmp_path):
    path = tmp_path / "part"
    path.write_text("old")
    with open(path, encoding="ascii") as old:
        with os.fdopen(begin_replacement(str(path)), "w") as new:
            new.write("new")
        assert (old.read(), path.read_text()) == ("old", "new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_through_a_link(tmp_path):
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / "link").symlink_to(target)
    with os.fdopen(begin_replacement(str(tmp_path / "link")), "w") as new:
        new.write("new")
    assert target.read_text() == "kept" and not (tmp_path / "link").is_symlink()


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        begin_replacement(str(tmp_path / "none" / "part"))

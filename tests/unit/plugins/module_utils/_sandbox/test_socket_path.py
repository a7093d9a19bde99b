# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The socket's path: inside the sandbox if it is short enough, else in a private folder."""

import os
import stat

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import socket_path

LONG = "/" + "l" * 100


def test_short_path_keeps_the_socket_inside():
    longest = "/" + "s" * (socket_path.MAX_LENGTH - len("//mysql.sock"))
    assert socket_path.choose(longest, "") == longest + "/mysql.sock"
    assert not socket_path.choose(longest + "s", "").startswith(longest)


def test_length_is_measured_in_bytes():
    assert not socket_path.choose("/" + "é" * 60, "").startswith("/é")


def test_long_path_gets_a_private_folder_that_is_kept():
    chosen = socket_path.choose(LONG, "")
    folder = os.path.dirname(chosen)
    assert len(chosen) <= socket_path.MAX_LENGTH and socket_path.is_own_folder(folder)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert socket_path.choose(LONG, chosen) == chosen
    os.rmdir(folder)
    again = socket_path.choose(LONG, chosen)
    assert again != chosen
    os.rmdir(os.path.dirname(again))


def test_folder_open_to_others_is_not_used(tmp_path):
    folder = tmp_path / "mysql-sandbox-12345678"
    folder.mkdir(0o700)
    assert socket_path.is_own_folder(str(folder))
    folder.chmod(0o755)
    assert not socket_path.is_own_folder(str(folder))
    folder.chmod(0o700)
    (tmp_path / "mysql-sandbox-link").symlink_to(folder)
    assert not socket_path.is_own_folder(str(tmp_path / "mysql-sandbox-link"))
    (tmp_path / "other").mkdir(0o700)
    assert not socket_path.is_own_folder(str(tmp_path / "other"))


def test_no_short_folder(monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(Failure, match="too long for the server's socket.*at most 96 bytes"):
        socket_path.choose(LONG, "")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard of a private server, as the program that it is, with programs that only look like a server."""

import inspect
import json
import subprocess
import sys

from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _source_guard


def looks_like_a_server(folder):
    """A program with the option file of a server in ``folder`` among its words."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "--defaults-file={0}/server/my.cnf".format(folder)])


def test_server_and_folder_are_removed_when_the_input_ends(tmp_path):
    own, socket, kept = tmp_path / "own", tmp_path / "mysql-sandbox-12345678", tmp_path / "own-too"
    for folder in own, socket, kept:
        (folder / "server").mkdir(parents=True)
    (own / "server" / "sandbox.json").write_text(json.dumps({"socket": str(socket / "mysql.sock")}))
    server, other = looks_like_a_server(own), looks_like_a_server(kept)
    guard = subprocess.Popen([sys.executable, "-I", "-c", inspect.getsource(_source_guard), str(own)], stdin=subprocess.PIPE)
    try:
        assert _source_guard.servers_of(str(own)) == [server.pid] and own.exists()
        guard.stdin.close()
        # The killed server must be collected here, because its parent lives.
        assert server.wait(60) == -9 and guard.wait(60) == 0
        assert not own.exists() and not socket.exists() and kept.exists() and other.poll() is None
    finally:
        for process in (server, other, guard):
            process.kill()
            process.wait()

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of docs/compare.md names what measures it; what it says of get_url is measured here."""

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ansible.release import __version__ as core_version
from ansible_collections.apsaradb.mysql.tests.unit.docs.test_vendor_guide import proves

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8")
ROWS = [row for row in re.findall(r"^\| (.+) \|$", PAGE, re.M) if not row.startswith("|") and "Measured by" not in row]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.partition(" | ")[0][:40])
def test_every_row_names_what_measures_it(row: str) -> None:
    proof = row.rsplit(" | ", maxsplit=1)[-1]
    tests = re.findall(r"`(tests/[^`:]+)::([^`]+)`", proof)
    files = re.findall(r"`(tests/bench/[^`:]+)`", proof)
    commands = re.findall(r"`make bench(?: BENCH=(\w+))?`", proof)
    assert tests or files or commands or "vendor's documentation" in proof
    assert [f"{place}::{name}" for place, name in tests if not proves(place, name)] == []
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert [name for name in commands if name and not (ROOT / "tests" / "bench" / f"{name}.py").is_file()] == []


def test_get_url_starts_over_after_a_broken_connection(tmp_path: Path) -> None:
    asked: list[str | None] = []

    class Broken(http.server.BaseHTTPRequestHandler):
        """Sends half of an object, and closes the connection."""

        def do_GET(self) -> None:
            asked.append(self.headers.get("Range"))
            self.send_response(200)
            self.send_header("Content-Length", "2000000")
            self.send_header("Accept-Ranges", "bytes")
            self.end_headers()
            self.wfile.write(b"x" * 1000000)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = f"url=http://127.0.0.1:{server.server_port}/b.tar dest={tmp_path}/b.tar use_proxy=false"
    # ansible-test has it elsewhere.
    ansible = shutil.which("ansible", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    env = dict(os.environ, ANSIBLE_HOME=str(tmp_path / "home"), ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_REMOTE_TMP=str(tmp_path / "tmp"))
    command = [str(ansible), "localhost", "-m", "ansible.builtin.get_url", "-a", options, "-e", f"ansible_python_interpreter={sys.executable}"]
    codes = [subprocess.run(command, env=env, capture_output=True, check=False, cwd=tmp_path).returncode for _attempt in range(2)]
    server.shutdown()
    server.server_close()
    if core_version.startswith(("2.16.", "2.17.", "2.18.")):
        # It takes the half for the whole, and a second run does not even ask.
        assert codes == [0, 0] and asked[0] is None and (tmp_path / "b.tar").stat().st_size == 1000000
    else:
        assert 0 not in codes and asked == [None, None] and not (tmp_path / "b.tar").exists()

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real MariaDB servers from Debian's packages, without root: a target that is not MySQL."""

import glob
import os
import subprocess
import tempfile
import time
from typing import Any, Dict, List

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, software_cache
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import loader_prefix
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login, ServerError, connect

# The suites of Debian that have them.
SUITES = {"10.11": "bookworm", "11.8": "trixie"}
_PACKAGES = ["mariadb-server-core", "mariadb-client-core"]


def _unpack(folder: str, series: str) -> None:
    def choose(versions: Dict[str, str]) -> List[str]:
        return _PACKAGES if versions.get(_PACKAGES[0], "").partition(":")[2].startswith(series + ".") else []

    debian = [archive for archive in apt.machine_archives() if archive.uri.rstrip("/").endswith("/debian")][0]
    with tempfile.TemporaryDirectory() as etc:
        os.mkdir(os.path.join(etc, "sources.list.d"))
        with open(os.path.join(etc, "sources.list.d", "debian.sources"), "w", encoding="utf-8") as out:
            out.write(apt.to_deb822([debian._replace(suite=SUITES[series], components=("main",))]))
        apt.unpack_packages(folder, _PACKAGES[:1], choose, etc, {"VERSION_CODENAME": SUITES[series]})


class MariaDb:
    """A server of this series below ``path``, for a with statement. ``entry`` is like one of servers.json."""

    def __init__(self, series: str, path: str, cache: str) -> None:
        root = software_cache.ensure_cached(cache, "mariadb-" + series, lambda folder: _unpack(folder, series))
        self.prefix = list(loader_prefix(root))
        self.path, self.socket = path, os.path.join(path, "s")
        self.client = self.prefix + [os.path.join(root, "usr/bin/mariadb"), "--no-defaults", "--user=root", "--socket=" + self.socket]
        self.share = os.path.dirname(glob.glob(os.path.join(root, "usr/share/m*/m*_system_tables.sql"))[0])
        common = ["--no-defaults", "--basedir=" + os.path.join(root, "usr"), "--lc-messages-dir=" + self.share, "--datadir=" + os.path.join(path, "data")]
        common += ["--tmpdir=" + path, "--innodb-use-native-aio=0", "--innodb-buffer-pool-size=32M"] + (["--user=root"] if os.geteuid() == 0 else [])
        self.argv = self.prefix + [os.path.join(root, "usr/sbin/mariadbd")] + common
        self.log = os.path.join(path, "log")

    @property
    def entry(self) -> Dict[str, Any]:
        """For tests/support/databases.py."""
        return {"name": "mariadb", "socket": self.socket, "user": "root", "mysql": self.client}

    def __enter__(self) -> "MariaDb":
        os.makedirs(os.path.join(self.path, "data", "mysql"))
        with open(self.log, "ab") as log:
            subprocess.run(self.argv + ["--bootstrap"], input=self._system_tables(), stdout=log, stderr=log, check=True)
            options = ["--skip-networking", "--socket=" + self.socket, "--pid-file=" + os.path.join(self.path, "pid"), "--log-bin=binlog", "--server-id=7"]
            self.process = subprocess.Popen(self.argv + options, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _attempt in range(300):
            try:
                connect(Login(user="root", unix_socket=self.socket)).close()
                return self
            except ServerError:
                time.sleep(0.1)
        self.__exit__()
        with open(self.log, encoding="utf-8", errors="replace") as log_text:
            raise RuntimeError("MariaDB does not start: " + log_text.read()[-2000:])

    def __exit__(self, *_details: object) -> None:
        self.process.terminate()
        self.process.wait()

    def _system_tables(self) -> bytes:
        # As mariadb-install-db does: root@localhost without a password, no other account.
        lines: List[bytes] = [b"USE mysql;", b"SET @auth_root_socket=NULL;", b"SET @skip_auth_anonymous='ON';", b"SET @current_hostname='localhost';"]
        for part in "system_tables", "performance_tables", "system_tables_data":
            with open(glob.glob(os.path.join(self.share, "m*_{0}.sql".format(part)))[0], "rb") as stream:
                lines.append(stream.read())
        return b"\n".join(lines) + b"\n"

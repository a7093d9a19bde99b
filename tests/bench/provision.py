# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare ways to get a server with the data of a backup: the vendor's guide, and the playbook provision the first time, the second time, for a reset, and
while the server runs already.

``make bench BENCH=provision`` prints a Markdown table: medians of several rounds, the start of Ansible included. The guide has a server that already runs. No
figure has a limit here.
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from typing import Callable, Dict, List

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, state_file
from ansible_collections.apsaradb.mysql.tests.bench import shop
from ansible_collections.apsaradb.mysql.tests.support import backups, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT

SETTINGS = {"innodb_buffer_pool_size": "1G"}


class Bench:
    """One backup for all ways."""

    def __init__(self, root: pathlib.Path, cache: str, megabytes: int) -> None:
        self.root, self.cache = root, cache
        self.software = servers.get_software("9.7", cache)
        paths, self.rows = shop.write(str(root), megabytes)
        self.backup = backups.make(root, {"bench": tuple(pathlib.Path(path).read_bytes() for path in paths)})
        self.server = root / "bench"

    def guide(self) -> None:
        """tar xf, gzip -d, CREATE DATABASE, mysql < schema.sql, mysql < data.sql."""
        mysql = " ".join(map(shlex.quote, lifecycle.client(self.software.mysql, str(self.root / "guide" / "mysql.sock")) or ()))
        script = "set -e; rm -rf out; mkdir out; tar xf {0} -C out; gzip -d out/*/*/*.gz; {1} -e 'CREATE DATABASE bench'".format(self.backup, mysql)
        script += "; {0} bench <$(echo out/*/*/*schema*.sql); {0} bench <$(echo out/*/*/*data*.sql)".format(mysql)
        self.run(["bash", "-c", script], dict(os.environ))

    def provision(self, state: str) -> None:
        """The playbook."""
        words = [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "apsaradb.mysql.provision", "-e"]
        options = {"provision_state": state, "provision_path": str(self.server), "provision_settings": SETTINGS, "provision_software_path": self.cache}
        env = dict(os.environ, URL=str(self.backup), APSARADB_MYSQL_CACHE=str(self.root / "cache"), ANSIBLE_COLLECTIONS_PATH=str(ROOT))
        self.run([*words, json.dumps(dict(options, ansible_python_interpreter=sys.executable))], env)

    def run(self, words: List[str], env: Dict[str, str]) -> None:
        done = subprocess.run(words, cwd=str(self.root), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise SystemExit("failed:\n" + done.stdout[-3000:])

    def check(self, path: pathlib.Path) -> None:
        argv = list(lifecycle.client(self.software.mysql, str(path / "mysql.sock")) or ())
        sql = "SELECT " + " + ".join("(SELECT COUNT(*) FROM bench.`{0}`)".format(table) for table in shop.SHARES)
        found = subprocess.run([*argv, "-BN", "-e", sql], stdout=subprocess.PIPE, check=True).stdout
        if int(found) != self.rows:
            raise SystemExit("{0} rows arrived, not {1}".format(int(found), self.rows))

    def round(self, seconds: Dict[str, List[float]]) -> None:
        """All ways once."""

        def timed(name: str, way: Callable[[], None], path: pathlib.Path) -> None:
            began = time.monotonic()
            way()
            seconds.setdefault(name, []).append(time.monotonic() - began)
            self.check(path)
            print("# {0}: {1:.1f} s".format(name, seconds[name][-1]), flush=True)

        path = self.root / "guide"
        with state_file.locked(str(path)):
            lifecycle.start(str(path), lifecycle.WantedServer(self.software, "bench", SETTINGS))
        timed("guide", self.guide, path)
        servers.stop(str(path))
        shutil.rmtree(str(self.root / "cache"), ignore_errors=True)
        timed("first provision", lambda: self.provision("started"), self.server)
        self.provision("absent")
        timed("second provision", lambda: self.provision("started"), self.server)
        timed("reset", lambda: self.provision("reset"), self.server)
        timed("running already", lambda: self.provision("started"), self.server)
        self.provision("absent")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty directory for the servers and the backup")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    parser.add_argument("--megabytes", type=int, default=100, help="how much SQL")
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    root = pathlib.Path(wanted.root).resolve() / "provision"
    root.mkdir(parents=True, exist_ok=True)
    bench = Bench(root, wanted.cache, wanted.megabytes)
    seconds: Dict[str, List[float]] = {}
    try:
        for _run in range(wanted.runs):
            bench.round(seconds)
    finally:
        for name in "guide", "bench":
            servers.stop(str(root / name))
    print(
        "{0} MB of SQL, {1} rows, {2} cores, MySQL {3}, {4} run(s)\n".format(wanted.megabytes, bench.rows, os.cpu_count(), bench.software.version, wanted.runs)
    )
    print("| | wall, s | guide / this row |\n|---|---|---|")
    for name, found in seconds.items():
        ratio = statistics.median(guide / own for guide, own in zip(seconds["guide"], found, strict=True))
        print("| {0} | {1:.1f} | {2:.2f} |".format(name, statistics.median(found), ratio))
    return 0


if __name__ == "__main__":
    sys.exit(main())

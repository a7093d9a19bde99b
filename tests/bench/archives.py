# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare loading one database of a backup by the vendor's guide, from extracted files, from the archive, and from its URL.

Prints a Markdown table: medians of several rounds, and the ratio to the extracted files of the same round. Peak disk is the largest size of
the working directory, including the archive but not the server's files. The HTTP server is on loopback and uses the same cores. No figure
has a limit here.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import sys
import threading
from typing import Any, Callable, Dict, List, NamedTuple

from ansible_collections.apsaradb.mysql.tests.bench import imports
from ansible_collections.apsaradb.mysql.tests.support import backups, peak, servers
from ansible_collections.apsaradb.mysql.tests.support.faulty_oss import oss

OBJECT = "hins1_data_20260101033000.tar"
IMPORT = """
import json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[1])}).encode()
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.apsaradb.mysql.plugins.modules.mysql_sql_import import main
main()
"""


class Way(NamedTuple):
    """``files`` are in the directory when ``action`` starts."""

    files: List[str]
    action: Callable[[], None]


class Bench(imports.Bench):
    """The server and dump of imports.py, and a backup that contains the dump and two other databases."""

    def __init__(self, root: str, cache: str, megabytes: int) -> None:
        super().__init__(root, cache, megabytes)
        small = os.path.join(root, "small.sql")
        with open(small, "wb") as stream:
            stream.write(backups.SCHEMA_SQL)
        names = [("another", [small, small]), ("bench", self.packed), ("last", [small, small])]
        arguments = [word for name, paths in names for word in ("--database", "{0}={1}".format(name, ",".join(paths)))]
        self.archive = os.path.join(root, OBJECT)
        backups.maker().main(arguments + [self.archive])
        self.members = sum(os.path.getsize(path) for path in self.packed)
        self.oss = oss.Server(root)
        threading.Thread(target=self.oss.serve_forever, daemon=True).start()

    def job(self, options: Callable[[], Dict[str, Any]]) -> Callable[[], None]:
        """The module, in a separate process."""
        login = {"login_user": "root", "login_unix_socket": self.entry["socket"], "config_file": "/dev/null", "database": "bench", "charset": "utf8mb4"}
        return lambda: imports._run([sys.executable, "-c", IMPORT, json.dumps(dict(login, **options()))])

    def by_the_guide(self, archive: str) -> Callable[[], None]:
        """tar xvf, gzip -d, CREATE DATABASE, mysql < schema.sql, mysql < data.sql."""
        steps = [
            "cd {0}".format(shlex.quote(os.path.dirname(archive))),
            "tar xf {0}".format(shlex.quote(archive)),
            "cd bench",
            "gzip -d schema.sql.gz data.sql.gz",
            self.client("-e", "CREATE DATABASE bench CHARACTER SET utf8mb4"),
            "{0} bench < schema.sql".format(self.client()),
            "{0} bench < data.sql".format(self.client()),
        ]
        return lambda: imports._shell(" && ".join(steps))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty directory for the server and the dump")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    parser.add_argument("--megabytes", type=int, default=355)
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    os.makedirs(wanted.root, exist_ok=True)
    bench = Bench(wanted.root, wanted.cache, wanted.megabytes)
    folder = os.path.join(wanted.root, "work")
    copies = {name: os.path.join(folder, os.path.basename(name)) for name in [bench.archive] + bench.packed}
    archive, packed = copies[bench.archive], [copies[name] for name in bench.packed]
    ways = {
        "guide": Way([bench.archive], bench.by_the_guide(archive)),
        "extracted": Way([bench.archive] + bench.packed, bench.job(lambda: {"src": packed})),
        "archive": Way([bench.archive], bench.job(lambda: {"archive": archive})),
        "URL": Way([], bench.job(lambda: {"url": bench.oss.sign(OBJECT, 3600)})),
    }
    figures: Dict[str, List[imports.Figure]] = {name: [] for name in ways}
    peaks: Dict[str, List[int]] = {name: [] for name in ways}
    try:
        for _number in range(wanted.runs):
            for name, way in ways.items():
                shutil.rmtree(folder, ignore_errors=True)
                os.mkdir(folder)
                for path in way.files:
                    shutil.copy(path, copies[path])
                with peak.watched(folder) as disk:
                    figures[name].append(bench.measured(way.action))
                peaks[name].append(disk.bytes)
                print("# {0}: {1}, {2} bytes of disk".format(name, figures[name][-1], disk.bytes), flush=True)
    finally:
        servers.stop(os.path.join(wanted.root, "server"))
    facts = (bench.size / 1e6, bench.members / 1e6, os.cpu_count(), bench.entry["version"], wanted.runs)
    print("{0:.0f} MB of SQL, {1:.0f} MB packed, {2} cores, MySQL {3}, {4} round(s)\n".format(*facts))
    print("| | wall, s | this row / extracted | client CPU, s | peak memory of a process, MiB | peak disk, MB | peak disk / archive |")
    print("|---|---|---|---|---|---|---|")
    size = os.path.getsize(bench.archive)
    for name, runs in figures.items():
        ratio = statistics.median(run.wall / plain.wall for run, plain in zip(runs, figures["extracted"], strict=True))
        middle = [statistics.median(getattr(run, field) for run in runs) for field in ("wall", "client", "memory")]
        most = max(peaks[name])
        shown = (name, middle[0], ratio, middle[1], middle[2] / imports.MIB, most / 1e6, most / size)
        print("| {0} | {1:.1f} | {2:.2f} | {3:.1f} | {4:.0f} | {5:.0f} | {6:.2f} |".format(*shown))
    return 0


if __name__ == "__main__":
    sys.exit(main())

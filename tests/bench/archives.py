# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One database from its extracted files, straight from the archive, and straight from its URL, side by side.

Prints a table in Markdown: medians of several rounds, and the ratio to the extracted files of the same round. The server of the URL is on
loopback and takes its share of the same cores. Nothing here decides whether a figure is good.
"""

import argparse
import json
import os
import statistics
import sys
import threading
from typing import Any, Callable, Dict, List

from ansible_collections.apsaradb.mysql.tests.bench import imports
from ansible_collections.apsaradb.mysql.tests.support import backups, servers
from ansible_collections.apsaradb.mysql.tests.support.oss import oss

OBJECT = "hins1_data_20260101033000.tar"
IMPORT = """
import json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[1])}).encode()
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.apsaradb.mysql.plugins.modules.mysql_sql_import import main
main()
"""


class Bench(imports.Bench):
    """The same server and dump as those of the imports, and a backup of it beside two others."""

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
        """The module, in a process of its own."""
        login = {"login_user": "root", "login_unix_socket": self.entry["socket"], "config_file": "/dev/null", "database": "bench", "charset": "utf8mb4"}
        return lambda: imports._run([sys.executable, "-c", IMPORT, json.dumps(dict(login, **options()))])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty folder for the server and the dump")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where software is kept")
    parser.add_argument("--megabytes", type=int, default=355)
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    os.makedirs(wanted.root, exist_ok=True)
    bench = Bench(wanted.root, wanted.cache, wanted.megabytes)
    ways = {
        "extracted": bench.job(lambda: {"src": bench.packed}),
        "archive": bench.job(lambda: {"archive": bench.archive}),
        "URL": bench.job(lambda: {"url": bench.oss.sign(OBJECT, 3600)}),
    }
    figures: Dict[str, List[imports.Figure]] = {name: [] for name in ways}
    blocks: Dict[str, List[int]] = {name: [] for name in ways}
    try:
        for _number in range(wanted.runs):
            for name, way in ways.items():
                figures[name].append(bench.measured(way))
                blocks[name].append(sum(used.ru_oublock for used in imports.ENDED) * 512)
                print("# {0}: {1}".format(name, figures[name][-1]), flush=True)
    finally:
        servers.stop(os.path.join(wanted.root, "server"))
    said = (bench.size / 1e6, bench.members / 1e6, os.cpu_count(), bench.entry["version"], wanted.runs)
    print("{0:.0f} MB of SQL, {1:.0f} MB packed, {2} cores, MySQL {3}, {4} round(s)\n".format(*said))
    print(
        "| | wall, s | this row / extracted | client CPU, s | peak memory of a process, MiB | written to disk by the client, KiB |\n|---|---|---|---|---|---|"
    )
    for name, runs in figures.items():
        ratio = statistics.median(run.wall / plain.wall for run, plain in zip(runs, figures["extracted"], strict=True))
        middle = [statistics.median(getattr(run, field) for run in runs) for field in ("wall", "client", "memory")]
        print(
            "| {0} | {1:.1f} | {2:.3f} | {3:.1f} | {4:.0f} | {5:.0f} |".format(
                name, middle[0], ratio, middle[1], middle[2] / imports.MIB, max(blocks[name]) / 1024
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare ways to load a backup of many small databases, and one of many small tables: the vendor's guide, one call of mysql_sql_import, the same call
again, the role.

``make bench BENCH=many`` prints two Markdown tables. No figure is checked against a limit.
"""

import argparse
import os
import pathlib
import shlex
import statistics
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, state_file
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT, Module

TABLE = b"""
DROP TABLE IF EXISTS `t%d`;
CREATE TABLE `t%d` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(80) NOT NULL,
  `made` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=101 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: apsaradb.mysql.restore
"""


class Bench:
    """A server, and one backup for all ways: ``sizes`` are its databases, the tables of each, and the rows of each table."""

    def __init__(self, root: str, cache: str, version: str, sizes: Tuple[int, int, int]) -> None:
        count, self.tables, self.rows = self.sizes = sizes
        self.root, self.names = pathlib.Path(root) / "{0}x{1}".format(count, self.tables), ["many_{0:05}".format(number) for number in range(count)]
        self.root.mkdir(exist_ok=True)
        software = servers.get_software(version, cache)
        path = os.path.join(root, "server")
        with state_file.locked(path):
            running, _changed = lifecycle.start(path, lifecycle.WantedServer(software, "bench", {"innodb_buffer_pool_size": "1G"}))
        self.entry: Dict[str, Any] = {"name": version, "socket": running.socket, "version": running.version}
        self.mysql = " ".join(shlex.quote(word) for word in lifecycle.client(software.mysql, running.socket) or ())
        schema = b"-- MySQL dump 10.13\n" + b"".join(TABLE % (number, number) for number in range(self.tables)) + b"-- Dump completed\n"
        values = b",".join(b"(%d,'name %d','2026-01-01 10:00:00')" % (row, row) for row in range(1, self.rows + 1))
        rows = b"".join(b"INSERT INTO `t%d` VALUES %b;\n" % (number, values) for number in range(self.tables))
        dumps = (schema, b"-- MySQL dump 10.13\n" + rows + b"-- Dump completed\n")
        self.backup = backups.make(self.root, {name: dumps for name in self.names})

    def clear(self) -> None:
        control = databases.connection(self.entry)
        for name in self.names + ["apsaradb_mysql"]:
            control.run("DROP DATABASE IF EXISTS `{0}`".format(name))
        control.close()

    def check(self) -> None:
        control = databases.connection(self.entry)
        for name in self.names[:3] + self.names[-3:]:
            for number in range(0, self.tables, 1 + self.tables // 50):
                if control.value("SELECT COUNT(*) FROM `{0}`.`t{1}`".format(name, number)) != self.rows:
                    raise SystemExit("{0}.t{1} does not have all of its rows".format(name, number))
        control.close()

    def guide(self) -> None:
        """tar xf, then for each database: gzip -d, CREATE DATABASE, mysql < schema.sql, mysql < data.sql."""
        script = 'set -e; rm -rf out; mkdir out; tar xf backup.tar -C out; for folder in out/*/*/; do name=$(basename "$folder"); '
        script += 'gzip -d "$folder"*.gz; {0} -e "CREATE DATABASE $name"; {0} "$name" <"$folder"schema.sql; {0} "$name" <"$folder"data.sql; done'
        self.shell(script.format(self.mysql))

    def shell(self, script: str) -> None:
        if os.system("cd {0} && {{ {1}; }} >log 2>&1".format(shlex.quote(str(self.root)), script)):
            raise SystemExit("failed:\n" + (self.root / "log").read_text()[-3000:])

    def module(self) -> None:
        """One call of mysql_sql_import."""
        login = {"login_user": "root", "login_unix_socket": self.entry["socket"], "config_file": "/dev/null"}
        answer = Module("mysql_sql_import", dict(login, archive=str(self.backup))).answer()
        if answer.get("failed"):
            raise SystemExit(answer["msg"])

    def role(self) -> None:
        """The role restore, as a play."""
        (self.root / "play.yml").write_text(PLAY)
        words = ["restore_archive=" + str(self.backup), "restore_workdir=" + str(self.root / "work"), "restore_login_user=root"]
        words.append("restore_login_unix_socket=" + self.entry["socket"])
        options = " ".join("-e " + shlex.quote(word) for word in words + ["ansible_python_interpreter=" + sys.executable])
        self.shell(
            "ANSIBLE_COLLECTIONS_PATH={0} {1}/ansible-playbook -i localhost, -c local play.yml {2}".format(ROOT, os.path.dirname(sys.executable), options)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty directory for the server and the backup")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    parser.add_argument("--version", default="9.7")
    parser.add_argument("--databases", type=int, default=60, help="how many databases, with --tables tables of 100 rows each")
    parser.add_argument("--tables", type=int, default=5)
    parser.add_argument("--many-tables", type=int, default=3000, help="how many tables with 10 rows each, in one database; 0 skips this part")
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    os.makedirs(wanted.root, exist_ok=True)
    all_sizes = [(wanted.databases, wanted.tables, 100)] if wanted.databases else []
    all_sizes += [(1, wanted.many_tables, 10)] if wanted.many_tables else []
    try:
        found = [compared(Bench(wanted.root, wanted.cache, wanted.version, sizes), wanted.runs) for sizes in all_sizes]
    finally:
        servers.stop(os.path.join(wanted.root, "server"))
    print("\n\n".join(found))
    return 0


def compared(bench: Bench, runs: int) -> str:
    """All ways in turn, as a Markdown table."""
    # The second of a pair runs after the first, on what that one has loaded.
    ways: List[Any] = [("guide", bench.guide, True), ("one call", bench.module, True), ("the same again", bench.module, False)]
    if len(bench.names) > 1:
        ways += [("role", bench.role, True), ("role again", bench.role, False)]
    seconds: Dict[str, List[float]] = {name: [] for name, _way, _clear in ways}
    for _run in range(runs):
        for name, way, is_new in ways:
            if is_new:
                bench.clear()
            seconds[name].append(measured(way))
            bench.check()
            print("# {0}: {1:.1f} s".format(name, seconds[name][-1]), flush=True)
    bench.clear()
    lines = ["{0} database(s) of {1} tables of {2} rows, {3} cores, MySQL {4}, {5} run(s)\n".format(*bench.sizes, os.cpu_count(), bench.entry["version"], runs)]
    lines += ["| | wall, s | guide / this row |", "|---|---|---|"]
    for name, found in seconds.items():
        ratio = statistics.median(guide / this for guide, this in zip(seconds["guide"], found, strict=True))
        lines.append("| {0} | {1:.1f} | {2:.2f} |".format(name, statistics.median(found), ratio))
    return "\n".join(lines)


def measured(way: Callable[[], None]) -> float:
    began = time.monotonic()
    way()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())

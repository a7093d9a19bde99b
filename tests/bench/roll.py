# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare ways to apply the same binary logs to the same restored database: mysqlbinlog with a pipe to the client, and mysql_roll_forward.

``make bench BENCH=roll`` prints a Markdown table. The log has transactions of a shop, each of five rows in four tables with secondary keys, written by
several sessions at the same time. The server has its default settings, except the buffer pool; it syncs each commit. No figure is checked against a limit.
"""

import argparse
import os
import shlex
import shutil
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, state_file
from ansible_collections.apsaradb.mysql.tests.bench.shop import SCHEMA, SHARES
from ansible_collections.apsaradb.mysql.tests.support import databases, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

BASE = 5000
FILL = """
INSERT INTO customer (id, email, name, tier, created, note) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})
  SELECT i, CONCAT(i, '@example.com'), SHA2(i, 224), 'pro', NOW(), REPEAT('note ', 20) FROM n;
INSERT INTO item (id, sku, title, price, described) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})
  SELECT i, i, SHA2(i, 224), i / 100, REPEAT('words ', 40) FROM n;
"""
WRITE = """CREATE PROCEDURE write_some(wanted INT, seed INT)
BEGIN
  DECLARE written INT DEFAULT 0;
  DECLARE bought_by, bought INT;
  SET bought_by = RAND(seed);
  WHILE written < wanted DO
    SET bought_by = 1 + FLOOR(RAND() * {0}), bought = 1 + FLOOR(RAND() * {0});
    START TRANSACTION;
    UPDATE customer SET note = REPEAT(SHA2(RAND(), 256), 2) WHERE id = bought_by;
    INSERT INTO orders (customer_id, state, at, total, doc, note)
      VALUES (bought_by, 'new', NOW(), RAND() * 1000, JSON_OBJECT('sku', RAND(), 'q', written), REPEAT(SHA2(RAND(), 256), 3));
    INSERT INTO visit (who, kind, at, payload) VALUES (bought_by, 'open', NOW(), JSON_OBJECT('a', RAND())), (written, 'buy', NOW(), JSON_OBJECT('b', RAND()));
    UPDATE item SET price = RAND() * 100 WHERE id = bought;
    COMMIT;
    SET written = written + 1;
  END WHILE;
END"""
TABLES = ("customer", "item", "orders", "visit")


class Bench:
    """An origin whose binary logs are kept, and a server to which they are applied."""

    def __init__(self, root: str, cache: str, version: str, megabytes: int) -> None:
        self.root, self.cache = root, cache
        self.software = servers.get_software(version, cache)
        self.entry = self.server("target", {"gtid_mode": True, "enforce_gtid_consistency": True, "server_id": 2, "innodb_buffer_pool_size": "512M"})
        settings = {"gtid_mode": True, "enforce_gtid_consistency": True, "server_id": 1, "max_binlog_size": "32M", "sync_binlog": 0}
        origin = self.server("origin", dict(settings, innodb_flush_log_at_trx_commit=0, innodb_buffer_pool_size="512M"))
        self.binlogs = os.path.join(root, "binlogs")
        self.write(origin, megabytes)
        self.mysql = " ".join(map(shlex.quote, lifecycle.client(self.software.mysql, self.entry["socket"]) or ()))

    def server(self, name: str, settings: Dict[str, Any]) -> Dict[str, Any]:
        path = os.path.join(self.root, name)
        with state_file.locked(path):
            running, _changed = lifecycle.start(path, lifecycle.WantedServer(self.software, "bench", settings))
        return {"name": name, "socket": running.socket, "version": running.version}

    def write(self, origin: Dict[str, Any], megabytes: int) -> None:
        """Fill the origin, dump it, and keep the binary logs of what follows."""
        control = databases.connection(origin)
        control.run("CREATE DATABASE shop")
        control.run("SET SESSION cte_max_recursion_depth = 1000000")
        control.run("USE shop")
        for statement in (SCHEMA.format(**{table: 1 for table in SHARES}) + FILL.format(BASE)).split(";\n")[:-1]:
            control.run(statement)
        control.run(WRITE.format(BASE))
        control.run("FLUSH BINARY LOGS")
        self.base = str(control.value("SELECT @@GLOBAL.gtid_executed"))
        dump = list(lifecycle.client(self.software.mysqldump, origin["socket"]) or ()) + ["--set-gtid-purged=OFF", "--single-transaction", "shop"]
        self.shell("{0} >{1}".format(" ".join(map(shlex.quote, dump)), shlex.quote(os.path.join(self.root, "shop.sql"))))
        first = control.rows("SHOW BINARY LOGS")[-1][0]
        while sum(int(row[1]) for row in control.rows("SHOW BINARY LOGS") if row[0] >= first) < megabytes * 1e6:
            with ThreadPoolExecutor(4) as sessions:
                list(sessions.map(lambda seed: self.call(origin, seed), range(4)))
        control.run("FLUSH BINARY LOGS")
        os.makedirs(self.binlogs)
        self.names = [row[0] for row in control.rows("SHOW BINARY LOGS")[:-1] if row[0] >= first]
        for name in self.names:
            shutil.copy(os.path.join(self.root, "origin", "data", name), self.binlogs)
        self.size = sum(os.path.getsize(os.path.join(self.binlogs, name)) for name in self.names)
        self.transactions = int(str(control.value("SELECT @@GLOBAL.gtid_executed")).rpartition("-")[2]) - int(self.base.rpartition("-")[2])
        self.sums = self.checksums(control)
        control.close()
        servers.stop(os.path.join(self.root, "origin"))

    def call(self, origin: Dict[str, Any], seed: int) -> None:
        session = databases.connection(origin)
        session.run("CALL shop.write_some(250, {0})".format(seed))
        session.close()

    @staticmethod
    def checksums(control: Any) -> List[Any]:
        return [tuple(control.rows("CHECKSUM TABLE shop.{0}".format(table))) for table in TABLES]

    def shell(self, script: str) -> None:
        if os.system("cd {0} && {{ {1}; }} 2>log".format(shlex.quote(self.root), script)):
            with open(os.path.join(self.root, "log"), encoding="utf-8", errors="replace") as log:
                raise SystemExit("failed:\n" + log.read()[-3000:])

    def clear(self) -> None:
        control = databases.connection(self.entry)
        for name in ("shop", "apsaradb_mysql"):
            control.run("DROP DATABASE IF EXISTS {0}".format(name))
        control.run("CREATE DATABASE shop")
        self.shell("{0} shop <shop.sql".format(self.mysql))
        control.run("RESET BINARY LOGS AND GTIDS")
        control.run("SET GLOBAL gtid_purged = '{0}'".format(self.base))
        control.close()

    def check(self) -> None:
        control = databases.connection(self.entry)
        if self.checksums(control) != self.sums:
            raise SystemExit("The rows are not those of the origin")
        control.close()

    def pipe(self) -> None:
        """mysqlbinlog with a pipe to the client."""
        program = self.software.mysql or ()
        words = program[:-1] + (os.path.join(os.path.dirname(program[-1]), "mysqlbinlog"), "--exclude-gtids=" + self.base)
        files = [os.path.join(self.binlogs, name) for name in self.names]
        self.shell("{0} | {1}".format(" ".join(map(shlex.quote, list(words) + files)), self.mysql))

    def module(self) -> None:
        """One call of mysql_roll_forward."""
        options = {"login_user": "root", "login_unix_socket": self.entry["socket"], "config_file": "/dev/null", "database": "shop", "gtid_set": self.base}
        options.update(binlogs=self.binlogs, work_path=self.root, software_path=self.cache, source="packages")
        answer = Module("mysql_roll_forward", options).answer()
        if answer.get("failed"):
            raise SystemExit(answer["msg"])


def compared(bench: Bench, runs: int) -> str:
    """Both ways in turn, as a Markdown table."""
    ways = {"`mysqlbinlog`, the `mysql` client": bench.pipe, "this": bench.module}
    seconds: Dict[str, List[float]] = {name: [] for name in ways}
    for _run in range(runs):
        for name, way in ways.items():
            bench.clear()
            seconds[name].append(measured(way))
            bench.check()
            print("# {0}: {1:.1f} s".format(name, seconds[name][-1]), flush=True)
    facts = (bench.size / 1e6, bench.transactions, os.cpu_count(), bench.entry["version"], runs)
    lines = ["{0:.0f} MB of binary log, {1} transactions, {2} cores, MySQL {3}, {4} run(s)\n".format(*facts)]
    lines += ["| | wall, s | MB/s | first row / this row |", "|---|---|---|---|"]
    first = seconds[next(iter(ways))]
    for name, found in seconds.items():
        wall, ratio = statistics.median(found), statistics.median(one / this for one, this in zip(first, found, strict=True))
        lines.append("| {0} | {1:.1f} | {2:.2f} | {3:.2f} |".format(name, wall, bench.size / 1e6 / wall, ratio))
    return "\n".join(lines)


def measured(way: Callable[[], None]) -> float:
    began = time.monotonic()
    way()
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="a directory for the servers and the binary logs")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    parser.add_argument("--version", default="9.7")
    parser.add_argument("--megabytes", type=int, default=100, help="how much binary log")
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    root = os.path.join(os.path.abspath(wanted.root), "roll")
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    try:
        print("\n" + compared(Bench(root, wanted.cache, wanted.version, wanted.megabytes), wanted.runs))
    finally:
        for name in ("origin", "target"):
            servers.stop(os.path.join(root, name))
        shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())

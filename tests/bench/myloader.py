# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What myloader does with a truncated dump, with a second run, and after ``kill -9``: what docs/compare.md says of it.

``make bench BENCH=myloader`` prints a Markdown table: the exit code, and how many rows the table then has.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from typing import Dict, Sequence

from ansible_collections.apsaradb.mysql.tests.bench import imports
from ansible_collections.apsaradb.mysql.tests.support import databases, servers

# Of `keyed`, which mydumper writes into several files; `keyless` has two.
ROWS = 400000
PREPARE = (
    "CREATE DATABASE bench",
    "CREATE TABLE bench.keyless (a INT)",
    "INSERT INTO bench.keyless VALUES (1), (2)",
    "CREATE TABLE bench.keyed (a INT PRIMARY KEY, b VARCHAR(100))",
    "SET SESSION cte_max_recursion_depth = {0}".format(ROWS),
    "INSERT INTO bench.keyed WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0}) SELECT i, REPEAT('x', 100) FROM n".format(ROWS),
)


class Behaviour:
    """A dump that mydumper made of two tables, and a server to load it into."""

    def __init__(self, bench: imports.Bench) -> None:
        self.bench = bench
        self.control = databases.connection(bench.entry)
        self.folder = os.path.join(bench.root, "mydumper")
        self.empty()
        for statement in PREPARE:
            self.control.run(statement)
        program = [*bench.loader["mydumper"], "--socket", bench.entry["socket"], "--user", "root", "--outputdir", self.folder]
        program += ["--database", "bench", "--chunk-filesize", "4"]
        subprocess.run(program, check=True, stdin=subprocess.DEVNULL)

    def empty(self) -> None:
        self.control.run("DROP DATABASE IF EXISTS bench")

    def start(self, *more: str) -> "subprocess.Popen[bytes]":
        connect = ["--socket", self.bench.entry["socket"], "--user", "root", "--directory", self.folder, "--threads", "2"]
        return subprocess.Popen([*self.bench.loader["myloader"], *connect, *more], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rows(self, table: str) -> int:
        there = self.control.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'bench' AND TABLE_NAME = '{0}'".format(table))
        return int(self.control.value("SELECT COUNT(*) FROM bench.{0}".format(table))) if int(there) else 0

    def found(self) -> str:
        return "{0} of 2 and {1} of {2} rows".format(self.rows("keyless"), self.rows("keyed"), ROWS)

    def loaded(self, *more: str) -> str:
        return "exit code {0}, {1}".format(self.start(*more).wait(), self.found())

    def killed(self) -> str:
        """Kill it when the server has committed the first file of `keyed`."""
        process, ending = self.start(), time.monotonic() + 60
        while not self.rows("keyed"):
            if process.poll() is not None or time.monotonic() > ending:
                raise SystemExit("myloader ended before it could be killed: {0}, {1}".format(process.poll(), self.found()))
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return "killed, {0}".format(self.found())

    def cut(self) -> None:
        """Cut a file at the end of a statement in its middle."""
        path = os.path.join(self.folder, "bench.keyed.00002.sql")
        with open(path, "rb") as handle:
            data = handle.read()
        with open(path, "wb") as handle:
            handle.write(data[: data.index(b";\n", len(data) // 2) + 2])


def measure(bench: imports.Bench) -> Dict[str, Sequence[str]]:
    """What happened in each case, run after run."""
    found = Behaviour(bench)
    answers: Dict[str, Sequence[str]] = {}
    for name, more in ("The same command again", ()), ("The same command again, with --overwrite-tables", ("--overwrite-tables",)):
        found.empty()
        answers[name] = found.loaded(), found.loaded(*more)
    found.empty()
    answers["Killed, and run again"] = found.killed(), found.loaded()
    found.empty()
    found.cut()
    answers["A dump truncated at the end of a statement"] = (found.loaded(),)
    return answers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty directory for the server and the dump")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    wanted = parser.parse_args()
    bench = imports.Bench(os.path.join(wanted.root, "myloader"), wanted.cache, 1)
    try:
        version = subprocess.run([*bench.loader["myloader"], "--version"], capture_output=True, check=True, text=True).stdout.strip()
        print("\n{0}, MySQL {1}\n\n| | runs |\n|---|---|".format(version, bench.entry["version"]))
        for name, runs in measure(bench).items():
            print("| {0} | {1} |".format(name, "; then ".join(runs)))
    finally:
        servers.stop(os.path.join(bench.root, "server"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare ways to load one dump into one server: the vendor's guide, the client with a pipe, myloader, this collection.

``make bench`` runs it and prints Markdown tables: medians of several runs, and the ratio to the guide of the same round. "share of all cores busy" is
the CPU time of client and mysqld divided by the wall time of all cores. The server is 9.7 or 5.7 with default settings, except a buffer pool of 1
GiB; in the last table the pool holds a quarter of the data. No figure is checked against a limit.
"""

import argparse
import glob
import gzip
import json
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, lifecycle, software_cache, state_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import loader_prefix
from ansible_collections.apsaradb.mysql.tests.bench import shop
from ansible_collections.apsaradb.mysql.tests.support import databases, servers

MIB = 1 << 20
WITHOUT_ISAL = "import sys; sys.modules['isal'] = None; "
IMPORT = "import json, sys; from ansible_collections.apsaradb.mysql.tests.support.import_process import main; sys.exit(main(json.loads(sys.argv[1])))"


class Figure(NamedTuple):
    """One run: seconds of wall clock, CPU seconds of the client's processes and of mysqld, peak memory of one client process."""

    wall: float
    client: float
    server: float
    memory: int


# Resources used by the processes of the current run.
ENDED: List[resource.struct_rusage] = []


class Bench:
    """One server, and the same dump for all."""

    def __init__(self, root: str, cache: str, megabytes: int, pool: str = "1G", version: str = "9.7") -> None:
        self.root = root
        os.makedirs(root, exist_ok=True)
        software = servers.get_software(version, cache)
        settings = {"innodb_buffer_pool_size": pool}
        path = os.path.join(root, "server")
        with state_file.locked(path):
            running, _changed = lifecycle.start(path, lifecycle.WantedServer(software, "bench", settings))
        self.pid = running.pid or 0
        self.entry: Dict[str, Any] = {"name": version, "socket": running.socket, "version": running.version}
        for tool, program in ("mysql", software.mysql), ("mysqldump", software.mysqldump):
            self.entry[tool] = list(lifecycle.client(program, running.socket) or ())
        self.loader = _myloader(cache)
        self.phases: Dict[str, float] = {}
        self.fill(megabytes)

    def fill(self, megabytes: int) -> None:
        """Use a dump of this size from now on."""
        paths, self.rows = shop.write(self.root, megabytes)
        self.size = sum(os.path.getsize(path) for path in paths)
        self.packed = [path + ".gz" for path in paths]
        for path, packed in zip(paths, self.packed, strict=True):
            with open(path, "rb") as plain, gzip.open(packed, "wb", 6) as out:
                shutil.copyfileobj(plain, out, MIB)
            os.remove(path)

    def measured(self, action: Callable[[], None]) -> Figure:
        control = databases.connection(self.entry)
        control.run("DROP DATABASE IF EXISTS bench")
        control.run("DROP DATABASE IF EXISTS apsaradb_mysql")
        control.close()
        ENDED.clear()
        cpu, began = self.server_seconds(), time.monotonic()
        action()
        wall, cpu = time.monotonic() - began, self.server_seconds() - cpu
        self.check()
        return Figure(wall, sum(used.ru_utime + used.ru_stime for used in ENDED), cpu, max(used.ru_maxrss for used in ENDED) * 1024)

    def server_seconds(self) -> float:
        with open("/proc/{0}/stat".format(self.pid), encoding="ascii", errors="replace") as handle:
            fields = handle.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def check(self) -> None:
        control = databases.connection(self.entry)
        found = sum(int(control.value("SELECT COUNT(*) FROM bench.`{0}`".format(table))) for table in shop.SHARES)
        control.close()
        if found != self.rows:
            raise SystemExit("{0} rows arrived, {1} were sent".format(found, self.rows))

    def client(self, *words: str) -> str:
        return " ".join(shlex.quote(word) for word in list(self.entry["mysql"]) + list(words))

    def guide(self) -> None:
        """gzip -d both, CREATE DATABASE, mysql < schema.sql, mysql < data.sql."""
        # The compressed files are kept for the next way.
        steps = ["gzip -dc {0} > {0}.sql".format(shlex.quote(packed)) for packed in self.packed]
        steps.append(self.client("-e", "CREATE DATABASE bench CHARACTER SET utf8mb4"))
        steps.extend("{0} bench < {1}.sql && rm {1}.sql".format(self.client(), shlex.quote(packed)) for packed in self.packed)
        _shell(" && ".join(steps))

    def pipe(self) -> None:
        """zcat schema.sql.gz data.sql.gz | mysql, nothing unpacked on disk."""
        _shell(self.client("-e", "CREATE DATABASE bench CHARACTER SET utf8mb4"))
        for packed in self.packed:
            _shell("gzip -dc {0} | {1} bench".format(shlex.quote(packed), self.client()))

    def myloader(self) -> None:
        """myloader with two threads, on a dump that mydumper made of the same data."""
        connect = ["--socket", self.entry["socket"], "--user", "root", "--directory", os.path.join(self.root, "mydumper")]
        _run(list(self.loader["myloader"]) + connect + ["--threads", "2", "--database", "bench"])

    def mydumper(self) -> None:
        """Create that dump from the data that the previous run loaded."""
        folder = os.path.join(self.root, "mydumper")
        shutil.rmtree(folder, ignore_errors=True)
        connect = ["--socket", self.entry["socket"], "--user", "root", "--outputdir", folder]
        _run(list(self.loader["mydumper"]) + connect + ["--database", "bench", "--threads", "2", "--compress", "--rows", "500000"])

    def this(self, isal: bool = False, **options: Any) -> Callable[[], None]:
        """This collection's import, in a separate process."""

        def action() -> None:
            wanted = {"socket": self.entry["socket"], "target": "bench", "paths": self.packed, "options": dict({"charset": "utf8mb4"}, **options)}
            said = _run([sys.executable, "-c", IMPORT if isal else WITHOUT_ISAL + IMPORT, json.dumps(wanted)])
            self.phases = json.loads(said.rpartition(b"outcome ")[2].decode("utf-8"))["phases"]

        return action


def _myloader(cache: str) -> Dict[str, Sequence[str]]:
    tree = software_cache.ensure_cached(cache, "mydumper", lambda folder: apt.unpack_packages(folder, ["mydumper"], lambda versions: sorted(versions)[:1]))
    # Its client library looks for authentication plugins in the system's directory.
    plugins = glob.glob(os.path.join(tree, "usr", "lib", "*", "libmariadb3", "plugin"))
    prefix = ["env", "MARIADB_PLUGIN_DIR={0}".format(plugins[0])] + list(loader_prefix(tree, []))
    return {name: list(prefix) + [os.path.join(tree, "usr", "bin", name)] for name in ("myloader", "mydumper")}


def _run(argv: Sequence[str]) -> bytes:
    """Run a program, and return what it prints."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        _pid, status, used = os.wait4(process.pid, 0)
        ENDED.append(used)
        output.seek(0)
        if status:
            raise SystemExit("{0} failed:\n{1}".format(argv[0], output.read().decode("utf-8", "replace")[-3000:]))
        return output.read()


def _shell(line: str) -> None:
    _run(["sh", "-c", line])


def table(figures: Dict[str, List[Figure]]) -> List[str]:
    """The Markdown table; each ratio is the median of the ratios within a round."""
    lines = ["| | wall, s | guide / this row | client CPU, s | mysqld CPU, s | share of all cores busy | peak memory, MiB |", "|---|---|---|---|---|---|---|"]
    for name, runs in figures.items():
        ratios = [guide.wall / run.wall for guide, run in zip(figures["guide"], runs, strict=True)]
        busy = statistics.median((run.client + run.server) / run.wall / (os.cpu_count() or 1) for run in runs)
        middle = [statistics.median(getattr(run, field) for run in runs) for field in ("wall", "client", "server", "memory")]
        shown = (name, middle[0], statistics.median(ratios), middle[1], middle[2], busy, middle[3] / MIB)
        lines.append("| {0} | {1:.1f} | {2:.2f} | {3:.1f} | {4:.1f} | {5:.2f} | {6:.0f} |".format(*shown))
    return lines


ALL = ("guide", "pipe", "this, INSERT, 1 worker", "this, 1 worker", "this", "this+isal", "myloader")


def compare(bench: Bench, chosen: Sequence[str], runs: int) -> List[str]:
    """Run the chosen ways in turn; return the lines to print."""
    ways: Dict[str, Callable[[], None]] = {
        "guide": bench.guide,
        "pipe": bench.pipe,
        "this, INSERT, 1 worker": bench.this(workers=1, lane="insert"),
        "this, 1 worker": bench.this(workers=1),
        "this": bench.this(),
        "this+isal": bench.this(isal=True),
        "myloader": bench.myloader,
    }
    figures: Dict[str, List[Figure]] = {name: [] for name in chosen}
    shares: Dict[str, List[float]] = {}
    try:
        for number in range(runs):
            for name in chosen:
                if name == "myloader" and not number:
                    bench.mydumper()
                figures[name].append(bench.measured(ways[name]))
                if name == "this":
                    for phase, seconds in bench.phases.items():
                        shares.setdefault(phase, []).append(seconds / figures[name][-1].wall)
                print("# {0}: {1}".format(name, figures[name][-1]), flush=True)
    finally:
        servers.stop(os.path.join(bench.root, "server"))
    facts = (bench.size / 1e6, bench.rows, os.cpu_count(), bench.entry["version"], runs)
    shown = ", ".join("{0} {1:.0%}".format(phase, statistics.median(found)) for phase, found in shares.items() if statistics.median(found) >= 0.005)
    heading = "{0:.0f} MB of SQL, {1} rows, {2} cores, MySQL {3}, {4} run(s)".format(*facts)
    return ["", heading, "", *table(figures), "", 'Phases of "this", in percent of its wall time: ' + shown]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty directory for the servers and the dump")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    parser.add_argument("--megabytes", type=int, default=355)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="names of rows, separated by semicolons, including guide")
    parser.add_argument("--servers", default="9.7,5.7,small", help="which tables, separated by commas; small is 9.7 with a small buffer pool")
    wanted = parser.parse_args()
    for name in wanted.servers.split(","):
        version, pool = (name, "1G") if name != "small" else ("9.7", "{0}M".format(wanted.megabytes // 4))
        bench = Bench(os.path.join(wanted.root, name), wanted.cache, wanted.megabytes, pool, version)
        usual = ALL if name == "9.7" else ("guide", "this", "this+isal")
        print("\n".join(compare(bench, wanted.only.split(";") if wanted.only else usual, wanted.runs)), flush=True)
        shutil.rmtree(bench.root)
    return 0


if __name__ == "__main__":
    sys.exit(main())

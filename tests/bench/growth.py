# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure how an import scales: with the size of the dump, with workers, and up to how many cores one sender is enough.

``make bench BENCH=growth`` prints three Markdown tables. The server's buffer pool holds all of the data. No figure is checked against a limit.
"""

import argparse
import os
import statistics
import sys
import time
from typing import Dict, List, NamedTuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import SqlStream, on_disk
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.sql_in_memory import room_for_sql
from ansible_collections.apsaradb.mysql.tests.bench.imports import MIB, Bench, Figure
from ansible_collections.apsaradb.mysql.tests.support import servers


class Reading(NamedTuple):
    """Wall seconds, CPU seconds of one pass of gunzip, and CPU seconds to split and check."""

    wall: float
    gunzip: float
    scan: float


def gunzip_passes(size: int) -> int:
    """How often an import decompresses ``size`` bytes of SQL on this machine: once if it can keep them in memory, otherwise twice."""
    return 1 if size <= room_for_sql() else 2


def read(paths: List[str]) -> Reading:
    """The scan before the first write, without a server."""
    unpacked = _of_children()
    for path in paths:
        with SqlStream(on_disk(path)) as stream:
            while stream.read(MIB):
                pass
    unpacked = _of_children() - unpacked
    began, before = time.monotonic(), sum(os.times()[:4])
    planner = Planner(Choices(target=b"bench", server_version=90000))
    for path in paths:
        with SqlStream(on_disk(path)) as stream:
            planner.read(DumpSource(path, stream))  # type: ignore[arg-type]
    planner.plan()
    return Reading(time.monotonic() - began, unpacked, sum(os.times()[:4]) - before - unpacked)


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def middle(figures: List[Figure], field: str) -> float:
    return float(statistics.median(getattr(figure, field) for figure in figures))


def size_table(grown: Dict[float, List[Figure]]) -> List[str]:
    lines = ["| SQL, MB | wall, s | ms per MB | this row / first row | peak memory of a process, MiB |", "|---|---|---|---|---|"]
    first = 0.0
    for size, figures in grown.items():
        wall = middle(figures, "wall")
        first = first or wall / size
        lines.append(
            "| {0:.0f} | {1:.1f} | {2:.1f} | {3:.2f} | {4:.0f} |".format(size, wall, wall / size * 1000, wall / size / first, middle(figures, "memory") / MIB)
        )
    return lines


def worker_table(by_workers: Dict[str, List[Figure]]) -> List[str]:
    lines = ["| workers | wall, s | 1 worker / this row | client CPU, s | mysqld CPU, s | share of all cores busy |", "|---|---|---|---|---|---|"]
    for name, figures in by_workers.items():
        wall, client, server = (middle(figures, field) for field in ("wall", "client", "server"))
        ratio = statistics.median(alone.wall / figure.wall for alone, figure in zip(by_workers["1"], figures, strict=True))
        busy = (client + server) / wall / (os.cpu_count() or 1)
        lines.append("| {0} | {1:.1f} | {2:.2f} | {3:.1f} | {4:.1f} | {5:.2f} |".format(name, wall, ratio, client, server, busy))
    return lines


def core_table(figures: List[Figure], readings: List[Reading], gigabytes: float, passes: int) -> List[str]:
    gunzip, scan = (statistics.median(getattr(reading, field) for reading in readings) / gigabytes for field in ("gunzip", "scan"))
    client, server = (middle(figures, field) / gigabytes for field in ("client", "server"))
    sending = client - scan - passes * gunzip
    limits = "Calculated from this table, not measured: the process that sends the rows reaches its limit when mysqld uses about {0:.0f} cores".format(
        server / sending
    )
    if passes == 2:
        limits += ", the gunzip process at about {0:.0f}".format(server / gunzip)
    return [
        "| Work | CPU s per GB of SQL | runs on |",
        "|---|---|---|",
        "| gunzip, each pass ({0} in this measurement) | {1:.1f} | a separate process |".format(passes, gunzip),
        "| split and check, before the first write | {0:.1f} | one process |".format(scan),
        "| send rows, and everything else | {0:.1f} | one process |".format(sending),
        "| mysqld | {0:.1f} | all cores |".format(server),
        "",
        limits + ".",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="an empty directory for the server and the dump")
    parser.add_argument("--cache", default=servers.DEFAULT_CACHE, help="where downloaded software is cached")
    parser.add_argument("--megabytes", default="100,355,2000", help="sizes of the dumps in MB; numbers of workers are compared with the second size")
    parser.add_argument("--pool", default="5G", help="the server's buffer pool")
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    os.makedirs(wanted.root, exist_ok=True)
    sizes = [int(size) for size in wanted.megabytes.split(",")]
    bench = Bench(wanted.root, wanted.cache, sizes[0], wanted.pool)
    grown: Dict[float, List[Figure]] = {}
    by_workers: Dict[str, List[Figure]] = {"1": [], "2": [], "default": []}
    readings: List[Reading] = []
    megabytes, passes = 0.0, 2
    try:
        for number, size in enumerate(sizes):
            if number:
                bench.fill(size)
            figures = grown[bench.size / 1e6] = []
            for _round in range(wanted.runs):
                figures.append(bench.measured(bench.this()))
                print("# {0} MB: {1}".format(size, figures[-1]), flush=True)
            if number == min(1, len(sizes) - 1):
                megabytes, passes = bench.size / 1e6, gunzip_passes(bench.size)
                for _round in range(wanted.runs):
                    for name, measured in by_workers.items():
                        measured.append(bench.measured(bench.this(workers={"1": 1, "2": 2}.get(name, 0))))
                        print("# {0} workers: {1}".format(name, measured[-1]), flush=True)
                    readings.append(read(bench.packed))
    finally:
        servers.stop(os.path.join(wanted.root, "server"))
    print("{0} cores, MySQL {1}, {2} round(s)\n".format(os.cpu_count(), bench.entry["version"], wanted.runs))
    cores = core_table(by_workers["default"], readings, megabytes / 1000, passes)
    print("\n".join(size_table(grown) + [""] + worker_table(by_workers) + [""] + cores))
    return 0


if __name__ == "__main__":
    sys.exit(main())

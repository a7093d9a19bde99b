# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare ways to download one backup over loopback: wget -c, curl, aria2c, this collection.

``make bench BENCH=transfer`` prints Markdown tables: medians of several runs, and ratios of the same round. A missing tool is unpacked
from this machine's packages into the cache; if that fails, it is reported. Figures include the start of the program, and for this
collection the CRC-64 of every byte, fsync and journal, which the others do not have. No figure is checked against a limit.
"""

import argparse
import functools
import io
import json
import multiprocessing
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_fetch import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, software_cache
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import loader_prefix
from ansible_collections.apsaradb.mysql.tests.support.faulty_oss import oss

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MIB = 1 << 20
MEMBERS, MEMBER = 30, 4 * MIB
THROTTLE = 20 * MIB
OBJECT, SMALL = "whole.tar", "members.tar"


class Figure(NamedTuple):
    """One run: seconds of wall clock, CPU seconds and peak memory (bytes) of the client, bytes of bodies that the server sent."""

    wall: float
    cpu: float
    memory: int
    sent: int


class Slow(oss.Handler):  # type: ignore[name-defined,misc]
    """Limits each connection to the server's rate, if any, and counts the bytes sent."""

    def send_bytes(self, file: Any, offset: int, count: int) -> None:
        self.wfile.flush()
        began, sent = time.monotonic(), 0
        try:
            while sent < count:
                step = min(count - sent, 65536 if self.server.rate.value else 8 * MIB)
                sent += self.connection.sendfile(file, offset + sent, step)
                if self.server.rate.value:
                    time.sleep(max(0.0, began + sent / self.server.rate.value - time.monotonic()))
        finally:
            with self.server.sent.get_lock():
                self.server.sent.value += sent


class Server:
    """The loopback OSS in a separate process, so that its CPU time is not the client's."""

    def __init__(self, root: str) -> None:
        fork = multiprocessing.get_context("fork")
        self.inside = oss.Server(root, handler=Slow)
        self.inside.rate, self.inside.sent = fork.Value("d", 0.0), fork.Value("q", 0)
        for name in (OBJECT, SMALL):
            # OSS knows the CRC-64 in advance too.
            self.inside.find(name)
        self.process = fork.Process(target=self.inside.serve_forever, daemon=True)
        self.process.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.join()


def fill(path: str, sizes: Dict[str, int]) -> None:
    """An archive of incompressible members."""
    block = random.Random(7).getrandbits(8 * MIB).to_bytes(MIB, "big")

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.blocks: Iterator[int] = iter(range(1 << 40))

        def read(self, size: Optional[int] = -1) -> bytes:
            wanted = size if size and size > 0 else MIB
            out = b""
            while len(out) < wanted:
                out += next(self.blocks).to_bytes(8, "big") + block[8:]
            return out[:wanted]

    with tarfile.open(path, "w") as archive:
        for name, size in sizes.items():
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, Endless())


def this(options: Dict[str, Any]) -> None:
    """The work of the client process: one call of the module's job."""
    base = dict(internal_url=None, checksum=None, size=None, databases=None, part_size=16 * MIB, bandwidth_limit=0, timeout=60.0, retries=3)
    result = job(JobContext({**base, "force": False, "instance_id": None, "validate_certs": True, "ca_path": None, **options}, False, lambda text: None))
    proof = "gzip" if options.get("databases") else "crc64"
    if proof not in result["verified_by"] and not options.get("databases"):
        sys.exit("Not verified by {0}: no liblzma or fastcrc here?".format(proof))


def measured(server: Server, argv: Sequence[str], url: str, dest: str, options: Optional[Dict[str, Any]] = None) -> Figure:
    """Run a client. This collection's client reads the URL from standard input."""
    folder = os.path.dirname(dest)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    before = server.inside.sent.value
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        stdin = subprocess.PIPE if options is not None else subprocess.DEVNULL
        process = subprocess.Popen(list(argv), stdin=stdin, stdout=output, stderr=subprocess.STDOUT)
        if process.stdin is not None:
            with process.stdin as pipe:
                pipe.write(json.dumps({"url": url, "dest": dest, **(options or {})}).encode())
        pid, peak = 0, 0
        while not pid:
            peak = max(peak, _peak(process.pid))
            time.sleep(0.005)
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
        wall = time.monotonic() - began
        if status:
            output.seek(0)
            raise SystemExit("{0} failed:\n{1}".format(argv[0], output.read().decode("utf-8", "replace")[-2000:]))
    # A server thread may still have to count its last bytes.
    time.sleep(0.1)
    return Figure(wall, _cpu(used), peak, server.inside.sent.value - before)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def _peak(pid: int) -> int:
    """Peak memory so far, in bytes. The figure of wait4 is not used because it includes this program's memory between fork and exec."""
    try:
        with open("/proc/{0}/status".format(pid), encoding="ascii", errors="replace") as lines:
            return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def clients(cache: str) -> Tuple[Dict[str, List[str]], List[str]]:
    """The command lines of other programs up to the URL and the file, and the names of programs that are not available."""
    found = {name: [shutil.which(name) or ""] for name in ("curl", "wget", "aria2c")}
    missing = []
    for name, package in (("curl", "curl"), ("wget", "wget"), ("aria2c", "aria2")):
        if found[name] != [""]:
            continue
        try:
            tree = software_cache.ensure_cached(cache, package, functools.partial(_unpack, package))
            found[name] = [*loader_prefix(tree), os.path.join(tree, "usr", "bin", name)]
        except Failure as failure:
            print("MISSING: {0} is not on this machine, and its packages are not available: {1}".format(name, failure), file=sys.stderr, flush=True)
            missing.append(name)
    return {name: argv for name, argv in found.items() if name not in missing}, missing


def _unpack(package: str, folder: str) -> None:
    apt.unpack_packages(folder, [package], lambda versions: [name for name in versions if name == package])


def compared(server: Server, others: Dict[str, List[str]], root: str, runs: int, rows: Sequence[str]) -> Dict[str, List[Figure]]:
    """Measure each of ``rows`` in each round, with the large object."""
    dest = os.path.join(root, "out", "backup.tar")
    mine = [sys.executable, os.path.abspath(__file__), "--this"]
    figures: Dict[str, List[Figure]] = {}
    for _round in range(runs):
        for row in rows:
            name, _space, count = row.partition(" x")
            url = server.inside.sign(OBJECT)
            if name == "this":
                figure = measured(server, mine, url, dest, {"connections": int(count)})
            elif name not in others:
                continue
            elif name == "aria2c":
                split = ["-x" + count, "-s" + count, "--quiet", "--file-allocation=none", "--min-split-size=1M"]
                figure = measured(server, [*others[name], *split, "-d", os.path.dirname(dest), "-o", "backup.tar", url], url, dest)
            elif name == "curl":
                figure = measured(server, [*others[name], "--silent", "--show-error", "--fail", "-o", dest, url], url, dest)
            else:
                figure = measured(server, [*others[name], "-q", "-c", "-O", dest, url], url, dest)
            figures.setdefault(row, []).append(figure)
            print("# {0}: {1}".format(row, figure), file=sys.stderr, flush=True)
    return figures


def table(figures: Dict[str, List[Figure]], against: str, size: int) -> List[str]:
    """The Markdown table; the ratio to ``against`` is the median of the ratios within a round."""
    lines = ["| | wall, s | MB/s | {0} / this row | CPU, s a GB | peak memory, MB |".format(against), "|---|---|---|---|---|---|"]
    for name, runs in figures.items():
        ratios = [other.wall / run.wall for other, run in zip(figures.get(against, []), runs, strict=False)]
        ratio = "{0:.2f}".format(statistics.median(ratios)) if ratios else "-"
        wall, cpu, memory = (statistics.median(getattr(run, field) for run in runs) for field in ("wall", "cpu", "memory"))
        lines.append("| {0} | {1:.2f} | {2:.0f} | {3} | {4:.2f} | {5:.0f} |".format(name, wall, size / wall / 1e6, ratio, cpu * 1e9 / size, memory / 1e6))
    return lines


def selected(server: Server, root: str) -> List[str]:
    """Measure the bytes needed to fetch some of 30 members of 4 MB."""
    lines = ["| wanted | bytes sent / wanted bytes | requests to find them cost, bytes |", "|---|---|---|"]
    dest = os.path.join(root, "out", "backup.tar")
    for count in (1, 3, 10, 29):
        names = ["db{0:02}".format(number) for number in range(count)]
        argv = [sys.executable, os.path.abspath(__file__), "--this"]
        figure = measured(server, argv, server.inside.sign(SMALL), dest, {"connections": 4, "databases": names})
        wanted = count * MEMBER
        lines.append("| {0} of {1} | {2:.4f} | {3} |".format(count, MEMBERS, figure.sent / wanted, figure.sent - wanted - count * 512))
    return lines


def main() -> int:
    if sys.argv[1:] == ["--this"]:
        this(json.load(sys.stdin))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=4096, help="size of the object without a bandwidth limit")
    parser.add_argument("--throttled", type=int, default=1024, help="size of the object with a limit of 20 MiB/s for each connection")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--root", help="working directory, on a fast disk; default: a temporary directory")
    parser.add_argument("--cache", default=os.path.join(CHECKOUT, ".cache", "servers"), help="where tools from packages are cached")
    options = parser.parse_args()
    others, missing = clients(options.cache)
    if options.root:
        os.makedirs(options.root, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench.", dir=options.root) as root:
        served = os.path.join(root, "served")
        os.makedirs(served)
        flat = {"db{0:02}_datafull_202601010330_1767209400.sql".format(number): MEMBER for number in range(MEMBERS)}
        fill(os.path.join(served, SMALL), flat)
        print("{0} cores, {1} run(s), loopback. Missing: {2}".format(os.cpu_count(), options.runs, ", ".join(missing) or "none"))
        for megabytes, rate, against, rows in (
            (options.megabytes, 0, "curl", ("curl", "wget", "aria2c x4", "this x1", "this x4")),
            (options.throttled, THROTTLE, "this x1", ("aria2c x4", "this x1", "this x4")),
        ):
            fill(os.path.join(served, OBJECT), {"shop_datafull_202601010330_1767209400.sql": megabytes * MIB})
            server = Server(served)
            try:
                server.inside.rate.value = rate
                limit = "{0:.0f} MB/s a connection".format(rate / 1e6) if rate else "no limit"
                figures = compared(server, others, root, options.runs, rows)
                print("\n{0} MiB, {1}:\n".format(megabytes, limit))
                print("\n".join(table(figures, against, os.path.getsize(os.path.join(served, OBJECT)))), flush=True)
                if not rate:
                    print("\nSome of {0} members of {1} MiB:\n".format(MEMBERS, MEMBER // MIB))
                    print("\n".join(selected(server, root)), flush=True)
            finally:
                server.stop()
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

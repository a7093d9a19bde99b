# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Line coverage of plugins/ by room, from the steps that run the code in Python processes of .cache/venv."""

import json
import shutil
import sys
from pathlib import Path

SETTINGS = """\
[run]
core = {core}
parallel = true
data_file = {data}
source = {plugins}
omit = {plugins}/doc_fragments/*
patch = fork, _exit, subprocess
disable_warnings = no-data-collected, module-not-measured
[paths]
plugins =
    {plugins}
    */ansible_collections/apsaradb/mysql/plugins
[report]
include_namespace_packages = true
"""


def measured(cache: Path, tree: Path, step: str) -> dict[str, str]:
    """Variables that make every Python process of .cache/venv record its coverage; earlier records of ``step`` are removed.

    coverage.py installs a .pth file that starts it in each process, so also in those that pytest and the tests start.
    """
    folder = cache / "coverage" / step
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # sysmon (sys.monitoring) is the faster core.
    core = "sysmon" if sys.version_info >= (3, 12) else "ctrace"
    settings = folder / "settings"
    settings.write_text(SETTINGS.format(core=core, data=folder / "data", plugins=tree / "plugins"))
    return {"COVERAGE_PROCESS_START": str(settings)}


def commands(cache: Path, steps: tuple[str, ...]) -> list[list[str]]:
    """The commands that write ``report.json`` from the records of these steps."""
    folder = cache / "coverage"
    coverage = [sys.executable, "-m", "coverage"]
    settings = f"--rcfile={folder / steps[0] / 'settings'}"
    both = f"--data-file={folder / 'combined'}"
    records = [str(path) for step in steps for path in sorted((folder / step).glob("data.*"))]
    return [
        [*coverage, "combine", settings, both, "--keep", "--quiet", *records],
        [*coverage, "json", settings, both, "--quiet", "-o", str(folder / "report.json")],
    ]


def table(cache: Path, tree: Path) -> tuple[str, float]:
    """A line for each room, and the percentage of all lines that are covered. The commands ran in ``tree``."""
    rooms: dict[str, tuple[int, int]] = {}
    for name, file in json.loads((cache / "coverage" / "report.json").read_text())["files"].items():
        parts = (tree / name).resolve().relative_to((tree / "plugins").resolve()).parts
        room = "/".join(parts[:2] if parts[0] == "module_utils" and len(parts) > 2 else parts[:1])
        for key in (room, "total"):
            lines, covered = rooms.pop(key, (0, 0))
            rooms[key] = lines + file["summary"]["num_statements"], covered + file["summary"]["covered_lines"]
    total = rooms.pop("total")
    rows = [*sorted(rooms.items()), ("total", total)]
    text = "\n".join(f"         {room:<26}{lines:>6}{100 * covered / max(lines, 1):>7.1f} %" for room, (lines, covered) in rows)
    return f"         {'room':<26}{'lines':>6}  covered\n{text}", 100 * total[1] / total[0]

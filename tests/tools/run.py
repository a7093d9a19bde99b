# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run tools in a copy of the project; keep their output and count tests."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable
from xml.etree import ElementTree

import machine

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"
WITHIN = Path("ansible_collections", "apsaradb", "mysql")

# Files in memory: creating and removing them takes a third of a server's CPU time on a disk.
MEMORY = Path("/dev/shm")
ROOM = 10 << 30

# The steps that may leave out what this machine lacks, such as a Python version. If it is not set, as for developers, all may.
MAY_SKIP = "APSARADB_MYSQL_MAY_SKIP"

# Output of pip while ansible-test creates its venvs, which does not help to explain a failure.
PIP = re.compile(
    r"\s*(WARNING: Location|Collecting|Downloading|Processing|Installing|Successfully|Looking in|Attempting|Found existing|Uninstalling|Using cached|━|$)"
)

_WRITING = threading.Lock()


class Failed(Exception):
    """A step failed; the details have been printed."""


class Run:
    """The state of a sequence of steps: results so far, and what to stop at the end.

    ``collections`` holds this run's copy of the project; parallel runs need separate copies. ``step`` is the name of the step that runs.
    """

    def __init__(self, at_exit: contextlib.ExitStack, collections: Path = COLLECTIONS) -> None:
        self.at_exit = at_exit
        self.collections = collections
        self.tree = collections / WITHIN
        self.step = ""
        self.passed = 0
        self.failed = 0
        self.cpu_seconds = 0.0
        self.ran_on: list[str] = []
        self.bad: list[str] = []
        self.in_memory = _folder_in_memory(at_exit)

    def environment(self, closed: bool = False, venv: Path = machine.VENV) -> dict[str, str]:
        """The environment of this run's tools, those of ``venv`` first; ansible-test needs a ``closed`` network."""
        with _WRITING:
            env = (machine.closed_network if closed else machine.environment)(CACHE, venv)
        env["ANSIBLE_COLLECTIONS_PATH"] = str(self.collections)
        return env | ({"TMPDIR": str(self.in_memory)} if self.in_memory else {})

    def tool(
        self,
        name: str,
        command: list[str],
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        fatal: bool = True,
        relevant: Callable[[str], str] | None = None,
    ) -> tuple[int, str]:
        """Run one tool; its output goes to .cache/log/, and the ``relevant`` part is printed if it fails."""
        log = CACHE / "log" / (name.replace(" ", "-") + ".log")
        log.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=cwd or self.tree, env=env or self.environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
            self.at_exit.callback(process.kill)
            _pid, status, usage = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        cpu_seconds = usage.ru_utime + usage.ru_stime
        self.cpu_seconds += cpu_seconds
        output = log.read_text(errors="replace")
        say(f"  {'ok    ' if code == 0 else 'FAILED'} {name} ({time.monotonic() - started:.0f} s, CPU {cpu_seconds:.0f} s)")
        if code:
            say(f"{(relevant or _relevant)(output)}\n  full log: {log.relative_to(ROOT)}")
            self.bad.append(name)
            if fatal:
                self.failed += 1
                raise Failed(name)
        return code, output

    def tests(self, name: str, command: list[str], results: Path, env: dict[str, str] | None = None) -> None:
        """Run a tool that writes JUnit results. A skipped test counts as failed, because nobody notices skips."""
        shutil.rmtree(results, ignore_errors=True)
        code, output = self.tool(name, command, env=env, fatal=False)
        passed = failed = 0
        for file in results.glob("*.xml"):
            for case in ElementTree.parse(file).iter("testcase"):
                bad = {mark: found.get("message") for mark in ("failure", "error", "skipped") if (found := case.find(mark)) is not None}
                failed += bool(bad)
                passed += not bad
                self.bad += [f"{case.get('classname')}::{case.get('name')}: {_start(next(iter(bad.values())) or '')}"] if bad else []
                if "skipped" in bad:
                    say(f"         skipped, which is not allowed: {case.get('classname')}::{case.get('name')}")
        self.passed += passed
        self.failed += failed or bool(code)
        say(f"         {passed} passed, {failed} failed")
        if code or failed or not passed:
            raise Failed(name if passed or failed else f"{name}: no test ran")

    def not_tested(self, what: str) -> None:
        """Show what the step leaves out, because this machine lacks something. That is a failure where MAY_SKIP is set and does not name the step."""
        say(f"         NOT tested: {what}")
        self.ran_on.append(f"NOT {what}")
        allowed = os.environ.get(MAY_SKIP)
        if allowed is not None and self.step not in allowed.split():
            raise Failed(f"{MAY_SKIP} does not name {self.step}")

    def start_servers(self, name: str, only: str = "", newest: str = "") -> Path:
        """Start a set of real servers, or ``only`` one of them, to be stopped at the end, and return their listing.

        The server at the path ``newest`` takes the place of the newest one.
        """
        folder = (self.in_memory or CACHE / "run") / name
        stop = [sys.executable, "tests/support/servers.py", "stop", "--root", str(folder)]
        env = self.environment() | ({"APSARADB_MYSQL_NEWEST": newest} if newest else {})
        subprocess.run(stop, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        self.at_exit.callback(_undisturbed, stop, env)
        start = [sys.executable, "tests/support/servers.py", "start", "--root", str(folder)]
        self.tool(f"start {name}", start + (["--only", only] if only else []), ROOT, env)
        return folder / "servers.json"

    def fetch_browser(self) -> None:
        """Download the browser (160 MB), which one target needs, while other targets run."""
        fetch = [sys.executable, "tests/support/browser.py", "fetch", "--cache", str(CACHE / "servers")]
        fetching = subprocess.Popen(fetch, cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.at_exit.callback(fetching.wait)


def _folder_in_memory(at_exit: contextlib.ExitStack) -> Path | None:
    """A folder for data directories and temporary files until the end of this run; None without much free memory.

    .cache/run/memory leads to it, so that the next run, or ``make clean``, finds what a killed run has left there.
    """
    link = CACHE / "run" / "memory"
    # After a restart of the machine, somebody else may have a folder of this name.
    if not link.is_dir() or link.stat().st_uid != os.getuid():
        if not _has_room():
            return None
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        # A short path: a socket has 107 bytes at most.
        made = Path(tempfile.mkdtemp(prefix="am-", dir=MEMORY))
        # Some tests have accounts of their own, which reach their files below it.
        made.chmod(0o711)
        link.symlink_to(made)
    at_exit.callback(shutil.rmtree, link.resolve(), True)
    return link.resolve()


def _has_room() -> bool:
    """Whether much memory is free, and programs may run from there."""
    try:
        free = os.statvfs(MEMORY)
        available = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.M)
    except OSError:
        return False
    if available is None or free.f_flag & os.ST_NOEXEC:
        return False
    return min(free.f_bavail * free.f_frsize, int(available.group(1)) << 10) >= ROOM


def _undisturbed(command: list[str], env: dict[str, str]) -> None:
    """Finish the clean-up even after Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, start_new_session=True, check=False)


def _relevant(output: str) -> str:
    """The output of a failed tool, without pip's output and successful Ansible tasks."""
    tasks = re.split(r"^(?=TASK \[|PLAY RECAP)", output, flags=re.M)
    failed = re.compile(r"^(fatal|failed): ", re.M)
    bad = [task for task in tasks[1:] if failed.search(task) and not task.rstrip().endswith("...ignoring") or task.startswith("PLAY RECAP")]
    return "\n".join(line for line in "".join(tasks[:1] + bad).splitlines() if not PIP.match(line))


def failed_sessions(output: str) -> str:
    """What nox and its sessions wrote, without the sessions that passed, and without the directory that antsibull-nox puts the files in."""
    sessions = re.split(r"^(?=nox > Running session )", re.sub(r"[./]+\S*/collection-root/ansible_collections/\w+/\w+/", "", output), flags=re.M)
    return "".join(part for part in sessions if not re.search(r"^nox > Session \S+ was successful", part, re.M))


def failure_of_target(output: str, target: str) -> str:
    """The task that ended an integration target, and the start of its message; "" if the output of ansible-test shows none.

    Clean-up tasks may follow it. Failures that the target expected are ignored, or precede it.
    """
    part = re.split(rf"^Running {re.escape(target)} integration test role.*$", output, flags=re.M)[-1]
    part = re.split(r"^(?:Running \S+ integration test role|PLAY RECAP)", part, flags=re.M)[0]
    for task in reversed(re.split(r"^(?=TASK \[)", part, flags=re.M)[1:]):
        failed = re.search(r"^(?:fatal|failed): .*?=> (.*)", task, re.M | re.S)
        if failed and not task.rstrip().endswith("...ignoring"):
            return f"{task[6:].partition(']')[0]}: {_start(_message(failed.group(1)))}"
    return ""


def _message(result: str) -> str:
    """The reason in the ``result`` of a task, which is JSON, possibly followed by more text. If the task ran a play, its last failure comes first."""
    try:
        found, _end = json.JSONDecoder().raw_decode(result)
    except ValueError:
        return result
    of_play = re.findall(r"^(?:fatal|failed): .*", str(found.get("stdout", "")), re.M)
    return " ".join(of_play[-1:] + [str(found[key]) for key in ("msg", "stderr") if found.get(key)]) or result


def _start(text: str) -> str:
    """The first 300 characters of ``text``, in one line."""
    return " ".join(text.split())[:300]


def say(text: str) -> None:
    print(text, flush=True)

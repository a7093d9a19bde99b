# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of ``make``, run by run.sh in .cache/venv. Each prints one line per tool, and the output of a tool that fails."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import Any, Iterator, NoReturn

import coverage_report
import machine
from cores import check_sanity, cores, make_venv, oldest
from lanes import Step, check
from run import CACHE, COLLECTIONS, ROOT, WITHIN, Failed, Run, failed_sessions, failure_of_target, say
from tree import mirror

PYTHON = "{0.major}.{0.minor}".format(sys.version_info)
# Each case, for the nightly run. Otherwise each case runs on one server or Python version, chosen in turn.
EVERY_CASE = "APSARADB_MYSQL_EVERY_CASE"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

# Sets of servers, each with a process of tests: these wait half of the time, so two would leave cores idle.
SETS = 3

# The lines of plugins/ that units and servers together must run, in percent.
LEAST_COVERAGE = 92

INTEGRATION = ("ansible-test", "integration", "--local", "--python", PYTHON, "--color", "no")
# The longest first, so that lanes with the step integration end at about the same time.
LONG = ("role_restore", "playbooks", "role_fleet", "drill", "role_over_ssh")
# The targets that no lane has begun.
WAITING = deque(sorted((path.name for path in (ROOT / "tests/integration/targets").iterdir()), key=lambda name: ((*LONG, name).index(name), name)))

# Variables of the environment, each with the path of a server that the tests of 9.7 run on too: an unpacked tarball or container image.
FURTHER_SERVERS = ("MYSQL_80", "MYSQL_84", "PERCONA_80")


def sanity(run: Run) -> None:
    """ansible-test sanity of the newest ansible-core, on this Python; with each case on every supported Python of this machine.

    By day without pylint, which takes as long as all others: ruff has most of its rules.
    """
    if os.environ.get(EVERY_CASE):
        check_sanity(run, machine.core_version())
        return
    check_sanity(run, machine.core_version(), more=("--python", PYTHON, "--skip-test", "pylint"))


def lint(run: Run) -> None:
    """The default sessions of noxfile.py: style, types, documentation, licences, and no traces of this machine in the project."""
    _nox(run, "lint", "-R")


def galaxy(run: Run) -> None:
    """Galaxy's own check of the built collection."""
    _nox(run, "galaxy", "--session", "build-import-check")


def ee(run: Run) -> None:
    """An execution environment with the collection, on a machine that can build containers and reaches a registry of images."""
    engines = [name for name in ("podman", "docker") if shutil.which(name) and not subprocess.run([name, "info"], capture_output=True, check=False).returncode]
    if not engines:
        run.not_tested("an execution environment, because neither podman nor docker works on this machine")
        return
    _nox(run, "ee", "--session", "ee-check")
    run.ran_on.append(engines[0])


def _nox(run: Run, name: str, *arguments: str) -> None:
    """Run sessions of noxfile.py; one that did not run counts as failed, because nobody notices skips."""
    report = CACHE / "nox" / f"{name}.json"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    more = {
        "APSARADB_MYSQL_VENV": sys.prefix,
        "APSARADB_MYSQL_NOX": str(report.parent),
        "RUFF_CACHE_DIR": str(CACHE / "ruff"),
        "MYPY_CACHE_DIR": str(CACHE / "mypy"),
    }
    # In CI the formatters of antsibull-nox change no file.
    env = run.environment() | more | {"CI": "true", "NO_COLOR": "1"}
    command = ["nox", "--non-interactive", "--envdir", str(report.parent), "--report", str(report), *arguments]
    code, _output = run.tool(f"nox {name}", command, env=env, fatal=False, relevant=failed_sessions)
    sessions = {str(session["name"]): str(session["result"]) for session in json.loads(report.read_text())["sessions"]} if report.exists() else {}
    bad = [session for session, result in sessions.items() if result != "success"]
    run.failed += len(bad) or bool(code)
    run.bad += [f"nox --session {session}" for session in bad]
    if code or bad or not sessions:
        raise Failed(", ".join(bad) or f"nox {name}")
    run.ran_on.append(f"{len(sessions)} sessions of nox")


def docs(run: Run) -> None:
    """The site of the documentation, built without a warning: the output of antsibull-docs for the plugins, and copies of the Markdown files."""
    source, made = CACHE / "docs" / "src", CACHE / "docs" / "html"
    shutil.rmtree(source.parent, ignore_errors=True)
    source.mkdir(parents=True)
    command = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(source), "apsaradb.mysql"]
    with tempfile.TemporaryDirectory() as above:
        # ansible-doc finds no role below a path that names ansible_collections twice, as in a checkout where Ansible looks for collections.
        Path(above, "ansible_collections").symlink_to(run.collections / "ansible_collections")
        run.tool("antsibull-docs collection", command, env=run.environment() | {"ANSIBLE_COLLECTIONS_PATH": above})
    (source / "index.rst").rename(source / "plugins.rst")
    shutil.copytree(run.tree / "docs", source / "docs", ignore=shutil.ignore_patterns("docsite"))
    # CHANGELOG.md has the text of CHANGELOG.rst.
    pages = [path for path in run.tree.glob("*.md") if path.name != "CHANGELOG.md"]
    texts = [run.tree / "docs/docsite/index.rst", run.tree / "CHANGELOG.rst", *pages, *run.tree.glob("roles/*/README.md")]
    # Markdown files link to these too.
    for path in (*texts, run.tree / "LICENSE", run.tree / "requirements.txt"):
        copy = source / (path.name if path.name == "index.rst" else path.relative_to(run.tree))
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    run.tool("sphinx-build", ["sphinx-build", "-q", "-n", "-W", "--keep-going", "-c", "docs/docsite", str(source), str(made)], env=run.environment())
    run.ran_on.append(f"{len(list(made.rglob('*.html')))} pages in {made.relative_to(ROOT)}")


def units(run: Run) -> None:
    """The unit tests on this Python. On the oldest one of restore hosts vermin (a session of ``lint``) checks the syntax, and ``cores`` runs them."""
    _compile(run)
    results = CACHE / "run" / "units-results"
    command = [*PYTEST, f"-n{os.cpu_count() or 1}", f"--junitxml={results}/units.xml", "tests/unit"]
    env = run.environment() | {"PYTHONPATH": str(run.collections)}
    run.tests(f"units on Python {PYTHON}", command, results, env=env | _measured(run, "units"))
    run.ran_on.append(f"Python {PYTHON}")


def servers(run: Run) -> None:
    """The code that talks to MySQL, against real servers."""
    _compile(run)
    listings = [run.start_servers("servers" + (f"-{number}" if number > 1 else "")) for number in range(1, SETS + 1)]
    results = CACHE / "run" / "servers-results"
    # Tests of one file share databases, so a file stays on one set of servers.
    env = dict(run.environment(), PYTHONPATH=str(run.collections), APSARADB_MYSQL_TEST_SERVERS=os.pathsep.join(map(str, listings)))
    command = [*PYTEST, f"-n{SETS}", "--dist", "loadfile", "--no-loadscope-reorder", f"--junitxml={results}/servers.xml"]
    command.append("tests/servers")
    run.tests("pytest tests/servers", command, results, env=env | _measured(run, "servers"))
    run.ran_on.append(_versions(listings[0]))
    for variable in FURTHER_SERVERS:
        if os.environ.get(variable):
            listing = run.start_servers(f"servers-{variable}", newest=os.environ[variable])
            results = CACHE / "run" / f"servers-{variable}-results"
            command = [*PYTEST, "-k", "not 5.7 and not 5.6 and not mariadb", f"--junitxml={results}/servers.xml", "tests/servers"]
            run.tests(f"pytest tests/servers on {variable}", command, results, env=env | {"APSARADB_MYSQL_TEST_SERVERS": str(listing), EVERY_CASE: "1"})
            run.ran_on.append(f"{variable}: {_known(listing)[0]['version']}")


def _compile(run: Run) -> None:
    """Write bytecode, also where the environment forbids Python to do so: the tests start hundreds of modules, each of more than a hundred files."""
    run.tool("compileall", [sys.executable, "-m", "compileall", "-q", "plugins", "tests"])


def _measured(run: Run, step: str) -> dict[str, str]:
    """Coverage is recorded only with each case: it makes every process of a module start more slowly."""
    return coverage_report.measured(CACHE, run.tree, step) if os.environ.get(EVERY_CASE) else {}


def coverage(run: Run) -> None:
    """The lines of plugins/ that the last runs of units and servers covered, per room."""
    lost = [step for step in ("units", "servers") if not list((CACHE / "coverage" / step).glob("data.*"))]
    if lost:
        run.failed += 1
        raise Failed(f"no coverage was recorded by {' and '.join(lost)}: run them with {EVERY_CASE}=1")
    for command in coverage_report.commands(CACHE, ("servers", "units")):
        run.tool(f"coverage {command[3]}", command)
    text, percent = coverage_report.table(CACHE, run.tree)
    say(text)
    run.ran_on.append(f"{percent:.1f} % of lines")
    if percent < LEAST_COVERAGE:
        run.failed += 1
        raise Failed(f"{percent:.1f} % of the lines of plugins/ are covered, not {LEAST_COVERAGE} %")


def integration(run: Run) -> None:
    """The modules and roles as users call them, against real servers; a target counts as one test.

    Each lane with this step has servers of its own, and takes the next target until none is left.
    """
    shadowed = set(WAITING) & {path.name for path in (run.tree / "roles").glob("*")}
    if shadowed:
        run.failed += 1
        raise Failed(f"targets named like a role of the collection would run that role: {', '.join(sorted(shadowed))}")
    if not WAITING:
        return
    listing = run.start_servers(f"servers-of-{run.collections.name}")
    run.fetch_browser()
    variables = {"mysql_servers": _known(listing), "software_path": str(CACHE / "servers"), "every_case": bool(os.environ.get(EVERY_CASE))}
    variables["temporary_path"] = str(run.in_memory or tempfile.gettempdir())
    (run.tree / "tests/integration/integration_config.yml").write_text(json.dumps(variables, indent=2) + "\n")
    bad = []
    while target := _next_target():
        name = f"ansible-test integration {target}"
        code, output = run.tool(name, [*INTEGRATION, target], env=run.environment(True), fatal=False)
        ran = re.findall(r"^Running (\S+) integration test role", output, re.M) == [target]
        if ran and not code:
            run.passed += 1
            continue
        bad.append(target)
        run.failed += 1
        run.bad = [line for line in run.bad if line != name] + [f"{target}: {failure_of_target(output, target) if ran else 'did not run'}"]
    if bad:
        raise Failed(f"ansible-test integration {' '.join(bad)}")
    run.ran_on.append(_versions(listing))


def _next_target() -> str | None:
    try:
        return WAITING.popleft()
    except IndexError:
        return None


def installed(run: Run) -> None:
    """The built tarball alone, in an empty environment: demo, restore, drill, provision, documentation."""
    _as_installed(run, "installed", "requirements.txt")


def awx(run: Run) -> None:
    """The roles as AWX runs them, with ansible-runner and what an execution environment of the collection has."""
    _as_installed(run, "awx", "meta/ee-requirements.txt", "ansible-runner", "jq")


def _as_installed(run: Run, name: str, requirements: str, *packages: str) -> None:
    folder = CACHE / "run" / name
    shutil.rmtree(folder, ignore_errors=True)
    run.tool(f"build for {name}", ["ansible-galaxy", "collection", "build", "--output-path", str(folder), "."])
    tarball = next(folder.glob("*.tar.gz"))
    venv = make_venv(run, CACHE / f"venv-{name}", Path(sys.executable), "ansible-core", *packages, "--requirement", str(ROOT / requirements))
    env = run.environment() | {"PYTHONPATH": str(run.collections), "APSARADB_MYSQL_VENV": str(venv), "APSARADB_MYSQL_TARBALL": str(tarball)}
    # Outside of the checkout, so that nothing finds it by a path.
    outside = tempfile.mkdtemp(prefix=f"{name}-")
    run.at_exit.callback(shutil.rmtree, outside, True)
    command = [*PYTEST, f"--junitxml={folder}/results/pytest.xml", f"--basetemp={outside}/pytest", f"tests/installed/test_{name}.py"]
    run.tests(f"pytest {name}", command, folder / "results", env=env)
    run.ran_on.append(f"{tarball.name}, {tarball.stat().st_size // 1000} kB")


def _known(listing: Path) -> list[dict[str, Any]]:
    return list(json.loads(listing.read_text()))


def _versions(listing: Path) -> str:
    return "MySQL " + ", ".join(str(server["version"]) for server in _known(listing))


# What `make check` runs in addition to the steps of `make test`; the Makefile lists their names too.
CHECK: tuple[Step, ...] = (galaxy, ee, cores, oldest, installed, awx)
# Of these, what a lane does that has no more integration targets.
AFTER_INTEGRATION = ("oldest", "installed", "awx")
# After all others, because it needs what they recorded.
LAST: tuple[Step, ...] = (coverage,)
STEPS: dict[str, Step] = {step.__name__: step for step in (sanity, lint, docs, units, servers, integration, *CHECK, *LAST)}
# They run in parallel: the steps of one wait where those of the others compute.
LANES = (("servers", "integration"), ("integration",), ("lint", "docs", "sanity", "units", "integration"))


def lanes_of_check() -> list[tuple[str, ...]]:
    """The lanes of make test, with the other steps of make check."""
    with_servers, integration_alone, others = LANES
    more = tuple(step.__name__ for step in CHECK if step.__name__ not in AFTER_INTEGRATION)
    return [with_servers, integration_alone + AFTER_INTEGRATION, (*others[:-1], *more, others[-1])]


def play(name: str) -> NoReturn:
    """Replace this process with ansible-playbook, which keeps its own files under .cache/."""
    make = {"restore_here": "restore"}.get(name, name)
    if name != "demo" and not (os.environ.get("URL") or name == "provision" and os.environ.get("RDS_INSTANCE_ID")):
        sys.exit(f"No backup given. Run URL='https://...' make {make}, with the quotes, because the URL contains an &.")
    state = os.environ.get("STATE", "") if name == "provision" else ""
    os.chdir(CACHE)
    more = ["-e", json.dumps({"provision_state": state})] if state else []
    os.execvpe("ansible-playbook", ["ansible-playbook", f"apsaradb.mysql.{name}", *more], machine.environment(CACHE))


def bench() -> NoReturn:
    """Replace this process with a benchmark. BENCH holds its name (default: imports) and its options."""
    options = os.environ.get("BENCH", "").split()
    name = options.pop(0) if options and not options[0].startswith("-") else "imports"
    words = ["python", "-m", f"ansible_collections.apsaradb.mysql.tests.bench.{name}", "--root", str(CACHE / "bench"), *options]
    os.chdir(CACHE)
    os.execvpe("python", words, machine.environment(CACHE) | {"PYTHONPATH": str(CACHE / "collections")})


def fuzz() -> int:
    """Run the fuzzers one after the other, each for SECONDS; FUZZ names one of them. 1 if one of them found something.

    They are archives, lexer, tables, dumps, and, only by name, kills: KILLS imports (60) of one database and as many of several, killed at any time.
    """
    wanted = os.environ.get("FUZZ", "").split() or ["archives", "lexer", "tables", "dumps"]
    failed = 0
    with contextlib.ExitStack() as at_exit:
        run = Run(at_exit)
        env = run.environment() | {"PYTHONPATH": str(COLLECTIONS)}
        for name in wanted:
            if name == "kills":
                more = {"APSARADB_MYSQL_KILLS": os.environ.get("KILLS", "60"), "APSARADB_MYSQL_TEST_SERVERS": str(run.start_servers("servers-fuzz"))}
                words = [*PYTEST, "-k", "kill", "tests/servers/test_import_kills.py", "tests/servers/test_import_several.py"]
                failed |= subprocess.run(words, cwd=run.tree, env=env | more, check=False).returncode
                continue
            words = ["python", "-m", f"ansible_collections.apsaradb.mysql.tests.support.fuzz_{name}", "--seconds", os.environ.get("SECONDS", "600")]
            if name in ("tables", "dumps"):
                words += ["--servers", str(run.start_servers("servers-fuzz"))]
            failed |= subprocess.run(words, cwd=CACHE, env=env, check=False).returncode
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    step = arguments[0] if arguments else ""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    with alone():
        return _do(step)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Make a second run in the same checkout wait, because both change the copy of the project."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another make in this checkout ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _do(step: str) -> int:
    if step == "test":
        return check(STEPS, LANES)
    if step == "check":
        os.environ[EVERY_CASE] = "1"
        return check(STEPS, lanes_of_check(), [step.__name__ for step in LAST])
    if step in STEPS:
        return check(STEPS, [[step]])
    mirror(ROOT, COLLECTIONS / WITHIN)
    if step == "bench":
        bench()
    if step == "fuzz":
        return fuzz()
    if step in ("demo", "restore", "provision"):
        play({"restore": "restore_here"}.get(step, step))
    sys.exit(f"steps.py: unknown step {step!r}; choose one of: demo restore provision bench fuzz test check {' '.join(STEPS)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

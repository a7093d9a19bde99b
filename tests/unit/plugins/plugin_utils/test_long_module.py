# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs in the background of a host: the scripts run by a real sh, and the plugin around them."""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase
from ansible_collections.apsaradb.mysql.plugins.plugin_utils import _long_module as long_module
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._long_module import (
    JobState,
    LongModule,
    poll_script,
    runs_module,
    start_script,
    stop_script,
    take_state,
)
from ansible_collections.apsaradb.mysql.tests.support.other_users import STRANGER

MARK = "apsaradb.mysql.0123456789abcdef"
STATUS = '{"format": 1, "state": "running", "phase": "rows", "subject": "shop", "percent": 43}'


def sh(command: str, in_data: bytes | None = None, **environment: str) -> dict[str, Any]:
    """The answer that Ansible builds from a command."""
    known = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **environment}
    done = subprocess.run(["/bin/sh", "-c", command], input=in_data or b"", capture_output=True, env=known, timeout=60, check=False)
    stdout = done.stdout.decode()
    return {"rc": done.returncode, "stdout": stdout, "stdout_lines": stdout.splitlines(), "stderr": done.stderr.decode()}


class Job:
    """A job in a separate directory, as one start and any number of polls see it."""

    def __init__(self, base: Path, command: str, in_data: bytes | None = None, **environment: str) -> None:
        self.answer = sh(start_script(str(base), MARK, command, has_input=in_data is not None), in_data, **environment)
        self.state = take_state(self.answer, MARK)

    @property
    def path(self) -> Path:
        assert self.state.directory is not None
        return Path(self.state.directory)

    def poll(self, times: int = 100, pause: float = 0.1) -> "Job":
        self.answer = sh(poll_script(str(self.path), MARK, times, pause))
        self.state = take_state(self.answer, MARK)
        return self

    @property
    def pid(self) -> int:
        return int((self.path / "pid").read_text())


@pytest.fixture(name="gate")
def gate_fixture(tmp_path: Path) -> Iterator[Path]:
    """A file that a command waits for; it appears at the latest when the test ends."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()


def waiting(gate: Path, then: str = "") -> str:
    return f"while [ ! -e {shlex.quote(str(gate))} ]; do sleep 0.05; done; {then}"


# -- the scripts


@pytest.mark.parametrize("code", [0, 1, 255])
def test_short_command_ends_within_the_start(tmp_path: Path, code: int) -> None:
    job = Job(tmp_path / "jobs", f"echo out; echo err >&2; exit {code}")
    assert job.state.ended and job.answer == {"rc": code, "stdout": "out\n", "stdout_lines": ["out"], "stderr": "err\n"}
    assert not list((tmp_path / "jobs").iterdir())


def test_long_command_runs_on_and_is_polled(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path / "jobs", waiting(gate, "echo it\\'s 'done \"here\"'; exit 3"))
    assert not job.state.ended and job.answer["rc"] == 0 and job.answer["stdout"] == ""
    assert job.path.parent == tmp_path / "jobs"
    (job.path / "progress").write_text(STATUS)
    assert not job.poll(1).state.ended and job.answer["stdout"] == STATUS
    gate.touch()
    job.poll()
    assert job.state.ended and (job.answer["rc"], job.answer["stdout"], job.answer["stderr"]) == (3, 'it\'s done "here"\n', "")
    # The plugin removes it, since the answer may be lost with the connection.
    assert job.path.exists() and job.poll().answer["rc"] == 3


def test_command_that_ends_just_after_the_answer_that_it_runs(tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = f'echo "$2 running $1"; : >{shlex.quote(str(gate))}; while [ ! -e "$1/rc" ]; do sleep 0.05; done; '
    late = long_module._POLL.replace('echo "$2 running $1"; ', wait)
    assert late != long_module._POLL
    with monkeypatch.context() as patched:
        patched.setattr(long_module, "_POLL", late)
        job = Job(tmp_path / "jobs", waiting(gate, "echo out; exit 3"))
    assert not job.state.ended and job.poll().state.ended
    assert (job.answer["rc"], job.answer["stdout"], job.answer["stderr"]) == (3, "out\n", "")


def test_poll_returns_as_soon_as_the_command_ends(tmp_path: Path) -> None:
    job = Job(tmp_path, "sleep 1.5")
    began = time.monotonic()
    assert not job.state.ended and job.poll(600, 0.1).state.ended and time.monotonic() - began < 10


def test_command_knows_its_status_file_and_gets_its_input(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path, f"cat; {waiting(gate)} echo $APSARADB_MYSQL_PROGRESS_FILE", b"AnsiballZ \x00 data\n")
    assert not (job.path / "in").exists()
    gate.touch()
    assert job.poll().answer["stdout"] == f"AnsiballZ \x00 data\n{job.path}/progress\n"


def test_command_without_input_reads_nothing(tmp_path: Path) -> None:
    assert Job(tmp_path, "cat; echo end").answer["stdout"] == "end\n"


def test_result_with_a_secret_is_for_its_user_only(tmp_path: Path, gate: Path) -> None:
    command = start_script(str(tmp_path / "jobs"), MARK, f"echo secret; umask; {waiting(gate)}", has_input=False)
    state = take_state(sh("umask 022; " + command), MARK)
    assert state.directory is not None
    job = Path(state.directory)
    assert (job.stat().st_mode & 0o777, job.parent.stat().st_mode & 0o777) == (0o700, 0o700)
    # The module still has the umask of its user, because it writes files for others.
    assert (job / "out").read_text() == "secret\n0022\n"


def test_killed_job_ends_with_an_error(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path, waiting(gate))
    os.killpg(job.pid, signal.SIGKILL)
    job.poll()
    assert job.state.ended and job.answer["rc"] == 137 and "it was killed, or the host was restarted" in job.answer["stderr"]


def test_module_that_is_killed_by_a_signal(tmp_path: Path) -> None:
    assert Job(tmp_path, "/bin/sh -c 'kill -TERM $$'").answer["rc"] == 128 + signal.SIGTERM


def test_pid_of_another_boot_is_not_taken_for_the_job(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path, waiting(gate))
    (job.path / "boot").write_text("another\n")
    assert job.poll().state.ended and job.answer["rc"] == 137


def test_job_is_a_session_of_its_own(tmp_path: Path, gate: Path) -> None:
    """A hangup of the connection's session does not reach it."""
    job = Job(tmp_path, waiting(gate))
    assert os.getsid(job.pid) == job.pid


def test_poll_of_a_removed_job(tmp_path: Path) -> None:
    answer = sh(poll_script(str(tmp_path / "gone"), MARK, 10, 0.1))
    assert take_state(answer, MARK).ended and answer["rc"] == 137


def test_home_is_that_of_the_user(tmp_path: Path, gate: Path) -> None:
    assert Job(Path("~/.jobs"), waiting(gate), HOME=str(tmp_path)).path.parent == tmp_path / ".jobs"


@pytest.mark.parametrize("base", ["/dev/null/jobs", "relative", "$(touch /nowhere)"])
def test_unusable_directory_is_replaced_with_a_temporary_one(tmp_path: Path, gate: Path, base: str) -> None:
    assert Job(Path(base), waiting(gate), TMPDIR=str(tmp_path)).path.parent == tmp_path


def test_without_any_directory_the_command_runs_in_the_foreground() -> None:
    job = Job(Path("/dev/null/jobs"), "cat; exit 5", b"input", TMPDIR="/dev/null/tmp")
    assert job.state == JobState(None, False) and (job.answer["rc"], job.answer["stdout"]) == (5, "input")


def test_without_setsid_the_command_runs_in_the_foreground(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cat", "mkdir", "mktemp"):
        (programs / name).symlink_to(shutil.which(name) or "")
    job = Job(tmp_path / "jobs", "cat; umask; exit 6", b"input", PATH=str(programs))
    assert job.state.directory is None and job.answer["rc"] == 6 and job.answer["stdout"].startswith("input")
    assert not (tmp_path / "jobs").exists() and not job.answer["stdout"].endswith("0077\n")


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_stopped_job_cleans_up_and_leaves_no_process(tmp_path: Path, gate: Path) -> None:
    cleaned = tmp_path / "cleaned"
    child = f"trap 'touch {cleaned}; exit 143' TERM; {waiting(gate)}"
    job = Job(tmp_path / "jobs", f"/bin/sh -c {shlex.quote(child)}")
    pid = job.pid
    assert is_alive(pid)
    assert sh(stop_script(str(tmp_path / "jobs"), MARK))["stdout"] == f"{MARK} stopped {job.path}\n"
    assert cleaned.exists() and not is_alive(pid) and not list((tmp_path / "jobs").iterdir())


def test_stop_reports_a_job_that_still_runs(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path, f"/bin/sh -c {shlex.quote('trap : TERM; ' + waiting(gate))}")
    assert sh(stop_script(str(tmp_path), MARK, 3))["stdout"] == f"{MARK} running {job.path}\n" and job.path.exists()


def test_stop_finds_a_job_in_the_directory_for_temporary_files(tmp_path: Path, gate: Path) -> None:
    job = Job(Path("/dev/null/jobs"), waiting(gate), TMPDIR=str(tmp_path))
    assert sh(stop_script("/dev/null/jobs", MARK), TMPDIR=str(tmp_path))["stdout"] == f"{MARK} stopped {job.path}\n"


def test_stop_ignores_processes_of_another_boot_and_ended_jobs(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path / "jobs", waiting(gate))
    pid = job.pid
    (job.path / "boot").write_text("another\n")
    assert sh(stop_script(str(tmp_path / "jobs"), MARK))["stdout"].startswith(f"{MARK} stopped") and is_alive(pid)
    assert sh(stop_script(str(tmp_path / "jobs"), MARK))["stdout"] == ""


def test_stop_spares_the_process_that_has_the_pid_of_a_job_that_has_ended(tmp_path: Path, gate: Path) -> None:
    """As after a lost connection."""
    job = Job(tmp_path, waiting(gate))
    pid = job.pid
    (job.path / "rc").write_text("0\n")
    assert sh(stop_script(str(tmp_path), MARK))["stdout"].startswith(f"{MARK} stopped") and is_alive(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_stop_spares_the_process_that_another_user_names(tmp_path: Path, gate: Path) -> None:
    job = Job(tmp_path, waiting(gate))
    os.chown(job.path, STRANGER, STRANGER)
    assert sh(stop_script(str(tmp_path), MARK))["stdout"] == "" and is_alive(job.pid)


def test_abandoned_jobs_are_removed_after_a_week(tmp_path: Path) -> None:
    ages = {"apsaradb.mysql.old": 9, "apsaradb.mysql.new": 1, "other": 9}
    for name, days in ages.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - days * 86400,) * 2)
    Job(tmp_path, "true")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["apsaradb.mysql.new", "other"]


# -- reading answers and commands


@pytest.mark.parametrize(
    ("stdout", "state", "rest"),
    [
        (f"{MARK} running /a b/c\n{STATUS}", JobState("/a b/c", False), STATUS),
        (f"{MARK} ended /a\nline\n{MARK}\n", JobState("/a", True), f"line\n{MARK}\n"),
        (f"Welcome!\n{MARK} running /a\r\n", JobState("/a", False), ""),
        ("apsaradb.mysql.other running /a\n", JobState(None, False), "apsaradb.mysql.other running /a\n"),
        ("", JobState(None, False), ""),
    ],
)
def test_state_in_an_answer(stdout: str, state: JobState, rest: str) -> None:
    answer = {"stdout": stdout, "stdout_lines": stdout.splitlines()}
    assert take_state(answer, MARK) == state and answer == {"stdout": rest, "stdout_lines": rest.splitlines()}


@pytest.mark.parametrize(
    ("command", "in_data", "is_module"),
    [
        ("/bin/sh -c '/usr/bin/python3 /tmp/.ansible/tmp/x/AnsiballZ_rds_backup_fetch.py && sleep 0'", None, True),
        ("chmod u+rwx /tmp/.ansible/tmp/x/ /tmp/.ansible/tmp/x/AnsiballZ_rds_backup_fetch.py", None, False),
        (" setfacl -m u:a:r-x /tmp/x/AnsiballZ_rds_backup_fetch.py", None, False),
        ("( umask 77 && mkdir -p /tmp/.ansible/tmp )", None, False),
        ("/usr/bin/python3", b"#!/usr/bin/python3\n_ANSIBALLZ_WRAPPER = True\n", True),
        ("/usr/bin/python3 AnsiballZ_x", b"something else", False),
    ],
)
def test_command_of_the_module(command: str, in_data: bytes | None, is_module: bool) -> None:
    assert runs_module(command, in_data) == is_module


# -- the plugin


class Host:
    """Replaces a connection: runs commands on this machine, and can lose a number of answers first."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.lost = 0

    def run(self, _plugin: Any, cmd: str, in_data: bytes | None = None, **options: Any) -> dict[str, Any]:
        self.commands.append(cmd)
        self.options.append(options)
        if self.lost and len(self.commands) > 1:
            self.lost -= 1
            raise AnsibleConnectionFailure("No route to host")
        return sh(cmd, in_data)


@pytest.fixture(name="host")
def host_fixture(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()

    def run(plugin: ActionBase, cmd: str, **more: Any) -> dict[str, Any]:
        return host.run(plugin, cmd, **more)

    monkeypatch.setattr(ActionBase, "_low_level_execute_command", run)
    return host


@pytest.fixture(name="shown")
def shown_fixture(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(long_module, "Display", lambda: SimpleNamespace(display=lines.append))
    return lines


MakePlugin = Callable[..., LongModule]


@pytest.fixture(name="make_plugin")
def make_plugin_fixture(tmp_path: Path) -> MakePlugin:
    def make(args: dict[str, Any] | None = None, family: str = "sh", **task: Any) -> LongModule:
        known = {"async_val": 0, "check_mode": False, "no_log": False, "delegate_to": None, "args": args or {}}
        plugin = LongModule.__new__(LongModule)
        plugin._task = SimpleNamespace(**{**known, **task})
        plugin._connection = SimpleNamespace(_shell=SimpleNamespace(SHELL_FAMILY=family))
        plugin._host = "db1"
        plugin._shows_progress = plugin._is_progress_wanted()
        plugin.get_shell_option = lambda _name, default=None: str(tmp_path / "async")
        plugin._reset_connection = lambda: None
        return plugin

    return make


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, True),
        ({"args": {"progress": "yes"}}, True),
        ({"args": {"progress": "no"}}, False),
        ({"args": {"progress": "what"}}, False),
        ({"async_val": 60}, False),
        ({"check_mode": True}, False),
        ({"no_log": True}, False),
        ({"family": "powershell"}, False),
    ],
)
def test_when_progress_is_shown(make_plugin: MakePlugin, more: dict[str, Any], wanted: bool) -> None:
    assert make_plugin(**more)._shows_progress is wanted


@pytest.mark.parametrize("callback", ["json", "ansible.posix.jsonl"])
def test_no_progress_for_programs(make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch, callback: str) -> None:
    monkeypatch.setattr(long_module.C, "DEFAULT_STDOUT_CALLBACK", callback)
    assert not make_plugin()._shows_progress


def test_other_commands_and_quiet_tasks_run_as_usual(make_plugin: MakePlugin, host: Host) -> None:
    assert make_plugin()._low_level_execute_command("echo a", sudoable=True)["stdout"] == "a\n"
    assert make_plugin(no_log=True)._low_level_execute_command("echo AnsiballZ_x")["stdout"] == "AnsiballZ_x\n"
    assert host.commands == ["echo a", "echo AnsiballZ_x"] and host.options[0] == {"sudoable": True}


def test_result_of_a_long_module_and_its_lines(make_plugin: MakePlugin, host: Host, shown: list[str], tmp_path: Path) -> None:
    command = f": AnsiballZ_x; echo '{STATUS}' >$APSARADB_MYSQL_PROGRESS_FILE; sleep 3; echo result; exit 4"
    answer = make_plugin()._low_level_execute_command(command, sudoable=True)
    assert (answer["rc"], answer["stdout"], answer["stdout_lines"]) == (4, "result\n", ["result"])
    assert shown == ["progress: [db1] shop: rows: 43 %, 2 s so far"]
    assert not list((tmp_path / "async").iterdir()) and all(options == {"sudoable": True} for options in host.options)


def test_short_module_needs_one_command(make_plugin: MakePlugin, host: Host, shown: list[str]) -> None:
    plugin = make_plugin()
    assert plugin._low_level_execute_command("/usr/bin/python3", in_data=b"ansiballz")["rc"] in (1, 127) and len(host.commands) == 1
    # Only the module itself is a job.
    assert plugin._low_level_execute_command("echo AnsiballZ_x")["stdout"] == "AnsiballZ_x\n"
    assert host.commands[1:] == ["echo AnsiballZ_x"] and not shown


def test_lost_connection_is_made_again(make_plugin: MakePlugin, host: Host, shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_module.time, "sleep", lambda _seconds: None)
    host.lost = 3
    assert make_plugin()._low_level_execute_command(": AnsiballZ_x; sleep 2; echo result")["stdout"] == "result\n"
    assert shown == ["progress: [db1] the connection is lost, the module continues on the host: reconnecting"]


def test_connection_that_stays_lost_is_an_error(make_plugin: MakePlugin, host: Host, shown: list[str], monkeypatch: pytest.MonkeyPatch, gate: Path) -> None:
    now = [0.0]
    monkeypatch.setattr(long_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(long_module.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    host.lost = 1000
    with pytest.raises(AnsibleConnectionFailure, match=r"lost for 10 min \d\d s.*Run the task again.*No route to host"):
        make_plugin()._low_level_execute_command(f": AnsiballZ_x; {waiting(gate)}")
    assert len(shown) == 1 and len(host.commands) < 40


def test_only_connections_that_can_be_reset_are(make_plugin: MakePlugin) -> None:
    resets = []

    def reset(_connection: Any) -> None:
        resets.append(1)
        raise AnsibleConnectionFailure("still lost")

    plugin = make_plugin()
    del plugin._reset_connection
    stubs = dict.fromkeys(ConnectionBase.__abstractmethods__)
    for more in ({}, {"reset": reset}):
        plugin._connection = object.__new__(type("Connection", (ConnectionBase,), {**stubs, **more}))
        plugin._reset_connection()
    assert resets == [1]


# -- the end of a task


class Timeout(BaseException):
    """Like the error of Ansible's task keyword."""


def raise_timeout(_number: int, _frame: Any) -> None:
    raise Timeout


@pytest.fixture(name="endings")
def endings_fixture() -> Iterator[list[int]]:
    """The signals that had their usual effect."""
    numbers: list[int] = []
    before = {number: signal.signal(number, lambda number, _frame: numbers.append(number)) for number in (signal.SIGINT, signal.SIGTERM)}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, raise_timeout)
    yield numbers
    signal.alarm(0)
    for number, handler in before.items():
        signal.signal(number, handler)


ENDED = ["progress: [db1] the module was ended on the host; what it completed remains, and the next run resumes"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_module(make_plugin: MakePlugin, host: Host, shown: list[str], endings: list[int], tmp_path: Path, gate: Path, number: int) -> None:
    """Twice, because Ansible sends a second one. Afterwards the signal has the effect that Ansible gives it."""
    pid_file = tmp_path / "pid"
    command = f": AnsiballZ_x; echo $$ >{pid_file}; kill -{number} {os.getpid()}; sleep 0.2; kill -TERM {os.getpid()}; {waiting(gate)}"
    with pytest.raises(BaseException, match="ended by SIG"):
        make_plugin()._low_level_execute_command(command)
    assert endings == [number] and shown == ENDED
    assert not is_alive(int(pid_file.read_text())) and not list((tmp_path / "async").iterdir())


def test_task_timeout_ends_the_module(make_plugin: MakePlugin, host: Host, shown: list[str], endings: list[int], tmp_path: Path, gate: Path) -> None:
    signal.alarm(2)
    with pytest.raises(Timeout):
        make_plugin()._low_level_execute_command(f": AnsiballZ_x; {waiting(gate)}")
    assert shown == ENDED and not endings and not list((tmp_path / "async").iterdir())


def test_host_that_cannot_be_reached_continues(
    make_plugin: MakePlugin, host: Host, shown: list[str], endings: list[int], tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.lost = 1000
    monkeypatch.setattr(long_module, "_STOP_SECONDS", 1)
    plugin = make_plugin()
    plugin._reset_connection = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(BaseException, match="ended by SIGINT"):
        plugin._low_level_execute_command(f": AnsiballZ_x; {waiting(gate)}")
    expected = "progress: [db1] the host cannot be reached, so the module continues there, and the next run waits for it: No route to host"
    assert shown[1:] == [expected] and endings == [signal.SIGINT]
    assert len(list((tmp_path / "async").iterdir())) == 1


def test_command_that_hangs_is_given_up(
    make_plugin: MakePlugin, host: Host, shown: list[str], endings: list[int], gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_module, "_STOP_SECONDS", 1)
    monkeypatch.setattr(long_module, "stop_script", lambda *_arguments: "sleep 30")
    signal.alarm(2)
    with pytest.raises(Timeout):
        make_plugin()._low_level_execute_command(f": AnsiballZ_x; {waiting(gate)}")
    assert len(shown) == 1 and shown[0].endswith("no answer in 1 s")

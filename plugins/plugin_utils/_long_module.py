# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible does, but in the background on the host, and shows its progress.

Ansible's own async is not used: it runs the module with another umask, leaves its result in a file that others may read,
and needs a second module to fetch it. Here the command that Ansible would have run becomes a background job. Its output
and exit code are then returned to Ansible, which sees no difference.

A lost connection does not end the job. Ctrl-C, a signal and the task keyword ``timeout`` do: the plugin sends SIGTERM to its processes.

A job is a private directory on the host with these files: ``in`` (input of the command, removed when it starts), ``out`` and ``err``
(its output), ``progress`` (the module's status file), ``pid`` (of the shell that runs it), ``boot`` (the boot of the host in which
this pid is valid) and, once the command has ended, ``rc`` (its exit code).
"""

import contextlib
import os
import re
import secrets
import shlex
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._progress_file import VARIABLE
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._progress_lines import ProgressLines, status_of
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._role_options import with_role_options
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._units import progress_duration

# Stdout callbacks whose output is for programs, which a progress line would break.
_CALLBACKS_FOR_PROGRAMS = frozenset(("json", "jsonl", "null"))
# Commands that _execute_module runs on the file of the module, besides the module itself.
_PREPARES_FILE = re.compile(r"\s*(chmod|chown|chgrp|setfacl)\b")
_RECONNECT_SECONDS = 600
# Seconds for the command that ends a job: the connection may be lost.
_STOP_SECONDS = 30

# Polls a job. $1 directory of the job, $2 mark, $3 and $4 how many times and how many seconds to wait for its end, $5 not empty to remove the
# directory when it answers that the job has ended: nobody else may remove it, because the job may end right after the answer that it is running.
# The first line of the answer is "MARK running DIRECTORY", followed by the status, or "MARK ended DIRECTORY", followed by
# the output of the command, with its exit code. The mark tells this line from a login banner.
_POLL = """\
pid=$(cat "$1/pid" 2>/dev/null)
same_boot=
[ "$(cat "$1/boot" 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] && [ -n "$pid" ] && same_boot=1
alive() { [ -n "$same_boot" ] && kill -0 "$pid" 2>/dev/null; }
n=0
while [ ! -e "$1/rc" ] && [ "$n" -lt "$3" ] && alive; do sleep "$4" 2>/dev/null || sleep 1; n=$((n + 1)); done
if [ ! -e "$1/rc" ] && alive; then echo "$2 running $1"; cat "$1/progress" 2>/dev/null; exit 0; fi
echo "$2 ended $1"
cat "$1/out" 2>/dev/null
cat "$1/err" >&2 2>/dev/null
rc=$(cat "$1/rc" 2>/dev/null)
[ -n "$rc" ] && [ -n "$5" ] && rm -rf "$1"
[ -n "$rc" ] && exit "$rc"
echo "The module ended without a result: it was killed, or the host was restarted." >&2
exit 137
"""

# Runs the command of a job. $1 directory of the job, $2 command. Prints its pid, and then closes its standard output, so that a
# reader of the pid need not wait for the command.
_RUN = """\
echo $$
exec <"$1/in" >"$1/out" 2>"$1/err"
rm -f "$1/in"
(eval "$2")
echo $? >"$1/rc.part"
mv "$1/rc.part" "$1/rc"
"""

# The directory $base for the directories of jobs, which is $1.
_BASE = """\
case $1 in
  "~" | "~/"*) base=$HOME${1#?} ;;
  /*) base=$1 ;;
  *) base= ;;
esac
"""

# Starts a job and polls it for a second. $1 directory to create the job in, $2 mark, which names the job, $3 command, $4 not empty if there is input,
# $5 _RUN, $6 _POLL. If the directory cannot be created, or the host lacks setsid, the command runs in the foreground, and no line has the mark.
# Abandoned jobs are removed after a week.
_START = f"""\
{_BASE}
mask=$(umask)
umask 077
job=
command -v setsid >/dev/null 2>&1 && for folder in "$base" "${{TMPDIR:-/tmp}}"; do
  [ -n "$folder" ] && mkdir -p "$folder" 2>/dev/null && mkdir "$folder/$2" 2>/dev/null && job=$folder/$2 && break
done
if [ -z "$job" ]; then umask "$mask"; eval "$3"; exit; fi
find "$base" -maxdepth 1 -name 'apsaradb.mysql.*' -mtime +7 -exec rm -rf '{{}}' + 2>/dev/null
cat /proc/sys/kernel/random/boot_id >"$job/boot" 2>/dev/null
if [ -n "$4" ]; then cat >"$job/in"; else : >"$job/in"; fi
umask "$mask"
pid=$({VARIABLE}=$job/progress setsid /bin/sh -c "$5" sh "$job" "$3" &)
echo "$pid" >"$job/pid"
exec /bin/sh -c "$6" sh "$job" "$2" 20 0.05 remove
"""

# Sends SIGTERM to the processes of a job, and waits $3 tenths of a second for their end. $1 and $2 as for _START, which may still be starting the job.
# Answers with "MARK stopped DIRECTORY" or "MARK running DIRECTORY", or without the mark if the job does not exist. The directory must belong to this
# user: others see the mark in the list of processes, and could create one with the pid of any process. The pid of a job that has ended may be that of
# another process.
_STOP = f"""\
{_BASE}
n=0 job=
while [ -z "$job" ] && [ "$n" -lt 20 ]; do
  for folder in "$base" "${{TMPDIR:-/tmp}}"; do [ -s "$folder/$2/pid" ] && [ -O "$folder/$2" ] && job=$folder/$2 && break; done
  [ -n "$job" ] || {{ sleep 0.1 2>/dev/null || sleep 1; n=$((n + 1)); }}
done
[ -n "$job" ] || exit 0
pid=$(cat "$job/pid")
boot() {{ [ "$(cat "$job/boot" 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ]; }}
alive() {{ [ ! -e "$job/rc" ] && boot && kill "-$1" "-$pid" 2>/dev/null; }}
alive TERM
n=0
while [ "$n" -lt "$3" ] && alive 0; do sleep 0.1 2>/dev/null || sleep 1; n=$((n + 1)); done
if alive 0; then echo "$2 running $job"; exit 0; fi
rm -rf "$job"
echo "$2 stopped $job"
"""


class JobState(NamedTuple):
    """``directory`` is None if an answer is not from a job: the command ran in the foreground, or the connection broke."""

    directory: str | None
    ended: bool


class _Interrupted(BaseException):
    """A signal ends this process."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


class _StopTookTooLong(BaseException):
    """The host does not answer a command that ends a job."""


class LongModule(ActionBase):  # type: ignore[misc]
    """Runs the module of its name like Ansible's plugin ``normal`` does, with progress lines."""

    _supports_check_mode = True
    _supports_async = True
    _shows_progress = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        self._host = (task_vars or {}).get("inventory_hostname", "?")
        if self._task.delegate_to:
            self._host += f" -> {self._task.delegate_to}"
        self._shows_progress = self._is_progress_wanted()
        result = merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        if not self._task.async_val:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return with_role_options(dict(result), task_vars or {})

    def _is_progress_wanted(self) -> bool:
        """Whether lines may be shown, and the host has a shell that can run a job."""
        task = self._task
        if task.async_val or task.check_mode or task.no_log:
            return False
        if str(C.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2] in _CALLBACKS_FOR_PROGRAMS or getattr(self._connection._shell, "SHELL_FAMILY", None) != "sh":
            return False
        try:
            return bool(boolean(task.args.get("progress", True)))
        except TypeError:
            # The module refuses the value with a better message.
            return False

    def _low_level_execute_command(self, cmd: str, *arguments: Any, in_data: bytes | None = None, **options: Any) -> dict[str, Any]:
        """Like the base class, except that the module runs as a job. For other commands, a job would only cost time."""
        if not self._shows_progress or arguments or options.get("process_result") or not runs_module(cmd, in_data):
            return dict(super()._low_level_execute_command(cmd, *arguments, in_data=in_data, **options))
        self._shows_progress = False
        return self._run_job(cmd, in_data, options)

    def _run_job(self, command: str, in_data: bytes | None, options: dict[str, Any]) -> dict[str, Any]:
        """Run a job, and return its output and exit code like the base class. Any interruption except a lost connection ends the job."""
        base = self.get_shell_option("async_dir", default="~/.ansible_async")
        mark = f"apsaradb.mysql.{secrets.token_hex(8)}"
        with _signals_as_exceptions():
            try:
                return self._follow_job(start_script(base, mark, command, has_input=in_data is not None), mark, in_data, options)
            except AnsibleConnectionFailure:
                raise
            except BaseException:
                self._stop(stop_script(base, mark), mark, options)
                raise

    def _follow_job(self, start: str, mark: str, in_data: bytes | None, options: dict[str, Any]) -> dict[str, Any]:
        """Start a job and show lines until it has ended."""
        began = time.monotonic()
        answer = super()._low_level_execute_command(start, in_data=in_data, **options)
        state = take_state(answer, mark)
        if state.directory is None or state.ended:
            return dict(answer)
        job, lines = state.directory, ProgressLines()
        while not state.ended:
            elapsed = time.monotonic() - began
            status = status_of(answer["stdout"])
            line = lines.line(status, elapsed) if status is not None else None
            if line is not None:
                self._show(line)
            pause = 0.1 if elapsed < 10 else 0.2 if elapsed < 60 else 0.5
            answer, state = self._poll(poll_script(job, mark, 10, pause), mark, options)
        self._remove(job, options)
        return dict(answer)

    def _poll(self, command: str, mark: str, options: dict[str, Any]) -> tuple[dict[str, Any], JobState]:
        """The answer to a poll and the state of the job. Reconnects if the connection is lost.

        :raises AnsibleConnectionFailure: there was no connection for ten minutes.
        """
        lost_at, pause = None, 1
        while True:
            try:
                answer = super()._low_level_execute_command(command, **options)
                state = take_state(answer, mark)
                if state.directory is not None:
                    return answer, state
                error = (answer["stderr"] or answer["stdout"]).strip()[-200:]
            except AnsibleConnectionFailure as failure:
                error = str(failure)
            now = time.monotonic()
            if lost_at is None:
                lost_at = now
                self._show("the connection is lost, the module continues on the host: reconnecting")
            if now - lost_at > _RECONNECT_SECONDS:
                text = f"The connection is lost for {progress_duration(now - lost_at)}. The module continues on the host. "
                raise AnsibleConnectionFailure(f"{text}Run the task again to wait for it. The last error was: {error}")
            time.sleep(pause)
            pause = min(30, pause * 2)
            self._reset_connection()

    def _stop(self, command: str, mark: str, options: dict[str, Any]) -> None:
        """End a job, and show the outcome. If the host does not answer, the job continues."""
        with _time_limit(_STOP_SECONDS):
            try:
                answer = super()._low_level_execute_command(command, **options)
            except (AnsibleConnectionFailure, _StopTookTooLong) as failure:
                self._show(f"the host cannot be reached, so the module continues there, and the next run waits for it: {failure}")
                return
        _before, found, after = answer["stdout"].partition(f"{mark} ")
        if not found:
            # It ended at the same moment.
            return
        if after.startswith("stopped"):
            self._show("the module was ended on the host; what it completed remains, and the next run resumes")
        else:
            self._show("the module received SIGTERM and is still ending on the host; the next run waits for it")

    def _show(self, text: str) -> None:
        Display().display(f"progress: [{self._host}] {text}")

    def _reset_connection(self) -> None:
        if type(self._connection).reset is ConnectionBase.reset:
            # The base class only warns that it cannot.
            return
        try:
            self._connection.reset()
        except AnsibleConnectionFailure:
            return

    def _remove(self, job: str, options: dict[str, Any]) -> None:
        """Without a connection, a later job removes it."""
        try:
            super()._low_level_execute_command(f"rm -rf {shlex.quote(job)}", **options)
        except AnsibleConnectionFailure:
            return


@contextlib.contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """Within the context, the first SIGINT or SIGTERM raises an exception and further ones are ignored. At its end, the signal has its usual effect."""
    before: dict[int, Any] = {}

    def interrupt(number: int, _frame: Any) -> NoReturn:
        for known in before:
            # Not SIG_IGN, which the programs that a connection starts would inherit.
            signal.signal(known, lambda _number, _frame: None)
        raise _Interrupted(number)

    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        before.update({number: handler for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)})
    for number in before:
        signal.signal(number, interrupt)
    caught = None
    try:
        yield
    except _Interrupted as interrupted:
        caught = interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        os.kill(os.getpid(), caught.number)
        raise caught


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    """Raise :class:`_StopTookTooLong` after ``seconds``. A pending alarm of Ansible takes effect only afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: Any) -> NoReturn:
        raise _StopTookTooLong(f"no answer in {seconds} s")

    left = signal.alarm(0)
    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        signal.alarm(left)


def runs_module(command: str, in_data: bytes | None) -> bool:
    """Whether a command of _execute_module runs the module, from a file or, with pipelining, from its input."""
    if in_data is not None:
        return b"ansiballz" in in_data.lower()
    return "AnsiballZ_" in command and not _PREPARES_FILE.match(command)


def start_script(base: str, mark: str, command: str, *, has_input: bool) -> str:
    """A command that starts ``command`` as a job in a new directory below ``base``, and answers like :func:`poll_script`."""
    return _script(_START, base, mark, command, "1" if has_input else "", _RUN, _POLL)


def poll_script(job: str, mark: str, times: int, pause: float) -> str:
    """A command that waits ``times`` times ``pause`` seconds for the end of a job, and answers with ``mark`` and the state of the job."""
    return _script(_POLL, job, mark, str(times), str(pause))


def stop_script(base: str, mark: str, tenths: int = 100) -> str:
    """A command that ends all processes of the job that :func:`start_script` started, and waits for their end."""
    return _script(_STOP, base, mark, str(tenths))


def _script(text: str, *arguments: str) -> str:
    return " ".join(["/bin/sh -c", shlex.quote(text), "sh", *map(shlex.quote, arguments)])


def take_state(answer: dict[str, Any], mark: str) -> JobState:
    """Read the state of a job from ``answer`` and leave only the rest in it: the status of a running job, or the output of one that ended."""
    _before, found, after = answer["stdout"].partition(mark)
    if not found:
        return JobState(None, ended=False)
    words, _newline, rest = after.partition("\n")
    state, _space, directory = words.strip().partition(" ")
    answer.update(stdout=rest, stdout_lines=rest.splitlines())
    return JobState(directory, ended=state == "ended")

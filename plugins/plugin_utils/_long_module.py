# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible does, but in the background of the host, and shows how far it is.

Not by Ansible's own async: that runs the module under another umask, leaves its result in a file that others may read, and costs
a second module to get it from there. Here it is the command which Ansible would have run, and its output is what Ansible would have got.
"""

import re
import secrets
import shlex
import time
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._progress_lines import Lines, span, status_of

# Their output is for programs.
_PROGRAMS = frozenset(("json", "jsonl", "null"))
# What _execute_module runs besides the module, on the same file.
_NOT_THE_MODULE = re.compile(r"\s*(chmod|chown|chgrp|setfacl)\b")
_SECONDS_OF_PATIENCE = 600
_VARIABLE = "APSARADB_MYSQL_PROGRESS_FILE"

# $1 the folder of a job, $2 its mark, $3 and $4 how often and how long to wait for its end. The mark tells our words from a login banner.
_LOOK = """\
pid=$(cat "$1/pid" 2>/dev/null)
same=
[ "$(cat "$1/boot" 2>/dev/null)" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] && [ -n "$pid" ] && same=1
alive() { [ -n "$same" ] && kill -0 "$pid" 2>/dev/null; }
n=0
while [ ! -e "$1/rc" ] && [ "$n" -lt "$3" ] && alive; do sleep "$4" 2>/dev/null || sleep 1; n=$((n + 1)); done
if [ ! -e "$1/rc" ] && alive; then echo "$2 running $1"; cat "$1/progress" 2>/dev/null; exit 0; fi
echo "$2 ended $1"
cat "$1/out" 2>/dev/null
cat "$1/err" >&2 2>/dev/null
[ -e "$1/rc" ] && exit "$(cat "$1/rc")"
echo "The module ended without a word: it was killed, or the host was restarted." >&2
exit 137
"""

# $1 the folder of the job, $2 the command. The number of the process comes first; whoever waits for more hears that there is none.
_RUN = """\
echo $$
exec <"$1/in" >"$1/out" 2>"$1/err"
rm -f "$1/in"
(eval "$2")
echo $? >"$1/rc.part"
mv "$1/rc.part" "$1/rc"
"""

# $1 where to make the folder, $2 the mark, $3 the command, $4 whether there is input, $5 what to run it with, $6 how to look.
# Without a folder, or a session of its own, the command runs as it would have without all this.
_START = f"""\
case $1 in
  "~" | "~/"*) base=$HOME${{1#?}} ;;
  /*) base=$1 ;;
  *) base= ;;
esac
mask=$(umask)
umask 077
job=
command -v setsid >/dev/null 2>&1 && {{
  [ -n "$base" ] && mkdir -p "$base" 2>/dev/null && job=$(mktemp -d "$base/apsaradb.mysql.XXXXXXXXXX" 2>/dev/null) || job=$(mktemp -d 2>/dev/null)
}}
if [ -z "$job" ]; then umask "$mask"; eval "$3"; exit; fi
find "$base" -maxdepth 1 -name 'apsaradb.mysql.*' -mtime +7 -exec rm -rf '{{}}' + 2>/dev/null
cat /proc/sys/kernel/random/boot_id >"$job/boot" 2>/dev/null
if [ -n "$4" ]; then cat >"$job/in"; else : >"$job/in"; fi
umask "$mask"
pid=$({_VARIABLE}=$job/progress setsid /bin/sh -c "$5" sh "$job" "$3" &)
echo "$pid" >"$job/pid"
answer=0
/bin/sh -c "$6" sh "$job" "$2" 20 0.05 || answer=$?
[ -e "$job/rc" ] && rm -rf "$job"
exit "$answer"
"""


class LongModule(ActionBase):  # type: ignore[misc]
    """As the plugin ``normal``, but for the lines it shows."""

    _supports_check_mode = True
    _supports_async = True
    _is_watched = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        self._host = (task_vars or {}).get("inventory_hostname", "?")
        if self._task.delegate_to:
            self._host += f" -> {self._task.delegate_to}"
        self._is_watched = self._is_to_be_watched()
        result = merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        if not self._task.async_val:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return dict(result)

    def _is_to_be_watched(self) -> bool:
        """Whether anybody is to see lines."""
        task = self._task
        if task.async_val or task.check_mode or task.no_log:
            return False
        if str(C.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2] in _PROGRAMS or getattr(self._connection._shell, "SHELL_FAMILY", None) != "sh":
            return False
        try:
            return bool(boolean(task.args.get("progress", True)))
        except TypeError:
            # The module will say so.
            return False

    def _low_level_execute_command(self, cmd: str, *arguments: Any, in_data: bytes | None = None, **options: Any) -> dict[str, Any]:
        """Everything as ever, but the module in the background. To take another command for the module would do no harm, only cost time."""
        if not self._is_watched or arguments or options.get("process_result") or not _is_module(cmd, in_data):
            return dict(super()._low_level_execute_command(cmd, *arguments, in_data=in_data, **options))
        self._is_watched = False
        return self._watched(cmd, in_data, options)

    def _watched(self, command: str, in_data: bytes | None, options: dict[str, Any]) -> dict[str, Any]:
        """The command's output and exit code, when it has ended."""
        mark = f"apsaradb.mysql-{secrets.token_hex(8)}"
        where = self.get_shell_option("async_dir", default="~/.ansible_async")
        start = _script(_START, where, mark, command, "1" if in_data is not None else "", _RUN, _LOOK)
        began = time.monotonic()
        answer = super()._low_level_execute_command(start, in_data=in_data, **options)
        job, ended = _job_of(answer, mark)
        lines = Lines()
        was_there = job is not None and not ended
        while job is not None and not ended:
            elapsed = time.monotonic() - began
            status = status_of(answer["stdout"])
            line = lines.line(status, elapsed) if status is not None else None
            if line is not None:
                Display().display(f"progress: [{self._host}] {line}")
            often, long = (10, 0.1) if elapsed < 10 else (10, 0.2) if elapsed < 60 else (10, 0.5)
            answer, ended = self._look(_script(_LOOK, job, mark, str(often), str(long)), mark, options)
        if was_there and job is not None:
            self._remove(job, options)
        return dict(answer)

    def _look(self, command: str, mark: str, options: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """What there is to see of the job, and whether it has ended. A connection that is gone is made again."""
        lost, pause = None, 1
        while True:
            try:
                answer = super()._low_level_execute_command(command, **options)
                job, ended = _job_of(answer, mark)
                if job is not None:
                    return answer, ended
                why = (answer["stderr"] or answer["stdout"]).strip()[-200:]
            except AnsibleConnectionFailure as failure:
                why = str(failure)
            now = time.monotonic()
            if lost is None:
                lost = now
                Display().display(f"progress: [{self._host}] the connection is lost, the module goes on on the host: looking for it again")
            if now - lost > _SECONDS_OF_PATIENCE:
                text = "The connection is lost for {0}. The module goes on on the host: run this again, and it waits for it. The last error was: {1}"
                raise AnsibleConnectionFailure(text.format(span(now - lost), why))
            time.sleep(pause)
            pause = min(30, pause * 2)
            self._reset()

    def _reset(self) -> None:
        if type(self._connection).reset is ConnectionBase.reset:
            return
        try:
            self._connection.reset()
        except AnsibleConnectionFailure:
            return

    def _remove(self, job: str, options: dict[str, Any]) -> None:
        try:
            super()._low_level_execute_command(f"rm -rf {shlex.quote(job)}", **options)
        except AnsibleConnectionFailure:
            return


def _is_module(command: str, in_data: bytes | None) -> bool:
    if in_data is not None:
        return b"ansiballz" in in_data.lower()
    return "AnsiballZ_" in command and not _NOT_THE_MODULE.match(command)


def _script(text: str, *arguments: str) -> str:
    return " ".join(["/bin/sh -c", shlex.quote(text), "sh", *map(shlex.quote, arguments)])


def _job_of(answer: dict[str, Any], mark: str) -> tuple[str | None, bool]:
    """The folder of the job and whether it has ended; leaves in the answer what the mark's line is followed by."""
    before, found, after = answer["stdout"].partition(mark)
    if not found:
        return None, False
    words, _newline, rest = after.partition("\n")
    state, _space, job = words.strip().partition(" ")
    answer.update(stdout=rest, stdout_lines=rest.splitlines())
    return job, state == "ended"

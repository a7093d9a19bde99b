# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_restore_report: renders the report on the control node and copies it to the host."""

import contextlib
import getpass
import json
import os
import re
import shutil
import socket
import tempfile
import time
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import action_loader
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure, printable
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.evidence import age, changes, drill_of, evidence_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.facts import GOOD, ReportInput, RestoreReport, build_report, to_json
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.history import update_history
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.junit import to_junit
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.redaction import redact
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._report.page import to_html

ARGUMENT_SPEC: dict[str, dict[str, Any]] = dict(
    dest=dict(type="path", required=True),
    name=dict(type="str", default="report"),
    title=dict(type="str", default="Restore"),
    restored=dict(type="dict"),
    verified=dict(type="list", elements="dict"),
    backup=dict(type="dict"),
    failure=dict(type="str"),
    failed_task=dict(type="str"),
    steps=dict(type="list", elements="dict"),
    host=dict(type="str"),
    versions=dict(type="dict"),
    history=dict(type="path"),
    series=dict(type="str", default=""),
    max_shrink=dict(type="float", default=20),
    max_age=dict(type="float"),
)


class ActionModule(ActionBase):  # type: ignore[misc]
    """Ansible finds the plugin by this name."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = dict(super().run(tmp, task_vars))
        validated, _arguments = self.validate_argument_spec(ARGUMENT_SPEC)
        options = validated.validated_parameters
        report = _with_history(build_report(_report_input(options), time.time()), options, add=not self._task.check_mode)
        # The raw value: validation expands ~ and variables on the control node.
        folder = self._remote_expand_user(str(self._task.args["dest"]))
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", options["name"]).lstrip(".") or "report"
        with tempfile.TemporaryDirectory(prefix="report-", dir=C.DEFAULT_LOCAL_TMP) as local:
            for kind, (extension, text) in _texts(report).items():
                name = f"{stem}.{extension}"
                result[kind] = os.path.join(folder, name)
                if not self._task.check_mode:
                    source = os.path.join(local, name)
                    with open(source, "w", encoding="utf-8") as stream:
                        stream.write(text)
                    result[kind] = self._copy(source, result[kind], task_vars)
        if report.warnings:
            result["warnings"] = [printable(warning) for warning in report.warnings]
        return dict(result, changed=True, ok=report.verdict == GOOD, verdict=report.verdict, problems=list(report.problems))

    def _copy(self, source: str, path: str, task_vars: dict[str, Any] | None) -> str:
        """Copy a file to ``path`` on the host as the copy module does, with missing directories. Returns the path with its variables expanded.

        The file appears whole or not at all, with the permissions of the umask. Where no other host and no other user are meant, no module is started:
        for three files there would be six.
        """
        if self._connection.transport == "local" and not self._play_context.become:
            return _copy_here(source, os.path.expandvars(path))
        task = self._task.copy()
        # With the slash, dest is a directory, which the module creates. No diff, because the facts of a report do not belong on the terminal.
        task.args = {"src": source, "dest": os.path.join(os.path.dirname(path), "")}
        task.diff = False
        copy = action_loader.get(
            "ansible.legacy.copy",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        copied = copy.run(task_vars=task_vars)
        if copied.get("failed"):
            raise _not_written(str(copied.get("msg", "the copy failed")), path)
        return str(copied.get("dest", path))


def _copy_here(source: str, path: str) -> str:
    part = f"{path}.{os.getpid()}.part"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(source, "rb") as origin, open(part, "xb") as copy:
            shutil.copyfileobj(origin, copy)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.remove(part)
        raise _not_written(str(error.strerror), path) from None
    return path


def _not_written(why: str, path: str) -> AnsibleActionFail:
    return AnsibleActionFail(printable(str(Failure(f"The report cannot be written: {why}", path, "Set dest to a writable directory."))))


def _report_input(options: dict[str, Any]) -> ReportInput:
    """The options without secrets: an error message, for example, may quote a signed URL."""
    known = {key: _redacted(value) for key, value in options.items() if key not in ("dest", "name")}
    return ReportInput(
        restored=known["restored"] or {},
        verified=known["verified"] or [],
        backup=known["backup"] or {},
        failure=known["failure"],
        failed_task=known["failed_task"],
        steps=known["steps"] or [],
        host=known["host"] or "",
        title=known["title"],
        versions=known["versions"] or {},
    )


def _with_history(report: RestoreReport, options: dict[str, Any], *, add: bool) -> RestoreReport:
    """Add the evidence, the changes since the last drill and, if a history is kept, the earlier drills."""
    warnings = report.warnings + tuple(age(report, options["max_age"]))
    report = report._replace(evidence=evidence_of(report, f"{_user()}@{socket.gethostname()}"), warnings=warnings)
    if not options["history"]:
        return report
    drill = drill_of(report, _redacted(options["series"]), report.evidence or {})
    history = update_history(options["history"], drill, add=add)
    warnings = report.warnings + tuple(changes(list(history.drills), drill, options["max_shrink"])) + history.problems
    return report._replace(history=history._replace(drills=(*history.drills, drill)), warnings=warnings)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return str(os.geteuid())


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(one) for key, one in value.items()}
    return [_redacted(one) for one in value] if isinstance(value, list) else value


def _texts(report: RestoreReport) -> dict[str, tuple[str, str]]:
    """The extension and the text of each file."""
    return {
        "html": ("html", to_html(report)),
        "json": ("json", json.dumps(to_json(report), indent=2, sort_keys=True) + "\n"),
        "junit": ("xml", to_junit(report)),
    }

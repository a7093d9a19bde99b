# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_sandbox: start, stop or remove a private MySQL server."""

import os
from typing import Any, Dict, Optional

from .._failure import Failure
from .._own_file import refuse_planted
from .._sandbox import lifecycle, software_source, state_file
from .._sandbox.software import Software
from ._run import JobContext


def job(call: JobContext) -> Dict[str, Any]:
    """Start, stop or remove the sandbox at ``path``."""
    # Resolved, because a running server is recognised by the path in its command line.
    path = _resolved(call.params["path"])
    try:
        return _job(call, path)
    except OSError as error:
        cure = "Check the disk space and the permissions there, then run it again."
        raise Failure("The sandbox cannot be changed: {0}".format(error.strerror or error), str(error.filename or path), cure) from error


def _job(call: JobContext, path: str) -> Dict[str, Any]:
    if call.params["state"] == "started":
        return _started(call, path)
    sandbox = lifecycle.inspect(path)
    if call.params["state"] == "absent":
        result: Dict[str, Any] = {"changed": sandbox is not None}
        if sandbox is not None and not call.check_mode:
            with state_file.locked(path):
                lifecycle.remove(path)
        return result
    result = _facts(sandbox, None)
    result["changed"] = sandbox is not None and sandbox.pid is not None
    if result["changed"] and not call.check_mode:
        with state_file.locked(path):
            lifecycle.stop(path)
        result["pid"] = None
    return result


def _started(call: JobContext, path: str) -> Dict[str, Any]:
    params = call.params
    folder = _resolved(params["software_path"] or os.path.join(os.path.dirname(path), "mysql-software"))
    source = params["source"] if params["source"] in software_source.KEYWORDS else os.path.expanduser(params["source"])
    request = software_source.SoftwareRequest(source, folder, params["version"])
    if call.check_mode:
        found = software_source.find_local(request, state_file.read(path))
        same = found is not None and lifecycle.is_as_wanted(path, _wanted(call, *found))
        return dict(_facts(lifecycle.inspect(path), found[0] if found else None), changed=not same)
    with state_file.locked(path):
        software, origin = software_source.obtain(request, state_file.read(path))
        sandbox, changed = lifecycle.start(path, _wanted(call, software, origin))
    return dict(_facts(sandbox, software), changed=changed)


def _resolved(path: str) -> str:
    named = os.path.abspath(os.path.expanduser(path))
    refuse_planted(named)
    return os.path.realpath(named)


def _wanted(call: JobContext, software: Software, origin: str) -> lifecycle.WantedServer:
    return lifecycle.WantedServer(software, origin, call.params["settings"] or {}, call.params["port"] or 0)


def _facts(sandbox: Optional[lifecycle.Sandbox], software: Optional[Software]) -> Dict[str, Any]:
    if sandbox is None:
        return {"version": software.version} if software is not None else {}
    # Without path: Ansible would add the mode and owner of the folder, and a "state" of its own.
    facts = {name: value for name, value in sandbox._asdict().items() if name != "path"}
    if software is not None:
        for name, program in ("mysql", software.mysql), ("mysqldump", software.mysqldump):
            command = lifecycle.client(program, sandbox.socket)
            facts[name] = None if command is None else list(command)
    return facts

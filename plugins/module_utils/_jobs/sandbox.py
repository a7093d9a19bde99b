# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_sandbox: a private MySQL server as it should be."""

import os
from typing import Any, Dict, Optional

from .._failure import Failure
from .._sandbox import memory, server, source
from .._sandbox.software import Software
from ._door import Call


def job(call: Call) -> Dict[str, Any]:
    """Start, stop or remove the sandbox at ``path``."""
    # One folder, one name: the running server is known by the path it was started with.
    path = os.path.realpath(os.path.expanduser(call.params["path"]))
    try:
        return _job(call, path)
    except OSError as error:
        cure = "Look at the disk's space and the permissions there, then run it again."
        raise Failure("The sandbox cannot be changed: {0}".format(error.strerror or error), str(error.filename or path), cure) from error


def _job(call: Call, path: str) -> Dict[str, Any]:
    if call.params["state"] == "started":
        return _started(call, path)
    sandbox = server.look(path)
    if call.params["state"] == "absent":
        result: Dict[str, Any] = {"changed": sandbox is not None}
        if sandbox is not None and not call.check_mode:
            with memory.held(path):
                server.remove(path)
        return result
    result = _facts(sandbox, None)
    result["changed"] = sandbox is not None and sandbox.pid is not None
    if result["changed"] and not call.check_mode:
        with memory.held(path):
            server.stop(path)
        result["pid"] = None
    return result


def _started(call: Call, path: str) -> Dict[str, Any]:
    params = call.params
    folder = os.path.realpath(os.path.expanduser(params["software_path"] or os.path.join(os.path.dirname(path), "mysql-software")))
    asked = params["source"] if params["source"] in source.KEYWORDS else os.path.expanduser(params["source"])
    request = source.Request(asked, folder, params["version"])
    if call.check_mode:
        found = source.at_hand(request, memory.recall(path))
        same = found is not None and server.is_as_wished(path, _wish(call, *found))
        return dict(_facts(server.look(path), found[0] if found else None), changed=not same)
    with memory.held(path):
        software, origin = source.obtain(request, memory.recall(path))
        sandbox, changed = server.start(path, _wish(call, software, origin))
    return dict(_facts(sandbox, software), changed=changed)


def _wish(call: Call, software: Software, origin: str) -> server.Wish:
    return server.Wish(software, origin, call.params["settings"] or {}, call.params["port"] or 0)


def _facts(sandbox: Optional[server.Sandbox], software: Optional[Software]) -> Dict[str, Any]:
    if sandbox is None:
        return {"version": software.version} if software is not None else {}
    # Not the path: Ansible would add the mode and the owner of the folder, and a "state" that is not ours.
    facts = {name: value for name, value in sandbox._asdict().items() if name != "path"}
    if software is not None:
        for name, program in ("mysql", software.mysql), ("mysqldump", software.mysqldump):
            command = server.client(program, sandbox.socket)
            facts[name] = None if command is None else list(command)
    return facts

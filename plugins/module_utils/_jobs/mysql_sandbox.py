# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_sandbox: start, stop or remove a private MySQL server, save its data, and restore saved data."""

import os
from typing import Any, Dict, Optional, Tuple

from ansible.module_utils.common.text.formatters import human_to_bytes

from .._failure import Failure
from .._own_file import refuse_planted
from .._sandbox import lifecycle, option_file, save_reset, snapshot, software_cache, software_source, state_file
from .._sandbox.software import Software, matches, release
from ._run import JobContext


def job(call: JobContext) -> Dict[str, Any]:
    """Bring the sandbox at ``path`` into the requested state."""
    # Resolved, because a running server is recognised by the path in its command line.
    path = _resolved(call.params["path"])
    try:
        return _job(call, path)
    except OSError as error:
        cure = "Check the disk space and the permissions there, then run the task again."
        raise Failure("The sandbox cannot be changed: {0}".format(error.strerror or error), str(error.filename or path), cure) from error


def _job(call: JobContext, path: str) -> Dict[str, Any]:
    state = call.params["state"]
    if state in ("started", "reset"):
        return _started(call, path)
    if state == "saved":
        return _saved(call, path)
    sandbox = lifecycle.inspect(path)
    if state == "absent":
        result: Dict[str, Any] = {"changed": sandbox is not None}
        if sandbox is not None and not call.check_mode:
            with state_file.locked(path):
                lifecycle.remove(path)
        return result
    result = _facts(sandbox, None)
    result["changed"] = sandbox is not None and sandbox.pid is not None
    if sandbox is not None and not call.check_mode:
        with state_file.locked(path):
            lifecycle.stop(path)
            save_reset.forget_interrupted(path)
        result["pid"] = None
    return result


def _started(call: JobContext, path: str) -> Dict[str, Any]:
    """Start the server; with ``state=reset``, first replace its data with the snapshot."""
    is_reset = call.params["state"] == "reset"
    option_file.checked(call.params["settings"] or {})
    origin = _snapshot_of(call, path)
    if call.check_mode:
        state = state_file.read(path)
        found = software_source.find_local(_software_request(call, path, state, origin), _kept(call, path, state, origin))
        if origin and found is not None and (is_reset or state is None):
            snapshot.check_version(snapshot.require(origin), origin, found[0].version)
        if origin and state is not None and not is_reset:
            lifecycle.check_origin(path, origin)
        same = found is not None and not is_reset and lifecycle.is_as_wanted(path, _wanted(call, *found, origin))
        return dict(_facts(lifecycle.inspect(path), found[0] if found else None), changed=not same)
    with state_file.locked(path):
        state = state_file.read(path)
        software, source = _obtain(call, path, state, origin)
        wanted = _wanted(call, software, source, origin)
        if origin and state is None:
            snapshot.check_version(snapshot.require(origin), origin, software.version)
        if lifecycle.discard_unsafe_data(path):
            call.warn("The server crashed while it was not crash-safe, so its data was discarded ({0}) and is created again.".format(path))
        sandbox, changed = (save_reset.reset(path, wanted), True) if is_reset else lifecycle.start(path, wanted)
        save_reset.forget_interrupted(path)
    return dict(_facts(sandbox, software), changed=changed)


def _saved(call: JobContext, path: str) -> Dict[str, Any]:
    params = call.params
    limits = _limits(params)
    target = _resolved(params["snapshot"])
    if target == path or (target + os.sep).startswith(path + os.sep):
        raise Failure(
            "The snapshot would be in the sandbox's own directory, and would be removed with it", target, "Choose a path outside of {0}.".format(path)
        )
    sandbox = save_reset.check(path, target)
    unchanged = save_reset.find_unchanged(path, target)
    if unchanged is not None:
        return dict(_facts(sandbox, None), changed=False, removed_snapshots=[], snapshot=unchanged.facts(target))
    if call.check_mode:
        return dict(_facts(sandbox, None), changed=True, removed_snapshots=[])
    with state_file.locked(path):
        state = state_file.read(path)
        software, _source = software_source.obtain(_software_request(call, path, state, "")._replace(source=software_source.AUTO), state)
        server = snapshot.ServerFacts(sandbox.version, state.source if state else "", state.software if state else "", params["snapshot_note"] or {})
        sandbox, saved = save_reset.save(path, target, software, server)
    removed = [] if limits == (None, None) else list(snapshot.prune(os.path.dirname(target), target, *limits))
    return dict(_facts(sandbox, None), changed=True, removed_snapshots=removed, snapshot=saved.facts(target))


def _limits(params: Dict[str, Any]) -> Tuple[Optional[int], Optional[int]]:
    """The maximum number and total size of the snapshots in a folder."""
    size = params["snapshot_keep_size"]
    try:
        return params["snapshot_keep"], None if size is None else human_to_bytes(size)
    except ValueError as error:
        raise Failure("This is not a valid size: {0}".format(size), "snapshot_keep_size", "Specify a size such as 20G.") from error


def _snapshot_of(call: JobContext, path: str) -> str:
    """The snapshot to start from or to return to; empty without one."""
    if call.params["snapshot"]:
        return _resolved(call.params["snapshot"])
    if call.params["state"] != "reset":
        return ""
    path_of_origin = str(save_reset.snapshot_of(path).get("path", ""))
    if not path_of_origin:
        raise Failure("It is not known which snapshot this sandbox was started from", path, "Name it in the option snapshot.")
    return path_of_origin


def _software_request(call: JobContext, path: str, state: Optional[state_file.SandboxState], origin: str) -> software_source.SoftwareRequest:
    params = call.params
    folder = _resolved(params["software_path"] or os.path.join(os.path.dirname(path), "mysql-software"))
    source = params["source"] if params["source"] in software_source.KEYWORDS else os.path.expanduser(params["source"])
    version = params["version"]
    if version is None and state is None and origin:
        version = ".".join(map(str, release(snapshot.require(origin).server.version)[:2]))
    return software_source.SoftwareRequest(source, folder, version)


def _obtain(call: JobContext, path: str, state: Optional[state_file.SandboxState], origin: str) -> Tuple[Software, str]:
    """The server's programs, and where they come from.

    :raises Failure: they are not available; for a new sandbox, the message names the series that the snapshot needs.
    """
    try:
        return software_source.obtain(_software_request(call, path, state, origin), _kept(call, path, state, origin))
    except Failure as failure:
        if not origin or state is not None:
            raise
        version = snapshot.require(origin).server.version
        series = ".".join(map(str, release(version)[:2]))
        cure = "The snapshot needs MySQL {0}, because {1} saved it: set source to a tarball of that series, or save it again with a server that you have."
        raise Failure(failure.what, failure.where, cure.format(series, version), **failure.facts) from failure


def _kept(call: JobContext, path: str, state: Optional[state_file.SandboxState], origin: str) -> Optional[state_file.SandboxState]:
    """The state of the sandbox. For a new sandbox from a snapshot: the state of the saved server, if the same software is unpacked here."""
    if state is not None or not origin:
        return state
    server = snapshot.require(origin).server
    software = os.path.join(_software_request(call, path, state, origin).folder, os.path.basename(server.software))
    wanted = call.params["source"] in (software_source.AUTO, server.source) and matches(server.version, call.params["version"])
    if not wanted or not server.software or not software_cache.is_cached(*os.path.split(software)):
        return None
    return state_file.SandboxState(server.source, software, server.version, 0, "")


def _resolved(path: str) -> str:
    named = os.path.abspath(os.path.expanduser(path))
    refuse_planted(named)
    return os.path.realpath(named)


def _wanted(call: JobContext, software: Software, source: str, origin: str) -> lifecycle.WantedServer:
    params = call.params
    settings, port = params["settings"] or {}, params["port"] or 0
    return lifecycle.WantedServer(software, source, settings, port, origin, params["snapshot_gtid"], crash_safe=params["crash_safe"])


def _facts(sandbox: Optional[lifecycle.Sandbox], software: Optional[Software]) -> Dict[str, Any]:
    if sandbox is None:
        return {"version": software.version} if software is not None else {}
    # Without path: Ansible would add the mode and owner of the folder, and a "state" of its own.
    facts = {name: value for name, value in sandbox._asdict().items() if name != "path"}
    origin = save_reset.snapshot_of(sandbox.path)
    if origin:
        facts["snapshot"] = origin
    if software is not None:
        for name, program in ("mysql", software.mysql), ("mysqldump", software.mysqldump):
            command = lifecycle.client(program, sandbox.socket)
            facts[name] = None if command is None else list(command)
    return facts

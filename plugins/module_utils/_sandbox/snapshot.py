# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: copies of the data directory of a server that was shut down, each with a manifest, in its own folder.

The manifest names the subfolder with the data, so a snapshot is replaced by replacing one file. Readers hold a shared lock on the folder; a run that
replaces or removes it holds an exclusive lock.
"""

import contextlib
import datetime
import fcntl
import json
import os
import re
import shutil
import uuid
import zlib
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

from .._atomic_file import sync_folder
from .._failure import Failure
from .._identifiers import is_system_schema
from .._own_file import refuse_planted
from . import state_file
from .data_files import Damaged, DataFile, FileTree, copy_tree, list_tree
from .software import release

MANIFEST = "snapshot.json"
FORMAT = 1
PART = ".part"  # the suffix of a snapshot that is being written

# The file in a data directory that names the snapshot it was copied from.
ORIGIN = "apsaradb-snapshot.json"
# What a snapshot and an unfinished one consist of. A folder with anything else is neither emptied nor removed.
_PIECE = re.compile(r"(?:snapshot\.json(?:\.part)?|data-[0-9a-f]{32})\Z")
# Files that belong to one server, and files that a server creates again.
_OF_ONE_SERVER = frozenset(("auto.cnf", "ibtmp1", ORIGIN))
_AGAIN = "Save it again (state: saved), or choose another snapshot."


class ServerFacts(NamedTuple):
    """The server that was saved: its version, the source of its software, and the user's note about the data."""

    version: str
    source: str
    software: str
    note: Dict[str, Any]


class Snapshot(NamedTuple):
    """The manifest of a snapshot. ``created`` is UTC (ISO 8601)."""

    id: str
    created: str
    server: ServerFacts
    databases: Tuple[str, ...]
    files: Tuple[DataFile, ...]
    folders: Tuple[str, ...]

    def facts(self, path: str) -> Dict[str, Any]:
        """The snapshot as the module returns it."""
        size = sum(entry.size for entry in self.files)
        found = {"path": path, "id": self.id, "created": self.created, "version": self.server.version, "size": size}
        return dict(found, databases=list(self.databases), note=self.server.note)


def read(path: str) -> Optional[Snapshot]:
    """The snapshot in the folder ``path``; None if the folder does not exist.

    :raises Failure: the folder contains something else, the manifest is damaged, or another user may have placed it there.
    """
    refuse_planted(path)
    where = os.path.join(path, MANIFEST)
    try:
        with open(where, encoding="utf-8") as handle:
            fields = json.load(handle)
        body = fields["snapshot"]
        if fields["crc32"] != zlib.crc32(_canonical(body).encode("utf-8")):
            raise ValueError("checksum")
        if body["format"] > FORMAT:
            raise Failure("This snapshot was saved by a newer version of the collection", where, "Update the collection, or save the snapshot again.")
        server = ServerFacts(body["version"], body["source"], body["software"], body["note"])
        files = tuple(DataFile(*entry) for entry in body["files"])
        return Snapshot(body["id"], body["created"], server, tuple(body["databases"]), files, tuple(body["folders"]))
    except (FileNotFoundError, NotADirectoryError) as error:
        if not os.path.lexists(path) or (os.path.isdir(path) and not os.listdir(path)):
            return None
        raise Failure("This is not a snapshot: it has no {0}".format(MANIFEST), path, "Choose another path.") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Failure("The manifest of this snapshot is damaged ({0})".format(type(error).__name__), where, _AGAIN) from error


def check_version(snapshot: Snapshot, path: str, version: str) -> None:
    """Refuse a server of a different series than the snapshot's, or an older one.

    :raises Failure: the server would not start with these data, or change them irreversibly.
    """
    saved = snapshot.server.version
    if release(version)[:2] != release(saved)[:2] or release(version) < release(saved):
        what = "The snapshot was made by MySQL {0}, and this server is MySQL {1}".format(saved, version)
        series = ".".join(map(str, release(saved)[:2]))
        raise Failure(what, path, "Use MySQL {0}, {1} or newer (version, source), or restore the backup with this server.".format(series, saved))


def check_target(path: str) -> None:
    """Refuse a target folder that is neither missing, nor empty, nor a (possibly damaged) snapshot."""
    refuse_planted(path)
    if os.path.lexists(path) and not _is_snapshot(path) and (not os.path.isdir(path) or os.listdir(path)):
        raise Failure("This path exists and is not a snapshot, or has other files too", path, "Choose another path.")


def _is_snapshot(path: str) -> bool:
    """Whether the folder has a manifest, which may be damaged, and nothing that is not part of a snapshot."""
    return os.path.isfile(os.path.join(path, MANIFEST)) and _has_only_pieces(path)


def _has_only_pieces(folder: str) -> bool:
    try:
        return all(_PIECE.match(name) for name in os.listdir(folder))
    except OSError:
        return False


def save(path: str, datadir: str, server: ServerFacts) -> Snapshot:
    """Copy the data directory of a server that was shut down to the snapshot ``path``, which is replaced if it exists.

    An interruption leaves the old snapshot or none; the next call removes the leftovers.

    :raises Failure: the disk is too small, or the data directory has links.
    """
    check_target(path)
    part = path + PART
    refuse_planted(part)
    lock = state_file.lock_folder(part)
    try:
        # Another user may have placed it before it was locked.
        refuse_planted(part)
        if not _has_only_pieces(part):
            raise Failure("This directory has files that are not of an unfinished snapshot", part, "Move it, or choose another path for the snapshot.")
        os.fchmod(lock, 0o700)
        return _save_locked(part, path, datadir, server, lock)
    finally:
        os.close(lock)


def _save_locked(part: str, path: str, datadir: str, server: ServerFacts, lock: int) -> Snapshot:
    try:
        _empty(part)
        new = uuid.uuid4().hex
        copied = copy_tree(datadir, os.path.join(part, _data(new)), _saved_files(datadir, server.version))
        folders = list_tree(os.path.join(part, _data(new))).folders
        created = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        snapshot = Snapshot(new, created, server, databases(folders), tuple(copied), folders)
        state_file.write_private(os.path.join(part, MANIFEST), _text(snapshot))
        sync_folder(part)
        _publish(part, path, new)
        return snapshot
    finally:
        # No longer there if it was published; otherwise it is left from a failure.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), os.stat(part)):
                shutil.rmtree(part, ignore_errors=True)


def copy_out(path: str, target: str, gtid: str, version: str) -> Snapshot:
    """Copy the data of the snapshot ``path`` to the new folder ``target``, for a server of this ``version``, and check each file on the way.

    :raises Failure: the snapshot does not exist, is damaged, or is from a different server version, or the disk is too small.
    """
    shutil.rmtree(target, ignore_errors=True)
    with _shared_lock(path):
        snapshot = require(path)
        check_version(snapshot, path, version)
        root = os.path.join(path, _data(snapshot.id))
        expected = {entry.name: entry for entry in snapshot.files}
        try:
            copy_tree(root, target, _expected_tree(root, snapshot), expected)
        except Damaged as error:
            what = "The snapshot is damaged: {0} {1}".format(*error.args)
            raise Failure(what, os.path.join(root, error.args[0]), _AGAIN) from error
        mark_origin(target, dict(snapshot.facts(path), gtid=gtid))
        sync_folder(target)
        with contextlib.suppress(OSError):
            os.utime(os.path.join(path, MANIFEST))  # the time of its last use, which a read-only file system does not keep
    return snapshot


def require(path: str) -> Snapshot:
    """The snapshot ``path``.

    :raises Failure: it does not exist.
    """
    found = read(path)
    if found is None:
        raise Failure("The snapshot does not exist", path, "Save one there first (state: saved), or choose another path.")
    return found


def origin(datadir: str) -> Optional[Dict[str, Any]]:
    """The facts of the snapshot that a data directory was copied from, or None. They contain ``gtid`` until the server has started."""
    try:
        with open(os.path.join(datadir, ORIGIN), encoding="utf-8") as handle:
            found: Dict[str, Any] = json.load(handle)
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise Failure("The name of the snapshot cannot be read ({0})".format(type(error).__name__), datadir, "Use state: reset with a snapshot.") from error


def mark_origin(datadir: str, facts: Dict[str, Any]) -> None:
    """Record that a data directory is a copy of this snapshot."""
    state_file.write_private(os.path.join(datadir, ORIGIN), json.dumps(facts) + "\n")


def is_unchanged(snapshot: Snapshot, datadir: str) -> bool:
    """Whether the data directory of a stopped server has the files that were saved: names, sizes and times."""
    if set(_saved_files(datadir, snapshot.server.version).files) != {entry.name for entry in snapshot.files}:
        return False
    states = ((entry, os.stat(os.path.join(datadir, entry.name))) for entry in snapshot.files)
    return all((state.st_size, state.st_mtime_ns) == (entry.size, entry.written) for entry, state in states)


def prune(folder: str, keep: str, count: Optional[int], size: Optional[int]) -> Tuple[str, ...]:
    """Remove the least recently used snapshots in ``folder`` until at most ``count`` with at most ``size`` bytes are left.

    ``keep``, those that are being copied, and folders with other files stay. Return the paths of the removed ones.
    """
    found = []
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.islink(path):
            continue
        if name.endswith(PART) and os.path.isdir(path):
            if _has_only_pieces(path):
                _remove(path)  # left by a killed run; one that is still writing holds the lock
        elif _is_snapshot(path):
            # Another run may remove it at the same time.
            with contextlib.suppress(FileNotFoundError):
                found.append((path != keep, -os.stat(os.path.join(path, MANIFEST)).st_mtime, list_tree(path).disk_bytes, path))
    removed = []
    kept = taken = 0
    for _other, _time, disk, path in sorted(found):
        fits = (count is None or kept < count) and (size is None or taken + disk <= size)
        if path == keep or fits or not _remove(path):
            kept, taken = kept + 1, taken + disk
        else:
            removed.append(path)
    return tuple(removed)


def databases(folders: Tuple[str, ...]) -> Tuple[str, ...]:
    """The databases in these folders. MySQL writes most characters that are not letters or digits as ``@`` and four hexadecimal digits."""
    names = (name for name in folders if os.sep not in name and not is_system_schema(name) and not name.startswith("#"))
    return tuple(sorted(re.sub(r"@([0-9a-f]{4})", lambda code: chr(int(code.group(1), 16)), name) for name in names))


def _data(snapshot_id: str) -> str:
    return "data-" + snapshot_id


def _canonical(body: Dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _text(snapshot: Snapshot) -> str:
    body = dict(snapshot.server._asdict(), format=FORMAT, id=snapshot.id, created=snapshot.created, databases=list(snapshot.databases))
    body.update(files=[list(entry) for entry in snapshot.files], folders=list(snapshot.folders))
    return json.dumps({"crc32": zlib.crc32(_canonical(body).encode("utf-8")), "snapshot": body}, sort_keys=True) + "\n"


def _saved_files(datadir: str, version: str) -> FileTree:
    # From 5.7 on, the GTIDs of the binary logs are also in a table; 5.6 keeps them only in these files.
    logs = binlogs(datadir) if release(version) >= (5, 7) else frozenset()

    def skip(name: str) -> bool:
        return name in _OF_ONE_SERVER or name in logs or name.startswith("#innodb_temp" + os.sep)

    return list_tree(datadir, skip)


def binlogs(datadir: str) -> "frozenset[str]":
    """The binary logs in a data directory and their index. Relay logs, which a replica still needs, are not among them."""
    found = set()
    for name in os.listdir(datadir):
        if name.endswith(".index") and "relay" not in name:
            with open(os.path.join(datadir, name), encoding="utf-8", errors="surrogateescape") as handle:
                logs = {os.path.relpath(os.path.join(datadir, line.strip()), datadir) for line in handle if line.strip()}
            found |= {name} | {log for log in logs if os.path.dirname(log) == ""}
    return frozenset(found)


def _expected_tree(root: str, snapshot: Snapshot) -> FileTree:
    try:
        tree = list_tree(root)
    except FileNotFoundError as error:
        raise Damaged("the data directory", "is missing") from error
    wanted = {entry.name for entry in snapshot.files}
    for name in sorted(wanted ^ set(tree.files)) + sorted(set(snapshot.folders) ^ set(tree.folders)):
        raise Damaged(name, "is missing" if name in wanted or name in snapshot.folders else "does not belong to it")
    return tree


def _publish(part: str, path: str, snapshot_id: str) -> None:
    """Rename the finished snapshot in ``part``. If it replaces an old one, the manifest is replaced first, then the old data are removed."""
    if not os.path.isfile(os.path.join(path, MANIFEST)):
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(path)
        os.rename(part, path)
        sync_folder(os.path.dirname(path))
        return
    lock = state_file.lock_folder(path)
    try:
        os.rename(os.path.join(part, _data(snapshot_id)), os.path.join(path, _data(snapshot_id)))
        sync_folder(path)
        os.rename(os.path.join(part, MANIFEST), os.path.join(path, MANIFEST))
        sync_folder(path)
        for name in os.listdir(path):
            if name.startswith("data-") and name != _data(snapshot_id):
                shutil.rmtree(os.path.join(path, name))
    finally:
        os.close(lock)


@contextlib.contextmanager
def _shared_lock(path: str) -> Iterator[None]:
    """Keep the snapshot from being replaced or removed. Locks nothing if it does not exist."""
    while True:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            if os.path.exists(path) and os.path.samestat(os.fstat(handle), os.stat(path)):
                yield
                return
        finally:
            os.close(handle)


def _remove(path: str) -> bool:
    """Remove a snapshot unless it is in use: its name first, then its content."""
    part = path if path.endswith(PART) else path + PART
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if part != path:
            os.rename(path, part)
        shutil.rmtree(part)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _empty(folder: str) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

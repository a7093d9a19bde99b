# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds a mysqld and its clients, on the machine or in an unpacked folder."""

import glob
import os
import re
from typing import Iterable, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from . import run_program

Argv = Tuple[str, ...]


class Software(NamedTuple):
    """A MySQL server that runs on this machine.

    ``mysqld``, ``mysql`` and ``mysqldump`` are the first words of a command line: a program, or a private dynamic
    loader, its library path and the program. A missing client is None.
    ``root`` is the folder into which the software was unpacked, empty for the server installed on the machine. ``share`` is
    the folder of the messages (``lc_messages_dir``); up to 5.6 it also holds the system tables as SQL.
    """

    root: str
    version: str
    mysqld: Argv
    basedir: str
    share: Optional[str]
    mysql: Optional[Argv]
    mysqldump: Optional[Argv]


def release(version: str) -> Tuple[int, ...]:
    """The numbers of a version, so that 8.0.9 sorts before 8.0.36."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def matches(version: str, wanted: Optional[str]) -> bool:
    """Whether ``version`` begins with the numbers of ``wanted``: 8.0.36 matches 8.0, 8.01 does not. Every version matches None."""
    if not wanted:
        return True
    numbers = release(wanted)
    return release(version)[: len(numbers)] == numbers


def parse_version(answer: str) -> Optional[str]:
    """The version in the output of ``mysqld --version``; None if the program is MariaDB or not a mysqld."""
    found = re.search(r"\bVer (\d+\.\d+\.\d+)", answer)
    if found is None or "mariadb" in answer.lower():
        return None
    return found.group(1)


def system_software(path: Optional[str] = None) -> Optional[Software]:
    """The MySQL server installed on this machine: the first on PATH, otherwise in the folders that distributions use."""
    folders = (os.environ.get("PATH", os.defpath) if path is None else path).split(os.pathsep) + ["/usr/sbin", "/usr/libexec", "/usr/local/mysql/bin"]
    for folder in folders:
        program = os.path.join(folder, "mysqld")
        if folder and os.path.isfile(program) and os.access(program, os.X_OK):
            version = parse_version(_ask_version((program,)))
            if version is not None:
                near = [os.path.dirname(os.path.realpath(program))] + folders
                basedir = os.path.dirname(os.path.dirname(os.path.realpath(program)))
                return Software("", version, (program,), basedir, share=None, mysql=_program("mysql", near), mysqldump=_program("mysqldump", near))
    return None


def unpacked_software(root: str, libraries: Iterable[str] = (), loader: Optional[str] = None) -> Software:
    """The MySQL server below ``root``: unpacked packages, or a vendor's tarball.

    A dynamic loader below ``root``, or one given with the folders of its ``libraries``, runs the
    programs: they then use the C library for which they were built instead of the machine's.

    :raises Failure: no mysqld is found, or it does not run.
    """
    programs = _find(root, ("usr/sbin/mysqld", "usr/libexec/mysqld", "bin/mysqld", "*/bin/mysqld", "*/sbin/mysqld", "*/mysqld", "*/*/mysqld"))
    if not programs:
        raise Failure("This software contains no mysqld", root, "Use the tarball of a MySQL server, or remove the directory so that it is fetched again.")
    program = programs[0]
    prefix = loader_prefix(root, libraries, loader)
    mysqld = prefix + (program,)
    answer = _ask_version(mysqld)
    version = parse_version(answer)
    if version is None:
        output = answer.strip()[-500:] or "nothing"
        raise Failure("This mysqld does not run here. Its output: {0}".format(output), program, "Install the missing libraries, or use source=packages.")
    folder = os.path.dirname(program)
    basedir = folder if os.path.isdir(os.path.join(folder, "share")) else os.path.dirname(folder)
    messages = _find(basedir, ("share/mysql/english/errmsg.sys", "share/english/errmsg.sys", "share/mysql-*/english/errmsg.sys"))
    share = os.path.dirname(os.path.dirname(messages[0])) if messages else None
    near = [folder, os.path.join(basedir, "bin")]
    return Software(root, version, mysqld, basedir, share, _program("mysql", near, prefix), _program("mysqldump", near, prefix))


def loader_prefix(root: str, libraries: Iterable[str] = (), loader: Optional[str] = None) -> Argv:
    """The words before a program that must run with the C library below ``root``; empty if there is none."""
    loaders = [loader] if loader else _find(root, ("usr/lib/*/ld-linux*.so.*", "lib/*/ld-linux*.so.*"))
    if not loaders:
        return ()
    own = _find(root, ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"))
    folder = os.path.dirname(loaders[0])
    folders = own + [folder] * (folder not in own) + list(libraries)
    return (loaders[0], "--library-path", ":".join(folders))


def _find(root: str, patterns: Iterable[str]) -> List[str]:
    found: List[str] = []
    for pattern in patterns:
        found.extend(sorted(glob.glob(os.path.join(glob.escape(root), pattern))))
    return found


def _program(name: str, folders: Iterable[str], prefix: Argv = ()) -> Optional[Argv]:
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return prefix + (path,)
    return None


def _ask_version(mysqld: Argv) -> str:
    return run_program.run(mysqld + ("--no-defaults", "--version")).output

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates a data directory, with --initialize-insecure from 5.7 on and in bootstrap mode before."""

import os
import shutil

from .._failure import Failure
from . import mysqld_process, run_program
from .software import Software, release


def initialise(path: str, software: Software) -> None:
    """Create ``path/data`` with the account root without a password. The folder gets its final name when it is complete."""
    part = os.path.join(path, "data.part")
    shutil.rmtree(part, ignore_errors=True)
    os.mkdir(part, 0o700)
    argv = software.mysqld + ("--defaults-file=" + os.path.join(path, "my.cnf"), "--datadir=" + part)
    log = os.path.join(path, "mysqld.log")
    offset = mysqld_process.log_size(log)
    statements = b""
    if release(software.version) >= (5, 7):
        argv += ("--initialize-insecure",)
    else:
        os.mkdir(os.path.join(part, "mysql"), 0o700)
        statements = bootstrap_statements(software)
        # The option file may enable GTIDs and the binary log, which bootstrap mode does not support.
        argv += ("--bootstrap", "--skip-log-bin", "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF", "--skip-log-slave-updates")
    with open(log, "ab") as out:
        code = run_program.run_with_input(argv, statements, out, part)
    if code != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise log_failure("The server cannot be initialised", log, offset)
    os.rename(part, os.path.join(path, "data"))


def bootstrap_statements(software: Software) -> bytes:
    """The input of bootstrap mode: the system tables, and root@localhost as the only account.

    :raises Failure: the software lacks the files with the system tables.
    """
    cure = "Use a complete distribution of MySQL {0}.".format(software.version)
    if software.share is None:
        raise Failure("The server's share directory, which holds the system tables, is missing", software.basedir, cure)
    text = b"USE mysql;\n"
    for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql", "fill_help_tables.sql"):
        try:
            with open(os.path.join(software.share, name), "rb") as handle:
                text += handle.read() + b"\n"
        except OSError as error:
            raise Failure("The system tables cannot be read: {0}".format(error.strerror), os.path.join(software.share, name), cure) from error
    for table in b"user", b"proxies_priv":
        text += b"DELETE FROM " + table + b" WHERE user <> 'root' OR host <> 'localhost';\n"
    return text + b"DELETE FROM db;\n"


def log_failure(what: str, log: str, offset: int) -> Failure:
    """A :class:`Failure` with the lines the server wrote to its log from byte ``offset`` on."""
    lines = mysqld_process.last_lines(log, offset)
    cure = "Fix the problem that its log shows (settings, memory, disk space), then run the task again"
    if any("Permission denied" in line or "errno: 13" in line.lower() for line in lines):
        cure += "; if the permissions are correct, AppArmor or SELinux keeps this mysqld out of the directory: use source=packages"
    return Failure("{0}. Its log ends: {1}".format(what, " | ".join(lines) or "(nothing)"), log, cure + ".", log_tail=lines)

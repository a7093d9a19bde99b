# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roll-forwards without a process of their own."""

import os
import signal
import sys
from typing import Any, Callable, Dict, Union
from unittest import mock

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_roll_forward import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Connection

_LOGIN: Dict[str, Any] = dict(login_user="root", login_password=None, login_host="localhost", login_port=3306, config_file=None, connect_timeout=30)
_LOGIN.update(client_cert=None, client_key=None, ca_cert=None, check_hostname=None)
_OPTIONS: Dict[str, Any] = dict(database=None, source_database=None, databases=None, gtid_set=None, until=None, until_gtid=None, before_statement=None)
_OPTIONS.update(overlap=600, binlog="auto", ledger_database=None, source="packages", version=None, state="rolled", follow=None)


def in_process(
    entry: Dict[str, Any], binlogs: str, work_path: str, warn: Callable[[str], None] = lambda _text: None, check_mode: bool = False, **options: Any
) -> Dict[str, Any]:
    """Call the job of mysql_roll_forward for the server ``entry`` with these options."""
    place = dict(login_unix_socket=entry["socket"], software_path=entry["cache"], binlogs=binlogs, work_path=work_path)
    return job(JobContext(dict(_LOGIN, **dict(_OPTIONS, **place, **options)), check_mode, warn))


def kill_after(statement: str, call: Callable[[], object]) -> None:
    """Call this in a process that is killed as soon as a server has executed a statement that begins with ``statement``."""
    pid = os.fork()
    if pid == 0:
        run = Connection.run

        def killed(self: Connection, sql: Union[str, bytes]) -> int:
            done = run(self, sql)
            if isinstance(sql, str) and sql.startswith(statement):
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        with mock.patch.object(Connection, "run", killed):
            try:
                call()
            except Failure as failure:
                print(failure, file=sys.stderr, flush=True)
            finally:
                os._exit(1)
    if os.waitpid(pid, 0)[1] != signal.SIGKILL:
        raise AssertionError("No statement began with {0}".format(statement))

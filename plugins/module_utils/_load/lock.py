# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server-side lock that keeps two imports of one database apart."""

import hashlib
import re
import time
from typing import Union

from .._failure import Failure
from .._server.connection import Connection, ServerError
from .request import ImportRequest

# GET_LOCK is repeated, so that the progress shows what the import is waiting for.
_SECONDS_PER_TRY = 3
_NAME = re.compile(r"apsaradb\.mysql:[0-9a-f]{32}:[0-9]{1,6}\Z")


def lock_name(database: Union[bytes, str], part: int = 0) -> str:
    """The name of a lock of an import into ``database``, at most 64 characters: part 0 is the import's, part n that of its worker n."""
    encoded = database.encode("utf-8") if isinstance(database, str) else database
    return "apsaradb.mysql:{0}:{1}".format(hashlib.sha256(encoded).hexdigest()[:32], part)


def is_lock_name(text: str) -> bool:
    """Whether :func:`lock_name` could have returned it. The server refuses some other names."""
    return _NAME.match(text) is not None


def take_lock(request: ImportRequest, control: Connection) -> None:
    """Take the lock of the target on the connection ``control``.

    :raises Failure: another import still has it after ``request.patience`` seconds.
    """
    name = lock_name(request.target)
    until = time.monotonic() + request.patience
    while control.value("SELECT GET_LOCK(%s, %s)", (name, min(_SECONDS_PER_TRY, request.patience))) != 1:
        request.progress.phase("waiting for another import")
        if time.monotonic() < until:
            continue
        raise Failure(
            "Another import of the database {0} is running".format(request.target),
            "server {0}, connection {1}".format(request.login.address, control.value("SELECT IS_USED_LOCK(%s)", (name,))),
            "Wait for it to end.",
        )
    control.run("SET SESSION wait_timeout = 31536000, net_read_timeout = 3600, net_write_timeout = 3600")
    # With READ UNCOMMITTED it would see ledger entries of a killed run whose rows the server is about to roll back.
    control.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def release_lock(request: ImportRequest, control: Connection) -> None:
    """Release the lock now; the server would do so only when it notices the end of the connection. Never fails."""
    try:
        control.value("SELECT RELEASE_LOCK(%s)", (lock_name(request.target),))
    except ServerError:
        return

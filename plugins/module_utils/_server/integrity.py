# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is what a database is made of in order: CHECK TABLE, views that resolve, definers that exist."""

import uuid
from typing import FrozenSet, NamedTuple, Optional

from .._identifiers import quote_text
from .connection import LOST, Connection, ServerError

_DENIED = frozenset((1142, 1143, 1044))


class Check(NamedTuple):
    """What CHECK TABLE says of a table, in its own words."""

    text: str
    ok: bool


def check_table(connection: Connection, database: str, table: str) -> Check:
    """Run CHECK TABLE. It ends a transaction, so it has no place in one. An engine that knows no check is in order."""
    try:
        found = connection.rows("CHECK TABLE {0}".format(quote_text(database, table)))
    except ServerError as error:
        if error.code in LOST:
            raise
        return Check(error.message, False)
    said = [(str(kind).lower(), str(text)) for _table, _operation, kind, text in found]
    failed = any(kind == "error" for kind, _text in said)
    # Of the messages of a table that is well only the last counts, unless there are warnings before it.
    telling = [text for kind, text in said if kind in ("error", "warning")] or [text for _kind, text in said[-1:]]
    return Check("; ".join(dict.fromkeys(telling)), not failed)


def view_error(connection: Connection, database: str, view: str) -> Optional[str]:
    """Why the view cannot be read, None if it can. No row of it is read."""
    try:
        connection.rows("SELECT * FROM {0} LIMIT 0".format(quote_text(database, view)))
    except ServerError as error:
        if error.code in LOST:
            raise
        return "MySQL error {0}: {1}".format(error.code, error.message)
    return None


def accounts_of(connection: Connection) -> Optional[FrozenSet[str]]:
    """All accounts as ``user@host``, None where this account may not see them."""
    try:
        return frozenset("{0}@{1}".format(user, host) for user, host in connection.rows("SELECT User, Host FROM mysql.user"))
    except ServerError as error:
        if error.code not in _DENIED:
            raise
        return None


def same_server(one: Connection, other: Connection) -> bool:
    """Whether two connections lead to one server, whatever names it has: a lock taken through one is seen through the other."""
    name = "apsaradb.mysql:{0}".format(uuid.uuid4().hex)
    one.value("SELECT GET_LOCK(%s, 0)", (name,))
    try:
        return other.value("SELECT IS_USED_LOCK(%s)", (name,)) is not None
    finally:
        one.value("SELECT RELEASE_LOCK(%s)", (name,))

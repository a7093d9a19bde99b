# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether tables pass CHECK TABLE and views can be read; whether two connections lead to the same server."""

import uuid
from typing import NamedTuple, Optional, Sequence, Tuple

from .._identifiers import quote_text
from .connection import LOST, Connection, ServerError


class TableCheck(NamedTuple):
    """The result of CHECK TABLE, with the server's messages."""

    text: str
    ok: bool


def check_table(connection: Connection, database: str, table: str) -> TableCheck:
    """Run CHECK TABLE, which commits an open transaction. A table whose engine has no check passes."""
    try:
        found = connection.rows("CHECK TABLE {0}".format(quote_text(database, table)))
    except ServerError as error:
        if error.code in LOST:
            raise
        return TableCheck(error.message, ok=False)
    return _summary([(str(kind).lower(), str(text)) for _table, _operation, kind, text in found])


def _summary(answers: Sequence[Tuple[str, str]]) -> TableCheck:
    """The result of the rows of CHECK TABLE: the type of each message and its text."""
    failed = any(kind == "error" for kind, _text in answers)
    # An intact table has one message, possibly preceded by notes.
    messages = [text for kind, text in answers if kind in ("error", "warning")] or [text for _kind, text in answers[-1:]]
    return TableCheck("; ".join(dict.fromkeys(messages)), ok=not failed)


def view_error(connection: Connection, database: str, view: str) -> Optional[str]:
    """Why the view cannot be read, None if it can. Reads no rows."""
    try:
        connection.rows("SELECT * FROM {0} LIMIT 0".format(quote_text(database, view)))
    except ServerError as error:
        if error.code in LOST:
            raise
        return "MySQL error {0}: {1}".format(error.code, error.message)
    return None


def same_server(one: Connection, other: Connection) -> bool:
    """Whether two connections lead to the same server, whatever the addresses: a lock taken on one is visible on the other."""
    name = "apsaradb.mysql:{0}".format(uuid.uuid4().hex)
    one.value("SELECT GET_LOCK(%s, 0)", (name,))
    try:
        return other.value("SELECT IS_USED_LOCK(%s)", (name,)) is not None
    finally:
        one.value("SELECT RELEASE_LOCK(%s)", (name,))

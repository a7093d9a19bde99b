# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sql_mode after each statement of a SQL file, which decides how the next one is read; and the table that a statement changes."""

import re
from typing import List, Optional

from .._dump.lexer import Dialect, UnclearText
from .._dump.session_variables import Assignment, SessionState, apply, assignments
from .._dump.tokens import after_if_exists, name_at, tokens
from .._failure import Failure

_MAY_MATTER = re.compile(rb"sql_mode|@", re.IGNORECASE)
_CODE = (b"CREATE", b"ALTER")
_RUNS_ANYTHING = (b"CALL", b"EXECUTE")
_MODIFIERS = frozenset(b"LOW_PRIORITY DELAYED HIGH_PRIORITY QUICK IGNORE TEMPORARY".split())
_BEFORE_NAME = {
    b"INSERT": b"INTO", b"REPLACE": b"INTO", b"UPDATE": b"", b"DELETE": b"FROM", b"TRUNCATE": b"TABLE",
    b"ALTER": b"TABLE", b"CREATE": b"TABLE", b"DROP": b"TABLE", b"RENAME": b"TABLE",
}  # fmt: skip
_DEFINES = frozenset((b"ALTER", b"CREATE", b"DROP", b"RENAME"))


class ModeOfFile:
    """Follows a file. ``dialect`` is how the server reads the next statement."""

    def __init__(self, version: int, sql_mode: str) -> None:
        """``sql_mode`` is that of a new connection to a server of this version."""
        self._default = sql_mode.encode("utf-8")
        self._default_is_known = True
        self._version = version
        self._session = SessionState()
        # Whether a text that may be prepared as a statement sets it.
        self._in_text = False
        self.dialect = Dialect(version).under(self._default)

    def follow(self, text: bytes, where: str) -> None:
        """Account for a statement.

        :raises Failure: it sets the sql_mode to something that is known only when it runs.
        """
        if not self._follow(text):
            what = "The statement sets sql_mode to a value that is known only when it runs, and the sql_mode decides where the next statements end"
            cure = "Write the value, as in SET sql_mode = 'ANSI_QUOTES', or restore one that was saved by SET @name = @@sql_mode. Nothing was changed."
            raise Failure(what, where, cure)

    def _follow(self, text: bytes) -> bool:
        if not self._session.saved and not self._in_text and not _MAY_MATTER.search(text):
            return True
        names_mode = b"sql_mode" in text.lower()
        try:
            found = tokens(text, self.dialect)
        except UnclearText:
            self._session = self._session._replace(saved=())
            return not names_mode
        verb = found[0].upper if found else b""
        if verb == b"SET":
            known = self._set([change for change in assignments(found) if change.scope == "user" or change.name == b"sql_mode"])
            self._in_text = self._in_text or (names_mode and bool(self._session.unknown))
            return known
        if names_mode and verb == b"PREPARE" or self._in_text and verb == b"EXECUTE":
            return False
        if verb not in _CODE:
            # A query may assign a variable, and a procedure any.
            lower = text.lower()
            kept = [pair for pair in self._session.saved if b"@" + pair[0] not in lower and verb not in _RUNS_ANYTHING]
            self._session = self._session._replace(saved=tuple(kept))
        return True

    def _set(self, changes: List[Assignment]) -> bool:
        for change in changes:
            if change.scope == "global":
                self._default_is_known = False
                continue
            names = {after.identifier for sign, after in zip(change.value, change.value[1:]) if sign.text == b"@"}
            # A variable that this file has not set may have any value.
            if change.scope == "session" and not {(name or b"").lower() for name in names} <= set(dict(self._session.saved)):
                return False
            applied = apply(self._session, [change])
            if applied.session is None or (change.scope == "session" and applied.session.get(b"sql_mode") is None and not self._default_is_known):
                return False
            self._session = applied.session
        mode = self._session.get(b"sql_mode")
        self.dialect = Dialect(self._version).under(self._default if mode is None else mode)
        return True


def changed_table(text: bytes, dialect: Dialect) -> Optional[str]:
    """The table that a statement changes or defines, as it is written; the first one of several, None if it is not known."""
    try:
        found = tokens(text, dialect)
    except UnclearText:
        return None
    verb = found[0].upper if found else b""
    if verb not in _BEFORE_NAME:
        return None
    index = 1
    while index < len(found) and found[index].upper in _MODIFIERS:
        index += 1
    if index < len(found) and _BEFORE_NAME[verb] and found[index].upper == _BEFORE_NAME[verb]:
        index = after_if_exists(found, index + 1)
    elif verb in _DEFINES:
        return None
    name, _after = name_at(found, index)
    if name is None:
        return None
    return ".".join(part.decode("utf-8", "replace") for part in (name.schema, name.name) if part is not None)

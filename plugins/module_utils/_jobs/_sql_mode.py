# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tracks the sql_mode after each statement of a SQL file, because it decides how the next statement is read."""

import re
from typing import List, Set

from .._dump.lexer import Dialect, Token, UnclearText
from .._dump.session_variables import Assignment, SessionState, apply, assignments
from .._dump.tokens import tokens
from .._failure import Failure

_MAY_MATTER = re.compile(rb"sql_mode|@", re.IGNORECASE)
_CODE = (b"CREATE", b"ALTER")
_RUNS_ANYTHING = (b"CALL", b"EXECUTE")


class SqlModeTracker:
    """Tracks the sql_mode through a file. ``dialect`` is how the server reads the next statement."""

    def __init__(self, version: int, sql_mode: str) -> None:
        """``sql_mode`` is the mode of a new connection to a server of this version."""
        self._default = sql_mode.encode("utf-8")
        self._default_is_known = True
        self._version = version
        self._session = SessionState()
        # Whether a text that may be prepared as a statement sets it.
        self._in_text = False
        self.dialect = Dialect(version).under(self._default)

    def follow(self, text: bytes, where: str) -> None:
        """Process a statement.

        :raises Failure: it sets the sql_mode to a value that is known only when it runs.
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
            named = _user_variables(found)
            kept = [pair for pair in self._session.saved if pair[0] not in named and verb not in _RUNS_ANYTHING]
            self._session = self._session._replace(saved=tuple(kept))
        return True

    def _set(self, changes: List[Assignment]) -> bool:
        of_session = [change for change in changes if change.scope != "global"]
        if len(of_session) < len(changes):
            self._default_is_known = False
        modes = [change for change in of_session if change.scope == "session"]
        # A variable that this file has not set may have any value.
        if not all(_user_variables(change.value) <= set(dict(self._session.saved)) for change in modes):
            return False
        applied = apply(self._session, of_session).session
        if applied is None or (modes and applied.get(b"sql_mode") is None and not self._default_is_known):
            return False
        self._session = applied
        mode = self._session.get(b"sql_mode")
        self.dialect = Dialect(self._version).under(self._default if mode is None else mode)
        return True


def _user_variables(found: List[Token]) -> Set[bytes]:
    """The user variables that these tokens name, in lower case."""
    return {(after.value if after.identifier is None else after.identifier).lower() for sign, after in zip(found, found[1:]) if sign.text == b"@"}

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exception for every failure: what happened, where, and what to do."""

from typing import Any, Optional


def printable(text: str) -> str:
    """``text`` on one line and without control characters: it may contain names from a dump, and a terminal would interpret them."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class Failure(Exception):
    """Stops a job with a message that a person can act on at 3 a.m.

    ``what`` is a sentence without its full stop. ``where`` names the place as precisely as possible: file, line,
    byte, start of the statement, table, host. ``cure`` is what to do next. ``facts`` go into the module's result
    next to ``msg``. None of them may hold a password or the query string of a URL.
    """

    def __init__(self, what: str, where: Optional[str] = None, cure: Optional[str] = None, **facts: Any) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cure = cure
        self.facts = facts

    def __str__(self) -> str:
        place = " ({0})".format(self.where) if self.where else ""
        advice = " {0}".format(self.cure) if self.cure else ""
        return "{0}{1}.{2}".format(self.what.rstrip("."), place, advice)

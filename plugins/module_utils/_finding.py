# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check has to say: one of many findings, where a Failure is the one thing that stops a job."""

from typing import Any, NamedTuple, Optional

from ._failure import Failure

ERROR = "error"
WARNING = "warning"
OK = "ok"


class Finding(NamedTuple):
    """``check`` names the check, ``level`` is error, warning or ok; the rest is as in a Failure. ``kind`` tells two findings of a check apart."""

    check: str
    level: str
    what: str
    where: Optional[str] = None
    cure: Optional[str] = None
    kind: str = ""

    @property
    def text(self) -> str:
        """For a message: what is wrong, where, and what to do."""
        what = "{0} ({1})".format(self.what, self.where) if self.where else self.what
        return "{0}: {1}".format(what, self.cure) if self.cure else what

    @property
    def is_error(self) -> bool:
        """Whether it stands in the way."""
        return self.level == ERROR


class FindingKind(NamedTuple):
    """A sentence a check may say; ``{words}`` in ``what`` and ``cure`` stand for what was found."""

    name: str
    check: str
    level: str
    what: str
    cure: Optional[str] = None

    def found(self, where: Optional[str] = None, **words: Any) -> Finding:
        """This finding, about something."""
        return Finding(self.check, self.level, self.what.format(**words), where, self.cure.format(**words) if self.cure else None, self.name)


def of_failure(check: str, failure: Failure) -> Finding:
    """A Failure of one check, beside which the others go on."""
    return Finding(check, ERROR, failure.what.rstrip("."), failure.where, failure.cure, "failure")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings of checks. A Failure stops a job; of findings there may be many, and they are reported together."""

from typing import Any, Iterable, List, NamedTuple, Optional

from ._failure import Failure

ERROR = "error"
WARNING = "warning"
OK = "ok"


class Finding(NamedTuple):
    """``check`` is the name of the check, ``level`` is error, warning or ok; ``what``, ``where`` and ``cure`` are as in a Failure.
    ``kind`` is the name of the :class:`FindingKind`."""

    check: str
    level: str
    what: str
    where: Optional[str] = None
    cure: Optional[str] = None
    kind: str = ""

    @property
    def text(self) -> str:
        """As one line: what was found, where, and what to do."""
        what = "{0} ({1})".format(self.what, self.where) if self.where else self.what
        return "{0}: {1}".format(what, self.cure) if self.cure else what

    @property
    def is_error(self) -> bool:
        """Whether it would make the restore fail."""
        return self.level == ERROR


class FindingKind(NamedTuple):
    """The sentence of a finding, and its cure. ``{words}`` in both are replaced by what was found."""

    name: str
    check: str
    level: str
    what: str
    cure: Optional[str] = None

    def found(self, where: Optional[str] = None, **words: Any) -> Finding:
        """A finding of this kind."""
        return Finding(self.check, self.level, self.what.format(**words), where, self.cure.format(**words) if self.cure else None, self.name)


def of_failure(check: str, failure: Failure) -> Finding:
    """The Failure of one check as a finding, so that the other checks can run."""
    return Finding(check, ERROR, failure.what.rstrip("."), failure.where, failure.cure, "failure")


def numbered(texts: Iterable[str]) -> str:
    """``(1) one; (2) two``; a single text as it is."""
    plain = [text.rstrip(".") for text in texts]
    return plain[0] if len(plain) == 1 else "; ".join("({0}) {1}".format(number, text) for number, text in enumerate(plain, 1))


def refuse(found: Iterable[Finding], address: str, written: str = "Nothing was written.", **facts: Any) -> None:
    """Raise one Failure for all errors among ``found``, if there are any. ``written`` says what the server holds now."""
    problems: List[str] = [finding.text for finding in found if finding.is_error]
    if problems:
        what = problems[0] if len(problems) == 1 else "The import would fail for {0} reasons: {1}".format(len(problems), numbered(problems))
        raise Failure(what, "server {0}".format(address), written, problems=problems, **facts)

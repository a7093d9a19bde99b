# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings of checks. A Failure stops a job; findings are collected and reported together."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ._failure import Failure

ERROR = "error"
WARNING = "warning"
OK = "ok"

# How many places a text names.
_SHOWN = 3


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
        """What was found, where, and what to do, on one line."""
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
    """Turn the Failure of one check into a finding, so that the other checks can run."""
    return Finding(check, ERROR, failure.what.rstrip("."), failure.where, failure.cure, "failure")


def by_sentence(found: Iterable[Finding]) -> List[Tuple[Finding, Tuple[str, ...]]]:
    """Merge findings that differ only in their place. Each result is a finding that names the first places, and all its places."""
    places: Dict[Finding, Dict[str, None]] = {}
    for finding in found:
        places.setdefault(finding._replace(where=None), {}).update({finding.where: None} if finding.where else {})
    return [(finding._replace(where=_named(tuple(where))), tuple(where)) for finding, where in places.items()]


def _named(places: Sequence[str]) -> Optional[str]:
    """``database a``, or ``databases a, b, c and 57 more``."""
    prefix = "database "
    if len(places) > 1 and all(place.startswith(prefix) for place in places):
        return "databases " + listed([place[len(prefix) :] for place in places])
    return listed(places) or None


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, or ``a, b, c and 57 more``."""
    if len(names) < 2:
        return "".join(names)
    shown = list(names[:_SHOWN])
    last = "{0} more".format(len(names) - _SHOWN) if len(names) > _SHOWN else shown.pop()
    return "{0} and {1}".format(", ".join(shown), last)


def together(about: Iterable[Tuple[str, str]]) -> List[str]:
    """Turn pairs of a database and a text into lines such as ``a, b, c and 57 more: text``, one line per text."""
    names: Dict[str, List[str]] = {}
    for name, text in about:
        names.setdefault(text, []).append(name)
    return ["{0}: {1}".format(listed(found), text) for text, found in names.items()]


def numbered(texts: Iterable[str]) -> str:
    """``(1) one; (2) two``; a single text is not numbered."""
    plain = [text.rstrip(".") for text in texts]
    return plain[0] if len(plain) == 1 else "; ".join("({0}) {1}".format(number, text) for number, text in enumerate(plain, 1))


def refuse(found: Iterable[Finding], address: str, written: str = "Nothing was written.", **facts: Any) -> None:
    """Raise one Failure for all errors in ``found``, if any. ``written`` says whether anything was written."""
    problems: List[str] = [finding.text for finding in found if finding.is_error]
    if problems:
        what = problems[0] if len(problems) == 1 else "The import would fail for {0} reasons: {1}".format(len(problems), numbered(problems))
        raise Failure(what, "server {0}".format(address), written, problems=problems, **facts)

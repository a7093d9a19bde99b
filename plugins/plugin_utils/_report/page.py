# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders the report as one HTML page. ``page.html.j2`` has its text and structure, ``page.css`` its style; this file formats numbers."""

import functools
import os
import time
from typing import Any, Callable, NamedTuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._report.facts import KINDS, RestoreReport, TimelineSpan
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.history import Drill
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.visible_text import visible
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._units import duration, size
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup


class TimelineRow(NamedTuple):
    """One line of the timeline. ``speed`` is in bytes per second, 0 if no data moved; ``spans`` are in chronological order."""

    name: str
    spans: tuple[TimelineSpan, ...]
    speed: int

    @property
    def seconds(self) -> float:
        return sum(span.seconds for span in self.spans)


class Trend(NamedTuple):
    """A figure across drills. ``lines`` are the points of each line in a box of 1000 by 100; a line breaks where a drill lacks the figure."""

    name: str
    figures: tuple[str, ...]
    lines: tuple[str, ...]


TRENDS = 6
# How many drills the table lists; the file has all.
LISTED = 60


def to_html(report: RestoreReport) -> str:
    """The page. It loads nothing and runs no script, and every text of ``report`` in it is escaped and visible."""
    # Values are never templates: the output is not rendered again.
    backup = {name: value for name, value in report.backup.items() if value not in (None, "")}
    return _template().render(report=report, backup=backup, timeline=timeline_rows(report), trends=trends(report), listed=LISTED, kinds=KINDS)


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(os.path.dirname(__file__)),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        finalize=_visible_text,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(count=count, size=size, duration=duration, moment=moment)
    return environment.get_template("page.html.j2")


def timeline_rows(report: RestoreReport) -> list[TimelineRow]:
    """Group the timeline by row. A step and a database of the same name are two rows."""
    rows: dict[tuple[bool, str], list[TimelineSpan]] = {}
    for span in report.timeline:
        rows.setdefault((span.phase == "step", span.row), []).append(span)
    speeds = {database.target: database.throughput for database in report.databases}
    found = []
    for (is_step, name), spans in rows.items():
        row = TimelineRow(name, tuple(spans), 0)
        moved = int(sum(span.bytes for span in spans) / row.seconds) if row.seconds else 0
        found.append(row._replace(speed=moved if is_step else speeds.get(name, moved)))
    return found


def trends(report: RestoreReport) -> list[Trend]:
    """The restore time, the total rows, and the rows of the largest tables of any drill; empty with fewer than two drills."""
    drills = report.history.drills if report.history else ()
    if len(drills) < 2:
        return []
    sizes: dict[tuple[str, str], int] = {}
    for drill in drills:
        for name, rows in drill.rows.items():
            sizes[name] = max(sizes.get(name, 0), rows or 0)
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:TRENDS]
    found = [
        _trend("restore time", drills, lambda drill: drill.restore_seconds if drill.rows else None, duration),
        _trend("all rows", drills, lambda drill: drill.total if drill.rows else None, lambda number: count(int(number))),
    ]
    for name in largest:
        found.append(_trend(".".join(name), drills, lambda drill, name=name: drill.rows.get(name), lambda number: count(int(number))))  # type: ignore[misc]
    return found


def _trend(name: str, drills: tuple[Drill, ...], figure: Callable[[Drill], float | None], shown: Callable[[float], str]) -> Trend:
    figures = [figure(drill) for drill in drills]
    first, last = drills[0].written, drills[-1].written
    highest = max([number for number in figures if number] or [1])
    lines: list[list[str]] = [[]]
    for drill, number in zip(drills, figures, strict=True):
        if number is None:
            lines.append([])
        else:
            lines[-1].append(f"{8 + 984 * (drill.written - first) / ((last - first) or 1):.1f},{92 - 84 * number / highest:.1f}")
    # A line of one point is not drawn, so draw a dot: a zero-length line with round ends.
    points = [line + line if len(line) == 1 else line for line in lines if line]
    return Trend(name, tuple("none" if number is None else shown(number) for number in figures), tuple(" ".join(line) for line in points))


def _visible_text(value: Any) -> Any:
    """The text that Jinja outputs for an expression, before it is escaped."""
    if value is None or isinstance(value, Markup):
        return value or ""
    return visible(str(value))


def count(number: int, noun: str = "") -> str:
    """1,200 rows; 1 row."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}" if noun else f"{number:,}"


def moment(seconds: float) -> str:
    """Seconds since 1970 as a date and time in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page that needs nothing else: whether the backup is good, then what it is, then the details."""

import time
from typing import Dict, List, Optional, Tuple

from .facts import BAD, GOOD, KINDS, UNVERIFIED, ReportedDatabase, ReportedTable, RestoreReport, TimelineSpan
from .markup import Content, Markup, element, literal, together
from .style import STYLE

# Tables of a database beyond which it is folded, if it is as it should be.
_UNFOLDED = 60

# Nothing is loaded and nothing runs, whatever a name might hold and whoever serves this page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

_SIGNS = {GOOD: "M17 33 L28 44 L48 22", BAD: "M22 22 L42 42 M42 22 L22 42", UNVERIFIED: "M32 16 L32 36 M32 47 L32 48"}
_COLOURS = {GOOD: "#17703f", BAD: "#ad1f13", UNVERIFIED: "#7d5200"}

_GTID = {
    "strip": "left out. The server keeps its own history",
    "fail": "the backup holds none",
    "apply": "added to the server's gtid_purged",
    "enable": "GTIDs were switched on, and the set was added to the server's gtid_purged",
    "reset": "the server's own history was emptied, and the set put in its place",
}
_GTID_THERE = "the server's history had it already"

_GROUPS = {
    "scan": "read",
    "preflight": "read",
    "database": "read",
    "tables": "read",
    "rows": "rows",
    "indexes": "keys",
    "foreign_keys": "keys",
    "verify": "check",
    "orphans": "check",
    "step": "step",
}
_LEGEND = (
    ("step", "a whole step"),
    ("read", "reading the dump, making tables"),
    ("rows", "rows"),
    ("keys", "indexes and foreign keys"),
    ("check", "counting and comparing"),
    ("rest", "views, routines, triggers, events, GTID"),
)
_PHASES = {
    "scan": "reading the dump",
    "preflight": "looking at the server",
    "database": "making the database",
    "tables": "making tables",
    "rows": "rows",
    "indexes": "indexes",
    "verify": "counting rows",
    "swap": "putting it in its place",
    "foreign_keys": "foreign keys",
    "orphans": "looking for orphans",
    "objects": "views, routines, triggers, events",
    "gtid": "GTID set",
    "step": "the whole step",
}


def to_html(report: RestoreReport) -> str:
    """The whole page."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("link", rel="icon", href=_icon(report.verdict)),
        element("title", "{0} {1}: {2}".format({GOOD: "\u2713", BAD: "\u2717", UNVERIFIED: "!"}[report.verdict], report.title, report.backup["name"])),
        literal("<style>" + STYLE + "</style>"),
    )
    parts = [_header(report), _why(report), _figures(report), _about(report), _times(report)]
    parts += [_database(database) for database in sorted(report.databases, key=lambda one: not one.problems)]
    main = element("main", *(parts + [_footer(report)]))
    page = element("html", head, element("body", main, class_=report.verdict), lang="en")
    return "<!DOCTYPE html>\n" + page.text + "\n"


# -- numbers, for people


def count(number: int, what: str = "") -> str:
    """1,200 rows; 1 row."""
    return "{0:,}{1}{2}{3}".format(number, " " if what else "", what, "s" if what and number != 1 else "")


def size(number: float) -> str:
    """Bytes, as 47.3 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            return "{0:.{1}f} {2}".format(number, 0 if unit == "B" or number >= 99.95 else 1, unit)
        number /= 1000.0
    return ""


def duration(seconds: float) -> str:
    """0.31 s, 12.4 s, 3 min 12 s, 2 h 5 min."""
    if seconds < 59.95:
        return "{0:.{1}f} s".format(seconds, 2 if seconds < 0.995 else 1)
    whole = int(seconds + 0.5)
    if whole < 3600:
        return "{0} min {1} s".format(whole // 60, whole % 60)
    return "{0} h {1} min".format(whole // 3600, whole % 3600 // 60)


def moment(seconds: float) -> str:
    """In UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


# -- parts of the page


def _icon(verdict: str) -> str:
    drawn = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'><circle cx='32' cy='32' r='30' fill='{0}'/>"
    drawn += "<path d='{1}' fill='none' stroke='white' stroke-width='7'/></svg>"
    return "data:image/svg+xml," + drawn.format(_COLOURS[verdict], _SIGNS[verdict]).replace("#", "%23").replace("<", "%3C").replace(">", "%3E")


def _name(text: str) -> Markup:
    """A name of the user's or of the dump's, whose writing direction stays its own."""
    return element("bdi", text)


def _header(report: RestoreReport) -> Markup:
    disc = element("circle", class_="disc", cx=32, cy=32, r=31)
    sign = element("svg", disc, element("path", class_="sign", d=_SIGNS[report.verdict]), viewbox="0 0 64 64", aria_hidden="true")
    if report.verdict == BAD:
        said = "This backup did not restore" if report.failed_task or not report.databases else "Restored, but not as it should be"
    else:
        said = "This backup restores" if report.verdict == GOOD else "Restored, but not verified"
    below = element("p", element("span", _name(str(report.backup["name"]))), element("span", moment(report.written)))
    words = element("div", element("p", report.title, class_="title"), element("h1", said), below)
    return element("header", sign, words)


def _why(report: RestoreReport) -> Optional[Markup]:
    if not report.problems:
        return None
    listed = element("ul", *[element("li", *_lines(problem)) for problem in report.problems])
    task = element("p", "It happened in the task: ", _name(report.failed_task), class_="task soft") if report.failed_task else None
    return element("section", element("h2", "Why", id="why"), listed, task, class_="why", aria_labelledby="why")


def _lines(text: str) -> List[Content]:
    """A text of several lines, as an error may be."""
    lines: List[Content] = []
    for line in text.splitlines() or [""]:
        lines += [element("br"), line] if lines else [line]
    return lines


def _figures(report: RestoreReport) -> Optional[Markup]:
    if not report.databases:
        return None
    tables = [table for database in report.databases for table in database.tables]
    told = [
        ("databases" if len(report.databases) != 1 else "database", count(len(report.databases))),
        ("tables" if len(tables) != 1 else "table", count(len(tables))),
        ("rows", count(sum(database.rows for database in report.databases))),
        ("of SQL", size(sum(database.bytes for database in report.databases))),
        ("from begin to end", duration(report.seconds)),
    ]
    figures = [element("div", element("dt", what), element("dd", number)) for what, number in told]
    return element("section", element("dl", *figures), class_="figures")


def _facts(*pairs: Tuple[str, Content]) -> Markup:
    known = [(what, value) for what, value in pairs if value is not None and value != ""]
    return element("dl", *[one for what, value in known for one in (element("dt", what), element("dd", value))], class_="facts")


def _about(report: RestoreReport) -> Markup:
    backup = report.backup
    texts = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in backup.items() if value is not None and value != ""}
    length = size(float(backup["size"])) + " ({0:,} bytes)".format(int(backup["size"])) if backup.get("size") else None
    what = _facts(
        ("File", _name(texts["name"])),
        ("Backup ID", _code(texts.get("id"))),
        ("Made", texts.get("made")),
        ("Made by", texts.get("server_version") and "MySQL " + texts["server_version"]),
        ("Size", length),
        ("Downloaded", size(report.bytes_downloaded) if report.bytes_downloaded else None),
        ("CRC-64", _code(texts.get("crc64"))),
        ("Checked by", texts.get("verified_by")),
    )
    where = _facts(
        ("Restored into", report.server_version and "MySQL " + report.server_version + _another_series(texts.get("server_version"), report.server_version)),
        ("On", _name(report.host)),
        ("GTID set", _gtid(report)),
        *[(name, _name(str(value))) for name, value in sorted(report.versions.items()) if value],
    )
    return element("div", _section("The backup", "backup", what), _section("The restore", "restore", where), class_="columns")


def _another_series(made: Optional[str], restored: str) -> str:
    same = not made or made.split(".")[:2] == restored.split(".")[:2]
    return "" if same else ", which is not the series the backup was made by"


def _section(title: str, key: str, *contents: Content) -> Markup:
    return element("section", element("h2", title, id=key), *contents, aria_labelledby=key)


def _code(text: Optional[str]) -> Optional[Markup]:
    return element("code", text) if text else None


def _gtid(report: RestoreReport) -> Optional[Markup]:
    if not report.gtid:
        return None
    sets = {str(database.gtid["dump"]) for database in report.databases if database.gtid.get("dump")}
    added = any(database.gtid.get("applied") for database in report.databases)
    said: List[Content] = [element("b", report.gtid), ": ", _GTID.get(report.gtid, "") if added or report.gtid in ("strip", "fail") else _GTID_THERE]
    if report.databases and not sets:
        return together(element("b", report.gtid), ": there is none in the backup")
    for one in sorted(sets):
        said += [element("br"), element("code", ", ".join(one.replace(",", " ").split()))]
    return together(*said)


def _times(report: RestoreReport) -> Optional[Markup]:
    if not report.timeline or not report.seconds:
        return None
    # A database may be named like a step.
    rows: Dict[Tuple[bool, str], List[TimelineSpan]] = {}
    for span in report.timeline:
        rows.setdefault((span.phase == "step", span.row), []).append(span)
    loads = {database.target: database for database in report.databases}
    bars = [_bar(name, spans, report.seconds, None if is_step else loads.get(name)) for (is_step, name), spans in rows.items()]
    axis = element("p", element("span", "0 s"), element("span", duration(report.seconds)), class_="axis", aria_hidden="true")
    used = {_group(span.phase) for span in report.timeline}
    legend = element("ul", *[element("li", _swatch(group), said) for group, said in _LEGEND if group in used], class_="legend")
    head = element("thead", element("tr", *[element("th", title, scope="col", class_=kind) for title, kind in _TIME_COLUMNS]))
    table = element("table", head, element("tbody", *[_time_line(span) for span in report.timeline]))
    numbers = element("details", element("summary", "The same in numbers", class_="small soft"), table)
    return _section("Where the time went", "times", element("figure", element("div", *(bars + [axis]), class_="bars"), legend), numbers)


_TIME_COLUMNS = (("what", None), ("phase", None), ("began after", "number"), ("took", "number"))


def _time_line(span: TimelineSpan) -> Markup:
    numbers = [element("td", duration(seconds), class_="number") for seconds in (span.begin, span.seconds)]
    return element("tr", element("th", _name(span.row), scope="row"), element("td", _PHASES.get(span.phase, span.phase)), *numbers)


def _group(phase: str) -> str:
    return _GROUPS.get(phase, "rest")


def _swatch(group: str) -> Markup:
    return element("svg", element("rect", class_=group, width=12, height=12, rx=3), viewbox="0 0 12 12", aria_hidden="true")


def _bar(name: str, spans: List[TimelineSpan], whole: float, database: Optional[ReportedDatabase]) -> Markup:
    drawn = []
    for span in spans:
        tip = element("title", "{0}: {1}".format(_PHASES.get(span.phase, span.phase), duration(span.seconds)))
        left, width = 1000 * span.begin / whole, max(1000 * span.seconds / whole, 1.5 if span.seconds else 0)
        place = dict(x="{0:.1f}".format(min(left, 998.5)), y="0", width="{0:.1f}".format(width), height="10")
        drawn.append(element("g", tip, element("rect", class_=_group(span.phase), **place)))
    took = sum(span.seconds for span in spans)
    amount, speed = sum(span.bytes for span in spans), 0
    if database is not None:
        amount, speed = database.bytes, database.throughput
    elif amount and took:
        speed = int(amount / took)
    said = duration(took) + (", {0}/s".format(size(speed)) if speed else "")
    label = "{0}: after {1} for {2}".format(name, duration(spans[0].begin), said)
    picture = element("svg", *drawn, viewbox="0 0 1000 10", preserve_aspect_ratio="none", role="img", aria_label=label)
    return element("div", element("p", _name(name), class_="name"), picture, element("p", said, class_="said"))


# -- a database


def _database(database: ReportedDatabase) -> Markup:
    tables = sorted(database.tables, key=lambda table: table.ok is not False)
    bad = sum(table.ok is False for table in tables)
    name = [_name(database.target)]
    if database.source != database.target:
        name.append(element("span", " from ", _name(database.source), class_="soft"))
    state = element("span", "\u2717 not as it should be", class_="is-bad") if database.problems else _fine(database)
    about = "{0}, {1}".format(count(len(tables), "table"), count(database.rows, "row"))
    if database.bytes:
        about += ", {0} of SQL".format(size(database.bytes))
    if not database.changed:
        about += ", was there already"
    if bad:
        about += ", {0} wrong".format(count(bad, "table"))
    summary = element("summary", element("h2", *name), state, element("p", about, class_="soft small"))
    parts = [_tables(database, tables), _objects(database), _rewritten(database), _notes(database)]
    unfolded = "open" if database.problems or len(tables) <= _UNFOLDED else None
    return element("section", element("details", summary, *parts, class_="database", open=unfolded))


def _fine(database: ReportedDatabase) -> Markup:
    if database.verified:
        return element("span", "\u2713 as it should be", class_="is-good")
    if all(table.ok is not None for table in database.tables):
        return element("span", "\u2713 rows counted", class_="is-good")
    return element("span", "? not verified", class_="is-unknown")


_COLUMNS = (
    ("table", None),
    ("rows expected", "number"),
    ("rows found", "number"),
    ("engine", "wide"),
    ("SQL", "number wide"),
    ("seconds", "number wide"),
    ("", "state"),
)


def _tables(database: ReportedDatabase, tables: List[ReportedTable]) -> Optional[Markup]:
    if not tables:
        return None
    head = element("thead", element("tr", *[element("th", title or element("span", "state"), scope="col", class_=kind) for title, kind in _COLUMNS]))
    return element("table", head, element("tbody", *[_table(table) for table in tables]))


def _table(table: ReportedTable) -> Markup:
    expected = "not known" if table.rows_expected is None else count(table.rows_expected)
    found = "missing" if table.rows is None and table.ok is False else "not counted" if table.rows is None else count(table.rows)
    amount = size(table.bytes) if table.bytes else ""
    took = "{0:.1f}".format(table.seconds) if table.bytes else ""
    more = ", ".join(text for text in (table.engine, amount, took and took + " s") if text)
    state = {True: ("\u2713 ok", "is-good"), False: ("\u2717 wrong", "is-bad"), None: ("? unknown", "is-unknown")}[table.ok]
    wrong = element("span", " CHECK TABLE: {0}".format(table.check), class_="is-bad small") if table.ok is False and table.check not in ("", "OK") else None
    return element(
        "tr",
        element("th", _name(table.name), wrong, element("span", more, class_="more"), scope="row"),
        element("td", expected, class_="number"),
        element("td", found, class_="number" + (" is-bad" if table.ok is False and table.rows != table.rows_expected else "")),
        element("td", table.engine, class_="wide"),
        element("td", amount, class_="number wide"),
        element("td", took, class_="number wide"),
        element("td", element("span", state[0], class_=state[1]), class_="state"),
    )


def _objects(database: ReportedDatabase) -> Optional[Markup]:
    if not database.objects:
        return None
    said = []
    for kind in KINDS:
        found, expected = database.objects.get(kind), database.objects_expected.get(kind)
        if found is not None:
            said.append(count(found, kind[:-1]) if expected in (None, found) else "{0} of {1}".format(found, count(expected or 0, kind[:-1])))
    return element("div", element("h3", "Objects"), element("p", ", ".join(said)), class_="inside")


def _rewritten(database: ReportedDatabase) -> Optional[Markup]:
    told = {name: number for name, number in database.rewritten.items() if number}
    if not told:
        return None
    listed = ", ".join("{0} {1}".format(name.replace("_", " "), count(number)) for name, number in sorted(told.items()))
    return element("div", element("h3", "Left out or rewritten, by policy"), element("p", listed), class_="inside")


def _notes(database: ReportedDatabase) -> Optional[Markup]:
    if not database.warnings:
        return None
    return element("div", element("h3", "Warnings"), element("ul", *[element("li", warning) for warning in database.warnings]), class_="inside notes")


def _footer(report: RestoreReport) -> Markup:
    said = "Written {0} by apsaradb.mysql. Rows are counted, not estimated; expected is what the backup holds.".format(moment(report.written))
    return element("footer", element("p", said, class_="small soft"))

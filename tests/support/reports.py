# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds reports for the tests: small results of imports and verifications, and texts that try to break out of the report."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._report.evidence import drill_of, evidence_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.facts import ReportInput, build_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.history import History

NOW = 1800000000.0
HOSTILE = [
    "<script>alert(1)</script>",
    "\"' onload=alert(1) x='",
    "</td></table><!--",
    "]]>&amp;&#60;",
    "a\x01b\x00\n\u202ec\ud800\ufffe",
    "{{ 7 * 191 }}",
    "{% raw %}{# #}",
    "</style>",
    "</title>",
]


def table(name="t", rows=3, expected=3, **more):
    return dict({"name": name, "rows": rows, "rows_expected": expected, "bytes": 90, "seconds": 0.1, "engine": "InnoDB"}, **more)


def imported(target="shop", tables=None, **more):
    """A result of mysql_sql_import."""
    known = {"source": "shop", "target": target, "changed": True, "bytes": 900, "seconds": 2.0, "tables": [table()] if tables is None else tables}
    known.update({"objects": {"views": 1}, "rewritten": {"definer": 2}, "gtid": {"dump": "u:1-2"}, "warnings": [], "server_version": "9.7.4"})
    return dict(known, **more)


def verified(target="shop", tables=None, problems=(), **more):
    """A result of mysql_restore_verify."""
    tables = [table(check="OK", ok=True)] if tables is None else tables
    return dict({"database": target, "tables": tables, "objects": {"views": 1}, "objects_expected": {"views": 1}, "problems": list(problems)}, **more)


def report(imports=(), checks=(), failure=None, steps=(), text="x", backup=None, gtid="strip", **more):
    """A report whose title, host, failed task and version are ``text``."""
    restored = dict({"backup": "/bucket/b.tar", "gtid": gtid, "bytes_downloaded": 5, "databases": list(imports)}, **more)
    return build_report(ReportInput(restored, list(checks), backup or {}, failure, text, list(steps), text, text, {text: text}), NOW)


def report_full_of(text):
    """A report with ``text`` in every place that can hold a text from outside."""
    imports = [imported(text, [table(text, engine=text), table("lost" + text, None)], source=text + "2", warnings=[text], gtid={"dump": text})]
    imports[0]["after_sql"] = [{"name": text, "statements": [{"table": text, "rows": 1}]}]
    imports[0].update(objects={text: 1, "views": 1}, rewritten={text: 1}, server_version=text, phases={text: 1.0, "rows": 2.0}, began=NOW)
    checks = [verified(text, [table(text, 2, 3, ok=False, check=text, engine=text)], [text], server_version=text)]
    backup = {name: text for name in ("name", "id", "made", "crc64", "verified_by", "server_version", "more")}
    backup["window"] = dict({name: text for name in ("from", "to", "error")}, gaps=[{name: text for name in ("kind", "from", "to", "cure")}])
    backup["between"] = {"text": text, "problems": [text]}
    reached = {"committed": text, "gtid": text}
    made = report(imports, checks, text, [{"name": text, "began": NOW, "seconds": 1, "bytes": 3}], text, backup, text, rolled_forward=reached)
    return with_history(made._replace(warnings=(text,)), [{(text, text): 1, ("shop", text): None}], text)


def with_history(made, earlier, by="me@here"):
    """The report with its evidence and a history of earlier drills, one a day, each a dictionary of rows."""
    made = made._replace(evidence=evidence_of(made, by))
    drill = drill_of(made, "s", made.evidence)
    drills = [drill._replace(written=NOW - 86400 * (len(earlier) - number), rows=rows) for number, rows in enumerate(earlier)]
    return made._replace(history=History("/history", tuple(drills) + (drill,), ()))

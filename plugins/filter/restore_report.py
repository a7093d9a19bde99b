# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter restore_report: the facts of a report, computed from results of modules in time linear in their size."""

from __future__ import annotations

from typing import Any, Callable, Iterable

DOCUMENTATION = r"""
name: restore_report
short_description: Combine module results into the facts of a restore report
version_added: 1.0.0
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
description:
  - Combines the results of the tasks of a restore into a value for the option O(apsaradb.mysql.mysql_restore_report#module:restored) of
    M(apsaradb.mysql.mysql_restore_report). The role P(apsaradb.mysql.restore#role) uses it for its fact C(restore_report).
options:
  _input:
    description:
      - Results of M(apsaradb.mysql.mysql_sql_import) with RV(apsaradb.mysql.mysql_sql_import#module:databases), of
        M(apsaradb.mysql.rds_backup_fetch), of M(apsaradb.mysql.mysql_roll_forward), of M(apsaradb.mysql.mysql_restore_sql) and of
        M(apsaradb.mysql.mysql_gtid), in any order. If several results have the same value, such as two imports, the first one is used.
      - Results of skipped tasks, empty dictionaries, and databases that could not be imported are left out.
    type: list
    elements: dict
    required: true
  about:
    description:
      - Further facts, such as C(backup), C(instance_id), C(backup_id) and C(gtid). Set C(changed) to true if something changed that no result reports.
    type: dict
    default: {}
  checks:
    description:
      - Results of M(apsaradb.mysql.mysql_restore_preflight).
    type: list
    elements: dict
    default: []
positional: about
"""

EXAMPLES = r"""
- name: Import all databases of a backup
  apsaradb.mysql.mysql_sql_import:
    archive: /var/backups/hins2345_data_20260101033000.tar
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: imported

- name: Write a report
  apsaradb.mysql.mysql_restore_report:
    dest: /var/www/reports
    restored: "{{ [imported] | apsaradb.mysql.restore_report({'backup': 'hins2345_data_20260101033000.tar'}) }}"
"""

RETURN = r"""
_value:
  description:
    - The facts given in O(about), with C(changed), C(bytes_downloaded), C(size), C(crc64), C(verified_by), C(findings), C(gtid_outlook),
      C(rolled_forward), C(roll_forward_plan), C(following) and C(databases). Each database has C(rows) and C(seconds) in addition to what
      M(apsaradb.mysql.mysql_sql_import) returns.
  type: dict
"""

# What the report has of each database besides its names, with the value for a database that was left alone.
_OF_A_DATABASE: dict[str, Any] = {
    "changed": False,
    "skipped": False,
    "bytes": 0,
    "began": 0,
    "phases": {},
    "server_version": "",
    "tables": [],
    "tables_left_out": 0,
    "objects": {},
    "rewritten": {},
    "gtid": {},
    "rolled_forward": {},
    "after_sql": [],
    "warnings": [],
}

_OF_A_CHANNEL = ("running", "lag_seconds", "transactions_behind")
_OF_A_PLAN = ("window", "transactions", "overlap", "largest", "ddl")


def restore_report(results: Iterable[dict[str, Any]], about: dict[str, Any] | None = None, checks: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """The facts of the report. Each value is read once: Ansible templates what a filter reads."""
    known = list(results)
    checked = [check for check in checks if "findings" in check]
    findings = {repr(finding): finding for check in checked for finding in check["findings"]}
    outlooks = (check.get("facts", {}).get("gtid") for check in checked)
    facts = dict(about or {})
    reached = _first(known, "reached", {})
    imported = [database for database in _imported(known) if not database.get("failed")]
    ran = {found["database"]: found["files"] for result in known for found in _databases_in(result, "files") if "database" in found}
    databases = [dict(_database(database, reached), **_ran_in(database, ran)) for database in imported]
    return dict(
        facts,
        changed=bool(facts.get("changed")) or any(result.get("changed") for result in known),
        bytes_downloaded=sum(result.get("bytes_downloaded", 0) for result in known),
        size=_first(known, "size", None),
        crc64=_first(known, "crc64", None),
        verified_by=_first(known, "verified_by", []),
        findings=list(findings.values()),
        gtid_outlook=next((outlook for outlook in outlooks if outlook), None),
        following=next(({name: result[name] for name in _OF_A_CHANNEL} for result in known if "channel" in result), {}),
        rolled_forward=next((database["rolled_forward"] for database in databases if database["rolled_forward"]), {}),
        roll_forward_plan=_plan([*known, *(check.get("facts", {}).get("roll_forward") or {} for check in checked)]),
        databases=databases,
    )


def _plan(results: list[dict[str, Any]]) -> dict[str, Any]:
    """What the roll-forward applies, as the roll-forward itself or a check before it has found."""
    return next(({name: result[name] for name in _OF_A_PLAN} for result in results if "ddl" in result and "overlap" in result), {})


def _databases_in(result: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The databases in ``result`` that have ``key``. rds_backup_fetch returns only their names, or null."""
    return [found for found in result.get("databases") or () if isinstance(found, dict) and key in found]


def _imported(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The databases of the first result of an import."""
    return next((found for found in (_databases_in(result, "target") for result in results) if found), [])


def _first(results: list[dict[str, Any]], name: str, default: Any) -> Any:
    return next((result[name] for result in results if result.get(name) is not None), default)


def _database(imported: dict[str, Any], reached: dict[str, Any]) -> dict[str, Any]:
    """``reached`` is the point in time that this run rolled the databases forward to, if it did."""
    found = {name: imported.get(name, default) for name, default in _OF_A_DATABASE.items()}
    if reached and found["server_version"]:
        found["rolled_forward"] = dict(reached, complete=True)
    rows = sum(table.get("rows") or 0 for table in found["tables"])
    return dict(found, source=imported["source"], target=imported["target"], rows=rows, seconds=imported.get("elapsed", 0))


def _ran_in(imported: dict[str, Any], ran: dict[str, Any]) -> dict[str, Any]:
    """The SQL files that ran in the database, if this run has looked."""
    return {"after_sql": ran[imported["target"]]} if imported["target"] in ran else {}


class FilterModule:
    """Ansible finds the filter by this name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"restore_report": restore_report}

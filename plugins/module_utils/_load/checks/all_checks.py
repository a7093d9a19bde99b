# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All checks of a dump against a server, in the order of their findings, run before the first write."""

from typing import Callable, List, Tuple

from ..._finding import Finding
from . import (
    compatibility,
    fired_triggers,
    gtid,
    long_names,
    messages,
    missing_tables,
    origin_defaults,
    privileges,
    refused_foreign_keys,
    row_values,
    table_options,
    trial,
    trial_changes,
    trial_columns,
    trial_tables,
)
from .subject import CheckSubject

Check = Callable[[CheckSubject], List[Finding]]


def check_complete(subject: CheckSubject) -> List[Finding]:
    """Each file ends with mysqldump's last line."""
    if not subject.request.require_complete or subject.known.plan is None:
        return []
    return [messages.CUT.found(file=file.name, size=file.size) for file in subject.known.plan.files if not file.completed]


CHECKS: Tuple[Tuple[str, Check], ...] = (
    ("complete", check_complete),
    ("privileges", privileges.check_privileges),
    ("definers", privileges.check_definers),
    ("read_only", privileges.check_read_only),
    ("gtid", gtid.check_gtid),
    ("engines", compatibility.check_engines),
    ("encryption", compatibility.check_encryption),
    ("charset", compatibility.check_charset),
    ("collations", origin_defaults.check_collations),
    ("timestamps", origin_defaults.check_timestamps),
    ("sql_mode", compatibility.check_sql_mode),
    ("words", compatibility.check_words),
    ("syntax", trial.check_server_parses),
    ("definitions", trial_tables.check_definitions),
    ("foreign_keys", refused_foreign_keys.check_foreign_keys),
    ("row_formats", table_options.check_row_formats),
    ("partitions", table_options.check_partitions),
    ("constraint_names", table_options.check_constraint_names),
    ("primary_keys", table_options.check_primary_keys),
    ("tables", missing_tables.check_tables),
    ("other_databases", missing_tables.check_other_databases),
    ("functions", missing_tables.check_functions),
    ("views", trial_columns.check_views),
    ("rows", row_values.check_rows),
    ("statement_columns", trial_columns.check_statements),
    ("changes", trial_changes.check_changes),
    ("trigger_definitions", fired_triggers.check_trigger_definitions),
    ("triggers", fired_triggers.check_fired_triggers),
    ("names", compatibility.check_names),
    ("file_names", long_names.check_file_names),
    ("packet", compatibility.check_packet),
    ("local_infile", compatibility.check_lane),
    ("events", compatibility.check_events),
)
"""Name and function of each check; the preflight also runs the check for existing objects (conflicts)."""


def run_checks(subject: CheckSubject) -> List[Finding]:
    """The findings of all checks."""
    return [finding for _name, check in CHECKS for finding in check(subject)]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table while a dump is read. Whole dumps are in test_planner.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import StatementKind
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Definition, DumpPosition
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_definition import parse_table
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.table_history import TableHistory

TEXT = b"CREATE TABLE `T` (a int, b int, PRIMARY KEY (a), UNIQUE KEY u (b), KEY k (b), CONSTRAINT f FOREIGN KEY (b) REFERENCES x (y)) ENGINE=InnoDB"
CREATE = Definition(StatementKind.TABLE, b"T", TEXT, SessionState(), DumpPosition("a.sql", 1, 0, "CREATE TABLE"), "TABLE")
HISTOGRAM = CREATE._replace(kind=StatementKind.HISTOGRAM, what="HISTOGRAM")


def made(size=0):
    draft = TableHistory(b"T", 0)
    draft.make(CREATE, parse_table(TEXT, Dialect(90704)), Dialect(90704), 3)
    draft.rows, draft.bytes = 7, size
    return draft


def names(planned):
    return [clause.name for clause in planned.deferred.indexes + planned.deferred.foreign_keys]


@pytest.mark.parametrize(
    "size, choice, waiting",
    [(0, "auto", [b"f"]), (4 << 20, "auto", [b"u", b"k", b"f"]), (0, "always", [b"u", b"k", b"f"]), (4 << 20, "never", [b"f"])],
)
def test_keys_are_deferred_for_large_tables_or_on_request(size, choice, waiting):
    planned = made(size).planned(b"t", choice, keys_needed=False)
    assert names(planned) == waiting and all(name not in planned.create.text for name in (b"CONSTRAINT f", b"KEY k (b)")[: len(waiting)])
    assert (planned.name, planned.create.name, planned.rows, planned.bytes, planned.ordered) == (b"t", b"T", 7, size, False)


def test_no_key_is_deferred_if_another_statement_may_need_it():
    planned = made().planned(b"t", "always", keys_needed=True)
    assert names(planned) == [] and planned.create is CREATE and planned.deferred.create == TEXT


def test_unique_keys_are_not_deferred_if_rows_may_replace_others():
    draft = made()
    draft.exact = False
    assert names(draft.planned(b"t", "always", keys_needed=False)) == [b"k", b"f"]


def test_a_table_without_a_definition_has_no_deferred_keys():
    draft = TableHistory(b"T", 0)
    draft.rows = 7
    planned = draft.planned(b"t", "always", keys_needed=False)
    assert (planned.create, planned.table, planned.rows, planned.deferred.create, names(planned)) == (None, None, 7, b"", [])


def test_a_drop_forgets_rows_and_histograms():
    draft = made(9)
    draft.exact, draft.ordered = False, True
    draft.histograms.append(HISTOGRAM)
    assert draft.planned(b"t", "auto", keys_needed=False).histograms == (HISTOGRAM,) and draft.barriers_before == 3
    draft.drop()
    assert draft.dropped and (draft.rows, draft.bytes, draft.exact, draft.ordered, draft.histograms) == (0, 0, True, False, [])
    # Its original kind is still known.
    assert draft.create is CREATE
    draft.make(None, None, Dialect(90704))
    assert not draft.dropped and (draft.create, draft.table) == (None, None)

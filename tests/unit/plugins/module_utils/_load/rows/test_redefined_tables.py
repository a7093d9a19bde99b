# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is recorded of tables that a statement has altered; tests/servers/test_import_resumed.py asks servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import TABLE_BEGUN, TABLE_WHOLE
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import redefined_tables
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.redefined_tables import RedefinedTables
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingTable
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

TABLES = b"CREATE TABLE t (a INT) ENGINE=InnoDB;\nCREATE TABLE u (a INT) ENGINE=InnoDB;\n"


class Context:
    """A context, its connection and its ledger; all tables have two rows. ``noted`` is what is recorded in addition to ``given``."""

    def __init__(self, given=()):
        self.control = self.ledger = self
        self.given, self.noted = dict.fromkeys(given, 0), []

    def done(self, _connection):
        return self.given

    def note(self, _connection, *step):
        self.noted.append(step)

    @staticmethod
    def value(_sql):
        return 2


class Marks:
    """Keeps the names of the tables whose marks are recorded."""

    def __init__(self):
        self.names = []

    def mark(self, _connection, table):
        self.names.append(table.name)


@pytest.mark.parametrize(
    "statement, engines, marked, restarted",
    [
        (b"ALTER TABLE t ADD PRIMARY KEY (a)", {"t": "InnoDB", "u": "InnoDB"}, ["t"], set()),
        (b"ALTER TABLE t ENGINE=MyISAM", {"t": "MyISAM", "u": "InnoDB"}, ["t"], {0}),
        (b"CREATE TABLE v LIKE t", {"t": "MyISAM", "v": "MyISAM"}, [], {2}),
        (b"CREATE TABLE v LIKE u", {"u": "InnoDB", "v": "MRG_MYISAM"}, [], set()),
        # A table of the user, which the dump fills later.
        (b"ALTER TABLE v ENGINE=MyISAM", {"v": "MyISAM"}, [], {2}),
        # A server cannot open it, or it is gone.
        (b"OPTIMIZE TABLE t, u", {"t": ""}, ["t"], set()),
        # Rows do not change what a table is.
        (b"UPDATE t SET a = 1", {"t": "MyISAM"}, [], set()),
        (b"INSERT INTO t SELECT 1", {"t": "MyISAM"}, [], set()),
        # All tables are looked at if it is not known what a statement does.
        (b"CALL p()", {"t": "MyISAM", "u": "InnoDB", "other": "MyISAM"}, ["t", "u"], {0}),
    ],
)
@pytest.mark.parametrize("settled", [(), ("t",)])
def test_what_a_statement_has_made_of_its_tables(monkeypatch, statement, engines, marked, restarted, settled):
    found = plan(whole(TABLES + statement + b";\nINSERT INTO v VALUES (1);\n"), allow=("CALL",))
    tables = [ExistingTable(name, engine) for name, engine in engines.items()]
    monkeypatch.setattr(redefined_tables, "table_in", lambda _control, _database, name: next((table for table in tables if table.name == name), None))
    monkeypatch.setattr(redefined_tables, "tables_and_views", lambda _control, _database: (tables, []))
    monkeypatch.setattr(redefined_tables, "with_marks", lambda _control, _database, tables: tables)
    made = Marks()
    barrier = next(step for step in found.steps if hasattr(step, "affected"))
    context = Context()
    assert RedefinedTables(context, found, "shop", made, settled).after(barrier) == restarted
    assert made.names == [name for name in marked if name not in settled]
    assert context.noted == ([(TABLE_BEGUN, 2, 2)] if statement.startswith(b"ALTER TABLE v") else [])


@pytest.mark.parametrize("given", [(TABLE_BEGUN, 0), (TABLE_WHOLE, 0)])
def test_the_rows_of_a_table_of_the_user_are_recorded_once(monkeypatch, given):
    """A table that had this engine before has other rows by now."""
    found = plan(whole(b"INSERT INTO v VALUES (1);\nALTER TABLE v ADD b INT;\nINSERT INTO v VALUES (1,1);\n"))
    monkeypatch.setattr(redefined_tables, "table_in", lambda _control, _database, name: ExistingTable(name, "MyISAM"))
    context = Context([given])
    assert RedefinedTables(context, found, "shop", Marks(), ()).after(found.steps[1]) == {0} and context.noted == []

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tables may be made at the same time. What servers do with them is in tests/servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.parallel_tables import connections_for, is_alone, make_tables
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support import plans

BARRIER = b"UPDATE t0 SET a = 1;\n"


def tables(sql, **choices):
    return plans.plan(plans.whole(sql), **choices).tables


def many(number, head=b""):
    return head + b"".join(b"CREATE TABLE t%d (a int) ENGINE=InnoDB;\n" % each for each in range(number))


@pytest.mark.parametrize(
    "sql, alone",
    [
        (b"CREATE TABLE t (a int PRIMARY KEY, FULLTEXT KEY f (b), b text) ENGINE=InnoDB", False),
        # The foreign key is made after the rows.
        (b"CREATE TABLE t (a int, CONSTRAINT k FOREIGN KEY (a) REFERENCES p (a)) ENGINE=InnoDB", False),
        (b"CREATE TABLE t (a int REFERENCES p (a)) ENGINE=InnoDB", True),
        (b"CREATE TABLE t (a int) ENGINE=MRG_MyISAM UNION=(`p`)", True),
        (b"CREATE TABLE t (a int) ENGINE=MyISAM COMMENT='references'", True),
    ],
)
def test_a_table_that_may_refer_to_others_is_made_alone(sql, alone):
    assert [is_alone(planned) for planned in tables(sql + b";\n")] == [alone]


def test_a_foreign_key_that_a_statement_between_needs_is_made_alone():
    sql = b"CREATE TABLE t (a int, CONSTRAINT k FOREIGN KEY (a) REFERENCES p (a)) ENGINE=InnoDB;\nUPDATE t SET a = 1;\n"
    assert [is_alone(planned) for planned in tables(sql)] == [True]


def test_connections_by_the_number_of_tables():
    assert [connections_for(tables(many(number)), 8) for number in (0, 1, 39, 40, 60, 500)] == [1, 1, 1, 2, 3, 4]
    assert connections_for(tables(many(500)), 1) == 1


def test_one_connection_while_the_collation_of_the_database_is_another():
    assert connections_for(tables(many(100, b"ALTER DATABASE shop CHARACTER SET latin1;\n")), 8) == 1


class Obstructed:
    """A connection to a server with a file of the engine for each table, which it does not know, until a statement removes it."""

    def __init__(self):
        self.connection = self
        self.ran = []

    def define(self, _session, _text, what, _place):
        if not self.ran:
            raise ServerError(1813, "Tablespace for table is in the way")
        self.ran.append("create " + what)

    def run(self, sql):
        self.ran.append(sql.decode())

    def take_warnings(self):
        return []


@pytest.mark.parametrize("ours", [(), ("other",)])
def test_a_file_of_a_table_that_no_earlier_run_has_begun_is_not_removed(ours):
    """It may be what is left of the user's own table."""
    loader = Obstructed()
    with pytest.raises(ServerError, match="1813.*move it out of the database's directory and keep it"):
        make_tables(loader, None, 1, "shop", plans.plan(plans.whole(many(1))), (), ours)
    assert loader.ran == []


def test_a_file_of_a_table_that_an_earlier_run_has_begun_is_removed():
    loader = Obstructed()
    assert make_tables(loader, None, 1, "shop", plans.plan(plans.whole(many(1))), (), ("t0",)) == []
    assert any("DISCARD TABLESPACE" in sql for sql in loader.ran) and loader.ran[-1] == "create table t0"

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the target or the window lacks is found before anything is changed, with its cure. What the files lack is in test_roll_forward.py."""

from contextlib import closing

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, rolls
from ansible_collections.apsaradb.mysql.tests.support.binlogs import Change, binlog
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

ZONE = "Nowhere/Zone"
TABLES = """
CREATE TABLE t (a INT NOT NULL PRIMARY KEY);
CREATE TABLE no_key (a INT);
CREATE TABLE parent (a INT NOT NULL PRIMARY KEY);
"""


@pytest.fixture(scope="module")
def target():
    entry = fixtures.server("9.7")
    with closing(databases.connection(entry)) as connection:
        for name in ("checks_back", "checks_near"):
            connection.run("DROP DATABASE IF EXISTS {0}".format(name))
            connection.run("CREATE DATABASE {0}".format(name))
        databases.run(entry, TABLES.encode(), "checks_back")
        yield entry
        for name in ("checks_near", "checks_back"):
            connection.run("DROP DATABASE {0}".format(name))


def folder_of(path, *changes):
    """A folder with a binlog of these transactions, from number 2 on."""
    path.mkdir(exist_ok=True)
    numbered = [change._replace(gtid="{0}:{1}".format(A, number), second=number) for number, change in enumerate(changes, 2)]
    (path / "mysql-bin.000001").write_bytes(binlog([(A, 1, 1)], numbered, server_id=4711, second=1))
    return str(path)


def roll(target, folder, tmp_path, **options):
    """In check mode, which refuses the same."""
    given = dict(database="checks_back", source_database="shop", gtid_set=A + ":1", check_mode=True)
    return rolls.in_process(target, folder, str(tmp_path), **dict(given, **options))


STATEMENT = "changes rows of shop in statement format.*before_statement"
CASES = [
    ([Change(table="gone")], "checks_back.gone .transaction {0}:2., which the server does not have. Import a backup".format(A)),
    ([Change(statement="ALTER TABLE gone ADD b INT")], "checks_back.gone .*which the server does not have"),
    ([Change(statement="ALTER TABLE T ADD b INT")], "checks_back.T .*a different case.*lower_case_table_names=1"),
    ([Change(statement="ALTER TABLE Shop.t ADD b INT")], "spells the database Shop in a different case"),
    ([Change(schema="SHOP")], "changes rows of SHOP, which is spelled in a different case"),
    ([Change(columns=b"\x03\x03")], "checks_back.t .*have 2 columns in the binlogs, and the table has 1"),
    ([Change(columns=b"\x03\x08")], "checks_back.t .*have 2 columns in the binlogs, and the table has 1"),
    ([Change(time_zone=ZONE)], "time zone {0}, which this server does not know. Load its time zone tables".format(ZONE)),
    ([Change(schema="other", time_zone=ZONE)], "time zone {0}".format(ZONE)),
    ([Change(statement="CREATE TABLE n (a INT)", time_zone=ZONE)], "time zone {0}".format(ZONE)),
    ([Change(statement="UPDATE shop.t SET a = 1", schema="other")], STATEMENT),
    ([Change(statement="DELETE FROM shop.t")], STATEMENT),
    ([Change(statement="CREATE TABLE n LIKE other.t")], "also names the database other.*before_statement"),
    ([Change(statement="DROP DATABASE shop")], "creates, drops or changes the whole database.*before_statement"),
]


def test_window_that_the_target_cannot_apply(target, tmp_path):
    """All that is refused before anything is changed."""
    for number, (changes, message) in enumerate(CASES):
        with pytest.raises(Failure, match=message) as caught:
            raise AssertionError((message, roll(target, folder_of(tmp_path / str(number), *changes), tmp_path)))
        assert "Nothing was changed" in str(caught.value)
    # Under its own name it is executed with its default database.
    statement = folder_of(tmp_path / "own", Change(statement="DELETE FROM t", schema="checks_back"))
    said = []
    assert roll(target, statement, tmp_path, source_database=None, warn=said.append)["transactions"]["applied"] == 1
    assert "changes rows by a statement" in said[0]
    # An offset is a time zone that needs no tables. Tables that the window creates need not exist.
    fine = [Change(time_zone="+08:00"), Change(statement="CREATE TABLE n (a INT)"), Change(table="n"), Change(table="m", schema="other")]
    assert roll(target, folder_of(tmp_path / "fine", *fine), tmp_path)["transactions"]["applied"] == 3


def test_tables_without_a_key(target, tmp_path):
    """The hidden key of RDS is not applied, and a warning says so; the overlap leaves the table out, and a warning names it."""
    said = []
    hidden = folder_of(tmp_path / "hidden", Change(table="no_key", columns=b"\x03\x08"))
    assert roll(target, hidden, tmp_path, warn=said.append)["transactions"]["applied"] == 1
    assert any("hidden key column of RDS" in text and "checks_back.no_key" in text for text in said), said
    said = []
    repeated = folder_of(tmp_path / "repeated", Change(table="no_key"), Change())
    assert roll(target, repeated, tmp_path, gtid_set=A + ":1-2", warn=said.append)["overlap"]["transactions"] == 1
    assert any("checks_back.no_key" in text and "without a primary key" in text for text in said), said


def test_databases_that_refer_to_each_other(target, tmp_path):
    """In either direction; not if both are rolled forward."""
    folder = folder_of(tmp_path / "plain", Change())
    with closing(databases.connection(target)) as connection:
        for child, parent in (("checks_near", "checks_back"), ("checks_back", "checks_near")):
            connection.run("CREATE TABLE IF NOT EXISTS {0}.parent (a INT NOT NULL PRIMARY KEY)".format(parent))
            connection.run("CREATE TABLE {0}.child (a INT PRIMARY KEY, FOREIGN KEY (a) REFERENCES {1}.parent (a))".format(child, parent))
            with pytest.raises(Failure, match="Foreign keys of {0} refer to {1}.*in one call".format(child, parent)):
                roll(target, folder, tmp_path)
            both = {"shop": "checks_back", "near": "checks_near"}
            assert roll(target, folder, tmp_path, database=None, source_database=None, databases=both)["changed"]
            connection.run("DROP TABLE {0}.child".format(child))

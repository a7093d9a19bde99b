# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No statement of the loader's own is larger than max_allowed_packet, however many tables and warnings there are."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace import staging
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import TableResult
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

pytestmark = pytest.mark.servers(1)

TARGET = "packet_target"
SMALL = 8192
COUNT = 160
END = b"-- Dump completed on 2026-01-01\n"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    """A server whose new connections may send only small packets."""
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    control = databases.connection(entry)
    before = control.value("SELECT @@GLOBAL.max_allowed_packet")
    control.run("SET GLOBAL max_allowed_packet = {0}".format(SMALL))
    yield entry
    control.run("SET GLOBAL max_allowed_packet = {0}".format(before))
    databases.drop(entry, TARGET)
    control.close()


def dump(names, rows=b"(1)", more=b""):
    head = b"SET NAMES utf8mb4;\n"
    made = b"".join(b"CREATE TABLE `%s` (a int) ENGINE=InnoDB;\nINSERT INTO `%s` VALUES %s;\n" % (name, name, rows) for name in names)
    return head + made + more + END


def names(letter):
    return [b"%s_%s_%04d" % (letter, b"long" * 12, number) for number in range(COUNT)]


def test_the_report_of_many_tables_is_kept(entry, tmp_path):
    paths = databases.write(tmp_path, dump(names(b"t")))
    assert load(databases.request(entry, TARGET, paths)).changed
    control = databases.connection(entry)
    kept = control.rows("SELECT LENGTH(text) FROM apsaradb_mysql.piece WHERE target = %s AND what = 'report'", (TARGET.encode(),))
    assert len(kept) > 10 and sum(int(row[0]) for row in kept) > 3 * SMALL
    again = load(databases.request(entry, TARGET, paths))
    assert not again.changed and len(again.tables) == COUNT and {table.rows for table in again.tables} == {1}
    control.run("DROP TABLE `{0}`.`{1}`".format(TARGET, names(b"t")[-1].decode()))
    assert load(databases.request(entry, TARGET, paths)).changed
    control.close()


def test_an_import_of_many_tables_is_resumed(entry, tmp_path):
    broken = b"CREATE VIEW v AS SELECT a FROM packet_other.u;\n"
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, dump(names(b"t"), more=broken)), allow=("CREATE VIEW",))
    databases.drop(entry, "packet_other")
    # Only CREATE VIEW looks for the column.
    databases.run(entry, b"CREATE DATABASE packet_other; CREATE TABLE packet_other.u (b int);")
    with pytest.raises(Failure, match="packet_other"):
        load(wanted)
    databases.run(entry, b"ALTER TABLE packet_other.u ADD a int;")
    resumed = load(wanted)
    databases.drop(entry, "packet_other")
    assert resumed.resumed and resumed.skipped_bytes > 0 and len(resumed.tables) == COUNT


def test_many_warnings_are_kept(entry, tmp_path):
    rows = b",".join(b"('%s')" % (b"too long " * 30) for _row in range(40))
    table = b"SET sql_mode = '';\nCREATE TABLE t (a varchar(3)) ENGINE=InnoDB;\n" + (b"INSERT INTO t VALUES " + rows + b";\n") * 60
    paths = databases.write(tmp_path, b"SET NAMES utf8mb4;\n" + table + END)
    done = load(databases.request(entry, TARGET, paths, batch_bytes=8192))
    assert len("".join(done.warnings)) > SMALL
    again = load(databases.request(entry, TARGET, paths, batch_bytes=8192))
    assert not again.changed and again.warnings == done.warnings


def test_many_tables_are_replaced_by_many(entry, tmp_path):
    for letter in b"o", b"n":
        paths = databases.write(tmp_path, dump(names(letter)))
        assert load(databases.request(entry, TARGET, paths, on_existing="replace")).changed
    control = databases.connection(entry)
    assert [str(row[0]).encode() for row in control.rows("SHOW TABLES FROM " + TARGET)] == names(b"n")
    assert not control.rows("SHOW DATABASES LIKE '\\_\\_apsaradb%'")
    control.close()


@pytest.mark.parametrize("last", [0, 1, 4, 7])
def test_a_replacement_that_is_killed_between_two_moves_is_finished(entry, tmp_path, monkeypatch, last):
    load(databases.request(entry, TARGET, databases.write(tmp_path, dump(names(b"o")))))
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, dump(names(b"n"), rows=b"(2),(3)")), on_existing="replace")
    renames = staging.renames

    def killed(moves, packet):
        statements = renames(moves, packet)
        assert len(statements) > 7
        return statements[:last] + ["KILL CONNECTION_ID()"]

    with monkeypatch.context() as patched:
        patched.setattr(staging, "renames", killed)
        with pytest.raises(ServerError):
            load(wanted)
    done = load(wanted)
    assert done.resumed and len(done.tables) == COUNT and {table.rows for table in done.tables} == {2}
    control = databases.connection(entry)
    assert [str(row[0]).encode() for row in control.rows("SHOW TABLES FROM " + TARGET)] == names(b"n")
    assert not control.rows("SHOW DATABASES LIKE '\\_\\_apsaradb%'")
    control.close()


@pytest.mark.parametrize("packet", [1024, 1 << 20])
def test_a_report_of_any_size_is_read_as_it_was_written(entry, packet):
    control = databases.connection(entry)
    control.run("SET GLOBAL max_allowed_packet = {0}".format(packet))
    other = databases.connection(entry)
    ledger = Ledger("apsaradb_mysql", TARGET)
    ledger.create(control)
    tables = [TableResult('it\'s a "t" \\ \N{SNOWMAN} {0}'.format(number), number, None, 1, 0.5, "InnoDB") for number in range(packet // 100)]
    report = {"tables": [dict(table._asdict()) for table in tables], "warnings": []}
    files = [{"size": 1, "edges": 2, "modified": 3, "content": None}] * 200
    for value in report, {}, dict(report, warnings=["x" * 3000]), {"tables": []}:
        other.run("START TRANSACTION")
        ledger.begin(other, files, {"tables": ["t"] * 900}, value)
        other.run("COMMIT")
        entry_now = ledger.read(other)
        assert entry_now.report == value and entry_now.state == "loading" and entry_now.files == files and len(entry_now.settings["tables"]) == 900
        ledger.report(other, dict(value, statements=1))
        assert ledger.read(other).report == dict(value, statements=1)
        ledger.complete(other, value)
        assert ledger.read(other).report == value and ledger.read(other).state == "complete"
    ledger.remove(other)
    assert ledger.read(other) is None
    control.close()
    other.close()

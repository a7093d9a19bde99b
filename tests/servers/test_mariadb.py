# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MariaDB as the target of a dump of MySQL: what works, and what is refused before anything is written."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, UnclearText, scan
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import GtidPolicy
from ansible_collections.apsaradb.mysql.plugins.module_utils._mariadb import COUNTS_AS
from ansible_collections.apsaradb.mysql.plugins.module_utils._server import gtid_state
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import version_of
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support.mariadb import SUITES, MariaDb
from ansible_collections.apsaradb.mysql.tests.support.preflights import kinds, look

pytestmark = pytest.mark.by_night
SOURCE, TARGET = "for_mariadb", "from-mysql"
TABLES = ["foreign_key_cycles"]
PROGRAMS = ["text_like_sql", "views", "stored_programs"]


@pytest.fixture(scope="module", params=sorted(SUITES))
def maria(request, tmp_path_factory):
    with MariaDb(request.param, str(tmp_path_factory.mktemp("m")), fixtures.server("9.7")["cache"]) as running:
        running.series = request.param
        yield running


@pytest.fixture(scope="module")
def dumped():
    """Dumps of MySQL 9.7's own mysqldump, with a GTID set: of tables alone, and of a database with views and programs."""
    newer, found = fixtures.server("9.7"), {}
    for ideas in TABLES, TABLES + PROGRAMS:
        databases.make(newer, SOURCE, ideas, "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        found["programs" if ideas is not TABLES else "tables"] = databases.pair(newer, SOURCE, "--set-gtid-purged=ON")
    yield found
    databases.drop(newer, SOURCE)


def existing(maria):
    return databases.run(maria.entry, b"SHOW DATABASES")


def test_a_dump_of_mysql_is_loaded_once(maria, dumped, tmp_path):
    # The connection that made the programs had a collation that only 11.8 has.
    paths = databases.write(tmp_path, *dumped["tables" if maria.series == "10.11" else "programs"])
    first = load(databases.request(maria.entry, TARGET, paths))
    assert first.changed and first.rewritten["gtid_purged"]
    again = load(databases.request(maria.entry, TARGET, paths))
    assert not again.changed
    control = databases.connection(maria.entry)
    for table in again.tables:
        assert control.value("SELECT COUNT(*) FROM `{0}`.`{1}`".format(TARGET, table.name)) == table.rows == table.rows_expected
    control.close()
    assert len(again.tables) > 3 and (maria.series == "10.11" or again.objects["views"] and again.objects["triggers"])


@pytest.mark.parametrize("gtid", ["apply", "enable", "reset"])
def test_gtids_of_mysql_are_refused_before_anything_is_written(maria, dumped, tmp_path, gtid):
    before = existing(maria)
    with pytest.raises(Failure, match="does not support MySQL GTIDs.*choose gtid: strip"):
        load(databases.request(maria.entry, "never", databases.write(tmp_path, *dumped["tables"]), gtid=GtidPolicy(gtid)))
    assert existing(maria) == before


def test_a_collation_that_it_does_not_have_is_refused_before_anything_is_written(maria, dumped, tmp_path):
    path = os.path.join(str(tmp_path), "a.sql")
    with open(path, "w", encoding="utf-8") as out:
        out.write("CREATE TABLE t (c varchar(9)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_ja_0900_as_cs;\n")
    before = existing(maria)
    with pytest.raises(Failure, match="no character set or collation utf8mb4_ja_0900_as_cs.*restore into a version that has it"):
        load(databases.request(maria.entry, "never", [path]))
    if maria.series == "10.11":
        with pytest.raises(Failure, match="no character set or collation utf8mb4_0900_ai_ci"):
            load(databases.request(maria.entry, "never", databases.write(tmp_path, *dumped["programs"])))
    assert existing(maria) == before


@pytest.mark.parametrize("content, gtid", [("tables", "strip"), ("tables", "apply"), ("programs", "strip"), ("programs", "enable"), ("programs", "reset")])
def test_the_preflight_finds_what_cannot_work(maria, dumped, tmp_path, content, gtid):
    """Each with its cure, and no more: what can be loaded passes with ``gtid: strip``."""
    schema, data = dumped[content]
    lacks = "utf8mb4_0900_ai_ci" if maria.series == "10.11" else ""
    if content == "tables":
        lacks = "utf8mb4_ja_0900_as_cs"
        schema = schema.replace(b"-- Dump completed", "CREATE TABLE ja (c text) COLLATE={0};\n-- Dump completed".format(lacks).encode())
    before = existing(maria)
    paths = databases.write(tmp_path, schema, data)
    found = kinds(look(maria.entry, src=paths, databases={SOURCE: "never"}, gtid=gtid, allow_version_change=True))
    assert set(found) == {kind for kind, refused in (("charset", lacks), ("gtid_none", gtid != "strip")) if refused} and existing(maria) == before
    if lacks:
        assert lacks in found["charset"]["what"] and found["charset"]["cure"].startswith("restore into a version that has it")
    if gtid != "strip":
        assert "does not support MySQL GTIDs" in found["gtid_none"]["what"] and found["gtid_none"]["cure"] == "choose gtid: strip"


def test_it_has_a_gtid_state_without_gtids_of_mysql(maria):
    control = databases.connection(maria.entry)
    version = version_of(control)
    state = gtid_state.state_of(control, version)
    assert version.mariadb and (state.mode, state.executed, state.purged, state.replicas) == ("", "", "", ())
    with pytest.raises(Failure, match="It does not support MySQL GTIDs"):
        gtid_state.refuse_enable(control, version)
    control.close()


@pytest.mark.parametrize("number", [50000, 50699, 50700, 80000, 90999, 99990, 99999])
def test_version_comments_are_read_as_the_server_reads_them(maria, number):
    control = databases.connection(maria.entry)
    text = "SELECT /*!{0} 'shown', */ 'always'".format(number)
    executed = len(control.rows(text)[0]) == 2
    control.close()
    assert executed == (b"'shown'" in [token.text for token in scan(text.encode(), Dialect(COUNTS_AS))])


@pytest.mark.parametrize("begin", ["/*M!", "/*M!100000 ", "/*!100000 ", "/*!260700 "])
def test_comments_that_only_some_servers_execute_are_refused(maria, begin):
    with pytest.raises(UnclearText):
        list(scan("SELECT {0}'shown', */ 'always'".format(begin).encode(), Dialect(COUNTS_AS)))


def test_the_first_line_of_its_own_dumps_is_a_comment(maria):
    control = databases.connection(maria.entry)
    text = "SELECT /*M!999999 'never', */ 'always'"
    assert control.rows(text) == [("always",)]
    control.close()
    assert [token.text for token in scan(text.encode(), Dialect(COUNTS_AS))] == [b"SELECT", b"'always'"]

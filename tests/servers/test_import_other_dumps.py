# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import of dumps of older mysqldump versions has the same result as the ``mysql`` client, on each server version."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, mysqldumps

# Dumps name their database in ALTER DATABASE, so the client must load it under that name.
SOURCE, TARGET = "shop", "shop-restored"
SERVERS = {"5.5.62": ("5.6", "5.7", "9.7"), "5.6.51": ("5.6", "5.7", "9.7"), "5.7.30": ("5.7", "9.7"), "5.7.44": ("5.7", "9.7")}
CASES = [(version, name) for version in mysqldumps.VERSIONS for name in SERVERS.get(version, ("9.7",))]


@pytest.fixture(params=CASES, ids=lambda case: "{0} on {1}".format(*case))
def case(request):
    """A version of mysqldump, a server, and the result of the client with that dump there."""
    version, name = request.param
    entry = fixtures.server(name)
    databases.drop(entry, SOURCE, TARGET)
    charset = "utf8mb4" if version.startswith("8.") else "utf8"
    databases.run(entry, "CREATE DATABASE {0} CHARACTER SET {1};".format(SOURCE, charset).encode())
    made = mysqldumps.without_gtids(mysqldumps.sample(version))
    if name == "9.7":
        # As the import does; otherwise the client fails (error 1231).
        made = made.replace(b"NO_AUTO_CREATE_USER,", b"")
    databases.run(entry, made, SOURCE, "--comments")
    yield version, entry, charset
    databases.drop(entry, SOURCE, TARGET)


def histograms(entry, database):
    """The histograms of a database, without the time of their last update."""
    if entry["name"] != "9.7":
        return []
    control = databases.connection(entry)
    query = "SELECT TABLE_NAME, COLUMN_NAME, JSON_REMOVE(HISTOGRAM, '$.\"last-updated\"') FROM information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = %s"
    found = control.rows(query, (database,))
    control.close()
    return found


@pytest.mark.parametrize("lane", ["insert", "auto"])
@pytest.mark.parametrize("layout", ["one file", "schema and data"])
def test_a_dump_of_another_version(case, tmp_path, layout, lane):
    version, entry, charset = case
    made = mysqldumps.sample(version)
    dumps = [made] if layout == "one file" else [mysqldumps.sample(version, data=False), mysqldumps.sample(version, schema=False)]
    paths = databases.write(tmp_path, *dumps)
    outcome = load(databases.request(entry, TARGET, paths, charset=charset, events="keep", lane=lane, defer_indexes="always"))
    assert databases.content_by_sql(entry, TARGET) == databases.content_by_sql(entry, SOURCE)
    assert histograms(entry, TARGET) == histograms(entry, SOURCE) and len(histograms(entry, TARGET)) == version.startswith("8.")
    assert outcome.objects == {"views": 2, "routines": 2, "triggers": 1, "events": 1}
    assert {table.name: table.rows for table in outcome.tables if table.rows != table.rows_expected} == {}
    assert outcome.gtid["dump"] == (None if version in ("5.5.62", "8.4.3") else mysqldumps.GTID_SET)
    assert (outcome.fast_chunks > 0) == (lane == "auto")


def test_histograms_do_not_prevent_deferred_keys_and_move_with_their_table(tmp_path):
    """As a barrier, ANALYZE TABLE would prevent deferred keys."""
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, mysqldumps.sample("8.0.40"))
    try:
        databases.run(entry, "CREATE DATABASE `{0}`; CREATE TABLE `{0}`.old (a INT)".format(TARGET).encode())
        outcome = load(databases.request(entry, TARGET, paths, charset="utf8mb4", on_existing="replace", defer_indexes="always"))
        assert [(table, column) for table, column, _histogram in histograms(entry, TARGET)] == [("newer", "made")]
        assert "swap" in outcome.phases and not [warning for warning in outcome.warnings if "until its replacement" in warning]
    finally:
        databases.drop(entry, TARGET)


# A column that is a unique key of its own gets no histogram.
AROUND_STATEMENTS = b"""CREATE TABLE s (a INT NOT NULL) ENGINE=InnoDB;
CREATE TABLE t (a INT NOT NULL) ENGINE=InnoDB;
INSERT INTO s VALUES (1),(2);
ANALYZE TABLE s UPDATE HISTOGRAM ON a WITH 8 BUCKETS;
INSERT INTO t SELECT a FROM s;
ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH 8 BUCKETS;
UPDATE s SET a = a + 10;
UPDATE t SET a = a + 10;
CREATE VIEW v AS SELECT b FROM histogram_other.u;
-- Dump completed
"""


def test_histograms_are_of_the_rows_at_their_position(tmp_path):
    """The view cannot be created, because another database lacks a column, so the first run ends as if it was killed there."""
    entry = fixtures.server("9.7")
    databases.drop(entry, SOURCE, TARGET, "histogram_other")
    try:
        databases.run(entry, "CREATE DATABASE `{0}`; CREATE DATABASE histogram_other; CREATE TABLE histogram_other.u (b INT)".format(SOURCE).encode())
        databases.run(entry, AROUND_STATEMENTS, SOURCE)
        databases.run(entry, b"ALTER TABLE histogram_other.u RENAME COLUMN b TO a")
        asked = databases.request(entry, TARGET, databases.write(tmp_path, AROUND_STATEMENTS), allow=("CREATE VIEW",))
        with pytest.raises(Failure, match="histogram_other"):
            load(asked)
        assert histograms(entry, TARGET) == histograms(entry, SOURCE) != []
        databases.run(entry, b"ALTER TABLE histogram_other.u RENAME COLUMN a TO b")
        assert load(asked).resumed and histograms(entry, TARGET) == histograms(entry, SOURCE)
    finally:
        databases.drop(entry, SOURCE, TARGET, "histogram_other")


@pytest.mark.parametrize("names", [b"utf8mb4", b"binary"])
def test_a_histogram_the_server_does_not_make_is_reported(tmp_path, names):
    """Also if the dump makes the server send its messages as bytes."""
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    made = mysqldumps.sample("8.0.40").replace(b"HISTOGRAM ON `made`", b"HISTOGRAM ON `gone`")
    try:
        assert b" NAMES utf8mb4 " in made
        made = made.replace(b" NAMES utf8mb4 ", b" NAMES " + names + b" ")
        outcome = load(databases.request(entry, TARGET, databases.write(tmp_path, made), charset="utf8mb4"))
        assert [warning for warning in outcome.warnings if "gone" in warning and "UPDATE HISTOGRAM" in warning]
    finally:
        databases.drop(entry, TARGET)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump by the real mysqldump, imported and dumped again, is the same line by line: both layouts, both lanes, real servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

SOURCE, TARGET = "rt_source", "rt-target"


def both_same(entry, target=TARGET):
    source, restored = databases.content(entry, SOURCE), databases.content(entry, target)
    different = [(one[:200], other[:200]) for one, other in zip(source, restored, strict=False) if one != other]
    assert different == [] and len(source) == len(restored)


@pytest.fixture(scope="module", params=["9.7", "5.7"])
def filled(request):
    """The server, with one database that uses every feature of its version."""
    entry = fixtures.server(request.param)
    databases.make(entry, SOURCE, databases.IDEAS[request.param])
    yield entry
    databases.drop(entry, SOURCE, TARGET)


@pytest.fixture
def target(filled):
    databases.drop(filled, TARGET)
    return TARGET


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("lane", ["insert", "auto"])
def test_a_schema_and_data_pair(filled, target, tmp_path, lane, packed):
    paths = databases.write(tmp_path, *databases.pair(filled, SOURCE), packed=packed)
    outcome = load(databases.request(filled, target, paths, events="keep", lane=lane))
    both_same(filled)
    assert outcome.changed and (outcome.fast_chunks > 0) == (lane == "auto")
    uncounted = {table.name for table in outcome.tables if table.rows != table.rows_expected}
    assert uncounted == {"merged", "black_hole"} & {table.name for table in outcome.tables}


def test_one_file(filled, target, tmp_path):
    outcome = load(databases.request(filled, target, databases.write(tmp_path, databases.dump(filled, SOURCE)), events="keep"))
    both_same(filled)
    assert outcome.objects == {"views": 6, "routines": 7, "triggers": 3, "events": 3}


def test_triggers_and_events_in_both_files_are_created_once_after_the_rows(filled, target, tmp_path):
    schema, data = databases.pair(filled, SOURCE)
    assert schema.count(b"before_watched") == data.count(b"before_watched") == 1
    outcome = load(databases.request(filled, target, databases.write(tmp_path, schema, data)))
    control = databases.connection(filled)
    assert control.rows("SELECT v FROM `{0}`.watched ORDER BY id".format(TARGET)) == [("kept",), ("as it was",)]
    assert control.value("SELECT COUNT(*) FROM `{0}`.watched_log".format(TARGET)) == 2
    states = dict(control.rows("SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s", (TARGET,)))
    assert states == {"every_day": "DISABLED", "once;": "DISABLED", "hourly": "DISABLED"}
    assert outcome.rewritten["event_status"] == 2
    control.close()


@pytest.mark.parametrize(
    "options",
    [
        ["--skip-extended-insert"],
        ["--complete-insert"],
        ["--hex-blob"],
        ["--no-autocommit"],
        ["--insert-ignore"],
        ["--replace"],
        ["--skip-opt", "--create-options", "--quick", "--skip-add-drop-table"],
        ["--databases"],
        ["--add-drop-database", "--databases"],
        ["--order-by-primary", "--skip-quote-names", "--skip-tz-utc"],
        ["--net-buffer-length=4096"],
        ["--compact"],
    ],
    ids=lambda options: options[0][2:],
)
def test_options_of_mysqldump(filled, target, tmp_path, options):
    ideas = ["foreign_key_cycles", "views", "stored_programs"]
    ideas += [] if "--skip-quote-names" in options else ["odd_names"]
    # A dump without comments does not set the sql_mode that zero dates need.
    ideas += [] if "--compact" in options else ["column_types"]
    small = SOURCE + "_small"
    databases.make(filled, small, ideas)
    try:
        made = databases.dump(filled, small, *options)
        paths = databases.write(tmp_path, made)
        load(databases.request(filled, target, paths, events="keep", require_complete=options != ["--compact"], charset="utf8mb4"))
        assert databases.content(filled, TARGET) == databases.content(filled, small)
    finally:
        databases.drop(filled, small)


def test_a_gtid_set_in_a_comment_is_ignored(tmp_path):
    """mysqldump --set-gtid-purged=COMMENTED: the semicolon in the comment does not end a statement."""
    entry = fixtures.server("9.7")
    small = SOURCE + "_commented"
    databases.make(entry, small, ["foreign_key_cycles", "column_types"])
    databases.drop(entry, TARGET)
    try:
        made = databases.dump(entry, small, "--set-gtid-purged=COMMENTED")
        assert b"/* SET @@GLOBAL.GTID_PURGED=" in made
        done = load(databases.request(entry, TARGET, databases.write(tmp_path, made)))
        assert databases.content(entry, TARGET) == databases.content(entry, small)
        assert "gtid_purged" not in done.rewritten and done.gtid["dump"] is None
    finally:
        databases.drop(entry, small, TARGET)


def test_a_dump_without_a_head_uses_the_settings_of_the_server(filled, target, tmp_path):
    """mysqldump --compact sets neither sql_mode nor character set, and column_types has zero dates."""
    small = SOURCE + "_compact"
    databases.make(filled, small, ["column_types", "foreign_key_cycles"])
    control = databases.connection(filled)
    had = control.value("SELECT @@GLOBAL.sql_mode")
    try:
        control.run("SET GLOBAL sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
        paths = databases.write(tmp_path, databases.dump(filled, small, "--compact"))
        load(databases.request(filled, target, paths, require_complete=False, charset="utf8mb4"))
        assert databases.content(filled, target) == databases.content(filled, small)
    finally:
        control.execute("SET GLOBAL sql_mode = %s", (had,))
        control.close()
        databases.drop(filled, small)


def test_a_dump_of_5_7_into_9_7(tmp_path):
    """Its routines were created under NO_AUTO_CREATE_USER, a default of 5.7 that 9.7 does not know (error 1231)."""
    old, new = fixtures.server("5.7"), fixtures.server("9.7")
    name = SOURCE + "_57"
    made = b"""CREATE TABLE t (a INT PRIMARY KEY); CREATE PROCEDURE p() SELECT 1; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a;
    CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1; INSERT INTO t VALUES (1);"""
    try:
        databases.drop(old, name)
        databases.drop(new, TARGET)
        databases.run(old, "CREATE DATABASE {0}".format(name).encode())
        databases.run(old, b"SET sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER';" + made, name)
        done = load(databases.request(new, TARGET, databases.write(tmp_path, *databases.pair(old, name)), events="keep"))
        assert done.objects == {"views": 0, "routines": 1, "triggers": 1, "events": 1} and done.rewritten["sql_mode"] >= 3
        control = databases.connection(new)
        query = "SELECT SQL_MODE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s UNION ALL SELECT SQL_MODE FROM information_schema.TRIGGERS"
        assert control.rows(query + " WHERE TRIGGER_SCHEMA = %s", (TARGET, TARGET)) == [("STRICT_TRANS_TABLES",)] * 2
        control.close()
    finally:
        databases.drop(old, name)
        databases.drop(new, TARGET)


def test_a_dump_of_5_7_into_5_6(tmp_path):
    """mariadb-dump cannot dump 5.6, so both come from elsewhere: the source from its SQL, the target from a dump of 5.7."""
    old, newer = fixtures.server("5.6"), fixtures.server("5.7")
    ideas = databases.IDEAS["5.6"]
    try:
        databases.make(newer, SOURCE + "_56", ideas)
        databases.make(old, SOURCE + "_56", ideas)
        databases.drop(old, TARGET)
        for dumps in databases.pair(newer, SOURCE + "_56"), (databases.dump(newer, SOURCE + "_56"),):
            load(databases.request(old, TARGET, databases.write(tmp_path, *dumps), events="keep", on_existing="replace", charset="utf8mb4"))
            source, restored = databases.content_by_sql(old, SOURCE + "_56"), databases.content_by_sql(old, TARGET)
            assert [one[:300] for one in source] == [other[:300] for other in restored]
            assert source == restored
    finally:
        databases.drop(newer, SOURCE + "_56")
        databases.drop(old, SOURCE + "_56", TARGET)

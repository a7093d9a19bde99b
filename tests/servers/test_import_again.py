# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repeating an import: it changes nothing, or restores what was dropped, and never loads twice."""

import gzip
import os
import shutil
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import ledger as ledgers
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import already_loaded, load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.lock import lock_name
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

pytestmark = pytest.mark.servers(1)

SOURCE, TARGET = "again_source", "again-target"
IDEAS = ["foreign_key_cycles", "stored_programs", "views", "table_engines"]


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture(scope="module")
def dumped():
    newer = fixtures.server("5.7")
    databases.make(newer, SOURCE, IDEAS)
    yield databases.pair(newer, SOURCE)
    databases.drop(newer, SOURCE)


@pytest.fixture
def loaded(entry, dumped, tmp_path):
    """The server, the files, and the content that the target must have after each run."""
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, *dumped)
    assert load(databases.request(entry, TARGET, paths)).changed
    return entry, paths, state_of(entry)


def state_of(entry):
    """Content and creation times, which a second load would change."""
    control = databases.connection(entry)
    made = control.rows("SELECT TABLE_NAME, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY 1", (TARGET,))
    made += control.rows("SELECT ROUTINE_NAME, CREATED FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s ORDER BY 1", (TARGET,))
    history = control.value("SELECT @@GLOBAL.gtid_executed") if entry["name"] != "9.7" else None
    control.close()
    return databases.content_by_sql(entry, TARGET), made, bool(history)


def test_a_second_run_changes_nothing(loaded):
    entry, paths, before = loaded
    again = load(databases.request(entry, TARGET, paths))
    assert not again.changed and not again.skipped and state_of(entry) == before
    assert {table.name: table.rows for table in again.tables}["egg"] == 3 and again.objects["views"] == 6


@pytest.mark.parametrize("on_existing", ["fail", "skip", "replace", "merge"])
def test_on_existing_does_not_matter_for_a_complete_import(loaded, on_existing):
    entry, paths, before = loaded
    assert not load(databases.request(entry, TARGET, paths, on_existing=on_existing)).changed and state_of(entry) == before


def test_check_mode_of_a_complete_import_changes_nothing(loaded):
    entry, paths, before = loaded
    assert not load(databases.request(entry, TARGET, paths, check_only=True)).changed
    control = databases.connection(entry)
    control.run("DROP TABLE `{0}`.watched_log".format(TARGET))
    control.close()
    assert load(databases.request(entry, TARGET, paths, check_only=True)).changed
    assert databases.content_by_sql(entry, TARGET) != before[0]


def test_a_new_time_stamp_changes_nothing(loaded):
    entry, paths, before = loaded
    os.utime(paths[1], (1, 1))
    assert not load(databases.request(entry, TARGET, paths)).changed and state_of(entry) == before


def test_a_moved_file_is_the_same_dump(loaded, tmp_path):
    entry, paths, before = loaded
    moved = [path + ".moved" for path in paths]
    for old, new in zip(paths, moved, strict=True):
        os.rename(old, new)
    assert not load(databases.request(entry, TARGET, moved)).changed and state_of(entry) == before


@pytest.mark.parametrize("where", ["first bytes", "middle", "last bytes"])
def test_a_changed_file_is_another_dump(loaded, where):
    entry, paths, before = loaded
    with open(paths[1], "r+b") as stream:
        content = stream.read()
        at = {"first bytes": 3, "middle": content.index(b"'kept'") + 2, "last bytes": len(content) - 3}[where]
        status = os.stat(paths[1])
        stream.seek(at)
        stream.write(b"x")
    os.utime(paths[1], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(Failure, match="not empty"):
        load(databases.request(entry, TARGET, paths))
    assert state_of(entry) == before


def test_other_options_are_another_import(loaded):
    entry, paths, before = loaded
    for changes in {"definer": "current"}, {"events": "keep"}, {"tables": ("egg",)}, {"triggers": "omit"}:
        with pytest.raises(Failure, match="not empty"):
            load(databases.request(entry, TARGET, paths, **changes))
    assert state_of(entry) == before
    for changes in {"lane": "insert"}, {"workers": 1}, {"verify": "none"}, {"require_complete": False}:
        assert not load(databases.request(entry, TARGET, paths, **changes)).changed


def test_replace_with_other_options_loads_again(loaded):
    entry, paths, _before = loaded
    outcome = load(databases.request(entry, TARGET, paths, on_existing="replace", tables=("egg", "chicken")))
    assert outcome.changed and [table.name for table in outcome.tables] == ["chicken", "egg"]


@pytest.mark.parametrize("table", ["egg", "watched", "my_isam", "no_key", "viewed", "archived"])
def test_a_dropped_table_is_restored(loaded, table):
    entry, paths, before = loaded
    control = databases.connection(entry)
    control.run("SET foreign_key_checks = 0")
    control.run("DROP TABLE `{0}`.`{1}`".format(TARGET, table))
    outcome = load(databases.request(entry, TARGET, paths))
    assert outcome.changed and outcome.resumed and outcome.skipped_bytes > 0
    assert databases.content_by_sql(entry, TARGET) == before[0]
    # Only that table was created again.
    made = dict(control.rows("SELECT TABLE_NAME, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND ENGINE IS NOT NULL", (TARGET,)))
    earlier = dict(before[1])
    assert [name for name in made if made[name] and made[name] < earlier[name]] == []
    control.close()
    assert not load(databases.request(entry, TARGET, paths)).changed


def test_dropped_objects_are_restored_and_others_untouched(loaded):
    entry, paths, before = loaded
    control = databases.connection(entry)
    control.use(TARGET.encode())
    by_name = "SELECT {0} FROM information_schema.{1}S WHERE {2}_SCHEMA = %s"
    names = {}
    for what, column in (("VIEW", "TABLE"), ("TRIGGER", "TRIGGER"), ("ROUTINE", "ROUTINE"), ("EVENT", "EVENT")):
        names[what] = [str(row[0]) for row in control.rows(by_name.format("TABLE_NAME" if what == "VIEW" else what + "_NAME", what, column), (TARGET,))]
    gone = [("VIEW", names["VIEW"][0]), ("VIEW", names["VIEW"][-1]), ("TRIGGER", names["TRIGGER"][0]), ("EVENT", names["EVENT"][0])]
    procedure = control.rows("SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s AND ROUTINE_TYPE = 'PROCEDURE'", (TARGET,))[0][0]
    for what, name in [*gone, ("PROCEDURE", str(procedure))]:
        control.run("DROP {0} {1}".format(what, databases.quoted(name)))
        assert load(databases.request(entry, TARGET, paths, check_only=True)).changed
    # What the user has written since is not touched, whatever the engine.
    control.run("INSERT INTO my_isam SELECT * FROM my_isam LIMIT 0")
    control.run("DELETE FROM no_key LIMIT 1")
    rows = control.value("SELECT COUNT(*) FROM no_key")
    again = load(databases.request(entry, TARGET, paths))
    assert again.changed and any("were missing and were created again" in text and procedure in text for text in again.warnings)
    assert control.value("SELECT COUNT(*) FROM no_key") == rows == 5
    after = databases.content_by_sql(entry, TARGET)
    assert [line for line in after if line.startswith("('")] == [line for line in before[0] if line.startswith("('")]
    assert not load(databases.request(entry, TARGET, paths)).changed
    control.close()


@pytest.mark.parametrize("gone", ["egg", "my_isam"])
def test_a_table_is_restored_while_changed_tables_stay(loaded, gone):
    entry, paths, _before = loaded
    control = databases.connection(entry)
    control.use(TARGET.encode())
    kept = "my_isam" if gone == "egg" else "no_key"
    control.run("SET foreign_key_checks = 0")
    control.run("DELETE FROM {0} LIMIT 1".format(kept))
    rows = control.value("SELECT COUNT(*) FROM {0}".format(kept))
    control.run("DROP TABLE {0}".format(gone))
    assert load(databases.request(entry, TARGET, paths)).changed
    assert control.value("SELECT COUNT(*) FROM {0}".format(kept)) == rows and control.value("SELECT COUNT(*) FROM {0}".format(gone)) > 0
    assert not load(databases.request(entry, TARGET, paths)).changed
    control.close()


def test_a_dropped_database_is_restored(loaded):
    entry, paths, before = loaded
    databases.run(entry, "DROP DATABASE `{0}`".format(TARGET).encode())
    assert load(databases.request(entry, TARGET, paths)).changed
    assert databases.content_by_sql(entry, TARGET) == before[0]


def test_an_emptied_database_is_filled(loaded):
    entry, paths, before = loaded
    databases.run(entry, "DROP DATABASE `{0}`; CREATE DATABASE `{0}`".format(TARGET).encode())
    assert load(databases.request(entry, TARGET, paths)).changed
    assert databases.content_by_sql(entry, TARGET)[:3] == before[0][:3]


def test_without_a_ledger_the_database_is_just_not_empty(loaded):
    entry, paths, before = loaded
    control = databases.connection(entry)
    control.execute("DELETE FROM apsaradb_mysql.`import` WHERE target = %s", (TARGET.encode(),))
    control.close()
    with pytest.raises(Failure, match="not empty"):
        load(databases.request(entry, TARGET, paths))
    assert state_of(entry) == before


@pytest.fixture
def ledger(entry, monkeypatch):
    """A separate ledger, used as the default one."""
    monkeypatch.setattr(ledgers, "DEFAULT_DATABASE", "again_ledger")
    databases.run(entry, b"DROP DATABASE IF EXISTS again_ledger;")
    yield "again_ledger"
    databases.run(entry, b"DROP DATABASE IF EXISTS again_ledger;")


def test_without_its_ledger_an_import_is_not_loaded_twice(entry, dumped, ledger, tmp_path):
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, *dumped)
    assert load(databases.request(entry, TARGET, paths, ledger_database=ledger, ledger="drop")).changed
    before = state_of(entry)
    assert databases.run(entry, b"SHOW DATABASES LIKE 'again\\_ledger';") == b""
    for again in "keep", "drop":
        with pytest.raises(Failure, match="not empty"):
            load(databases.request(entry, TARGET, paths, ledger_database=ledger, ledger=again))
        assert load(databases.request(entry, TARGET, paths, ledger_database=ledger, ledger=again, on_existing="skip")).skipped
    assert state_of(entry) == before and databases.run(entry, b"SHOW DATABASES LIKE 'again\\_ledger';") == b""


def test_the_ledger_is_dropped_later_without_the_files(entry, dumped, ledger, tmp_path):
    databases.drop(entry, TARGET, SOURCE + "_too")
    paths = databases.write(tmp_path, *dumped)
    done = load(databases.request(entry, TARGET, paths, ledger_database=ledger))
    load(databases.request(entry, SOURCE + "_too", paths, ledger_database=ledger, tables=("egg", "chicken")))
    before = state_of(entry)
    known = {"ledger_database": ledger, "ledger": "drop"}
    assert already_loaded(databases.request(entry, TARGET, [], check_only=True, **known), done).changed
    assert already_loaded(databases.request(entry, TARGET, [], **known), done).changed
    # Entries of other databases stay; the ledger is removed with the last one.
    other = {"ledger_database": ledger, "tables": ("egg", "chicken")}
    assert not load(databases.request(entry, SOURCE + "_too", paths, **other)).changed
    assert load(databases.request(entry, SOURCE + "_too", paths, ledger="drop", **other)).changed
    assert databases.run(entry, b"SHOW DATABASES LIKE 'again\\_ledger';") == b"" and state_of(entry) == before
    databases.drop(entry, SOURCE + "_too")


def test_a_ledger_in_the_target_is_dropped(entry, dumped, tmp_path):
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, *dumped)
    load(databases.request(entry, TARGET, paths, ledger_database=TARGET, ledger="drop"))
    assert databases.run(entry, b"SHOW TABLES LIKE '\\_\\_apsaradb%';", TARGET) == b""


def test_the_ledger_is_not_dropped_while_another_import_starts(entry, ledger, tmp_path):
    paths = databases.write(tmp_path, b"CREATE TABLE t (a INT PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO t VALUES (1);\n-- Dump completed\n")
    failures = []

    def some(name):
        try:
            for _number in range(6):
                assert load(databases.request(entry, name, paths, ledger_database=ledger, ledger="drop", on_existing="replace")).changed
        except Exception as error:
            failures.append(error)

    names = ["again_one", "again_two"]
    databases.drop(entry, *names)
    threads = [threading.Thread(target=some, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    databases.drop(entry, *names)
    assert failures == []


def test_completion_is_noted_atomically(entry):
    """A load killed between its two statements is not complete, and its notes are removed later."""
    ledger = Ledger("apsaradb_mysql", TARGET)
    control, dying = databases.connection(entry), databases.connection(entry)
    databases.drop(entry, TARGET)
    ledger.create(control)
    ledger.begin(control, [], {}, {})
    ledger.note(control, 0, 0, 1)
    run = dying.run

    def die(sql):
        if sql.startswith("DELETE") and "chunk" in sql:
            dying.close()
        return run(sql)

    dying.run = die
    with pytest.raises(Failure):
        ledger.complete(dying, {})
    assert ledger.read(control).state == "loading" and ledger.done(control) == {(0, 0): 1}
    ledger.complete(control, {})
    assert ledger.read(control).state == "complete" and ledger.done(control) == {}
    control.close()
    databases.drop(entry, TARGET)


def test_gzip_of_the_same_dump(entry, dumped, tmp_path):
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, *dumped, packed=True)
    assert load(databases.request(entry, TARGET, paths)).changed
    assert not load(databases.request(entry, TARGET, paths)).changed
    with open(paths[1], "wb") as stream:
        stream.write(gzip.compress(dumped[1].replace(b"'kept'", b"'lost'")))
    with pytest.raises(Failure, match="not empty"):
        load(databases.request(entry, TARGET, paths))


def test_only_one_import_of_a_database_at_a_time(entry, dumped, tmp_path):
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, *dumped)
    holder = databases.connection(entry)
    assert holder.value("SELECT GET_LOCK(%s, 0)", (lock_name(TARGET),)) == 1
    with pytest.raises(Failure, match="Another import of the database {0} is running".format(TARGET)):
        load(databases.request(entry, TARGET, paths))
    holder.close()
    assert load(databases.request(entry, TARGET, paths)).changed


def test_the_lock_is_released_after_an_import(loaded):
    entry, paths, _before = loaded
    control = databases.connection(entry)
    for number in range(20):
        if number % 2:
            with pytest.raises(Failure, match="not empty"):
                load(databases.request(entry, TARGET, paths, definer="current"))
        else:
            assert not load(databases.request(entry, TARGET, paths)).changed
        assert control.value("SELECT IS_FREE_LOCK(%s)", (lock_name(TARGET),)) == 1
    control.close()


def test_two_imports_at_the_same_time_load_once(entry, dumped, tmp_path):
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, *dumped)
    ready = threading.Barrier(2)
    outcomes = []

    def one():
        ready.wait()
        try:
            outcomes.append(load(databases.request(entry, TARGET, paths)).changed)
        except Failure as failure:
            outcomes.append(str(failure))

    threads = [threading.Thread(target=one) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The other one was refused, or came when everything was loaded.
    assert sorted(map(str, outcomes))[-1] == "True" and outcomes.count(True) == 1, outcomes
    assert all(said in (True, False) or "Another import" in said for said in outcomes)
    control = databases.connection(entry)
    assert control.value("SELECT COUNT(*) FROM `{0}`.no_key".format(TARGET)) == 6
    control.close()


def test_a_database_with_a_hostile_name(entry, dumped, tmp_path):
    name = "ag`;ain '\"\\ -- x"
    databases.drop(entry, name)
    try:
        paths = databases.write(tmp_path, *dumped)
        assert load(databases.request(entry, name, paths)).changed
        assert not load(databases.request(entry, name, paths)).changed
    finally:
        databases.drop(entry, name)


class Stop(Progress):
    """Ends an import after its first chunk."""

    def __init__(self):
        self.rows = False

    def phase(self, name, total=None, done=0):
        self.rows = name == "rows"

    def add(self, size):
        if self.rows:
            raise KeyboardInterrupt


def test_rows_are_not_doubled_in_an_existing_table_without_transactions(entry, tmp_path):
    databases.drop(entry, TARGET)
    databases.run(entry, b"CREATE DATABASE `again-target`; CREATE TABLE `again-target`.t (a INT) ENGINE=MyISAM; INSERT INTO `again-target`.t VALUES (0);")
    rows = b"".join(b"INSERT INTO `t` VALUES (%d);\n" % number for number in range(1, 9))
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, rows + b"-- Dump completed\n"), on_existing="merge", batch_bytes=10)
    with pytest.raises(KeyboardInterrupt):
        load(wanted._replace(progress=Stop()))
    control = databases.connection(entry)
    assert 1 < control.value("SELECT COUNT(*) FROM `again-target`.t") < 9
    with pytest.raises(Failure, match="filled the table t.*had 1 row.*before.*Restore the table to its 1 row"):
        load(wanted)
    control.run("DELETE FROM `again-target`.t WHERE a > 0")
    outcome = load(wanted)
    assert outcome.resumed and [row[0] for row in control.rows("SELECT a FROM `again-target`.t")] == list(range(9))
    assert not load(wanted).changed
    control.close()


# Before 8.0 a table is a file of the server, written first, and a file of the engine.
LEFT = {"the name": (".frm",), "name and file": (".frm", ".ibd"), "the file": (".ibd",)}


@pytest.mark.parametrize("name", ["5.7", "5.6"])
@pytest.mark.parametrize("left", LEFT)
def test_a_ledger_left_incomplete_by_a_server_crash(tmp_path, name, left):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    control = databases.connection(entry)
    ledger = Ledger("apsaradb_half", TARGET)
    ledger.create(control)
    control.run("DROP TABLE apsaradb_half.setting")
    folder = os.path.join(control.value("SELECT @@datadir"), "apsaradb_half")
    for extension in LEFT[left]:
        shutil.copy(os.path.join(folder, "chunk" + extension), os.path.join(folder, "setting" + extension))
    paths = databases.write(tmp_path, b"CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n-- Dump completed\n")
    try:
        assert load(databases.request(entry, TARGET, paths, ledger_database="apsaradb_half")).changed
        assert ledger.settings(control) == []
        assert len(control.rows("SHOW TABLES FROM apsaradb_half")) == len(ledger.names)
        assert control.rows("SELECT * FROM `{0}`.t".format(TARGET)) == [(1,)]
    finally:
        control.run("DROP DATABASE apsaradb_half")
        control.close()
        databases.drop(entry, TARGET)


@pytest.mark.parametrize("name", ["5.7", "5.6"])
def test_a_file_of_the_engine_that_no_import_has_left_stays(tmp_path, name):
    """After a loss of the dictionary it may be the only copy of the user's table. test_import_kills.py has those that an import has left."""
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    databases.run(entry, "CREATE DATABASE `{0}`; CREATE TABLE `{0}`.model (a INT) ENGINE=InnoDB".format(TARGET).encode())
    folder = os.path.join(databases.run(entry, b"SELECT @@datadir").split()[-1].decode(), TARGET.replace("-", "@002d"))
    left = os.path.join(folder, "t.ibd")
    shutil.copy(os.path.join(folder, "model.ibd"), left)
    databases.run(entry, b"DROP TABLE model", TARGET)
    paths = databases.write(tmp_path, b"CREATE TABLE t (a INT) ENGINE=InnoDB;\nINSERT INTO t VALUES (1);\n-- Dump completed\n")
    try:
        with pytest.raises(Failure, match="1813.*move it out of the database's directory"):
            load(databases.request(entry, TARGET, paths))
        assert os.path.exists(left)
    finally:
        os.remove(left)
        databases.drop(entry, TARGET)

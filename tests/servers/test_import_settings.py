# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server settings during a load, and statistics after it."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.lock import lock_name
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import worker_threads
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema import keys
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "settings_target"
DUMP = (
    b"/*!40101 SET NAMES utf8 */;\nCREATE TABLE t (a INT PRIMARY KEY, b INT, KEY b (b)) ENGINE=InnoDB;\n"
    b"INSERT INTO `t` VALUES " + b",".join(b"(%d,%d)" % (number, number % 7) for number in range(2000)) + b";\n-- Dump completed\n"
)


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET)


def value(entry, query):
    control = databases.connection(entry)
    try:
        return control.value(query)
    finally:
        control.close()


class Watch(Progress):
    """Reads the server's settings when the rows are loaded."""

    def __init__(self, entry):
        self.entry = entry
        self.seen = set()

    def table(self):
        self.seen.add(value(self.entry, "SELECT CONCAT(@@GLOBAL.innodb_flush_log_at_trx_commit, ' ', @@GLOBAL.sync_binlog)"))


@pytest.mark.parametrize("durability, binlog, during", [("server", "off", "1 1"), ("relaxed", "off", "2 1"), ("relaxed", "on", "2 0")])
def test_durability_is_relaxed_during_the_load_if_asked(entry, tmp_path, durability, binlog, during):
    control = databases.connection(entry)
    before = control.rows("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.sync_binlog, @@GLOBAL.log_bin")[0]
    control.run("SET GLOBAL innodb_flush_log_at_trx_commit = 1, sync_binlog = 1")
    try:
        watch = Watch(entry)
        load(databases.request(entry, TARGET, databases.write(tmp_path, DUMP), durability=durability, binlog=binlog, progress=watch))
        assert watch.seen == {during if before[2] else during[:2] + "1"}
        assert control.value("SELECT CONCAT(@@GLOBAL.innodb_flush_log_at_trx_commit, ' ', @@GLOBAL.sync_binlog)") == "1 1"
    finally:
        control.run("SET GLOBAL innodb_flush_log_at_trx_commit = {0}, sync_binlog = {1}".format(*before))
        control.close()


def test_the_server_s_defaults_for_sessions_do_not_change_the_load(entry, tmp_path):
    """With completion_type = CHAIN a COMMIT begins a transaction that the end of the connection rolls back; with max_execution_time a count fails."""
    defaults = {"completion_type": "CHAIN"} if entry["name"] == "5.6" else {"completion_type": "CHAIN", "max_execution_time": "1"}
    control = databases.connection(entry)
    try:
        for name, wanted in defaults.items():
            control.run("SET GLOBAL {0} = {1}".format(name, wanted))
        dump = DUMP.replace(b"-- Dump completed", b"UPDATE t SET b = 99;\n-- Dump completed")
        assert load(databases.request(entry, TARGET, databases.write(tmp_path, dump))).tables[0].rows == 2000
        assert control.value("SELECT COUNT(*) FROM settings_target.t WHERE b = 99") == 2000
    finally:
        for name in defaults:
            control.run("SET GLOBAL {0} = DEFAULT".format(name))
        control.close()


def test_an_account_that_may_not_relax_durability_gets_a_warning(entry, tmp_path):
    databases.run(entry, b"CREATE DATABASE settings_target; CREATE USER plain@localhost; GRANT ALL ON settings_target.* TO plain@localhost;")
    try:
        wanted = databases.request(entry, TARGET, databases.write(tmp_path, DUMP), durability="relaxed")
        outcome = load(wanted._replace(login=wanted.login._replace(user="plain")))
        assert [warning for warning in outcome.warnings if "durability" in warning]
        assert value(entry, "SELECT COUNT(*) FROM settings_target.t") == 2000
    finally:
        databases.run(entry, b"DROP USER plain@localhost")


@pytest.mark.parametrize("defer_indexes", ["always", "never"])
@pytest.mark.parametrize("analyze", [True, False])
def test_statistics_are_up_to_date_after_the_load(entry, tmp_path, analyze, defer_indexes):
    before = _analyzed(entry)
    load(databases.request(entry, TARGET, databases.write(tmp_path, DUMP), analyze=analyze, defer_indexes=defer_indexes))
    assert _analyzed(entry) - before == int(analyze)
    if analyze:
        assert value(entry, "SELECT n_rows FROM mysql.innodb_table_stats WHERE database_name = 'settings_target' AND table_name = 't'") == 2000
        distinct = (
            "SELECT stat_value FROM mysql.innodb_index_stats WHERE database_name = 'settings_target' AND index_name = '{0}' AND stat_name = 'n_diff_pfx01'"
        )
        assert (value(entry, distinct.format("PRIMARY")), value(entry, distinct.format("b"))) == (2000, 7)


def _analyzed(entry):
    control = databases.connection(entry)
    try:
        return int(control.rows("SHOW GLOBAL STATUS LIKE 'Com_analyze'")[0][1])
    finally:
        control.close()


OTHER = "settings_other"
TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MANY = {"batch_bytes": 2048, "workers": 2}
# Rows that take seconds to load; the tests need only the first ones.
SLOW = {"batch_bytes": 256, "workers": 2}
BORROWED = "SELECT CONCAT(@@GLOBAL.local_infile, ' ', @@GLOBAL.innodb_redo_log_capacity)"
IMPORTER = "from ansible_collections.apsaradb.mysql.tests.support.import_process import main; import json, sys; sys.exit(main(json.loads(sys.argv[1])))"


@pytest.fixture
def quiet(tmp_path):
    """A server without another import that would need the settings, a dump of many chunks, and the settings as they are."""
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET, OTHER)
    rows = b"".join(b"INSERT INTO `t` VALUES (%d,%d);\n" % (number, number % 7) for number in range(4000))
    paths = databases.write(tmp_path, DUMP[: DUMP.index(b"INSERT")] + rows + b"-- Dump completed\n")
    before = value(entry, BORROWED)
    assert before.startswith("0 ") and noted(entry) == []
    yield entry, paths, before
    databases.drop(entry, TARGET, OTHER)
    assert value(entry, BORROWED) == before and noted(entry) == []


def noted(entry):
    control = databases.connection(entry)
    try:
        return Ledger("apsaradb_mysql", TARGET).settings(control)
    finally:
        control.close()


class InTheMiddle(Progress):
    """Calls a function once, when some rows are loaded."""

    def __init__(self, action):
        self.action = action
        self.rows = self.done = False

    def phase(self, name, total=None, done=0):
        self.rows = name == "rows"

    def add(self, size):
        if self.rows and not self.done:
            self.done = True
            self.action()


def heeded():
    """Reset signals that a background process inherits as ignored."""
    for number in TOLD:
        signal.signal(number, signal.SIG_DFL)


def import_in_a_process(entry, paths):
    wanted = {"socket": entry["socket"], "target": OTHER, "paths": paths, "options": SLOW, "slow": "rows"}
    argv = [sys.executable, "-c", IMPORTER, json.dumps(wanted)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeded)  # noqa: PLW1509 - this process has one thread
    for line in process.stdout:
        if line.split()[0] == b"rows":
            return process
    raise AssertionError(process.communicate()[1].decode())


def end(entry, process, number):
    """Wait until the process has ended and the server has noticed it."""
    process.send_signal(number)
    process.communicate()
    assert process.returncode in (-number, 128 + number), process.returncode
    control = databases.connection(entry)
    assert control.value("SELECT GET_LOCK(%s, 60)", (lock_name(OTHER),)) == 1
    control.close()


def chunks_alone(entry, paths):
    outcome = load(databases.request(entry, TARGET, paths, **MANY))
    databases.drop(entry, TARGET)
    assert outcome.fast_chunks > 20
    return outcome.fast_chunks


def test_the_last_import_that_needs_a_setting_puts_it_back(quiet):
    entry, paths, before = quiet
    alone = chunks_alone(entry, paths)
    during = []

    def other():
        load(databases.request(entry, OTHER, paths, **MANY))
        during.append(value(entry, BORROWED))

    outcome = load(databases.request(entry, TARGET, paths, progress=InTheMiddle(other), **MANY))
    assert outcome.fast_chunks == alone and during[0].startswith("1 ")


def test_the_first_import_may_end_first(quiet):
    entry, paths, before = quiet
    alone = chunks_alone(entry, paths)
    begun, over = threading.Event(), threading.Event()
    outcomes = []

    def wait():
        begun.set()
        assert over.wait(60)

    second = threading.Thread(target=lambda: outcomes.append(load(databases.request(entry, OTHER, paths, progress=InTheMiddle(wait), **MANY))))

    def start():
        second.start()
        assert begun.wait(60)

    try:
        load(databases.request(entry, TARGET, paths, progress=InTheMiddle(start), **MANY))
        assert value(entry, BORROWED).startswith("1 ")
    finally:
        over.set()
        second.join()
    assert [outcome.fast_chunks for outcome in outcomes] == [alone]


def test_a_running_import_puts_back_what_a_killed_one_changed(quiet):
    entry, paths, before = quiet
    alone = chunks_alone(entry, paths)
    process = import_in_a_process(entry, paths)
    progress = InTheMiddle(lambda: end(entry, process, signal.SIGKILL))
    assert load(databases.request(entry, TARGET, paths, progress=progress, **MANY)).fast_chunks == alone


def test_the_next_import_of_any_database_puts_back_what_a_killed_one_changed(quiet):
    entry, paths, before = quiet
    end(entry, import_in_a_process(entry, paths), signal.SIGKILL)
    assert value(entry, BORROWED) != before
    load(databases.request(entry, TARGET, paths, lane="insert", check_only=True))
    assert value(entry, BORROWED) != before
    load(databases.request(entry, TARGET, paths, lane="insert"))


def test_a_value_that_somebody_has_set_after_a_kill_stays(quiet):
    entry, paths, before = quiet
    end(entry, import_in_a_process(entry, paths), signal.SIGKILL)
    control = databases.connection(entry)
    control.run("SET GLOBAL innodb_redo_log_capacity = 209715200")
    try:
        load(databases.request(entry, TARGET, paths, lane="insert"))
        assert value(entry, BORROWED) == "0 209715200" and noted(entry) == []
    finally:
        control.run("SET GLOBAL innodb_redo_log_capacity = {0}".format(before.split()[1]))
        control.close()


def test_an_account_that_may_not_change_settings_leaves_the_notes(quiet):
    entry, paths, before = quiet
    grants = b"CREATE USER plain@localhost; GRANT ALL ON settings_target.* TO plain@localhost; GRANT ALL ON apsaradb_mysql.* TO plain@localhost;"
    databases.run(entry, grants)
    try:
        end(entry, import_in_a_process(entry, paths), signal.SIGKILL)
        wanted = databases.request(entry, TARGET, paths)
        assert load(wanted._replace(login=wanted.login._replace(user="plain"))).tables[0].rows == 4000
        assert value(entry, BORROWED) != before
    finally:
        databases.run(entry, b"DROP USER plain@localhost")
    assert not load(wanted).changed


@pytest.mark.parametrize("number", TOLD)
def test_a_terminated_import_puts_settings_back(quiet, number):
    entry, paths, before = quiet
    process = import_in_a_process(entry, paths)
    assert value(entry, BORROWED) != before
    end(entry, process, number)
    assert value(entry, BORROWED) == before
    assert load(databases.request(entry, OTHER, paths, **SLOW)).resumed


def test_local_infile_switched_off_during_an_import(quiet, monkeypatch):
    entry, paths, before = quiet
    # As large chunks, each in a separate transaction.
    monkeypatch.setattr(worker_threads, "_MOST_TOGETHER", 0)
    control = databases.connection(entry)
    progress = InTheMiddle(lambda: control.run("SET GLOBAL local_infile = OFF"))
    outcome = load(databases.request(entry, TARGET, paths, progress=progress, **MANY))
    control.close()
    assert outcome.tables[0].rows == 4000 and 0 < outcome.fast_chunks < 10


def test_an_unexpected_exception_puts_settings_back(quiet):
    entry, paths, before = quiet

    def fall_over():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load(databases.request(entry, TARGET, paths, progress=InTheMiddle(fall_over), **MANY))
    assert value(entry, BORROWED) == before


def test_redo_log_and_index_memory_are_larger_during_the_load(quiet, monkeypatch):
    entry, paths, before = quiet
    rows = b"INSERT INTO `t` VALUES " + b",".join(b"(%d,%d)" % (number, number) for number in range(900000)) + b";\n"
    with open(paths[0], "wb") as dump:
        dump.write(DUMP[: DUMP.index(b"INSERT")] + rows + b"-- Dump completed\n")
    during = []
    build_indexes = keys.build_indexes

    def build(seat, *others):
        during.extend(seat.connection.rows("SELECT @@innodb_ddl_buffer_size, @@innodb_ddl_threads, @@GLOBAL.innodb_redo_log_capacity"))
        build_indexes(seat, *others)

    monkeypatch.setattr(keys, "build_indexes", build)
    load(databases.request(entry, TARGET, paths, defer_indexes="always", workers=2))
    # An eighth of a buffer pool of 64 MiB for two workers (the default is 1 MiB); as many threads as cores.
    assert during == [(4 << 20, max(1, min(4, os.cpu_count())), 1 << 30)]
    assert value(entry, "SELECT CONCAT(@@GLOBAL.innodb_ddl_buffer_size, ' ', @@GLOBAL.innodb_ddl_threads)") == "1048576 4"


@pytest.mark.parametrize("name", ["9.7", "5.7"])
def test_encryption_is_stripped_for_a_server_without_a_keyring(name, tmp_path):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    paths = databases.write(tmp_path, DUMP.replace(b"ENGINE=InnoDB", b"ENGINE=InnoDB ENCRYPTION='Y'"))
    try:
        with pytest.raises(Failure, match="keyring.*encryption: strip"):
            load(databases.request(entry, TARGET, paths))
        outcome = load(databases.request(entry, TARGET, paths, encryption="strip"))
        assert outcome.rewritten["encryption"] == 1 and outcome.tables[0].rows == 2000
        assert value(entry, "SELECT CREATE_OPTIONS FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'settings_target'") == ""
    finally:
        databases.drop(entry, TARGET)


def test_strip_removes_the_encryption_of_a_database(tmp_path):
    """mysqldump 8.0 writes ENCRYPTION for the database; with it, every table without an ENCRYPTION clause would need a keyring (error 3185)."""
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    database = b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `vault` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='Y' */;\nUSE `vault`;\n"
    tables = b"CREATE TABLE `marked` (a INT PRIMARY KEY) ENGINE=InnoDB /*!80016 ENCRYPTION='Y' */;\n" + DUMP
    paths = databases.write(tmp_path, database + tables)
    try:
        with pytest.raises(Failure, match="keyring.*encryption: strip"):
            load(databases.request(entry, TARGET, paths))
        outcome = load(databases.request(entry, TARGET, paths, encryption="strip"))
        assert outcome.rewritten["encryption"] == 2 and [table.rows for table in outcome.tables] == [0, 2000]
        query = "SELECT CONCAT(DEFAULT_CHARACTER_SET_NAME, ' ', DEFAULT_ENCRYPTION) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'settings_target'"
        assert value(entry, query) == "latin1 NO"
    finally:
        databases.drop(entry, TARGET)


@pytest.mark.parametrize(
    "options, made",
    [({}, "latin1_swedish_ci YES"), ({"charset": "utf8mb4"}, "utf8mb4_0900_ai_ci YES"), ({"collation": "latin2_bin", "encryption": "strip"}, "latin2_bin NO")],
)
def test_charset_option_keeps_the_encryption_of_the_dump(tmp_path, options, made):
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    database = b"CREATE DATABASE `vault` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='Y' */;\nUSE `vault`;\n"
    try:
        load(databases.request(entry, TARGET, databases.write(tmp_path, database + b"CREATE VIEW v AS SELECT 1;\n-- Dump completed\n"), **options))
        query = "SELECT CONCAT(DEFAULT_COLLATION_NAME, ' ', DEFAULT_ENCRYPTION) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'settings_target'"
        assert value(entry, query) == made
    finally:
        databases.drop(entry, TARGET)


def test_a_replaced_database_keeps_its_encryption_unless_the_dump_names_one(tmp_path):
    """The server has no keyring, so it cannot create the new tables of an encrypted database."""
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    databases.run(entry, b"CREATE DATABASE settings_target DEFAULT ENCRYPTION='Y'; CREATE TABLE settings_target.old (a INT) ENCRYPTION='N';")
    named = b"CREATE DATABASE `vault` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */;\nUSE `vault`;\n"
    query = "SELECT DEFAULT_ENCRYPTION FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'settings_target'"
    try:
        with pytest.raises(Failure, match="3185"):
            load(databases.request(entry, TARGET, databases.write(tmp_path, DUMP), on_existing="replace"))
        assert value(entry, query) == "YES" and value(entry, "SELECT COUNT(*) FROM settings_target.old") == 0
        load(databases.request(entry, TARGET, databases.write(tmp_path, named + DUMP), on_existing="replace"))
        assert value(entry, query) == "NO" and value(entry, "SELECT COUNT(*) FROM settings_target.t") == 2000
    finally:
        databases.drop(entry, TARGET)


def test_a_database_created_by_a_failed_import_is_created_again_with_new_options(entry, tmp_path):
    """An empty database of the user is not dropped."""
    charset = "SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'settings_target'"
    # A server refuses this only when it creates the table.
    wrong = b"CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (2 + 3), PARTITION q VALUES LESS THAN (1 + 3));\n-- Dump completed\n"
    broken = databases.write(tmp_path, wrong)
    whole = databases.write(tmp_path, DUMP)

    def failing(**options):
        with pytest.raises(Failure, match="table t, "):
            load(databases.request(entry, TARGET, broken, **options))

    failing(charset="latin1")
    failing(charset="latin1")
    load(databases.request(entry, TARGET, whole, charset="latin2"))
    assert value(entry, charset) == "latin2"
    databases.drop(entry, TARGET)
    failing(charset="latin1")
    databases.run(entry, b"DROP DATABASE settings_target; CREATE DATABASE settings_target CHARACTER SET latin5;")
    load(databases.request(entry, TARGET, whole, charset="latin2"))
    assert value(entry, charset) == "latin5"
    databases.drop(entry, TARGET)
    databases.run(entry, b"CREATE DATABASE settings_target CHARACTER SET latin1;")
    failing(charset="latin1")
    load(databases.request(entry, TARGET, whole, charset="latin2"))
    assert value(entry, charset) == "latin1"

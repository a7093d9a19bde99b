# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading files, sending chunks and finishing tables, with connections that do nothing; tests/servers/test_import_truth.py loads into servers."""

import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import DATABASE_COLLATION
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import files
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import BARRIER_BEGUN, TABLE_WHOLE
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import worker_threads
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.send import SentChunk
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.worker_threads import RowLoad, load_rows
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import SILENT
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support.plans import ROWS, TABLE, plan, whole

ONE = b"CREATE TABLE `t%d` (`a` int NOT NULL, PRIMARY KEY (`a`)) ENGINE=InnoDB;\nINSERT INTO `t%d` VALUES (%d);\n"
COLLATED = b"ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_bin ;\n"
TABLES = b"".join(ONE % (at, at, at) for at in range(6))


class Loader:
    """A connection that is never used, and its number."""

    def __init__(self, number):
        self.number = number
        self.connection = self
        self.closed = 0

    def close(self):
        self.closed += 1


class Load:
    """A load of one dump. ``sent`` has the connection and the table of each chunk, ``finished`` the tables."""

    def __init__(self, tmp_path, monkeypatch, *dumps, workers=2, **more):
        paths = [tmp_path / "data{0}.sql".format(number or "") for number in range(len(dumps))]
        for path, dump in zip(paths, dumps):
            path.write_bytes(dump)
        self.plan = plan(*dumps)
        self.path = paths[0]
        self.sent, self.sessions, self.finished, self.loaders = [], [], [], []
        self.lock = threading.Lock()
        self.error = None
        monkeypatch.setattr(worker_threads, "send", self.send)
        monkeypatch.setattr(worker_threads, "send_together", lambda *_chunks: None)
        usual = {"ordered": frozenset(), "restart": frozenset(), "finish": self.finish, "progress": SILENT}
        self.loading = RowLoad(self.plan, tuple(files.on_disk(str(path)) for path in paths), None, self.connect, workers, **dict(usual, **more))

    def connect(self, number):
        self.loaders.append(Loader(number))
        return self.loaders[-1]

    def send(self, loader, _ledger, rows):
        if self.error is not None:
            raise self.error
        with self.lock:
            self.sent.append((loader.number, rows.table.decode(), bytes(rows.data)))
            self.sessions.append(rows.session)
        return SentChunk(rows.chunk.rows, load_data=True, warnings=("w",), more_warnings=2)

    def finish(self, _loader, tables):
        with self.lock:
            self.finished.extend(tables)

    def run(self, done=None):
        return load_rows(self.loading, done or {})


def test_every_chunk_is_sent_once_and_every_table_is_finished(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES), workers=3)
    loaded = load.run()
    assert sorted(table for _number, table, _data in load.sent) == ["t{0}".format(at) for at in range(6)]
    assert sorted(load.finished) == list(range(6)) and [loader.closed for loader in load.loaders] == [1, 1, 1]
    assert {at: (tally.rows, tally.load_data) for at, tally in loaded.tallies.items()} == {at: (1, 1) for at in range(6)}
    assert loaded.skipped_bytes == 0 and len(loaded.warnings) == 7 and "and 12 more warning(s)" in loaded.warnings[-1]
    assert loaded.warnings[0].startswith("w (file0.sql, line ")


def test_what_an_earlier_run_has_committed_is_not_sent_again(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES))
    first = next(step for step in load.plan.steps if step.table == 2)
    loaded = load.run({(first.file, first.offset): 1})
    assert sorted(table for _number, table, _data in load.sent) == ["t0", "t1", "t3", "t4", "t5"]
    assert loaded.skipped_bytes == first.end - first.offset and sorted(load.finished) == list(range(6))


def test_rows_of_an_ordered_table_go_over_one_connection(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES + TABLE + ROWS), workers=3, ordered=frozenset((1, 4)))
    load.run()
    assert {table: number for number, table, _data in load.sent if table in ("t1", "t4")} == {"t1": 2, "t4": 2}


def test_rows_of_tables_that_triggers_connect_go_over_one_connection_in_file_order(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES), workers=3, together=frozenset((0, 1, 2, 3, 4)))
    load.run()
    assert [table for number, table, _data in load.sent if number == 1 and table != "t5"] == ["t0", "t1", "t2", "t3", "t4"]


def test_rows_are_sent_without_the_collation_of_the_database(tmp_path, monkeypatch):
    """mysqldump changes it around a trigger that was created under another one, between the rows of two tables."""
    load = Load(tmp_path, monkeypatch, whole(TABLES[: TABLES.index(b"CREATE TABLE `t1`")] + COLLATED + TABLE + ROWS))
    assert any(session.get(DATABASE_COLLATION) for session in load.plan.sessions)
    load.run()
    assert [table for _number, table, _data in load.sent] == ["t0", "t"]
    assert [session.get(DATABASE_COLLATION) for session in load.sessions] == [None, None]


@pytest.mark.parametrize(
    "checks, exact",
    [
        (b"", (b"0", None)),
        (b"SET unique_checks = 1, foreign_key_checks = 1;\n", (b"0", b"1")),
        (b"SET unique_checks = 0, foreign_key_checks = 0;\n", (b"0", b"0")),
    ],
)
def test_rows_are_checked_for_duplicates_as_in_the_dump(tmp_path, monkeypatch, checks, exact):
    """With unique_checks = 0 InnoDB does not see those of a page that it has not read (MySQL manual, "unique_checks")."""
    load = Load(tmp_path, monkeypatch, whole(checks + b"INSERT INTO `mine` VALUES (1);\n" + TABLE + ROWS + b"REPLACE INTO `t` VALUES (4,'z');\n"))
    load.run()
    found = {(table, data[:6]): session for (_number, table, data), session in zip(load.sent, load.sessions)}
    states = {key: tuple(session.get(name) for name in (b"foreign_key_checks", b"unique_checks")) for key, session in found.items()}
    as_in_file = tuple(load.plan.sessions[-1].get(name) for name in (b"foreign_key_checks", b"unique_checks"))
    assert states == {("mine", b"INSERT"): exact, ("t", b"INSERT"): exact, ("t", b"REPLAC"): as_in_file}


def test_the_first_error_ends_the_load_and_names_its_place(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES))
    before = threading.active_count()
    load.error = ServerError(2013, "Lost connection to MySQL server during query")
    with pytest.raises(ServerError, match="2013.*file0.sql, line 9, byte [0-9]+, table t0") as caught:
        load.run()
    assert caught.value.code == 2013 and [loader.closed for loader in load.loaders] == [1, 1] and load.finished == []
    assert threading.active_count() == before


def test_a_file_that_changed_after_the_plan_was_made_is_a_failure(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES))
    load.path.write_bytes(whole(TABLES[::-1]))
    with pytest.raises(Failure, match="The dump was replaced or changed while the task was reading it"):
        load.run()


def test_a_file_that_becomes_shorter_after_it_was_opened_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_opened", lambda path, _version: open(path, "rb", buffering=0))
    load = Load(tmp_path, monkeypatch, whole(TABLES))
    load.path.write_bytes(whole(TABLES)[: -len(TABLES) // 2])
    with pytest.raises(Failure, match="The file became shorter during the import"):
        load.run()


def test_rows_that_the_server_numbers_are_sent_alone(tmp_path, monkeypatch):
    """If a transaction of several chunks is rolled back, the numbers that the server has assigned in it are lost."""
    numbered = b"CREATE TABLE `n` (`id` int NOT NULL AUTO_INCREMENT, `v` int, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n"
    rows = b"INSERT INTO `n` (`v`) VALUES (1);\nCOMMIT;\n" * 40
    explicit = b"SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\n" + TABLES
    load = Load(tmp_path, monkeypatch, whole(numbered + explicit + rows), workers=1)
    together = []
    monkeypatch.setattr(worker_threads, "send_together", lambda _loader, _ledger, group, _size: together.extend(each.table for each in group))
    load.run()
    assert len([table for _number, table, _data in load.sent if table == "n"]) == 40 and b"n" not in together


class Statements:
    """A ledger and a connection that runs statements. ``ran`` has what was recorded and run, in order."""

    def __init__(self):
        self.ran = []

    def note(self, _connection, file, position, rows):
        self.ran.append((file, position, rows))

    def run(self, sql):
        self.ran.append(bytes(sql))

    def answered_errors(self):
        return []

    def warning_count(self):
        return 0


LIKE = b"CREATE TABLE `m` (a int) ENGINE=MyISAM;\nCREATE TABLE `made` LIKE `m`;\nINSERT INTO `made` VALUES (1);\nCOMMIT;\nINSERT INTO `made` VALUES (2);\n"


def test_a_table_that_a_statement_has_made_is_recorded_whole_if_it_cannot_roll_back(tmp_path, monkeypatch):
    """Its engine is not known before. A chunk would be in the table and not in the ledger if the run were killed in between."""
    seen, sent = Statements(), []

    def redefined(barrier):
        seen.ran.append("redefined")
        assert barrier.affected.tables == (b"made",)
        return frozenset((1,))

    load = Load(tmp_path, monkeypatch, whole(LIKE), redefined=redefined)
    load.loading = load.loading._replace(ledger=seen)
    monkeypatch.setattr(Loader, "set_session", lambda _loader, _session, check_keys: seen, raising=False)
    monkeypatch.setattr(worker_threads, "send", lambda loader, ledger, rows: sent.append(rows.transactional) or load.send(loader, ledger, rows))
    load.run()
    (barrier,) = [step for step in load.plan.steps if not hasattr(step, "table")]
    begun, done = (BARRIER_BEGUN, barrier.offset, 0), (0, barrier.offset, 0)
    assert seen.ran == [begun, b"CREATE TABLE `made` LIKE `m`", "redefined", done, (TABLE_WHOLE, 1, 2)]
    assert sent == [False, False] and len({number for number, _table, _data in load.sent}) == 1


@pytest.mark.parametrize("temporary", [b"TEMPORARY ", b""])
def test_a_temporary_table_ends_with_its_file(tmp_path, monkeypatch, temporary):
    """Each file has a connection of its own with the client."""
    seen = Statements()
    dumps = [whole(TABLES + b"CREATE " + temporary + b"TABLE x LIKE t0;\nALTER TABLE x RENAME `y``z`;\n"), whole(b"UPDATE t0 SET a = 1;\nDELETE FROM t0;\n")]
    load = Load(tmp_path, monkeypatch, *dumps)
    load.loading = load.loading._replace(ledger=seen)
    monkeypatch.setattr(Loader, "run", lambda _loader, sql: seen.run(sql), raising=False)
    monkeypatch.setattr(Loader, "set_session", lambda _loader, _session, check_keys: seen, raising=False)
    load.run()
    statements = [sql for sql in seen.ran if isinstance(sql, bytes)]
    dropped = [b"DROP TEMPORARY TABLE IF EXISTS `x`, `y``z`"] if temporary else []
    assert statements == [b"CREATE " + temporary + b"TABLE x LIKE t0", b"ALTER TABLE x RENAME `y``z`", *dropped, b"UPDATE t0 SET a = 1", b"DELETE FROM t0"]


def test_a_whole_table_is_not_sent_again_whatever_its_engine_is_now(tmp_path, monkeypatch):
    load = Load(tmp_path, monkeypatch, whole(TABLES))
    load.run({(TABLE_WHOLE, 2): 1})
    assert sorted(table for _number, table, _data in load.sent) == ["t0", "t1", "t3", "t4", "t5"] and sorted(load.finished) == list(range(6))

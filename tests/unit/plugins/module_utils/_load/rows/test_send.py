# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of the two lanes and of the retries. What the server does with them is in tests/servers/test_import_truth.py."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Chunk
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.inserts import ChunkData
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows.send import _pipe_with, send, send_together
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError

DATA = b"INSERT INTO `t` VALUES (1);"
CHUNK = Chunk(file=0, offset=0, end=27, line=7, table=0, rows=1, session=0, statements=1, cuts=0, first=26, exact=True, separator=b"),(")


class Script:
    """Replaces a loader's connection and its ledger: LOAD DATA and INSERT fail with the errors given for them, in order."""

    def __init__(self, load_data=(), insert=(), warned=False):
        self.errors = {"LOAD": list(load_data), "INSERT": list(insert)}
        self.warned = warned
        self.log = []
        self.local_infile = True
        self.packet = 1 << 20
        self.connection = self

    def run(self, sql):
        verb = (sql.decode("latin-1") if isinstance(sql, bytes) else sql).split()[0]
        self.log.append(verb)
        errors = self.errors.get(verb)
        if errors:
            raise ServerError(errors.pop(0), "no")
        return 1

    def set_session(self, _session, check_keys=False):
        return self

    def disable_local_infile(self):
        self.local_infile = False

    def note(self, *_entry):
        self.log.append("note")

    def warned_of_data(self):
        return self.warned

    def noted(self):
        return 0

    def note_all(self, _connection, steps):
        self.log.append("note {0}".format(steps))


def sent(script, transactional=True, chunk=CHUNK):
    return send(script, script, ChunkData(chunk, SessionState(), b"t", DATA, transactional))


def test_rows_and_ledger_entry_are_one_transaction():
    script = Script()
    assert sent(script).load_data
    assert script.log == ["START", "note", "LOAD", "COMMIT"]


def test_a_warning_of_load_data_leads_to_the_insert():
    script = Script(warned=True)
    assert not sent(script).load_data
    assert script.log == ["START", "note", "LOAD", "ROLLBACK", "START", "note", "INSERT", "COMMIT"]


def test_four_deadlocks_and_then_a_warning_of_load_data_lead_to_the_insert():
    script = Script(load_data=[1213] * 4, warned=True)
    assert not sent(script).load_data
    assert script.log.count("LOAD") == 5 and script.log[-4:] == ["START", "note", "INSERT", "COMMIT"]


def test_the_insert_has_all_retries_whatever_load_data_has_used():
    script = Script(load_data=[1213] * 4 + [1261], insert=[1205] * 4)
    assert not sent(script).load_data
    assert script.log.count("INSERT") == 5


@pytest.mark.parametrize("lane", ["load_data", "insert"])
def test_the_fifth_deadlock_is_the_error(lane):
    script = Script(**{lane: [1213] * 5})
    script.local_infile = lane == "load_data"
    with pytest.raises(ServerError) as caught:
        sent(script)
    assert caught.value.code == 1213 and script.log.count("START") == 5


def test_an_error_of_the_insert_is_not_retried():
    script = Script(load_data=[1062], insert=[1062])
    with pytest.raises(ServerError, match="1062"):
        sent(script)
    assert script.log.count("INSERT") == 1


def test_a_lost_connection_is_not_used_again():
    script = Script(load_data=[2013])
    with pytest.raises(ServerError, match="2013"):
        sent(script)
    assert script.log == ["START", "note", "LOAD"]


@pytest.mark.parametrize("code, still", [(3948, False), (1148, False), (1261, True)])
def test_a_server_that_closed_local_infile_is_not_asked_again(code, still):
    script = Script(load_data=[code])
    sent(script)
    assert script.local_infile is still


def test_rows_that_cannot_be_rolled_back_go_by_load_data_only_if_no_packet_holds_them():
    script = Script()
    assert not sent(script, transactional=False).load_data and script.log == ["INSERT"]
    script.packet = 20
    assert sent(script, transactional=False).load_data and script.log == ["INSERT", "LOAD"]
    script.warned = True
    with pytest.raises(Failure, match=r"LOAD DATA stored 1 of 1 row\(s\), or returned warnings \(table t, line 7\)"):
        sent(script, transactional=False)


def test_rows_with_half_a_character_go_by_insert():
    script = Script()
    data = b"INSERT INTO `t` VALUES ('\xe3');"
    chunk = CHUNK._replace(first=len(data) - 1, end=len(data))
    utf8 = SessionState(((b"names", b"utf8mb4"),))
    assert utf8.charset == "utf8mb4"
    assert not send(script, script, ChunkData(chunk, utf8, b"t", data, True)).load_data


def test_a_pipe_gives_all_pieces_in_order():
    pieces = [memoryview(b"a" * 3_000_000), memoryview(b"b"), memoryview(b"")]
    with _pipe_with(pieces) as descriptor:
        with open("/dev/fd/{0}".format(descriptor), "rb") as stream:
            assert stream.read(3_000_001) == b"a" * 3_000_000 + b"b"


def test_a_pipe_that_nobody_reads_to_its_end_does_not_hang():
    with _pipe_with([memoryview(b"a" * 3_000_000)]) as descriptor:
        assert os.read(descriptor, 10) == b"a" * 10


def sent_together(script, *chunks, by_insert=0):
    return send_together(script, script, [ChunkData(chunk, SessionState(), b"t", DATA, True) for chunk in chunks], by_insert)


def test_chunks_sent_together_are_one_transaction():
    script = Script()
    assert [each.load_data for each in sent_together(script, CHUNK, CHUNK._replace(offset=30, separator=b""))] == [True, False]
    assert script.log == ["START", "note [(0, 0, 1), (0, 30, 1)]", "LOAD", "INSERT", "COMMIT"]


def test_small_chunks_of_many_tables_are_inserted():
    script = Script()
    assert [each.load_data for each in sent_together(script, CHUNK, CHUNK, by_insert=len(DATA))] == [False, False]
    assert script.log[2:] == ["INSERT", "INSERT", "COMMIT"]


@pytest.mark.parametrize("script", [Script(insert=[1062]), Script(insert=[1213]), Script(warned=True)])
def test_nothing_is_stored_if_one_of_several_chunks_has_to_be_sent_alone(script):
    assert sent_together(script, CHUNK._replace(separator=b"),(" if script.warned else b""), CHUNK) is None
    assert script.log[-1] == "ROLLBACK" and "COMMIT" not in script.log


def test_another_number_of_rows_than_the_dump_has_is_not_stored_together():
    script = Script()
    assert sent_together(script, CHUNK._replace(separator=b"", rows=2), CHUNK) is None
    assert script.log[-1] == "ROLLBACK" and "COMMIT" not in script.log


def test_a_lost_connection_is_an_error_for_several_chunks_too():
    with pytest.raises(ServerError):
        sent_together(Script(load_data=[2013]), CHUNK, CHUNK)

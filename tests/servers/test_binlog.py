# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Binlogs that real servers wrote, against SHOW BINLOG EVENTS of the same server."""

import os
import re
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import LocalBinlog, ReadBuffer, UnreadableBinlog
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_start import closing_time, read_start
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.events import FIRST, events
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.transactions import gtids_of, transactions
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

NAME = "binlog_read"
# As SHOW BINLOG EVENTS writes them.
CODES = {
    "Query": 2,
    "Stop": 3,
    "Rotate": 4,
    "Intvar": 5,
    "Format_desc": 15,
    "Xid": 16,
    "Begin_load_query": 17,
    "Execute_load_query": 18,
    "Table_map": 19,
    "Rows_query": 29,
    "Write_rows": 30,
    "Update_rows": 31,
    "Delete_rows": 32,
    "Gtid": 33,
    "Anonymous_Gtid": 34,
    "Previous_gtids": 35,
    "XA_prepare": 38,
    "Transaction_payload": 40,
    "Gtid_tagged_log_event": 42,
}
WORK = """
SET binlog_format = 'ROW'
CREATE DATABASE {0}
CREATE TABLE {0}.t (a int PRIMARY KEY, b varchar(20)) ENGINE=InnoDB
USE {0}
SET time_zone = '+02:00', sql_mode = 'ANSI_QUOTES'
BEGIN
INSERT INTO t VALUES (1, 'Zoë'), (2, 'b')
SAVEPOINT one
UPDATE t SET b = 'c'
ROLLBACK TO one
DELETE FROM t WHERE a = 2
COMMIT
ALTER TABLE {0}.t ADD COLUMN c int DEFAULT 5
SET binlog_format = 'STATEMENT'
INSERT INTO "t" VALUES (3, 'statement', 3)
SET binlog_format = 'ROW', time_zone = DEFAULT
CREATE TABLE copy LIKE t
TRUNCATE copy
USE mysql
DROP TABLE {0}.copy
"""
XA = """
XA START 'x'
INSERT INTO {0}.t VALUES (7, 'xa', 1)
XA END 'x'
XA PREPARE 'x'
XA COMMIT 'x'
"""
MODERN = """
SET binlog_transaction_compression = 1
INSERT INTO {0}.t VALUES (8, REPEAT('x', 20), 1)
SET binlog_transaction_compression = 0, gtid_next = 'AUTOMATIC:night_1'
INSERT INTO {0}.t VALUES (9, 'tagged', 1)
SET gtid_next = 'AUTOMATIC'
"""


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def written(request, tmp_path_factory):
    """Two binlog files that a server has written, and what it shows of them."""
    entry = fixtures.server(request.param)
    control = databases.connection(entry)
    control.run("DROP DATABASE IF EXISTS " + NAME)
    control.run("FLUSH BINARY LOGS")
    begun = time.time()
    for text in [WORK] + ([XA] if request.param != "5.6" else []) + ([MODERN] if request.param == "9.7" else []):
        for line in text.strip().format(NAME).splitlines():
            control.run(line)
    control.run("FLUSH BINARY LOGS")
    control.run("DROP DATABASE " + NAME)
    names = [str(row[0]) for row in control.rows("SHOW BINARY LOGS")]
    yield Written(control, names[-2], names[-1], begun)
    control.close()


class Written:
    def __init__(self, control, name, after, begun):
        self.control = control
        self.folder = control.value("SELECT @@datadir")
        self.path, self.after = (os.path.join(self.folder, each) for each in (name, after))
        self.begun, self.ended = begun, time.time()
        self.shown = control.rows("SHOW BINLOG EVENTS IN '{0}'".format(name))

    def start(self, path=None):
        with LocalBinlog(path or self.path) as reader:
            return read_start(reader)

    def transactions(self, path=None):
        with LocalBinlog(path or self.path) as reader:
            return list(transactions(reader, read_start(reader)))


def test_types_and_positions_of_all_events(written):
    with LocalBinlog(written.path) as reader:
        start = read_start(reader)
        found = [
            (each.kind, each.start, each.server_id, each.end)
            for each in events(reader, ReadBuffer(reader, 4096), FIRST, checksums=start.checksums, wanted=frozenset(CODES.values()))
        ]
    # The events inside a compressed transaction are shown with its end as their position.
    assert found == [(CODES[row[2]], row[1], row[3], row[4]) for row in written.shown if row[1] != row[4]]


def test_server_and_previous_gtids(written):
    start = written.start()
    assert start.server_version.startswith(str(written.control.value("SELECT @@version")).partition("-")[0])
    assert start.server_id == written.control.value("SELECT @@server_id")
    assert start.closed and not written.start(written.after).closed
    with LocalBinlog(written.path) as reader, LocalBinlog(written.after) as newest:
        assert int(written.begun) <= closing_time(reader) <= written.ended and closing_time(newest) is None
    (previous,) = [row[5] for row in written.shown if row[2] == "Previous_gtids"]
    assert start.previous == GtidSet.parse(previous)
    assert int(written.begun) - 1 <= start.time <= written.ended


def test_gtids_of_a_file_lead_to_the_next_file(written):
    found = written.transactions()
    shown = [re.search(r"GTID_NEXT= '(.*)'", row[5]).group(1) for row in written.shown if row[2] in ("Gtid", "Gtid_tagged_log_event")]
    assert [each.gtid for each in found] == shown
    assert written.start(written.after).previous == written.start().previous.union(gtids_of(found))
    assert [each.end for each in found[:-1]] == [each.start for each in found[1:]]
    assert all(int(written.begun) <= each.committed <= written.ended for each in found)


def test_statements_with_their_session(written):
    found = written.transactions()
    statements = [
        (each.schema, each.text.decode().replace(" /* generated by server */", "")) for one in found for each in one.statements if b"xid=" not in each.text
    ]
    shown = [row[5] for row in written.shown if row[2] == "Query"]
    for schema, text in statements:
        assert any(text in line and ("DATABASE" in text or not schema or line.startswith("use `{0}`; ".format(schema))) for line in shown), text
    texts = [text for _schema, text in statements]
    assert texts[0] == "CREATE DATABASE " + NAME and texts[1].startswith("CREATE TABLE {0}.t (".format(NAME))
    assert (NAME, "ALTER TABLE {0}.t ADD COLUMN c int DEFAULT 5".format(NAME)) in statements
    (insert,) = [each for one in found for each in one.statements if b"INSERT" in each.text]
    assert insert.databases == (NAME,) and insert.sql_mode == 4 and insert.charset is not None and insert.whole
    assert statements[-1][0] == "mysql" and statements[-1][1].startswith("DROP TABLE")


def test_tables_of_row_events(written):
    found = written.transactions()
    rows = [each for each in found if each.tables]
    assert {each.tables for each in rows} == {((NAME, "t"),)}
    assert not rows[0].statements
    version = written.start().server_version
    assert [each.xa for each in found if each.xa] == ([] if version.startswith("5.6") else ["start", "commit"])
    if version.startswith("9"):
        assert [each.gtid.count(":") for each in rows][-2:] == [1, 2] and not any(each.unread for each in found)


def test_a_cut_file_is_read_to_the_cut(written, tmp_path):
    whole = written.transactions()
    path = str(tmp_path / "binlog.000001")
    for length in (whole[-1].end - 3, whole[2].start + 30):
        with open(written.path, "rb") as source, open(path, "wb") as target:
            target.write(source.read(length))
        found = []
        with LocalBinlog(path) as reader, pytest.raises(UnreadableBinlog) as caught:
            for each in transactions(reader, read_start(reader)):
                found.append(each)
        assert caught.value.kind == "cut" and caught.value.byte < length
        assert found == [each for each in whole if each.end <= length]

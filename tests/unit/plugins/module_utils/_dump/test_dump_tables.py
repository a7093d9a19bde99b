# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.dump_tables import DumpTables
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.reader_state import ReaderState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.renames import Renames
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import Statement

DIALECT = Dialect(80036)


def made(sql, reading, name=b"t"):
    item = classify(Statement(sql, 0, len(sql), 1, None), DIALECT)
    return item, reading.definition(item, name, "table")


def test_a_table_exists_from_its_create_to_its_drop():
    reading = ReaderState(Choices(b"shop", server_version=80036, lower_case=True))
    tables = DumpTables(reading, Renames())
    assert tables.existing(b"t") is None
    table = tables.named(b"T")
    assert tables.named(b"T") is table and tables.existing(b"t") is None
    table.make(made(b"CREATE TABLE T (a INT)", reading)[1], None, DIALECT)
    assert tables.existing(b"t") is tables.existing(b"T") is table and list(tables) == [table]
    table.drop()
    assert tables.existing(b"t") is None and tables.spelled(b"T") is table and tables.spelled(b"t") is None


def test_a_use_before_the_create_is_refused_once():
    reading = ReaderState(Choices(b"shop", server_version=80036))
    tables = DumpTables(reading, Renames())
    create, definition = made(b"CREATE TABLE t (a INT)", reading)
    tables.note_use(b"t", classify(Statement(b"TRUNCATE t", 0, 10, 1, None), DIALECT))
    tables.end_early_uses(b"t", create)
    tables.end_early_uses(b"t", create)
    assert len(reading.refusals._kept) == 1
    tables.named(b"t").make(definition, None, DIALECT)
    tables.note_use(b"t", create)
    assert tables.early_uses.created(b"t", reading.file_name) == []


def test_a_second_create_must_be_in_another_file_and_the_same():
    reading = ReaderState(Choices(b"shop", server_version=80036))
    tables = DumpTables(reading, Renames())
    item, first = made(b"CREATE TABLE t (a INT)", reading)
    elsewhere = first._replace(place=first.place._replace(file="b.sql"))
    tables.refuse_second(item, "table", first, elsewhere)
    assert reading.refusals._kept == []
    tables.refuse_second(item, "table", first, first)
    tables.refuse_second(item, "table", first, elsewhere._replace(text=b"CREATE TABLE t (b INT)"))
    assert ["error 1050" in said for said in reading.refusals._kept] == [True, False] and "creates another table" in reading.refusals._kept[1]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other tools than mysqldump write is imported as the ``mysql`` client loads it, and every row is counted; what the client cannot
load is refused before the first write."""

import pathlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, mysqldumps

FOLDER = pathlib.Path(databases.__file__).parent / "tool_dumps"
TOOLS = sorted(path.stem for path in FOLDER.glob("*.sql") if "." not in path.stem)
SERVERS = ("9.7", "5.7", "5.6")
SOURCE, TARGET = "library", "library-restored"
# What the client says there, and the import.
REFUSED = {
    ("mysqldump_9", "5.7"): ("ERROR 1273", "utf8mb4_0900_ai_ci"),
    ("mysqldump_9", "5.6"): ("ERROR 1064", "utf8mb4_0900_ai_ci"),
    **{(version, server): ("ERROR 1273", "utf8mb4_0900_ai_ci") for version in ("8.0.40", "8.4.3") for server in ("5.7", "5.6")},
    **{
        ("employees", server): ("ERROR 1064.*source load_staff.dump", "is a command of the mysql client, not SQL: source load_staff.dump") for server in SERVERS
    },
}
# Those whose rows LOAD DATA loads, strings in double quotes too.
LOAD_DATA = {"mysqlpump", "mysqlpump_complete_insert", "mydumper", "mysqldump_9", "wordpress", *mysqldumps.VERSIONS}
# Tables whose rows the dump does not determine.
UNCOUNTED = {"adminer": {"author"}, "mysqldump_forms": {"kept", "replaced"}}
# Newer than the server; the others are compared in more ways elsewhere.
NEWER = [("5.7.30", "5.6"), ("5.7.44", "5.6")]
CASES = [(tool, server) for tool in TOOLS for server in SERVERS] + NEWER


def dumps_of(tool):
    if tool in mysqldumps.VERSIONS:
        return [mysqldumps.without_gtids(mysqldumps.sample(tool)).replace(b"`shop`", b"`library`")]
    # Text files hold no bytes that are not UTF-8.
    return [path.read_bytes().replace(b"@TWO_BYTES@", b"\xff\xfe") for path in sorted(FOLDER.glob(tool + ".sql")) + sorted(FOLDER.glob(tool + ".*.sql"))]


@pytest.fixture
def empty():
    def made(server):
        entry = fixtures.server(server)
        databases.drop(entry, SOURCE, TARGET)
        databases.run(entry, "CREATE DATABASE `{0}` CHARACTER SET utf8mb4;".format(SOURCE).encode())
        used.append(entry)
        return entry

    used = []
    yield made
    for entry in used:
        databases.drop(entry, SOURCE, TARGET)


def imported(entry, tmp_path, tool, **changes):
    paths = databases.write(tmp_path, *dumps_of(tool))
    # Where the dump drops the database first, its own options decide.
    charset = None if any(b"DROP DATABASE" in made or b"DROP SCHEMA" in made for made in dumps_of(tool)) else "utf8mb4"
    request = databases.request(entry, TARGET, paths, charset=charset, require_complete=False, events="keep", **changes)
    # DBeaver names the database in the rows alone.
    return load(request._replace(choices=request.choices._replace(source=SOURCE.encode())))


@pytest.mark.parametrize("tool, server", [case for case in CASES if case not in REFUSED])
def test_the_import_is_what_the_client_makes(empty, tmp_path, tool, server):
    entry = empty(server)
    for made in dumps_of(tool):
        # A first line for MariaDB's client, which MySQL's client reads as a command.
        databases.run(entry, made.replace(b"/*!999999\\- enable the sandbox mode */", b""), SOURCE, "--comments")
    expected = databases.content_by_sql(entry, SOURCE)
    assert len(expected) > 2
    first = imported(entry, tmp_path, tool)
    assert databases.content_by_sql(entry, TARGET) == expected
    assert {table.name for table in first.tables if table.rows_expected != table.rows} == UNCOUNTED.get(tool, set())
    assert first.fast_chunks > 0 or tool not in LOAD_DATA
    assert len([text for text in first.warnings if "is not compared with the dump" in text]) == len(UNCOUNTED.get(tool, ()))
    # The same through a staging database.
    databases.drop(entry, TARGET)
    databases.run(entry, "CREATE DATABASE `{0}`; CREATE TABLE `{0}`.old (a INT)".format(TARGET).encode())
    if server == "5.6" and tool in NOT_STAGED:
        with pytest.raises(Failure, match="cannot run in a staging database"):
            imported(entry, tmp_path, tool, on_existing="replace")
        return
    second = imported(entry, tmp_path, tool, on_existing="replace")
    assert databases.content_by_sql(entry, TARGET) == expected and "swap" in second.phases
    assert [table[:3] for table in second.tables] == [table[:3] for table in first.tables]


# 5.6 cannot move a foreign key to another database.
NOT_STAGED = {"chinook", "mysqlpump", "phpmyadmin_constraints"}


@pytest.mark.parametrize("tool, server", sorted(REFUSED))
def test_what_the_client_cannot_load_is_refused(empty, tmp_path, tool, server):
    entry = empty(server)
    of_client, reason = REFUSED[(tool, server)]
    with pytest.raises(AssertionError, match=of_client):
        databases.run(entry, b"".join(dumps_of(tool)), SOURCE)
    with pytest.raises(Failure, match=reason):
        imported(entry, tmp_path, tool)
    assert not databases.run(entry, "SHOW DATABASES LIKE '{0}'".format(TARGET).encode())


def test_rows_that_a_trigger_would_add_are_announced(empty, tmp_path):
    """The client creates the trigger before the rows, where it fires; an import creates it after them."""
    entry = empty("9.7")
    schema, rows = dumps_of("sakila")
    schema += b"CREATE TRIGGER ins_novel AFTER INSERT ON novel FOR EACH ROW INSERT INTO words (word_id, word) VALUES (NEW.novel_id, NEW.title);\n"
    rows = rows.replace(b"INSERT INTO words VALUES (1,'boat'),(2,'lighthouse');\n", b"")
    for made in (schema, rows):
        databases.run(entry, made, SOURCE)
    request = databases.request(entry, TARGET, databases.write(tmp_path, schema, rows), require_complete=False)
    outcome = load(request)
    assert [(table.name, table.rows, table.rows_expected) for table in outcome.tables] == [("shop", 2, 2), ("novel", 3, 3), ("words", 0, 0)]
    assert [text for text in outcome.warnings if "ins_novel" in text and "words" in text]
    assert databases.run(entry, b"SELECT COUNT(*) FROM words", SOURCE).split() == [b"COUNT(*)", b"3"]


def test_what_is_left_of_the_employees_database_without_its_commands(empty, tmp_path):
    entry = empty("9.7")
    (schema,) = dumps_of("employees")
    schema = b"".join(line for line in schema.splitlines(True) if not line.startswith(b"source"))
    rows = b"INSERT INTO `staff` VALUES (10001,'1953-09-02','M'),\n(10002,'1964-06-02','F');\n"
    paths = databases.write(tmp_path, schema, rows)
    with pytest.raises(Failure, match="FLUSH"):
        load(databases.request(entry, TARGET, paths, require_complete=False))
    (table,) = load(databases.request(entry, TARGET, paths, require_complete=False, allow=("flush",))).tables
    assert (table.name, table.rows) == ("staff", 2)


def test_a_dump_of_two_databases_is_refused_with_the_way_out(empty, tmp_path):
    entry = empty("5.7")
    (made,) = dumps_of("mysqlpump")
    (path,) = databases.write(tmp_path, made + made.replace(b"`library`", b"`other`"))
    with pytest.raises(Failure, match="reaches outside the database library; use one file for each database"):
        load(databases.request(entry, TARGET, [path], require_complete=False))
    assert not databases.run(entry, "SHOW DATABASES LIKE '{0}'".format(TARGET).encode())

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import that cannot succeed fails before anything is written: the server is unchanged."""

import gzip

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login, ServerError
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

SOURCE, TARGET, ACCOUNT = "bad_source", "bad_target", "bad_restorer"


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, SOURCE, TARGET)
    drop_account(entry)


@pytest.fixture(scope="module")
def dumped():
    """A schema file and a data file of mariadb-dump, which all three servers accept."""
    newer = fixtures.server("5.7")
    databases.make(newer, SOURCE + "_dumped", ["foreign_key_cycles", "stored_programs", "views"])
    yield databases.pair(newer, SOURCE + "_dumped")
    databases.drop(newer, SOURCE + "_dumped")


@pytest.fixture
def clean(entry):
    databases.drop(entry, TARGET)
    return entry


def drop_account(entry):
    control = databases.connection(entry)
    for user, host in control.rows("SELECT User, Host FROM mysql.user WHERE User = %s", (ACCOUNT,)):
        control.run("DROP USER `{0}`@`{1}`".format(user, host))
    control.close()


def make_account(entry, *grants):
    drop_account(entry)
    control = databases.connection(entry)
    control.run("CREATE USER {0}@localhost IDENTIFIED BY 'right'".format(ACCOUNT))
    control.run("CREATE USER {0}@`127.0.0.1` IDENTIFIED BY 'right'".format(ACCOUNT))
    for grant in grants:
        for host in "localhost", "127.0.0.1":
            control.run("GRANT {0} TO {1}@`{2}`".format(grant, ACCOUNT, host))
    control.close()
    return Login(user=ACCOUNT, password="right", unix_socket=entry["socket"])


def state_of(entry):
    """All databases, tables with their rows, other objects, accounts and the GTIDs of this server."""
    control = databases.connection(entry)
    found = control.rows("SHOW DATABASES")
    for database in SOURCE, TARGET:
        for query in (
            "SELECT TABLE_NAME, ENGINE, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY 1",
            "SELECT ROUTINE_NAME, CREATED FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s ORDER BY 1",
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s ORDER BY 1",
            "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY 1",
        ):
            found += control.rows(query, (database,))
    if ("apsaradb_mysql",) in found:
        for table in "import", "piece", "made":
            found += control.rows("SELECT * FROM apsaradb_mysql.`{0}` WHERE target = X'{1}'".format(table, TARGET.encode().hex()))
    found += control.rows("SELECT User, Host FROM mysql.user ORDER BY 1, 2")
    found += control.rows(
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('local_infile', 'read_only', 'gtid_purged', 'max_connections', 'innodb_redo_log_capacity')"
    )
    control.close()
    return found


def refuses(entry, paths, match, **changes):
    before = state_of(entry)
    with pytest.raises(Failure, match=match) as caught:
        load(databases.request(entry, TARGET, paths, **changes))
    assert state_of(entry) == before
    assert "Traceback" not in str(caught.value)
    return caught.value


# -- the files


def cuts(dump):
    """Positions at which a dump may have been cut, by the text there."""
    completed = dump.rindex(b"-- Dump completed")
    yield "before the last line", dump[:completed]
    yield "in the last line", dump[: completed + 10]
    yield "in the header", dump[:40]
    insert = dump.index(b"INSERT INTO")
    yield "before rows", dump[:insert]
    yield "in a verb", dump[: insert + 6]
    yield "after VALUES", dump[: dump.index(b"VALUES", insert) + 6]
    quote = dump.index(b"'", insert)
    yield "in a string", dump[: quote + 2]
    end = dump.index(b";\n", insert)
    yield "before a delimiter", dump[:end]
    yield "after a delimiter", dump[: end + 1]
    yield "between statements", dump[: end + 2]
    yield "half way", dump[: len(dump) // 2]


def test_a_cut_dump(clean, dumped, tmp_path):
    schema, data = dumped
    for _place, cut in cuts(data):
        refuses(clean, databases.write(tmp_path, schema, cut), "truncated|incomplete")
    for _place, cut in ("in a table", schema[: schema.index(b"CREATE TABLE") + 30]), ("in a trigger", schema[: schema.index(b"TRIGGER") + 9]):
        refuses(clean, databases.write(tmp_path, cut, data), "truncated|incomplete")


def test_a_cut_gzip(clean, dumped, tmp_path):
    schema, data = dumped
    packed = gzip.compress(data)
    for size in 1, 5, 12, len(packed) // 2, len(packed) - 9, len(packed) - 8, len(packed) - 1:
        path = tmp_path / "cut{0}.sql.gz".format(size)
        path.write_bytes(packed[:size])
        refuses(clean, databases.write(tmp_path, schema) + [str(path)], "truncated|damaged")


def test_a_damaged_gzip(clean, dumped, tmp_path):
    packed = bytearray(gzip.compress(dumped[1]))
    for at in len(packed) // 2, len(packed) - 5:
        packed[at] ^= 0x55
        path = tmp_path / "damaged{0}.sql.gz".format(at)
        path.write_bytes(bytes(packed))
        refuses(clean, databases.write(tmp_path, dumped[0]) + [str(path)], "damaged|truncated")
        packed[at] ^= 0x55


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"\n\n", "."),
        (b"<html><body>Forbidden</body></html>", "HTML or XML page"),
        (b"<?xml version='1.0'?><Error/>", "HTML or XML page"),
        (b"XBSTCK01\x00\x01", "physical backup"),
        (bytes(1000), "starts with zeros"),
        (b"hello", "not part of loading"),
        ("CREATE TABLE t (w VARCHAR(9));\nINSERT INTO t VALUES ('O\\'Hara');\n-- Dump completed\n".encode("utf-16"), "text in UTF-16"),
        (b"id,name\n1,anna\n", "CSV"),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_files_that_are_not_a_dump(clean, tmp_path, content, words, packed):
    refuses(clean, databases.write(tmp_path, gzip.compress(content) if packed else content), words)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize(
    "message",
    [
        b"mysqldump: [Warning] Using a password on the command line interface can be insecure.\n",
        b"mysqldump: Couldn't execute 'SHOW CREATE TABLE `v`': View 'shop.v' references invalid table(s) (1356)\n",
        b"system touch /tmp/evil;\n",
        b"source load_departments.dump ;\n",
        b"\\. load_departments.dump\n",
    ],
)
def test_text_of_other_programs_in_a_dump(clean, dumped, tmp_path, message, place):
    schema, data = dumped
    at = {"first": 0, "middle": data.index(b"LOCK TABLES"), "last": len(data)}[place]
    line = 1 + data.count(b"\n", 0, at)
    refuses(clean, databases.write(tmp_path, schema, data[:at] + message + data[at:]), "Line {0} is a (message of a program|command of the mysql)".format(line))


def test_a_missing_file(clean, tmp_path):
    with pytest.raises(Failure, match="cannot be read"):
        databases.request(clean, TARGET, [str(tmp_path / "nothing.sql")])


def test_a_dump_without_its_last_line_is_loaded_only_on_request(clean, dumped, tmp_path):
    paths = databases.write(tmp_path, *(dump[: dump.rindex(b"-- Dump completed")] for dump in dumped))
    refuses(clean, paths, "fetch the backup again.*require_complete")
    assert load(databases.request(clean, TARGET, paths, require_complete=False, definer="current")).changed


@pytest.mark.parametrize(
    "statement",
    [
        b"GRANT ALL ON *.* TO nobody@nowhere;",
        b"CREATE USER evil@localhost;",
        b"/*!50001 SET GLOBAL read_only = 1 */;",
        b"set  @@Global . max_connections = 17;",
        b"USE mysql;",
        b"DROP DATABASE bad_source;",
        b"CREATE TABLE mysql.evil (a int);",
        b"INSERT INTO `bad_source` . t VALUES (1);",
        b"DELIMITER ;;\nSHUTDOWN;;\nDELIMITER ;",
        b"LOAD DATA INFILE '/etc/passwd' INTO TABLE t;",
        b"SELECT 1 INTO OUTFILE '/tmp/evil';",
        b"INSTALL PLUGIN evil SONAME 'evil.so';",
        b"RENAME USER root@localhost TO evil@localhost;",
        b"SET PASSWORD = 'x';",
    ],
    ids=lambda sql: sql.decode()[:30],
)
def test_statements_that_leave_the_database(clean, dumped, tmp_path, statement):
    end = dumped[1].rindex(b"-- Dump completed")
    paths = databases.write(tmp_path, dumped[0], dumped[1][:end] + statement + b"\n" + dumped[1][end:])
    refuses(clean, paths, "are not allowed in a restore of one database")


# -- the server


def test_an_unreachable_server(clean, dumped, tmp_path):
    paths = databases.write(tmp_path, *dumped)
    login = Login(user="root", unix_socket=str(tmp_path / "no.sock"))
    refuses(clean, paths, "2002: .*No such file or directory .*no.sock.*login_unix_socket", login=login)
    refuses(clean, paths, "Set login_host to its address and set login_port", login=Login(user="root", host="127.0.0.1", port=1))


def test_a_wrong_password(clean, dumped, tmp_path):
    login = make_account(clean, "ALL ON `{0}`.*".format(TARGET))._replace(password="wrong-secret")
    for changed in login, login._replace(unix_socket=None, host="127.0.0.1", port=clean["port"]):
        failure = refuses(clean, databases.write(tmp_path, *dumped), "1045.*login_password|cannot be sent safely", login=changed)
        assert "wrong-secret" not in str(failure)


def test_all_missing_privileges_are_named_at_once(clean, dumped, tmp_path):
    login = make_account(clean, "CREATE, SELECT, INSERT ON `{0}`.*".format(TARGET))
    failure = refuses(clean, databases.write(tmp_path, *dumped), "lacks", login=login, definer="current")
    for privilege in "DROP", "ALTER", "INDEX", "TRIGGER", "CREATE VIEW", "CREATE ROUTINE", "EVENT":
        assert privilege in str(failure)


def test_definers_of_others_need_a_privilege(clean, dumped, tmp_path):
    login = make_account(clean, "ALL ON `{0}`.*".format(TARGET))
    refuses(clean, databases.write(tmp_path, *dumped), "nobody@nowhere.*definer: current", login=login)


def test_all_on_one_database_is_enough(clean, tmp_path):
    """GRANT ALL ON target.* and nothing else. A dump without functions and triggers needs nothing else."""
    newer = fixtures.server("5.7")
    databases.make(newer, SOURCE + "_plain", ["foreign_key_cycles", "column_types"])
    paths = databases.write(tmp_path, *databases.pair(newer, SOURCE + "_plain"))
    databases.drop(newer, SOURCE + "_plain")
    login = make_account(clean, "ALL ON `{0}`.*".format(TARGET))
    outcome = load(databases.request(clean, TARGET, paths, login=login))
    assert outcome.changed and all(table.rows == table.rows_expected for table in outcome.tables)
    assert any("ledger" in warning and TARGET in warning for warning in outcome.warnings)
    again = load(databases.request(clean, TARGET, paths, login=login))
    assert not again.changed
    control = databases.connection(clean)
    control.run("SET foreign_key_checks = 0")
    control.run("DROP TABLE `{0}`.egg".format(TARGET))
    assert load(databases.request(clean, TARGET, paths, login=login)).changed
    assert control.value("SELECT COUNT(*) FROM `{0}`.egg".format(TARGET)) == 3
    control.close()


def test_triggers_with_the_binary_log_on_need_a_privilege(clean, dumped, tmp_path):
    login = make_account(clean, "ALL ON `{0}`.*".format(TARGET))
    refuses(clean, databases.write(tmp_path, *dumped), "log_bin_trust_function_creators", login=login, definer="current")


def test_statements_larger_than_max_allowed_packet(clean, tmp_path):
    control = databases.connection(clean)
    limit = int(control.value("SELECT @@GLOBAL.max_allowed_packet"))
    control.close()
    row = b"INSERT INTO t VALUES ('" + b"x" * limit + b"');\n"
    refuses(clean, databases.write(tmp_path, b"-- MySQL dump\nCREATE TABLE t (a longtext);\n" + row + b"-- Dump completed\n"), "SET GLOBAL max_allowed_packet")


def test_engines_the_server_does_not_have(clean, tmp_path):
    dump = b"-- MySQL dump\nCREATE TABLE t (a int) ENGINE=TokuDB;\nINSERT INTO t VALUES (1);\n-- Dump completed\n"
    refuses(clean, databases.write(tmp_path, dump), "no engine TokuDB.*engines")
    assert load(databases.request(clean, TARGET, databases.write(tmp_path, dump), engines=(("TOKUDB", "InnoDB"),))).tables[0].engine == "InnoDB"


# -- existing objects


@pytest.fixture
def occupied(clean):
    databases.run(
        clean,
        b"CREATE DATABASE bad_target; USE bad_target; CREATE TABLE egg (a INT); INSERT INTO egg VALUES (39); CREATE TABLE kept (a INT); INSERT kept VALUES (1)",
    )
    return clean


def rows_of(entry, table):
    control = databases.connection(entry)
    try:
        return control.rows("SELECT * FROM `{0}`.`{1}`".format(TARGET, table))
    except ServerError as error:
        return error.code
    finally:
        control.close()


def test_existing_tables_are_not_touched(occupied, dumped, tmp_path):
    paths = databases.write(tmp_path, *dumped)
    refuses(occupied, paths, "is not empty: it holds egg, kept.*on_existing")
    refuses(occupied, paths, "already exist.*egg", on_existing="merge")
    before = state_of(occupied)
    outcome = load(databases.request(occupied, TARGET, paths, on_existing="skip"))
    assert not outcome.changed and outcome.skipped and state_of(occupied) == before


def test_merge_adds_and_replace_replaces(occupied, dumped, tmp_path):
    paths = databases.write(tmp_path, *dumped)
    databases.run(occupied, b"DROP TABLE bad_target.egg")
    load(databases.request(occupied, TARGET, paths, on_existing="merge", definer="current"))
    assert rows_of(occupied, "kept") == [(1,)] and len(rows_of(occupied, "egg")) == 3
    databases.drop(occupied, TARGET)
    databases.run(occupied, b"CREATE DATABASE bad_target; CREATE TABLE bad_target.kept (a INT)")
    load(databases.request(occupied, TARGET, paths, on_existing="replace", definer="current"))
    assert rows_of(occupied, "kept") == 1146 and len(rows_of(occupied, "egg")) == 3


def test_replace_drops_nothing_if_the_dump_cannot_be_loaded(occupied, dumped, tmp_path):
    refuses(occupied, databases.write(tmp_path, dumped[0], dumped[1][:2000]), "truncated|incomplete", on_existing="replace")
    assert rows_of(occupied, "egg") == [(39,)]


def test_missing_database_without_create(clean, dumped, tmp_path):
    refuses(clean, databases.write(tmp_path, *dumped), "the database bad_target does not exist.*create", create=False)


def test_check_mode_writes_nothing(clean, dumped, tmp_path):
    before = state_of(clean)
    outcome = load(databases.request(clean, TARGET, databases.write(tmp_path, *dumped), check_only=True))
    assert outcome.changed and {table.name: table.rows_expected for table in outcome.tables}["egg"] == 3
    assert state_of(clean) == before


@pytest.mark.parametrize("name", ["mysql", "SYS", "information_schema", "Performance_Schema"])
def test_system_databases_are_refused(clean, dumped, tmp_path, name):
    with pytest.raises(Failure, match="is a system schema"):
        load(databases.request(clean, name, databases.write(tmp_path, *dumped), on_existing="replace"))


@pytest.mark.parametrize("option, value", [("charset", "utf8; DROP DATABASE x"), ("collation", "'"), ("charset", "no_such_charset")])
def test_unknown_character_sets(clean, dumped, tmp_path, option, value):
    refuses(clean, databases.write(tmp_path, *dumped), "character set|collation|1115", **{option: value})

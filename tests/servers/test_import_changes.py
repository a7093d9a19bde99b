# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server makes other than the dump has it is found: warnings of definitions, and tables compared with the dump."""

import random

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema import changes
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, fuzz_tables, mysqldumps

TARGET = "changes_target"
HEAD = b"-- MySQL dump 10.13\n-- Server version\t%s\n/*!40101 SET NAMES utf8 */;\n/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
END = b"-- Dump completed\n"


def empty(name):
    entry = fixtures.server(name)
    databases.drop(entry, TARGET)
    return entry


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = empty(request.param)
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture
def server_56():
    entry = empty("5.6")
    yield entry
    databases.drop(entry, TARGET)


@pytest.fixture
def server_97():
    entry = empty("9.7")
    yield entry
    databases.drop(entry, TARGET)


def imported(entry, folder, sql, origin=b"5.7.44", **changes):
    """The warnings of an import."""
    head = HEAD % origin if origin else HEAD.replace(b"-- Server version\t%s\n", b"")
    return load(databases.request(entry, TARGET, databases.write(folder, head + sql + END), **changes)).warnings


def value(entry, query):
    control = databases.connection(entry)
    try:
        return control.value(query)
    finally:
        control.close()


def test_warnings_of_create_table_are_returned(server_56, tmp_path):
    """The default of 5.6 (innodb_file_format=Antelope) cuts keys to 767 bytes and makes another row format."""
    table = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;\n"
    warnings = imported(server_56, tmp_path, table)
    assert [text for text in warnings if text.startswith("table t: Warning 1071: ") and "767" in text and "line 5" in text]
    assert [text for text in warnings if text.startswith("table t: Warning 1478: ")]


def test_warnings_of_alter_table_are_returned(server_56, tmp_path):
    table = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"
    warnings = imported(server_56, tmp_path, table + b"INSERT INTO `t` VALUES (1,'a');\n", defer_indexes="always")
    assert [text for text in warnings if text.startswith("table t, adding k: Warning 1071: ") and "line 5" in text]


def test_warnings_of_programs_are_returned(entry, tmp_path):
    """An event of the past is not made (error 1588), a default of a BLOB is not kept."""
    sql = b"CREATE EVENT e ON SCHEDULE AT '2001-01-01 00:00:00' DO DO 1;\nCREATE TABLE t (b BLOB DEFAULT '');\n"
    warnings = imported(entry, tmp_path, sql, events="keep")
    assert [text for text in warnings if text.startswith("event e: Note 1588: ")]
    assert [text for text in warnings if text.startswith("table t: Warning 1101: ")]


def test_many_warnings_are_shortened(entry, tmp_path):
    warnings = imported(entry, tmp_path, b"".join(b"CREATE TABLE t%d (b BLOB DEFAULT '');\n" % number for number in range(210)))
    assert len([text for text in warnings if "Warning 1101" in text]) <= 200
    assert [text for text in warnings if text.startswith("and ") and text.endswith(" more message(s) about tables and other objects")]


def shown_tables(entry, database):
    """The SHOW CREATE TABLE of each base table: what any mysqldump writes for it."""
    control = databases.connection(entry)
    try:
        control.run("SET NAMES utf8mb4")
        control.run("SET SESSION sql_mode = ''")
        control.use(database.encode())
        names = [str(row[0]) for row in control.rows("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")]
        return {name: str(control.rows("SHOW CREATE TABLE {0}".format(databases.quoted(name)))[0][1]) for name in names}
    finally:
        control.close()


def compared(origin, server, folder, tables):
    """The differences that an import of these tables finds on ``server``."""
    head = "-- MySQL dump 10.13\n-- Server version\t{0}\n/*!40101 SET NAMES utf8mb4 */;\n/*!40014 SET FOREIGN_KEY_CHECKS=0 */;\n".format(origin["version"])
    head += "/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
    paths = databases.write(folder, head.encode() + "".join(text + ";\n" for text in tables.values()).encode() + END)
    databases.drop(server, TARGET)
    try:
        # Origins of another series differ in the default collation, which is a warning of its own.
        return load(databases.request(server, TARGET, paths, charset="utf8mb4", defer_indexes="always")).differences
    finally:
        databases.drop(server, TARGET)


BY_NIGHT = [pytest.param(names, marks=pytest.mark.by_night) for names in ("5.6 5.7", "5.7 9.7")]


@pytest.mark.parametrize("names", ["9.7 9.7", "5.7 5.7", "5.6 5.6", "5.6 9.7", *BY_NIGHT])
def test_tables_of_a_server_are_made_without_a_difference(names, tmp_path):
    """Into the same version and later ones: every kind of column and key that the tests have, and random tables."""
    origin, server = (fixtures.server(name) for name in names.split())
    source = "changes_source"
    databases.make(origin, source, databases.IDEAS[origin["name"]])
    try:
        tables = shown_tables(origin, source)
        control = databases.connection(origin)
        control.run("SET SESSION sql_mode = '', foreign_key_checks = 0")
        control.use(source.encode())
        chance = random.Random(7)
        for number in range(60):
            try:
                control.run(fuzz_tables.random_table(chance, "random{0}".format(number), Version.parse(origin["version"]).number))
            except ServerError:
                continue
        control.close()
        tables.update(shown_tables(origin, source))
        assert len(tables) > 60
        assert compared(origin, server, tmp_path, tables) == ()
    finally:
        databases.drop(origin, source)


# Server, table t of the dump, what differs, in words of the messages.
CHANGED = [
    ("5.6", b"(id INT NOT NULL PRIMARY KEY, m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
     ["key k: the dump has (m), the server has (m(191))"]),
    ("5.6", b"(id INT NOT NULL PRIMARY KEY, m TEXT, KEY k (m(300), id)) ENGINE=InnoDB DEFAULT CHARSET=utf8",
     ["key k: the dump has (m(300), id), the server has (m(255), id)"]),
    ("5.6", b"(id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB ROW_FORMAT=COMPRESSED", ["ROW_FORMAT: the dump has COMPRESSED, the server has COMPACT"]),
    ("5.6", b"(id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB KEY_BLOCK_SIZE=8", ["ROW_FORMAT: the dump has COMPRESSED, the server has COMPACT"]),
    ("5.6", b"(v VARCHAR(30000), w VARBINARY(70000)) ENGINE=InnoDB DEFAULT CHARSET=utf8",
     ["column v, type: the dump has varchar, the server has mediumtext", "column w, type: the dump has varbinary, the server has mediumblob"]),
    ("5.7", b"(v VARCHAR(30000)) ENGINE=InnoDB DEFAULT CHARSET=utf8", ["column v, type: the dump has varchar, the server has mediumtext"]),
    ("5.7", b"(a INT, b INT, KEY k (a DESC, b)) ENGINE=InnoDB", ["key k: the dump has (a DESC, b), the server has (a, b)"]),
    ("5.7", b"(a INT, CONSTRAINT c CHECK (a > 0)) ENGINE=InnoDB", ["CHECK constraints: the dump has 1, the server has nothing"]),
    ("5.7", b"(a INT, b INT /*!80023 INVISIBLE */, KEY k (a) /*!80000 INVISIBLE */) ENGINE=InnoDB /*!80016 ENCRYPTION='N' */",
     ["in comments for later versions: the dump has INVISIBLE INVISIBLE, the server has nothing"]),
    ("5.7", b"(id INT NOT NULL PRIMARY KEY, ts TIMESTAMP) ENGINE=InnoDB",
     ["column ts, nullability: the dump has NULL, the server has NOT NULL", "column ts, DEFAULT: the dump has none, the server has CURRENT_TIMESTAMP",
      "column ts, ON UPDATE CURRENT_TIMESTAMP: the dump has none, the server has it"]),
    ("5.6", b"(id INT NOT NULL PRIMARY KEY, ts TIMESTAMP NOT NULL) ENGINE=InnoDB",
     ["column ts, DEFAULT: the dump has none, the server has CURRENT_TIMESTAMP",
      "column ts, ON UPDATE CURRENT_TIMESTAMP: the dump has none, the server has it"]),
    ("5.7", b"(a TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, b TIMESTAMP NOT NULL) ENGINE=InnoDB",
     ["column b, DEFAULT: the dump has none, the server has 0000-00-00 00:00:00"]),
    ("5.7", b"(id INT NOT NULL PRIMARY KEY, p INT REFERENCES t (id)) ENGINE=InnoDB",
     ["foreign key: the dump has REFERENCES in column p, the server has nothing"]),
    ("9.7", b"(id INT NOT NULL PRIMARY KEY, p INT, CONSTRAINT f FOREIGN KEY (p) REFERENCES t (id)) ENGINE=MyISAM",
     ["foreign key: the dump has f, the server has nothing"]),
    ("9.7", b"(v VARCHAR(30000)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4", ["column v, type: the dump has varchar, the server has mediumtext"]),
    ("9.7", b"(id INT NOT NULL PRIMARY KEY, b BLOB DEFAULT '') ENGINE=InnoDB", ["column b, DEFAULT: the dump has a value, the server has none"]),
]  # fmt: skip


@pytest.mark.parametrize("name, table, expected", CHANGED)
def test_what_the_server_makes_of_a_table_is_compared(name, table, expected, tmp_path):
    server = empty(name)
    try:
        warnings = imported(server, tmp_path, b"CREATE TABLE t " + table + b";\n")
        assert [text for text in warnings if ": the dump has " in text] == ["table t, " + text for text in expected]
    finally:
        databases.drop(server, TARGET)


def test_many_tables_are_compared_in_parts(tmp_path, monkeypatch):
    """What one query for all tables finds: in tables as they are made, in keys that are made after the rows, and in foreign keys."""
    server = empty("5.7")
    names = ["plain", "with'quote", "100%s", "Upper", "größe", "{0}"]
    table = "CREATE TABLE `{0}` (id INT PRIMARY KEY, v VARCHAR(30000), p INT, KEY k (p DESC, id), CONSTRAINT `f_{0}` FOREIGN KEY (p) REFERENCES `{0}` (id))"
    table += " ENGINE=InnoDB;\n"
    sql = "/*!40101 SET NAMES utf8mb4 */;\n/*!40014 SET FOREIGN_KEY_CHECKS=0 */;\n" + "".join(table.replace("{0}", name) for name in names)
    found = []
    try:
        for together in (changes._TOGETHER, 4, 1):
            databases.drop(server, TARGET)
            monkeypatch.setattr(changes, "_TOGETHER", together)
            warnings = imported(server, tmp_path, sql.encode(), b"5.7.29", charset="utf8mb4", defer_indexes="always")
            found.append([text for text in warnings if ": the dump has " in text])
    finally:
        databases.drop(server, TARGET)
    for what in ("column v, type", "key k: the dump has (p DESC, id)"):
        assert len([text for text in found[0] if what in text]) == len(names)
    assert found[1] == found[2] == found[0]


def test_the_plain_client_makes_the_same(tmp_path):
    """A difference is a warning, and the table is the one of the plain client."""
    for name, table, _expected in CHANGED:
        server = empty(name)
        sql = b"SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\nCREATE TABLE t " + table + b";\n"
        try:
            imported(server, tmp_path, sql)
            made = shown_tables(server, TARGET)
            databases.drop(server, TARGET)
            databases.run(server, b"CREATE DATABASE " + TARGET.encode())
            databases.run(server, sql, TARGET)
            assert shown_tables(server, TARGET) == made
        finally:
            databases.drop(server, TARGET)


@pytest.mark.parametrize("defer, rows", [("never", 0), ("always", 1)])
def test_strict_makes_a_difference_a_failure(server_56, tmp_path, defer, rows):
    """Before the first row; a deferred key is compared when it is made. The next run fails again, and one without strict completes the import."""
    table = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"
    sql = HEAD % b"5.6.51" + table + b"INSERT INTO `t` VALUES (1,'a');\n" + END
    asked = databases.request(server_56, TARGET, databases.write(tmp_path, sql), strict=True, defer_indexes=defer)
    for _run in range(2):
        with pytest.raises(Failure, match=r"strict is true: .*key k: the dump has \(m\), the server has \(m\(191\)\)") as caught:
            load(asked)
        assert caught.value.cure is not None and "strict: false" in caught.value.cure
        there = value(server_56, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{0}' AND TABLE_NAME = 't'".format(TARGET))
        assert (value(server_56, "SELECT COUNT(*) FROM {0}.t".format(TARGET)) if there else 0) == rows
    outcome = load(asked._replace(strict=False))
    assert outcome.resumed and [difference.what for difference in outcome.differences] == ["key k"]
    assert load(asked._replace(strict=False)).differences == outcome.differences


def test_strict_leaves_the_database_that_would_be_replaced(server_56, tmp_path):
    databases.run(server_56, "CREATE DATABASE {0}; CREATE TABLE {0}.old (a INT); INSERT INTO {0}.old VALUES (1)".format(TARGET).encode())
    table = b"CREATE TABLE t (m VARCHAR(255) NOT NULL, KEY k (m)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"
    with pytest.raises(Failure, match="strict is true"):
        imported(server_56, tmp_path, table, strict=True, on_existing="replace", defer_indexes="never")
    assert value(server_56, "SELECT COUNT(*) FROM {0}.old".format(TARGET)) == 1
    warnings = imported(server_56, tmp_path, table, on_existing="replace", defer_indexes="never")
    assert [text for text in warnings if "key k" in text] and value(server_56, "SELECT COUNT(*) FROM {0}.t".format(TARGET)) == 0


def test_a_warning_of_create_table_is_a_failure_under_strict(entry, tmp_path):
    sql = HEAD % b"5.6.51" + b"CREATE TABLE a (i INT);\nCREATE TABLE t (b BLOB DEFAULT '');\n" + END
    asked = databases.request(entry, TARGET, databases.write(tmp_path, sql), strict=True)
    for _run in range(2):
        with pytest.raises(Failure, match="strict is true: .*table t: Warning 1101"):
            load(asked)
    assert not load(asked._replace(strict=False)).skipped
    assert value(entry, "SELECT COUNT(*) FROM {0}.t".format(TARGET)) == 0


def test_strict_without_a_difference(entry, tmp_path):
    sql = b"CREATE TABLE t (id INT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=latin1;\nINSERT INTO `t` VALUES (1);\n"
    assert not [text for text in imported(entry, tmp_path, sql, strict=True) if "the dump has" in text]


STRASSE = (
    "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"
    "CREATE TABLE u (name VARCHAR(40) CHARACTER SET utf8mb4) ENGINE=InnoDB DEFAULT CHARSET=latin1;\nINSERT INTO t VALUES (1,'strasse'),(2,'straße');\n"
    "CREATE VIEW v AS SELECT COUNT(*) AS n FROM t WHERE name = 'strasse';\n"
).encode()


def collations(entry):
    control = databases.connection(entry)
    try:
        query = "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND COLUMN_NAME = 'name' ORDER BY TABLE_NAME"
        found = [str(row[0]) for row in control.rows(query, (TARGET,))]
        return found + [str(control.rows("SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (TARGET,))[0][0])]
    finally:
        control.close()


@pytest.mark.parametrize("on_existing", ["fail", "replace"])
def test_the_default_collation_of_the_origin(server_97, tmp_path, on_existing):
    sql = b"CREATE DATABASE shop /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\nUSE shop;\nSET NAMES utf8mb4;\n" + STRASSE
    if on_existing == "replace":
        databases.run(server_97, "CREATE DATABASE {0}; CREATE TABLE {0}.old (a INT)".format(TARGET).encode())
    warnings = imported(server_97, tmp_path, sql, collation_default="origin", strict=True, on_existing=on_existing)
    assert collations(server_97) == ["utf8mb4_general_ci"] * 3 and value(server_97, "SELECT n FROM {0}.v".format(TARGET)) == 1
    assert not [text for text in warnings if "collation" in text]
    assert value(server_97, "SELECT @@GLOBAL.default_collation_for_utf8mb4") == "utf8mb4_0900_ai_ci"


def test_the_default_collation_of_the_server_is_taken_with_a_warning(server_97, tmp_path):
    warnings = imported(server_97, tmp_path, b"SET NAMES utf8mb4;\n" + STRASSE)
    assert collations(server_97)[:2] == ["utf8mb4_0900_ai_ci"] * 2
    assert [text for text in warnings if "2 definition(s) (t, u)" in text and "utf8mb4_general_ci" in text and "utf8mb4_0900_ai_ci" in text and "1062" in text]


@pytest.mark.parametrize(
    "origin, options, refused",
    [(b"5.7.44", {"strict": True}, "strict is true, and 2 definition"), (b"", {"collation_default": "origin"}, "does not name the version")],
)
def test_collations_that_are_refused_before_the_first_write(server_97, tmp_path, origin, options, refused):
    with pytest.raises(Failure, match=refused) as caught:
        imported(server_97, tmp_path, b"SET NAMES utf8mb4;\n" + STRASSE, origin, **options)
    assert "Nothing was written" in str(caught.value)


TIMESTAMPS = b"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, ts TIMESTAMP NOT NULL, more TIMESTAMP NULL) ENGINE=InnoDB;\n"
TIMESTAMPS += b"INSERT INTO `t` VALUES (1,'2026-01-02 08:00:00',NULL);\n"
EXTRA = "SELECT EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{0}' AND COLUMN_NAME = 'ts'".format(TARGET)


def test_timestamps_of_a_dump_of_80_are_made_as_written(entry, tmp_path):
    """5.6 cannot: there it is a warning."""
    warnings = imported(entry, tmp_path, TIMESTAMPS, b"8.0.36")
    as_written = entry["name"] != "5.6"
    assert (value(entry, EXTRA) == "") is as_written
    assert bool([text for text in warnings if text.startswith("table t, column ts, ON UPDATE CURRENT_TIMESTAMP")]) is not as_written


def test_timestamps_are_those_of_the_client_where_the_dump_names_no_origin(entry, tmp_path):
    warnings = imported(entry, tmp_path, TIMESTAMPS, b"")
    as_written = entry["name"] == "9.7"
    assert (value(entry, EXTRA) == "") is as_written
    assert bool([text for text in warnings if text.startswith("table t, column ts, ON UPDATE CURRENT_TIMESTAMP")]) is not as_written
    databases.drop(entry, TARGET)
    if not as_written:
        with pytest.raises(Failure, match=r"strict is true, explicit_defaults_for_timestamp is OFF .*1 table\(s\) \(t\).*Nothing was written"):
            imported(entry, tmp_path, TIMESTAMPS, b"", strict=True)


def test_a_column_that_the_server_adds(server_97, tmp_path):
    """An account that may not turn off sql_generate_invisible_primary_key for its session."""
    control = databases.connection(server_97)
    control.run("CREATE USER changes_user@localhost")
    control.run("GRANT ALL ON {0}.* TO changes_user@localhost".format(TARGET))
    control.run("SET GLOBAL sql_generate_invisible_primary_key = ON")
    try:
        asked = databases.request(server_97, TARGET, databases.write(tmp_path, b"CREATE TABLE t (b INT);\nINSERT INTO `t` VALUES (1),(2);\n" + END))
        control.run("CREATE DATABASE " + TARGET)
        outcome = load(asked._replace(login=databases.login(server_97, user="changes_user"), ledger_database=TARGET))
        added = [(difference.what, difference.server) for difference in outcome.differences]
        assert added == [("column my_row_id", "bigint")] and outcome.tables[0].rows == 2
        databases.drop(server_97, TARGET)
        assert load(asked).differences == ()
    finally:
        control.run("SET GLOBAL sql_generate_invisible_primary_key = OFF")
        control.run("DROP USER changes_user@localhost")
        control.close()


def test_dumps_of_mysqldump_cause_no_warning(server_97, tmp_path):
    """A real mysqldump of everything the tests have, into the same server: no message about what was made."""
    source = "changes_source"
    databases.make(server_97, source, databases.IDEAS["9.7"])
    try:
        paths = databases.write(tmp_path, databases.dump(server_97, source, "--set-gtid-purged=OFF"))
        outcome = load(databases.request(server_97, TARGET, paths, defer_indexes="always"))
        assert outcome.differences == () and not [text for text in outcome.warnings if ": Warning " in text or ": Note " in text]
    finally:
        databases.drop(server_97, source)


@pytest.mark.parametrize("name, version", [(name, version) for name in ("9.7", "5.7", "5.6") for version in mysqldumps.VERSIONS if version[:3] <= name])
def test_dumps_of_the_same_or_an_earlier_version_cause_no_warning(name, version, tmp_path):
    server = empty(name)
    outcome = load(databases.request(server, TARGET, databases.write(tmp_path, mysqldumps.sample(version)), definer="current"))
    databases.drop(server, TARGET)
    assert outcome.differences == () and not [text for text in outcome.warnings if ": Warning " in text or ": Note " in text]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An unfinished import continues only with what it has created itself; what somebody else has created since is named and left alone."""

import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import COLLATION, Ledger
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.rows import send
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema import keys
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

TARGET = "own_target"
HEAD = b"SET NAMES utf8mb4;\n"
END = b"-- Dump completed on 2026-01-01\n"
# The rows of bad are refused; m has its rows by then, or is empty.
FAILS_EARLY = HEAD + (
    b"CREATE TABLE m (a int) ENGINE=MyISAM;\nINSERT INTO m VALUES (1),(2);\n"
    b"CREATE TABLE bad (a int PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO bad VALUES (1),(1);\nCREATE PROCEDURE p() SELECT 'of the dump';\n" + END
)
# The view w needs a column of a table of another database, which only CREATE VIEW looks for. The order in which objects are created: f, p, v, w, then g.
OBJECTS = HEAD + (
    b"CREATE TABLE m (a int, KEY k (a)) ENGINE=MyISAM;\nINSERT INTO m VALUES (1),(2),(3);\n"
    b"CREATE TABLE i (a int PRIMARY KEY, b int, KEY kb (b)) ENGINE=InnoDB;\nINSERT INTO i VALUES (1,1),(2,2),(3,3);\n"
    b"CREATE TABLE x (a int PRIMARY KEY, t text, FULLTEXT KEY ft (t)) ENGINE=InnoDB;\nINSERT INTO x VALUES (1,'one'),(2,'two');\n"
    b"CREATE TABLE parts (a int PRIMARY KEY) ENGINE=InnoDB PARTITION BY HASH (a) PARTITIONS 2;\nINSERT INTO parts VALUES (1),(2),(3);\n"
    b"CREATE FUNCTION f() RETURNS double DETERMINISTIC RETURN 7;\nCREATE PROCEDURE p() SELECT 'of the dump';\n"
    b"CREATE VIEW v AS SELECT 1 AS a;\nDROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT a FROM i;\nCREATE VIEW w AS SELECT a FROM own_other.t;\n"
    b"CREATE TRIGGER g BEFORE INSERT ON i FOR EACH ROW SET NEW.b = 2;\n" + END
)
PLAIN = "own_plain"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET, "own_absent", "own_other")
    databases.run(entry, b"CREATE DATABASE own_other; CREATE TABLE own_other.t (b int);")
    yield entry
    databases.drop(entry, TARGET, "own_absent", "own_other")


@pytest.fixture
def control(entry):
    control = databases.connection(entry)
    yield control
    control.close()


def asked(entry, tmp_path, dump, **options):
    return databases.request(entry, TARGET, databases.write(tmp_path, dump), **dict({"defer_indexes": "always", "allow": ("CREATE VIEW",)}, **options))


def fails(wanted, said):
    with pytest.raises(Failure, match=said) as caught:
        load(wanted)
    return str(caught.value)


def everything(entry):
    return databases.content_by_sql(entry, TARGET)


def refused(entry, wanted, *names):
    """The next run names these, and changes nothing."""
    before = everything(entry)
    said = fails(wanted, "unfinished import.*that it did not create.*othing was written")
    assert all(name in said for name in names), said
    assert everything(entry) == before


@pytest.fixture
def plain(entry, control):
    """The options of an import with an account without PROCESS."""
    trusted = control.value("SELECT @@GLOBAL.log_bin_trust_function_creators")
    old = entry["name"] == "5.6"
    control.run("GRANT ALL ON `own\\_%`.* TO {0}@localhost{1}".format(PLAIN, " IDENTIFIED BY ''") if old else "CREATE USER {0}@localhost".format(PLAIN))
    for database in "own\\_%", "apsaradb\\_mysql":
        control.run("GRANT ALL ON `{0}`.* TO {1}@localhost".format(database, PLAIN))
    control.run("SET GLOBAL log_bin_trust_function_creators = 1")
    yield {"login": databases.login(entry)._replace(user=PLAIN), "binlog": "auto"}
    control.run("DROP USER {0}@localhost".format(PLAIN))
    control.run("SET GLOBAL log_bin_trust_function_creators = {0}".format(trusted))


@pytest.fixture(params=["root", "without PROCESS"])
def half(request, entry, control, tmp_path):
    """An import of OBJECTS that has failed at its last view, and would succeed now."""
    options = {} if request.param == "root" else request.getfixturevalue("plain")
    wanted = asked(entry, tmp_path, OBJECTS, **options)
    fails(wanted, "own_other")
    control.run("ALTER TABLE own_other.t ADD a int")
    return wanted


def test_a_database_built_by_hand_after_a_failed_import_is_not_touched(entry, control, tmp_path):
    wanted = asked(entry, tmp_path, FAILS_EARLY)
    fails(wanted, "1062")
    control.run("DROP DATABASE " + TARGET)
    control.run("CREATE DATABASE " + TARGET)
    control.use(TARGET.encode())
    # MyISAM tables are distinguished by their creation time, which the server knows in seconds.
    time.sleep(1.1)
    for statement in (
        "CREATE TABLE m (a int) ENGINE=MyISAM",
        "INSERT INTO m VALUES (100),(200),(300)",
        "CREATE TABLE bad (a int)",
        "CREATE PROCEDURE p() SELECT 'mine'",
    ):
        control.run(statement)
    for _run in range(2):
        refused(entry, wanted, "table m", "table bad", "procedure p")


def test_an_import_that_is_left_alone_is_finished(entry, control, half):
    assert load(half).resumed
    assert control.rows("SELECT a FROM own_target.v") == [(1,), (2,), (3,)] and control.rows("SELECT * FROM own_target.m") == [(1,), (2,), (3,)]
    assert control.value("SELECT COUNT(*) FROM apsaradb_mysql.made WHERE target = '{0}'".format(TARGET)) == 0
    assert not load(half).changed


def test_what_exists_already_is_not_created_again(entry, control, half):
    query = "SELECT ROUTINE_NAME, CREATED FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{0}' ORDER BY 1".format(TARGET)
    before = control.rows(query)
    # Definers and comments of routines may be changed only by their owner, so nobody else has.
    assert [row[0] for row in before] == ["f", "p"]
    load(half)
    assert control.rows(query) == before


@pytest.mark.parametrize(
    "named, statements",
    [
        ("table m", ["DROP TABLE m", "CREATE TABLE m (a int, KEY k (a)) ENGINE=MyISAM", "INSERT INTO m VALUES (100),(200),(300)"]),
        ("table m", ["DROP TABLE m", "CREATE TABLE m (a int) ENGINE=InnoDB", "INSERT INTO m VALUES (1),(2),(3)"]),
        ("table i", ["DROP TABLE i", "CREATE TABLE i (a int PRIMARY KEY, b int, KEY kb (b))", "INSERT INTO i VALUES (7,7),(8,8),(9,9)"]),
        ("table i", ["DROP TABLE i", "CREATE TABLE i (a int PRIMARY KEY, b int, KEY kb (b))"]),
        ("table i", ["RENAME TABLE i TO kept", "CREATE TABLE i LIKE kept", "INSERT INTO i SELECT a + 5, b FROM kept"]),
        ("view i", ["DROP TABLE i", "CREATE VIEW i AS SELECT 1 AS a, 2 AS b"]),
        ("table x", ["DROP TABLE x", "CREATE TABLE x (a int PRIMARY KEY, t text)", "INSERT INTO x VALUES (8,'mine'),(9,'too')"]),
        ("table v", ["DROP VIEW v", "CREATE TABLE v (a int)", "INSERT INTO v VALUES (7)"]),
        ("table w", ["CREATE TABLE w (a int)"]),
        ("view v", ["ALTER VIEW v AS SELECT 5 AS mine"]),
        ("view w", ["CREATE VIEW w AS SELECT 5 AS mine"]),
        ("function f", ["DROP FUNCTION f", "CREATE FUNCTION f() RETURNS double DETERMINISTIC RETURN 8"]),
        ("procedure p", ["ALTER PROCEDURE p COMMENT 'mine'"]),
        ("trigger g", ["CREATE TRIGGER g BEFORE INSERT ON i FOR EACH ROW SET NEW.b = 5"]),
        ("trigger other", ["CREATE TRIGGER other BEFORE INSERT ON i FOR EACH ROW SET NEW.b = 5"]),
    ],
)
def test_what_somebody_has_made_since_is_not_touched(entry, control, half, named, statements):
    control.use(TARGET.encode())
    for statement in statements:
        control.run(statement)
    refused(entry, half, named)


@pytest.mark.parametrize("gone", ["DROP TABLE m", "DROP TABLE x", "DROP VIEW v", "DROP PROCEDURE p", "DROP DATABASE own_target"])
def test_missing_objects_are_created_again(entry, control, half, gone):
    control.use(TARGET.encode())
    control.run(gone)
    load(half)
    assert control.rows("SELECT a FROM own_target.v") == [(1,), (2,), (3,)] and control.rows("SELECT * FROM own_target.m") == [(1,), (2,), (3,)]
    assert control.rows("SELECT COUNT(*) FROM own_target.x") == [(2,)]
    assert control.rows("SELECT own_target.f()") == [(7,)]


def noted(control, kind, name, mark):
    control.execute("UPDATE apsaradb_mysql.made SET mark = %s WHERE target = %s AND kind = %s AND name = %s", (mark, TARGET.encode(), kind, name.encode()))


def test_a_table_that_was_not_noted_before_a_kill_is_the_import_s_if_it_is_empty(entry, control, tmp_path):
    wanted = asked(entry, tmp_path, FAILS_EARLY.replace(b"MyISAM", b"InnoDB").replace(b"INSERT INTO m VALUES (1),(2);\n", b""))
    fails(wanted, "1062")
    noted(control, "TABLE", "m", "")
    fails(wanted, "1062")
    noted(control, "TABLE", "m", "")
    control.run("INSERT INTO own_target.m VALUES (5)")
    refused(entry, wanted, "table m")


@pytest.mark.parametrize("kind, name", [("FUNCTION", "f"), ("PROCEDURE", "p"), ("VIEW", "v")])
def test_an_object_that_was_not_noted_before_a_kill_is_the_import_s_if_it_is_the_dump_s(entry, control, tmp_path, kind, name):
    dump = databases_dump(entry, control) if kind == "VIEW" else OBJECTS
    wanted = asked(entry, tmp_path, dump)
    fails(wanted, "own_other")
    control.execute("DELETE FROM apsaradb_mysql.made WHERE target = %s AND kind = %s AND name = %s", (TARGET.encode(), kind, name.encode()))
    fails(wanted, "own_other")
    control.execute("DELETE FROM apsaradb_mysql.made WHERE target = %s AND kind = %s AND name = %s", (TARGET.encode(), kind, name.encode()))
    control.use(TARGET.encode())
    for statement in {
        "FUNCTION": ["DROP FUNCTION f", "CREATE FUNCTION f() RETURNS double DETERMINISTIC RETURN 8"],
        "PROCEDURE": ["DROP PROCEDURE p", "CREATE PROCEDURE p() SELECT 'Of the dump'"],
        "VIEW": ["ALTER VIEW v AS SELECT b AS a FROM i"],
    }[kind]:
        control.run(statement)
    refused(entry, wanted, "{0} {1}".format(kind.lower(), name))


def test_objects_whose_names_differ_in_case_are_all_created_again(entry, control, tmp_path):
    """Triggers only before 8.0: later servers ignore the case of their names."""
    names = ["Report", "report"]
    triggers = [] if entry["name"] == "9.7" else ["G", "g"]
    made = ["CREATE VIEW {0} AS SELECT {1} AS {0}".format(name, number) for number, name in enumerate(names)]
    made += ["CREATE TRIGGER {0} {1} INSERT ON i FOR EACH ROW SET @x = 1".format(name, when) for name, when in zip(triggers, ("BEFORE", "AFTER"), strict=False)]
    dump = b"CREATE TABLE i (a INT PRIMARY KEY) ENGINE=InnoDB;\n" + "".join(sql + ";\n" for sql in made).encode() + END
    wanted = asked(entry, tmp_path, dump)
    load(wanted)
    control.run("DROP VIEW {0}.report".format(TARGET))
    if triggers:
        control.run("DROP TRIGGER {0}.g".format(TARGET))
    assert load(wanted).changed and not load(wanted).changed
    assert sorted(str(row[0]) for row in control.rows("SHOW FULL TABLES FROM {0} WHERE Table_type = 'VIEW'".format(TARGET))) == names
    assert sorted(str(row[0]) for row in control.rows("SHOW TRIGGERS FROM {0}".format(TARGET))) == triggers


def databases_dump(entry, control):
    """As mysqldump writes a view: as SHOW CREATE VIEW has it."""
    control.run("CREATE DATABASE {0}".format(TARGET))
    control.use(TARGET.encode())
    control.run("CREATE TABLE i (a int PRIMARY KEY, b int, KEY kb (b))")
    control.run("CREATE VIEW v AS SELECT a FROM i")
    text = control.rows("SHOW CREATE VIEW v")[0][1].encode()
    databases.drop(entry, TARGET)
    return OBJECTS.replace(b"CREATE VIEW v AS SELECT a FROM i", text)


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_a_placeholder_left_by_a_kill_is_replaced(entry, control, half, kind):
    """The killed run had created only the placeholder of the view v, and perhaps not noted it."""
    digest = control.rows("SELECT mark FROM apsaradb_mysql.made WHERE target = X'{0}' AND kind = 'PLACEHOLDER'".format(TARGET.encode().hex()))
    assert len(digest) == 1
    control.execute("DELETE FROM apsaradb_mysql.made WHERE target = %s AND kind = 'VIEW' AND name = 'v'", (TARGET.encode(),))
    control.use(TARGET.encode())
    if kind == "TABLE":
        control.run("DROP VIEW v")
        control.run("CREATE TABLE v (a int)")
        refused(entry, half, "table v")
        return
    # The user's session has other defaults than the dump's.
    control.run("ALTER VIEW v AS SELECT 1 AS a")
    load(half)
    assert control.rows("SELECT a FROM v") == [(1,), (2,), (3,)]


def test_an_empty_table_of_the_user_is_no_placeholder(entry, control, tmp_path):
    """As an old mysqldump writes a view. The import fails at its rows, before it creates a placeholder."""
    view = b"CREATE TABLE v (a int) ENGINE=MyISAM;\nDROP TABLE IF EXISTS v;\nCREATE VIEW v AS SELECT a FROM m;\n"
    wanted = asked(entry, tmp_path, FAILS_EARLY.replace(END, view + END))
    fails(wanted, "1062")
    control.run("CREATE TABLE {0}.v (mine int)".format(TARGET))
    refused(entry, wanted, "table v")


def test_a_table_created_during_the_scan_is_found_before_anything_is_written(entry, control, tmp_path, monkeypatch):
    from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading

    scan = loading._Load._scan

    def slow(self):
        plan = scan(self)
        control.run("CREATE DATABASE " + TARGET)
        control.run("CREATE TABLE own_target.m (a int)")
        control.run("INSERT INTO own_target.m VALUES (5)")
        return plan

    monkeypatch.setattr(loading._Load, "_scan", slow)
    fails(asked(entry, tmp_path, OBJECTS), "not empty")
    assert control.rows("SELECT * FROM own_target.m") == [(5,)]


COLLATED = HEAD + (
    b"CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nALTER DATABASE `own_target` CHARACTER SET latin2 COLLATE latin2_czech_cs ;\n"
    b"CREATE PROCEDURE p() SELECT 1;\nALTER DATABASE `own_target` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\n" + END
)


def collation(control):
    return control.rows("SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{0}'".format(TARGET))[0][0]


@pytest.mark.parametrize("killed", ["before it was changed", "while it was changed"])
def test_the_collation_of_the_database_survives_a_kill(entry, control, tmp_path, monkeypatch, killed):
    from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema import objects

    wanted = asked(entry, tmp_path, COLLATED, charset="latin1", collation="latin1_german1_ci")
    seen = []

    def die(loader, definition):
        if definition.what == "PROCEDURE":
            if killed == "while it was changed":
                loader.set_session(definition.session)
            seen.append(collation(control))
            # A killed process restores nothing.
            loader.close = loader.connection.close
            raise Failure("killed")
        return make(loader, definition)

    make = objects.make_object
    with monkeypatch.context() as patched:
        patched.setattr(objects, "make_object", die)
        fails(wanted, "killed")
    assert seen == ["latin2_czech_cs" if killed == "while it was changed" else "latin1_german1_ci"] == [collation(control)]
    assert load(wanted).changed
    assert collation(control) == "latin1_german1_ci"
    assert control.rows("SELECT DATABASE_COLLATION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{0}'".format(TARGET)) == [("latin2_czech_cs",)]


@pytest.mark.parametrize(
    "noted", ["READ ONLY = 1", "CHARACTER SET `none` COLLATE `none`", "CHARACTER SET `latin1` COLLATE `none`", "CHARACTER SET `latin1` COLLATE `latin2_bin`"]
)
def test_a_collation_that_no_load_notes_is_not_believed(entry, control, tmp_path, noted):
    wanted = asked(entry, tmp_path, FAILS_EARLY)
    fails(wanted, "1062")
    ledger = Ledger("apsaradb_mysql", TARGET)
    ledger.note_made(control, {(COLLATION, "own_absent"): "CHARACTER SET `latin2` COLLATE `latin2_czech_cs`", (COLLATION, TARGET): noted})
    control.run("CREATE DATABASE own_absent CHARACTER SET latin1")
    before = collation(control)
    fails(wanted, "1062")
    assert collation(control) == before
    assert control.rows("SHOW CREATE DATABASE own_absent")[0][1].count("latin1") and not [kind for kind, _name in ledger.made(control) if kind == COLLATION]


def test_an_unfinished_import_of_a_dump_in_the_character_set_binary_is_finished(entry, control, tmp_path):
    """As mydumper sets it. A server then sends all text as bytes, also the name of the collation that the loader restores."""
    dump = b"SET NAMES binary;\n" + OBJECTS[len(HEAD) : -len(END)] + COLLATED[COLLATED.index(b"ALTER") :].replace(b"PROCEDURE p", b"PROCEDURE q")
    wanted = asked(entry, tmp_path, dump, charset="latin1", collation="latin1_german1_ci")
    fails(wanted, "own_other")
    control.run("ALTER TABLE own_other.t ADD a int")
    assert load(wanted).resumed
    assert collation(control) == "latin1_german1_ci"


NUMBERED = HEAD + b"".join(
    b"CREATE TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, a INT) ENGINE=InnoDB AUTO_INCREMENT=7;\nINSERT INTO %s (a) VALUES (1);\n" % (name, name)
    for name in (b"r", b"s", b"t")
)


@pytest.mark.parametrize("when", ["before", "after"])
def test_tables_whose_next_numbers_were_set_again_before_a_kill_are_the_import_s(entry, control, tmp_path, plain, monkeypatch, when):
    """Without PROCESS, servers before 8.0 distinguish tables only by the time at which they were created or altered."""
    wanted = asked(entry, tmp_path, NUMBERED + END, workers=1, lane="insert", defer_indexes="never", **plain)
    altered = []

    def set_next_number(loader, planned):
        altered.append(planned.name)
        if len(altered) > 1 and when == "before":
            raise KeyboardInterrupt
        done(loader, planned)
        if len(altered) > 1:
            raise KeyboardInterrupt

    def send_nothing(*_given):
        raise KeyboardInterrupt

    done = keys.set_next_number
    for what, name, stop in (send, "_insert", send_nothing), (keys, "set_next_number", set_next_number):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(what, name, stop)
            load(wanted)
        time.sleep(1.1)
    assert altered == [b"r", b"s"]
    assert load(wanted).resumed
    assert [control.rows("SELECT id, a FROM {0}.{1}".format(TARGET, name)) for name in "rst"] == [[(7, 1)]] * 3

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""on_existing: replace. The old database stays until the new one is complete, and is removed completely then."""

import contextlib

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import connect
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import referring_databases
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

OLD = b"""
CREATE TABLE kept (id INT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB;
CREATE TABLE only_old (id INT NOT NULL, k INT, PRIMARY KEY (id), CONSTRAINT to_kept FOREIGN KEY (k) REFERENCES kept (id)) ENGINE=InnoDB;
CREATE TRIGGER watch BEFORE INSERT ON kept FOR EACH ROW SET NEW.id = NEW.id + 0;
CREATE VIEW seen AS SELECT id FROM kept;
CREATE PROCEDURE ask() SELECT 1;
INSERT INTO kept VALUES (1), (2);
INSERT INTO only_old VALUES (1, 2);
"""
NEW = b"""
CREATE TABLE kept (id INT NOT NULL, what VARCHAR(20), PRIMARY KEY (id), KEY what (what)) ENGINE=InnoDB;
CREATE TABLE other (id INT NOT NULL, k INT, PRIMARY KEY (id), CONSTRAINT to_kept FOREIGN KEY (k) REFERENCES kept (id)) ENGINE=InnoDB;
CREATE VIEW seen AS SELECT what FROM kept;
INSERT INTO kept VALUES (1, 'new'), (3, 'too');
INSERT INTO other VALUES (1, 3), (2, NULL);
"""


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request, tmp_path):
    entry = fixtures.server(request.param)
    databases.drop(entry, "sw_other")
    for name, sql in (("sw_target", OLD), ("sw_new", NEW)):
        databases.drop(entry, name)
        databases.run(entry, "CREATE DATABASE {0} CHARACTER SET latin1;".format(name).encode())
        databases.run(entry, sql, name)
    yield entry
    databases.drop(entry, "sw_other", "sw_target", "sw_new")


def staging_databases(entry):
    return databases.run(entry, b"SHOW DATABASES LIKE '\\_\\_apsaradb%';")


def tables(entry):
    return databases.run(entry, b"SHOW FULL TABLES; SELECT * FROM kept; SELECT * FROM seen;", "sw_target")


def dump_of_new():
    return NEW + b"-- Dump completed\n"


def test_a_failed_load_leaves_the_old_database_unchanged(entry, tmp_path):
    before = databases.content_by_sql(entry, "sw_target")
    bad = dump_of_new().replace(b"(3, 'too')", b"(1, 'too')")
    with pytest.raises(Failure) as caught:
        load(databases.request(entry, "sw_target", databases.write(tmp_path, bad), on_existing="replace"))
    assert "1062" in str(caught.value) and "kept" in str(caught.value)
    assert databases.content_by_sql(entry, "sw_target") == before
    assert databases.run(entry, b"CALL ask();", "sw_target").split() == [b"1", b"1"]
    # The next replacement starts over with another file, and removes what the failed one left.
    load(databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace"))
    assert databases.content_by_sql(entry, "sw_target") == databases.content_by_sql(entry, "sw_new")
    assert staging_databases(entry) == b""


def test_only_the_new_database_remains(entry, tmp_path):
    outcome = load(databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace"))
    assert outcome.changed and not outcome.warnings
    assert databases.content_by_sql(entry, "sw_target") == databases.content_by_sql(entry, "sw_new")
    assert databases.run(entry, b"SHOW TRIGGERS; SHOW PROCEDURE STATUS WHERE Db = 'sw_target';", "sw_target") == b""
    assert staging_databases(entry) == b""


def test_foreign_keys_from_other_databases_prevent_a_replacement(entry, tmp_path):
    databases.run(entry, b"CREATE DATABASE sw_other;")
    child = b"CREATE TABLE child (k INT, CONSTRAINT far FOREIGN KEY (k) REFERENCES sw_target.kept (id)) ENGINE=InnoDB;"
    databases.run(entry, child, "sw_other")
    before = tables(entry)
    with pytest.raises(Failure, match="sw_other"):
        load(databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace"))
    assert tables(entry) == before


FAR = b"CREATE DATABASE sw_other; CREATE TABLE sw_other.child (k INT, CONSTRAINT far FOREIGN KEY (k) REFERENCES sw_target.kept (id)) ENGINE=InnoDB;"


class WhileRowsLoad(Progress):
    """Creates a foreign key to the target while the rows are loaded."""

    def __init__(self, entry):
        self.entry, self.done = entry, False

    def table(self):
        if not self.done:
            databases.run(self.entry, FAR)
        self.done = True


def test_a_foreign_key_that_another_database_gets_while_the_rows_load_prevents_the_swap(entry, tmp_path):
    before = tables(entry)
    wanted = databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace")
    for progress in WhileRowsLoad(entry), Progress():
        with pytest.raises(Failure, match="foreign keys in sw_other refer to tables of sw_target.*The old database is unchanged"):
            load(wanted._replace(progress=progress))
        assert tables(entry) == before
    databases.drop(entry, "sw_other")
    assert load(wanted).resumed
    assert databases.content_by_sql(entry, "sw_target") == databases.content_by_sql(entry, "sw_new")


def test_old_tables_with_a_foreign_key_that_the_account_cannot_see_are_kept(entry, tmp_path):
    account = "sw_limited@localhost"
    grants = [b"GRANT ALL ON %s.* TO sw_limited@localhost;" % name for name in (b"sw_target", b"apsaradb_mysql", b"`__apsaradb\\_%`")]
    databases.run(entry, FAR + b"CREATE USER sw_limited@localhost IDENTIFIED BY 'right';" + b"".join(grants))
    # Such an account may drop neither triggers before 8.0, nor objects of root since.
    databases.run(entry, b"DROP TRIGGER watch; DROP VIEW seen; DROP PROCEDURE ask;", "sw_target")
    try:
        login = databases.login(entry, user="sw_limited", password="right")
        wanted = databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace", login=login)
        for _again in range(2):
            with pytest.raises(Failure, match="(3730|1217).*drop these keys, run the task again"):
                load(wanted)
        assert databases.run(entry, b"SHOW CREATE TABLE child;", "sw_other").count(b"__apsaradb_old_") == 1
        assert staging_databases(entry).count(b"__apsaradb_old_") == 1
        databases.run(entry, b"ALTER TABLE child DROP FOREIGN KEY far;", "sw_other")
        assert load(wanted).resumed and staging_databases(entry) == b""
        assert len({databases.run(entry, b"SELECT * FROM kept; SELECT * FROM seen;", name) for name in ("sw_target", "sw_new")}) == 1
        # The ledger is not asked again.
        databases.drop(entry, "sw_target")
        databases.run(entry, b"CREATE DATABASE sw_target; CREATE TABLE sw_target.kept (id INT);")
        assert any("cannot see whether foreign keys" in text for text in load(wanted).warnings)
    finally:
        databases.run(entry, "DROP USER {0};".format(account).encode())


@pytest.mark.parametrize("target, other", [("sw-target", "sw-other.5"), ("sw_target", "SW_TARGET")])
def test_with_process_an_account_sees_foreign_keys_of_databases_that_it_cannot_read(entry, target, other):
    """InnoDB names databases before 8.0 as their folders."""
    similar = ["sw_targets", "swxtarget"]
    names = ["sw_far", other, target, *similar]
    databases.drop(entry, *names)
    control = databases.connection(entry)
    control.run("CREATE USER sw_limited@localhost IDENTIFIED BY 'right'")
    try:
        for name in names:
            control.run("CREATE DATABASE `{0}`".format(name))
            control.run("CREATE TABLE `{0}`.parent (id INT PRIMARY KEY) ENGINE=InnoDB".format(name))
        for name, referred in (other, [target]), (target, [target]), ("sw_far", similar):
            # Before 8.0, names that the server gives to keys must also differ in other than case between databases.
            keys = ", ".join("CONSTRAINT `{1}{0}` FOREIGN KEY (k) REFERENCES `{0}`.parent (id)".format(each, names.index(name)) for each in referred)
            control.run("CREATE TABLE `{0}`.child (k INT, {1}) ENGINE=InnoDB".format(name, keys))
        control.run("GRANT ALL ON `{0}`.* TO sw_limited@localhost".format(target.replace("_", "\\_")))
        login = databases.login(entry, user="sw_limited", password="right")
        for granted, seen in ("USAGE", []), ("PROCESS", [other]):
            control.run("GRANT {0} ON *.* TO sw_limited@localhost".format(granted))
            with contextlib.closing(connect(login)) as limited:
                assert referring_databases(limited, target) == seen
    finally:
        control.run("DROP USER sw_limited@localhost")
        control.close()
        databases.drop(entry, *names)


def test_rows_without_a_parent_are_a_warning(entry, tmp_path):
    orphaned = dump_of_new().replace(b"(1, 3), (2, NULL)", b"(1, 4), (2, NULL), (3, 5)")
    outcome = load(databases.request(entry, "sw_target", databases.write(tmp_path, orphaned), on_existing="replace"))
    assert [text for text in outcome.warnings if "2 row(s) of other have no parent in kept (foreign key to_kept)" in text] == list(outcome.warnings)


def test_a_view_without_its_table_is_a_warning_and_not_counted(entry, tmp_path):
    outcome = load(databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace", exclude_tables=("kept",)))
    assert outcome.objects["views"] == 0 and [table.name for table in outcome.tables] == ["other"]
    assert any("view seen was skipped" in text for text in outcome.warnings)
    assert any("to_kept of other refers to kept, which does not exist" in text for text in outcome.warnings)


IMPOSSIBLE = {
    "view": b"CREATE VIEW broken AS SELECT * FROM nothing;\n",
    "trigger": b"CREATE TRIGGER broken BEFORE INSERT ON kept FOR EACH ROW SET NEW.nothing = 1;\n",
    "foreign key": b"CREATE TABLE broken (k INT, CONSTRAINT bad FOREIGN KEY (k) REFERENCES other (k, id)) ENGINE=InnoDB;\n",
    "qualified view": b"CREATE VIEW broken AS SELECT sw_target.other.nothing FROM sw_target.other;\n",
}


@pytest.mark.parametrize("what", sorted(IMPOSSIBLE))
def test_an_object_that_cannot_be_created_leaves_the_old_database_unchanged(entry, tmp_path, what):
    before = databases.content_by_sql(entry, "sw_target")
    bad = NEW + IMPOSSIBLE[what] + b"-- Dump completed\n"
    with pytest.raises(Failure, match="broken.*(the old database is unchanged|Nothing was written)"):
        load(databases.request(entry, "sw_target", databases.write(tmp_path, bad), on_existing="replace"))
    assert databases.content_by_sql(entry, "sw_target") == before
    load(databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace"))
    assert databases.content_by_sql(entry, "sw_target") == databases.content_by_sql(entry, "sw_new")
    assert staging_databases(entry) == b""


def test_objects_that_name_their_database_use_the_new_tables(entry, tmp_path):
    named = (
        b"SET NAMES utf8mb4;\n"
        b"CREATE TABLE third (k INT, CONSTRAINT far FOREIGN KEY (k) REFERENCES sw_target.kept (id)) ENGINE=InnoDB;\n"
        b"CREATE VIEW thirds AS SELECT sw_target.third.k FROM sw_target.third;\n"
        b"CREATE TRIGGER seldom BEFORE INSERT ON sw_target.third FOR EACH ROW SET NEW.k = (SELECT MAX(id) FROM sw_target.other);\n"
        b"CREATE EVENT never ON SCHEDULE EVERY 1 SECOND STARTS '2026-01-01 00:00:00' DO DELETE FROM sw_target.other;\n"
    )
    databases.run(entry, named.replace(b"sw_target", b"sw_new").replace(b"DO DELETE", b"DISABLE DO DELETE"), "sw_new")
    outcome = load(databases.request(entry, "sw_target", databases.write(tmp_path, NEW + named + b"-- Dump completed\n"), on_existing="replace"))
    assert (outcome.objects["triggers"], outcome.objects["events"]) == (1, 1)
    found = [line.replace("sw_target", "the database").replace("sw_new", "the database") for line in databases.content_by_sql(entry, "sw_target")]
    assert found == [line.replace("sw_new", "the database") for line in databases.content_by_sql(entry, "sw_new")]
    assert staging_databases(entry) == b""


@pytest.fixture
def half_replaced(entry, tmp_path):
    """The new tables are in the target, and a view cannot be created. A table is named like the database, so the dry run is not sure."""
    unsure = NEW + b"CREATE TABLE sw_target (id INT PRIMARY KEY) ENGINE=InnoDB;\n"
    unsure += b"CREATE VIEW broken AS SELECT sw_target.id, sw_new.kept.nothing FROM sw_target, sw_new.kept;\n"
    paths = databases.write(tmp_path, unsure + b"-- Dump completed\n")
    for _again in range(2):
        with pytest.raises(Failure, match="nothing.*The old ones are kept in the database __apsaradb_old_") as caught:
            load(databases.request(entry, "sw_target", paths, on_existing="replace"))
    old = next(word.strip(",.") for word in str(caught.value).split() if word.startswith("__apsaradb_old_"))
    assert databases.run(entry, b"SELECT * FROM kept; SELECT * FROM only_old;", old).split() == [b"id", b"1", b"2", b"id", b"k", b"1", b"2"]
    kept = databases.run(entry, b"SELECT kind, name, statement FROM __apsaradb_programs;", old)
    assert all(words in kept for words in (b"SET NEW.id = NEW.id + 0", b"SELECT 1", b"VIEW\tseen")), kept
    return paths


def test_the_old_database_is_kept_until_the_new_one_is_complete(entry, half_replaced):
    databases.run(entry, b"ALTER TABLE kept ADD nothing INT;", "sw_new")
    outcome = load(databases.request(entry, "sw_target", half_replaced, on_existing="replace"))
    assert outcome.resumed and outcome.objects["views"] == 2 and outcome.skipped_bytes > 0
    assert staging_databases(entry) == b""
    assert not load(databases.request(entry, "sw_target", half_replaced, on_existing="replace")).changed


@pytest.mark.parametrize("dropped", [False, True])
def test_the_old_database_is_kept_until_another_new_one_is_complete(entry, half_replaced, tmp_path, dropped):
    if dropped:
        databases.run(entry, b"DROP DATABASE sw_target;")
    bad = dump_of_new().replace(b"(3, 'too')", b"(1, 'too')")
    with pytest.raises(Failure, match="1062"):
        load(databases.request(entry, "sw_target", databases.write(tmp_path, bad), on_existing="replace", charset="latin1"))
    assert staging_databases(entry).count(b"__apsaradb_old_") == 1
    load(databases.request(entry, "sw_target", databases.write(tmp_path, dump_of_new()), on_existing="replace", charset="latin1"))
    assert databases.content_by_sql(entry, "sw_target") == databases.content_by_sql(entry, "sw_new")
    assert staging_databases(entry) == b""


def test_the_old_tables_are_not_dropped_if_the_ledger_has_lost_their_record(entry, half_replaced, tmp_path):
    databases.run(entry, b"DELETE FROM import WHERE target = 'sw_target';", "apsaradb_mysql")
    again = databases.write(tmp_path, dump_of_new())
    with pytest.raises(Failure, match="holds tables that an earlier replacement of sw_target moved there.*Nothing was written"):
        load(databases.request(entry, "sw_target", again, on_existing="replace", charset="latin1"))
    assert staging_databases(entry).count(b"__apsaradb_old_") == 1


KEPT = ("CREATE TABLE sw_target.kept (a int)", "INSERT INTO sw_target.kept VALUES (1),(2)")
# As phpMyAdmin writes it.
LATE_KEYS = b"""CREATE TABLE `p` (`id` int NOT NULL) ENGINE=InnoDB;
INSERT INTO `p` VALUES (1),(2);
ALTER TABLE `p` ADD PRIMARY KEY (`id`);
ALTER TABLE `p` MODIFY `id` int NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=7;
"""


@pytest.fixture
def occupied(entry):
    databases.drop(entry, "sw_target")
    control = databases.connection(entry)
    control.run("CREATE DATABASE sw_target")
    for statement in KEPT:
        control.run(statement)
    yield control
    control.close()


def test_keys_added_after_the_rows_are_added_in_the_staging_database(entry, occupied, tmp_path):
    outcome = load(databases.request(entry, "sw_target", databases.write(tmp_path, LATE_KEYS + b"-- Dump completed\n"), on_existing="replace"))
    assert [table.rows for table in outcome.tables] == [2]
    assert occupied.rows("SHOW TABLES FROM sw_target") == [("p",)]
    made = str(occupied.rows("SHOW CREATE TABLE sw_target.p"))
    assert "PRIMARY KEY (`id`)" in made and "AUTO_INCREMENT=7" in made


def test_statements_that_name_the_target_run_in_the_staging_database(entry, occupied, tmp_path):
    sql = (
        b"CREATE TABLE kept (id int PRIMARY KEY) ENGINE=InnoDB;\n"
        b"CREATE TABLE p (id int, CONSTRAINT f FOREIGN KEY (id) REFERENCES sw_target.kept (id)) ENGINE=InnoDB;\n"
        b"INSERT INTO sw_target.kept VALUES (7);\nINSERT INTO p VALUES (7);\nUPDATE sw_target.kept SET sw_target.kept.id = 8 WHERE id = 9;\n"
        b"DELETE FROM sw_target.p;\nINSERT INTO `sw_target`.`p` (id) VALUES (3+4);\n-- Dump completed\n"
    )
    outcome = load(databases.request(entry, "sw_target", databases.write(tmp_path, sql), on_existing="replace"))
    assert "swap" in outcome.phases and occupied.rows("SELECT k.id, p.id FROM sw_target.kept k, sw_target.p") == [(7, 7)]
    assert "REFERENCES `kept`" in str(occupied.rows("SHOW CREATE TABLE sw_target.p"))


@pytest.mark.parametrize(
    "sql, said",
    [
        (b"CREATE TABLE p (id int); INSERT INTO p VALUES (1),(1); ALTER TABLE p ADD PRIMARY KEY (id);", "1062"),
        (b"CREATE TABLE p (id int); INSERT INTO p VALUES (1); UPDATE p SET id = nowhere;", "1054"),
        (b"CREATE TABLE p (id int); INSERT INTO p VALUES (1); UPDATE p sw_target SET sw_target.id = 2;", "staging database"),
        (b"CREATE TABLE p (id int); INSERT INTO p VALUES (1); CREATE TABLE q AS SELECT * FROM p;", "staging database"),
        (b"CREATE TABLE p (id int); INSERT INTO p VALUES (1); CREATE TABLE q LIKE p;", "staging database"),
        (b"CREATE TABLE p (id int) ENGINE=MyISAM; CREATE TABLE m (id int) ENGINE=MERGE UNION=(p);", "cannot be moved from a staging database"),
        (b"INSERT INTO kept VALUES (3);", "choose on_existing: merge"),
    ],
)
def test_the_old_database_stays_if_the_new_one_cannot_be_made(entry, occupied, tmp_path, sql, said):
    with pytest.raises(Failure, match=said):
        load(databases.request(entry, "sw_target", databases.write(tmp_path, sql.replace(b"; ", b";\n") + b"\n-- Dump completed\n"), on_existing="replace"))
    assert occupied.rows("SELECT * FROM sw_target.kept") == [(1,), (2,)]
    assert occupied.rows("SHOW TABLES FROM sw_target") == [("kept",)]


def test_merge_leaves_a_routine_of_the_user_alone(entry, occupied, tmp_path):
    occupied.run("CREATE PROCEDURE sw_target.p() SELECT 'mine'")
    paths = databases.write(tmp_path, b"CREATE TABLE n (a int);\nINSERT INTO n VALUES (1);\nCREATE PROCEDURE p() SELECT 'of the dump';\n-- Dump completed\n")
    for _run in range(2):
        with pytest.raises(Failure, match="procedure p"):
            load(databases.request(entry, "sw_target", paths, on_existing="merge"))
    assert "mine" in str(occupied.rows("SHOW CREATE PROCEDURE sw_target.p")) and occupied.rows("SHOW TABLES FROM sw_target") == [("kept",)]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"charset": "utf-8"}, "no character set utf-8"),
        ({"charset": "nosuch"}, "no character set nosuch"),
        ({"collation": "latin1"}, "no collation latin1"),
        ({"charset": "latin1", "collation": "utf8_bin"}, "does not belong to the character set latin1"),
        ({"charset": "latin1; DROP DATABASE sw_target", "collation": "latin1_bin"}, "no character set"),
    ],
)
def test_a_character_set_that_the_database_cannot_have_is_known_before_anything_is_written(entry, occupied, tmp_path, options, said):
    paths = databases.write(tmp_path, b"CREATE TABLE n (a int);\n-- Dump completed\n")
    before = staging_databases(entry)
    with pytest.raises(Failure, match=said + ".*othing was written"):
        load(databases.request(entry, "sw_target", paths, on_existing="replace", **options))
    assert occupied.rows("SELECT * FROM sw_target.kept") == [(1,), (2,)] and staging_databases(entry) == before


@pytest.mark.parametrize("charset, collation", [("utf8mb3", "utf8_bin"), ("LATIN1", "latin1_bin"), ("binary", "binary"), (None, "utf8mb4_bin")])
def test_a_character_set_that_the_database_can_have(entry, occupied, tmp_path, charset, collation):
    if charset == "utf8mb3" and entry["name"] != "9.7":
        charset = "utf8"
    paths = databases.write(tmp_path, b"CREATE TABLE n (a int);\n-- Dump completed\n")
    assert load(databases.request(entry, "sw_target", paths, on_existing="replace", charset=charset, collation=collation)).changed
    found = occupied.value("SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'sw_target'")
    assert found.replace("utf8mb3", "utf8") == collation

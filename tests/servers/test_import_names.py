# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump with capital letters in table names, on a server that stores names in lower case (lower_case_table_names=1, the RDS default)."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, servers

TARGET = "names_target"
NAMES = os.environ.get("APSARADB_MYSQL_NAMES_ON", "9.7").split(",")
DUMP = """
CREATE TABLE `Kunde` (`Id` int NOT NULL, `Name` varchar(40), PRIMARY KEY (`Id`), KEY `Name` (`Name`)) ENGINE=InnoDB;
INSERT INTO `Kunde` VALUES {rows};
CREATE TABLE `Bestellung` (`Id` int NOT NULL, `Kunde` int NOT NULL, PRIMARY KEY (`Id`), KEY `Kunde` (`Kunde`),
  CONSTRAINT `von` FOREIGN KEY (`Kunde`) REFERENCES `Kunde` (`Id`)) ENGINE=InnoDB;
INSERT INTO `Bestellung` VALUES (1,1),(2,2);
CREATE TABLE `Alt` (`Id` int NOT NULL, PRIMARY KEY (`Id`)) ENGINE=MyISAM;
INSERT INTO `Alt` VALUES (1),(2);
DELIMITER ;;
CREATE TRIGGER `Nach` AFTER INSERT ON `Bestellung` FOR EACH ROW DELETE FROM `Alt` ;;
DELIMITER ;
CREATE VIEW `Offen` AS SELECT `Kunde`.`Name` AS `Name` FROM `Kunde` JOIN `Bestellung` ON `Bestellung`.`Kunde` = `Kunde`.`Id`;
-- Dump completed
"""


@pytest.fixture(scope="module", params=NAMES)
def entry(request, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("names") / "server")
    yield servers.start(request.param, path, fixtures.server(request.param)["cache"], lower_case_table_names=1)
    servers.stop(path)


def asked(entry, folder, text=DUMP, **changes):
    rows = ",".join("({0},'Name {0}')".format(number) for number in range(1, 2001))
    folder.mkdir(exist_ok=True)
    return databases.request(entry, TARGET, databases.write(folder, text.format(rows=rows).encode()), defer_indexes="always", **changes)


def rows_of(control):
    return {name: control.value("SELECT COUNT(*) FROM {0}.{1}".format(TARGET, name)) for name in ("kunde", "BESTELLUNG", "Alt")}


def test_tables_are_recognised_by_their_lower_case_names(entry, tmp_path):
    control = databases.connection(entry)
    whole = {"kunde": 2000, "BESTELLUNG": 2, "Alt": 2}
    first = load(asked(entry, tmp_path))
    assert first.changed and {(table.name, table.rows) for table in first.tables} == {("kunde", 2000), ("bestellung", 2), ("alt", 2)}
    assert rows_of(control) == whole and control.value("SELECT COUNT(*) FROM names_target.Offen") == 2
    assert not load(asked(entry, tmp_path)).changed
    # The missing table is loaded again, and no other table is touched.
    control.run("DELETE FROM names_target.bestellung WHERE id = 2")
    control.run("SET foreign_key_checks = 0")
    control.run("DROP TABLE names_target.kunde")
    control.run("DROP VIEW names_target.offen")
    again = load(asked(entry, tmp_path))
    assert again.changed and again.resumed and rows_of(control) == dict(whole, BESTELLUNG=1)
    assert control.value("SELECT COUNT(*) FROM names_target.offen") == 1
    assert not load(asked(entry, tmp_path)).changed
    # A newer dump replaces all tables.
    other = load(asked(entry, tmp_path / "other", DUMP.replace("(1),(2);", "(1),(2),(3);"), on_existing="replace"))
    assert other.changed and rows_of(control) == dict(whole, Alt=3)
    assert not control.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'names\\_target\\_%%'")
    control.close()


def test_rows_that_spell_their_table_in_another_case(entry, tmp_path):
    databases.drop(entry, TARGET)
    made = "CREATE TABLE Kunde (a INT);\nINSERT INTO kunde VALUES (2),(3);\nINSERT INTO KUNDE {0};\n-- Dump completed\n"
    for way, row in ("fail", "SET a = 4"), ("replace", "VALUES (4)"):
        (table,) = load(asked(entry, tmp_path / way, made.format(row), on_existing=way)).tables
        assert (table.name, table.rows, table.rows_expected) == ("kunde", 3, 3)
    databases.drop(entry, TARGET)


def test_two_tables_with_the_same_name_in_lower_case(entry, tmp_path):
    databases.drop(entry, TARGET)
    with pytest.raises(Failure, match="gives these tables the same name: KUNDE and Kunde"):
        load(asked(entry, tmp_path, DUMP.replace("`Alt`", "`KUNDE`")))
    control = databases.connection(entry)
    assert not control.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (TARGET,))
    control.close()


def test_the_database_of_the_dump_is_recognised_in_any_case(entry, tmp_path):
    databases.drop(entry, TARGET)
    text = DUMP.replace("DELETE FROM `Alt`", "UPDATE NAMES_Source.`Kunde` SET `Name` = 'seen'").replace("FROM `Kunde`", "FROM Names_source.`Kunde`")
    done = load(asked(entry, tmp_path, "-- Host: x    Database: names_source\n" + text))
    assert done.warnings == () and done.rewritten["database"] == 2
    control = databases.connection(entry)
    control.run("INSERT INTO names_target.bestellung VALUES (3,3)")
    assert control.value("SELECT COUNT(*) FROM names_target.kunde WHERE name = 'seen'") == 2000
    assert control.value("SELECT COUNT(*) FROM names_target.offen") == 3
    control.close()

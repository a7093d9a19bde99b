# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Foreign keys in forms that no dump tool writes: those of an import are those of the ``mysql`` client."""

import subprocess

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

CLIENT, TARGET = "foreign_keys_one", "foreign_keys_two"
ALL = ("9.7", "5.7", "5.6")
HEAD = b"SET foreign_key_checks=0;\nCREATE TABLE p (x INT, y INT, KEY kx (x), UNIQUE KEY uy (y)) ENGINE=InnoDB;\n"
# Definitions after three columns, for the table t{n}. @ stands for what they refer to.
FORMS = [
    "FOREIGN KEY idx (a) @",
    "CONSTRAINT FOREIGN KEY (a) @",
    "CONSTRAINT FOREIGN KEY idx (a) @",
    "CONSTRAINT `s {n}` FOREIGN KEY idx (a) @",
    "FOREIGN KEY (c) @, FOREIGN KEY (a) @, FOREIGN KEY (b) @",
    "FOREIGN KEY i1 (a) @, FOREIGN KEY (b) @, FOREIGN KEY i2 (c) @",
    "FOREIGN KEY (a) @, CONSTRAINT t{n}_ibfk_5 FOREIGN KEY (b) @, FOREIGN KEY (c) @",
    "CONSTRAINT t{n}_ibfk_9 FOREIGN KEY (a) @, FOREIGN KEY (b) @, FOREIGN KEY (c) @",
    "FOREIGN KEY (a) @, KEY kb (b)",
    "KEY kb (b), FOREIGN KEY (a) @",
    "/*!40000 CONSTRAINT f{n} FOREIGN KEY (a) @ */",
    "CONSTRAINT /*!40000 f{n} */ FOREIGN KEY (a) @",
    "CONSTRAINT f{n} FOREIGN KEY (a) @ /*!40000 ON DELETE CASCADE */",
    "CONSTRAINT f{n} FOREIGN KEY (a) @ /* x */ ON DELETE CASCADE -- y\n",
    "CONSTRAINT f{n} FOREIGN KEY (a) @ ON DELETE RESTRICT ON UPDATE NO ACTION",
] + [
    "CONSTRAINT f{n} FOREIGN KEY (a) @ MATCH " + match + actions
    for match in ("FULL", "PARTIAL", "SIMPLE")
    for actions in ("", " ON DELETE CASCADE", " ON UPDATE CASCADE", " ON DELETE SET NULL ON UPDATE CASCADE", " ON UPDATE SET NULL ON DELETE CASCADE")
]  # fmt: skip
TABLE = "CREATE TABLE t{n} (a INT, b INT, c INT, {0}) ENGINE=InnoDB;\n"
IN_COLUMNS = (
    "CREATE TABLE u1 (a INT REFERENCES p (y) MATCH FULL ON DELETE CASCADE, b INT) ENGINE=InnoDB;\n"
    "CREATE TABLE u2 (FOREIGN KEY (c) REFERENCES p (y), a INT, b INT REFERENCES p (y), c INT) ENGINE=InnoDB;\n"
)


@pytest.fixture(scope="module", params=ALL)
def entry(request):
    entry = fixtures.server(request.param)
    yield entry
    databases.drop(entry, CLIENT, TARGET)


def forms():
    """One dump of all forms."""
    return "".join(TABLE.format(form.replace("{n}", str(n)), n=n).replace("@", "REFERENCES p (y)") for n, form in enumerate(FORMS))


def by_client(entry, sql):
    """What the client makes; its error if it fails."""
    databases.make(entry, CLIENT, ())
    done = subprocess.run(list(entry["mysql"]) + ["--binary-mode", CLIENT], input=sql, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return databases.content_by_sql(entry, CLIENT) if done.returncode == 0 else done.stderr.decode("utf-8", "replace")


@pytest.mark.servers(3)
def test_the_foreign_keys_are_those_of_the_client(entry, tmp_path):
    databases.drop(entry, TARGET)
    sql = HEAD + (forms() + IN_COLUMNS).encode()
    load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n"), charset="utf8mb4"))
    expected = by_client(entry, sql)
    assert "CONSTRAINT" in str(expected), expected
    assert databases.content_by_sql(entry, TARGET) == expected


def test_what_56_would_change_in_a_replacement_is_refused(tmp_path):
    """It cannot move foreign keys to another database, so they are added again, which would change those that are not plain."""
    entry = fixtures.server("5.6")
    for text, refused in (
        ("FOREIGN KEY i (a) @", True),
        ("CONSTRAINT f FOREIGN KEY (a) @", False),
        ("FOREIGN KEY (a) @", False),
        ("FOREIGN KEY (a) @, KEY (b)", True),
    ):
        databases.make(entry, TARGET, ())
        databases.run(entry, b"CREATE TABLE old (a INT);", TARGET)
        sql = HEAD + TABLE.format(text, n=1).replace("@", "REFERENCES p (y)").encode()
        wanted = databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n"), charset="utf8mb4", on_existing="replace")
        if refused:
            with pytest.raises(Failure, match="cannot run in a staging database.*othing was written"):
                load(wanted)
        else:
            load(wanted)
            assert databases.content_by_sql(entry, TARGET) == by_client(entry, sql)
    databases.drop(entry, TARGET)


@pytest.mark.parametrize("form", ["CONSTRAINT f FOREIGN KEY (a) @", "FOREIGN KEY (a) @"])
def test_a_foreign_key_to_a_key_that_is_not_unique(form, tmp_path):
    """As dumps of servers before 8.4 have it; 8.4 and later refuse it in the client (error 6125)."""
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    sql = HEAD + TABLE.format(form, n=1).replace("@", "REFERENCES p (x)").encode()
    load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n"), charset="utf8mb4"))
    assert databases.content_by_sql(entry, TARGET) == by_client(entry, b"SET restrict_fk_on_non_standard_key=OFF;\n" + sql)
    databases.drop(entry, TARGET)

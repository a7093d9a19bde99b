# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of an import: the same as the ``mysql`` client makes, except for clauses about files outside the database."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, fuzz_tables

TARGET = "tables_target"


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET)
    yield entry
    databases.drop(entry, TARGET)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_tables_are_those_of_the_client(entry, seed):
    """Commas first or last, comments and version comments anywhere, keys and foreign keys before and after the rows."""
    found, made = fuzz_tables.differences(entry, seed, fuzz_tables.PER_DUMP)
    assert made > fuzz_tables.PER_DUMP * 3 // 4, "the client made only {0} tables: the test compares too little".format(made)
    assert not found, "\n".join(map(str, found))


def imported(entry, folder, sql, **changes):
    """The result of an import, and what SHOW CREATE TABLE prints for table t."""
    outcome = load(databases.request(entry, TARGET, databases.write(folder, sql + b"-- Dump completed\n"), **changes))
    control = databases.connection(entry)
    shown = str(control.rows("SHOW CREATE TABLE {0}.t".format(TARGET))[0][1])
    control.close()
    return outcome, shown


@pytest.mark.parametrize(
    "options",
    [
        "ENGINE=InnoDB DATA DIRECTORY='{0}'",
        "ENGINE=MyISAM DATA DIRECTORY='{0}' INDEX DIRECTORY='{0}'",
        "ENGINE=InnoDB /*!50100 PARTITION BY HASH (a) (PARTITION p0 DATA DIRECTORY='{0}' ENGINE = InnoDB) */",
        "/*!50100 TABLESPACE `ts_fast` */ ENGINE=InnoDB",
        "/*!50100 TABLESPACE innodb_system */ ENGINE=InnoDB",
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_no_file_is_made_outside_the_directory_of_the_database(entry, tmp_path, options, times):
    """Also if the table is replaced by a second import: a table whose file is elsewhere cannot be moved."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o777)
    folder = tmp_path / "dumps"
    folder.mkdir()
    for number in range(times):
        sql = "CREATE TABLE t (a int NOT NULL PRIMARY KEY) {0};\nINSERT INTO t VALUES ({1});\n".format(options.format(elsewhere), number)
        outcome, shown = imported(entry, folder, sql.encode(), on_existing="replace" if number else "fail")
        assert sum(outcome.rewritten.values()) == options.count("DIRECTORY") + options.count("TABLESPACE")
        assert [text for text in outcome.warnings if "was left out" in text and "(table t, " in text]
        assert "DIRECTORY" not in shown and "TABLESPACE" not in shown
    assert os.listdir(str(elsewhere)) == []


@pytest.mark.parametrize(
    "table",
    [
        b"(id INT NOT NULL PRIMARY KEY, h INT, CLUSTERING KEY k (h)) ENGINE=TokuDB ROW_FORMAT=TOKUDB_ZLIB",
        b"(id INT NOT NULL PRIMARY KEY, h INT, KEY k (h) `clustering`=yes) ENGINE=TokuDB `compression`='tokudb_zlib'",
        b"(id INT NOT NULL, h INT, KEY k (h)) ENGINE=Aria TRANSACTIONAL=1 PAGE_CHECKSUM=1 ROW_FORMAT=PAGE",
        b"(id INT NOT NULL, h INT, KEY k (h)) ENGINE=MyISAM ROW_FORMAT=FIXED",
        b"(id INT, h INT, KEY k (h)) ENGINE=MyISAM PARTITION BY LIST (h) (PARTITION p VALUES IN (1,2,3,4) ENGINE = MyISAM, PARTITION q VALUES IN (5))",
    ],
)
def test_the_words_of_a_replaced_engine(entry, tmp_path, table):
    engines = (("TOKUDB", "InnoDB"), ("MYISAM", "InnoDB"), ("ARIA", "InnoDB"))
    _outcome, shown = imported(entry, tmp_path, b"CREATE TABLE t " + table + b";\nINSERT INTO t VALUES (1,1);\n", engines=engines)
    assert "ENGINE=InnoDB" in shown and "KEY `k` (`h`)" in shown


@pytest.mark.parametrize("defer", ["always", "auto"])
@pytest.mark.parametrize(
    "keys",
    [
        b"\n, CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id) -- one\n, CONSTRAINT f2 FOREIGN KEY (b) REFERENCES p (id)\n, KEY k1 (a) #\n, UNIQUE KEY u3 (a,b)",
        b", CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id) /* a, b */, CONSTRAINT f2 FOREIGN KEY (b) REFERENCES p (id), KEY k1 (a), UNIQUE KEY u3 (a,b)",
        b", /*!50100 KEY k1 (a), UNIQUE KEY u3 (a,b) */, CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id), CONSTRAINT f2 FOREIGN KEY (b) REFERENCES p (id)",
    ],
)
def test_comments_between_keys(entry, tmp_path, keys, defer):
    sql = (
        b"CREATE TABLE p (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nCREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, b INT" + keys + b") ENGINE=InnoDB;\n"
    )
    _outcome, shown = imported(entry, tmp_path, sql, defer_indexes=defer)
    assert all("`{0}`".format(name) in shown for name in ("f1", "f2", "k1", "u3"))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import gives the same tables as the ``mysql`` client, in both lanes and with chunks of any size."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures

SOURCE, TARGET = "lanes_source", "lanes_target"
HEAD = b"-- MySQL dump 10.13\n-- Host: x    Database: lanes_source\n/*!40101 SET NAMES %s */;\n/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
END = b"-- Dump completed\n"

# Literals that LOAD DATA takes come first: the forms found in one INSERT of a table are expected in the next ones.
INTEGERS = b"0 1 -1 007 300 -99999999999999999999 9223372036854775808 NULL 1.5 2.5 -2.5 .5 1. 1e1 2.5e0 1.125e2 -1.5e-3"
NUMBERS = INTEGERS + b" 1e300 1e-10 0.1 1.005 1.235e0 1.23456789012345678901e2 12345678901234567890.123456789 5e-324 3.4028235e38 9007199254740993"
TEXTS = (
    b"''", b"'a'", b"'0'", b"'1'", b"'2.5'", b"'2.5e0'", b"'0x41'", b"' 1 '", b"'NULL'", b"'\\N'", b"'a\\Nb'", b"'\\\\N'", b"'\\%'", b"'\\_'", b"'a\\%b\\_c'",
    b"'\\\\%'", b"'\\n\\t\\0\\Z\\b\\r'", b"'\\a\\\"\\''", b"''''", b"'\\\\'", b"','", b"'),('", b"'a),\n(b'", b"'a,b'", b"'x'", b"'\xc3\xa9'",
    b"'\xe2\x82\xac'", b"'\xf0\x9f\x98\x80'", b"'a\xe3'", b"'\xff'", b"'\xf0\x9f'", b"'a\xc3\\'b'", b"'\xed\xa0\x80'", b"NULL",
)  # fmt: skip
TIMES = (
    b"'2026-01-01'", b"'2026-01-01 10:11:12.345'", b"'0000-00-00'", b"'2026-02-30'", b"'20260101'", b"'10:11:12'", b"'-838:59:59'", b"'26'", b"'0000'", b"'0'",
    b"''", b"20260101", b"101010", b"20260101101010", b"1.015", b"1e5", b"0", b"00", b"000", b"00000", b"0000", b"70", b"1900", b"1901", b"2026", b"NULL",
)  # fmt: skip
COLUMNS = [
    (["TINYINT", "INT UNSIGNED", "BIGINT NOT NULL"], list(TEXTS) + INTEGERS.split()),
    (["DECIMAL(10,2)", "DECIMAL(65,30)", "FLOAT", "FLOAT(7,3)", "DOUBLE", "DOUBLE(10,2) UNSIGNED"], list(TEXTS) + NUMBERS.split()),
    (["CHAR(5)", "VARCHAR(20) NOT NULL", "TEXT", "VARCHAR(20) CHARACTER SET latin1", "VARBINARY(20)", "BLOB", "BIT(12)"], list(TEXTS) + NUMBERS.split()),
    (["ENUM('a','1','')", "SET('a','b','1')"], list(TEXTS) + NUMBERS.split()),
    (["YEAR", "DATE", "TIME(3)", "DATETIME", "TIMESTAMP NULL"], list(TIMES)),
    (["JSON"], [b"NULL", b"'1'", b'\'{\\"a\\": \\"\\\\n\\"}\'', b"'[1, \\\"\\\\\\\\N\\\"]'", b"'\\\"\xe2\x82\xac\\\"'"]),
]


@pytest.fixture(params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, SOURCE, TARGET)
    yield entry
    databases.drop(entry, SOURCE, TARGET)


def rows_of(entry, database):
    """All rows of all tables, as bytes and in their stored order, and the definition of each table."""
    control = databases.connection(entry)
    found = {}
    for (name,) in control.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND ENGINE IS NOT NULL", (database,)):
        columns = control.rows("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", (database, name))
        hexed = ", ".join("HEX(CAST(`{0}` AS BINARY))".format(column) for (column,) in columns)
        made = str(control.rows("SHOW CREATE TABLE `{0}`.`{1}`".format(database, name))[0][1])
        found[str(name)] = (made, control.rows("SELECT {0} FROM `{1}`.`{2}`".format(hexed, database, name)))
    control.close()
    return found


def both(entry, folder, dump, **changes):
    """The tables the client makes of a file, those the import makes of it, and how many chunks went by LOAD DATA."""
    databases.drop(entry, SOURCE, TARGET)
    databases.run(entry, "CREATE DATABASE {0} CHARACTER SET utf8mb4".format(SOURCE).encode())
    databases.run(entry, dump, SOURCE)
    changes = dict({"charset": "utf8mb4", "require_complete": False}, **changes)
    done = load(databases.request(entry, TARGET, databases.write(folder, dump), **changes))
    return rows_of(entry, SOURCE), rows_of(entry, TARGET), done.fast_chunks


@pytest.mark.parametrize("charset", [b"utf8mb4", b"utf8", b"latin1", b"binary"])
def test_every_literal_is_stored_as_the_client_stores_it(entry, tmp_path, charset):
    made = [HEAD % charset]
    number = 0
    for types, literals in COLUMNS:
        for kind in types:
            if kind == "JSON" and (entry["name"] == "5.6" or charset == b"binary"):
                continue  # 5.6 has no JSON, and JSON takes no binary strings (error 3144).
            number += 1
            made.append("CREATE TABLE t{0} (id INT NOT NULL PRIMARY KEY, v {1}) ENGINE=InnoDB;\n".format(number, kind).encode())
            # Two rows, because a single NULL in a NOT NULL column is an error.
            made.extend(b"INSERT INTO `t%d` VALUES (%d,%s),(%d,'1');\n" % (number, 2 * at, value, 2 * at + 1) for at, value in enumerate(literals))
    there, here, fast = both(entry, tmp_path, b"".join(made) + END, batch_bytes=1)
    for table, (definition, rows) in there.items():
        assert here[table] == (definition, rows), definition
    # mysqldump writes most of these literals, and they go by LOAD DATA.
    assert fast > 250


SWAPPED = bytes.maketrans(b"'\"", b"\"'")


def test_every_string_in_double_quotes_is_stored_as_the_client_stores_it(entry, tmp_path):
    """mysqlpump and mydumper write them."""
    made = [HEAD % b"utf8mb4"]
    number = 0
    for types, literals in COLUMNS:
        for kind in types if types != ["JSON"] else ():
            number += 1
            made.append("CREATE TABLE t{0} (id INT NOT NULL PRIMARY KEY, v {1}) ENGINE=InnoDB;\n".format(number, kind).encode())
            values = [value.translate(SWAPPED) for value in literals if not value.lower().startswith((b"x'", b"b'"))]
            made.extend(b'INSERT INTO `t%d` VALUES (%d,%s),(%d,"1");\n' % (number, 2 * at, value, 2 * at + 1) for at, value in enumerate(values))
    there, here, fast = both(entry, tmp_path, b"".join(made) + END, batch_bytes=1)
    for table, (definition, rows) in there.items():
        assert here[table] == (definition, rows), definition
    assert fast > 250


ODDITIES = {
    "statements between INSERTs": b"""CREATE TABLE a (a INT PRIMARY KEY, b INT); CREATE TABLE b (a INT PRIMARY KEY);
INSERT INTO a VALUES (1,1); INSERT INTO a VALUES (2,2); COMMIT; INSERT INTO a VALUES (3,3);
UPDATE a SET b = b + 1; INSERT INTO a VALUES (4,4); INSERT INTO b VALUES (1); INSERT INTO a VALUES (5,5);
LOCK TABLES a WRITE; INSERT INTO a VALUES (6,6); UNLOCK TABLES; DELETE FROM a WHERE a = 1; INSERT INTO a VALUES (1,7);
""",
    "delimiters": b"""CREATE TABLE a (a INT PRIMARY KEY, b VARCHAR(9));
INSERT INTO a VALUES (1,';'); INSERT INTO a VALUES (2,'$');
DELIMITER $
INSERT INTO a VALUES (3,';$')$ INSERT INTO a VALUES (4,';')$
INSERT INTO a VALUES (5,'$')
$
DELIMITER ;
INSERT INTO a VALUES (6,';'); /* ; */ INSERT INTO a VALUES (7,'--'); -- ;
INSERT INTO a VALUES (8,'#') # ;
; INSERT INTO a
VALUES (9,'/*'), (10,'*/');
""",
    "numbers of the server": b"".join(
        [b"CREATE TABLE a (a INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b VARCHAR(9)); CREATE TABLE z (a INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b INT);\n"]
        + [b"INSERT INTO a VALUES (NULL,'%d'),(NULL,'x');\nINSERT INTO a (b) VALUES ('y%d');\n" % (number, number) for number in range(200)]
        + [b"SET sql_mode = '';\n"]
        + [b"INSERT INTO z VALUES (0,%d),(0,%d);\n" % (number, -number) for number in range(200)]
    ),
    # The short statements would overtake the long ones if they did not wait.
    "the last one wins": b"CREATE TABLE a (a INT PRIMARY KEY, b INT); CREATE TABLE c (a INT PRIMARY KEY, b INT);\n"
    + b"".join(
        b"REPLACE INTO a VALUES %s,(%d,1);\nREPLACE INTO a VALUES (%d,2);\nINSERT IGNORE INTO c VALUES %s,(%d,1);\nINSERT IGNORE INTO c VALUES (%d,2);\n"
        % (many, -n, -n, many, -n, -n)
        for n, many in ((n, b",".join(b"(%d,%d)" % (n * 10000 + row, row) for row in range(1, 5000))) for n in range(1, 5))
    ),
    "no keys at all": b"CREATE TABLE a (a INT, b VARCHAR(9));\n" + b"".join(b"INSERT INTO a VALUES (%d,'x%d');\n" % (n * 37 % 100, n) for n in range(300)),
    "keys without a name": b"""CREATE TABLE child (a INT, b INT, KEY (a), UNIQUE (b), FOREIGN KEY (a) REFERENCES parent (x),
  FOREIGN KEY (b) REFERENCES parent (y)) ENGINE=InnoDB;
INSERT INTO child VALUES (1,2),(2,1); CREATE TABLE parent (p INT PRIMARY KEY, x INT, y INT, UNIQUE KEY ux (x), UNIQUE KEY (y)) ENGINE=InnoDB;
INSERT INTO parent VALUES (1,1,1),(2,2,2);
""",
    "a table that is changed": b"""CREATE TABLE a (a INT PRIMARY KEY, b INT); INSERT INTO a VALUES (1,1); ALTER TABLE a MODIFY b YEAR;
INSERT INTO a VALUES (2,0),(3,70); CREATE TABLE d LIKE a; INSERT INTO d SELECT * FROM a WHERE a.b = 0; INSERT INTO a VALUES (4,0);
""",
    "one dump behind another": b"""DROP TABLE IF EXISTS a; CREATE TABLE a (a INT, b INT); INSERT INTO a VALUES (1,1);
CREATE TABLE gone (a INT); INSERT INTO gone VALUES (1);
DROP TABLE IF EXISTS a; CREATE TABLE a (a INT, c VARCHAR(9)); INSERT INTO a VALUES (2,'x'); INSERT INTO a VALUES (3,'y');
CREATE TABLE IF NOT EXISTS a (d INT); INSERT INTO a VALUES (4,'z'); DROP TABLE gone; INSERT INTO a VALUES (5,'z');
""",
    "tables for a while": b"""DROP TABLE IF EXISTS a, b; CREATE TABLE a (a INT PRIMARY KEY, b INT); INSERT INTO a VALUES (1,1),(2,2);
CREATE TABLE w LIKE a; INSERT INTO w SELECT a + 10, b FROM a; INSERT INTO a SELECT * FROM w; DROP TABLE w;
CREATE TABLE w LIKE a; RENAME TABLE w TO kept; DROP TABLE IF EXISTS w, u; INSERT INTO kept VALUES (3,3);
CREATE TEMPORARY TABLE u (a INT); INSERT INTO u SELECT a FROM a; UPDATE a SET b = 7 WHERE a IN (SELECT a FROM u); DROP TEMPORARY TABLE u;
CREATE TEMPORARY TABLE u (b INT); DROP TABLE u; DROP TEMPORARY TABLE IF EXISTS a; CREATE TABLE b (a INT); INSERT INTO b VALUES (1);
""",
    "names with odd letters": b"CREATE TABLE `a.b` (a INT PRIMARY KEY); INSERT INTO `a.b` VALUES (1); UPDATE `a.b` x SET x.a = 2; CREATE TABLE `1a` (a INT);\n"
    b"INSERT INTO `1a` VALUES (1); INSERT INTO lanes_source.1a SELECT a FROM `a.b`;\n",
}


@pytest.mark.parametrize("lane", ["insert", "auto"])
@pytest.mark.parametrize("what", sorted(ODDITIES))
def test_a_file_gives_the_same_tables_as_the_client(entry, tmp_path, what, lane):
    dump = HEAD % b"utf8" + b"SET foreign_key_checks = 0;\n" + ODDITIES[what] + END
    for batch_bytes in 1, 100, 1 << 20:
        there, here, _fast = both(entry, tmp_path, dump, lane=lane, batch_bytes=batch_bytes, workers=4, defer_indexes="always")
        assert here == there


def test_only_years_of_four_digits_are_sent_by_load_data(entry, tmp_path):
    """INSERT takes a bare 0, 00 or 000 for 0000, and LOAD DATA for 2000."""
    rows = b",".join(b"(%d,%04d,'(0,0),%d',%s)" % (n, 1901 + n % 200 if n % 7 else 0, n, b"NULL" if n % 3 else b"'0'") for n in range(2000))
    dump = HEAD % b"utf8" + b"CREATE TABLE a (a INT PRIMARY KEY, y YEAR NOT NULL, t VARCHAR(20), z YEAR) ENGINE=InnoDB;\nINSERT INTO `a` VALUES %s;\n" % rows
    there, here, fast = both(entry, tmp_path, dump + END)
    assert here == there and fast == 1
    for bare in b"0", b"00", b"000", b"00000", b"1":
        there, here, fast = both(entry, tmp_path, dump + b"COMMIT;\nINSERT INTO `a` VALUES (5000,2026,'',NULL),(5001,2026,'',%s);\n" % bare + END)
        assert here == there and fast == 1


def test_years_written_by_mysqldump_are_sent_by_load_data(entry, tmp_path):
    if entry["name"] == "5.6":
        # mariadb-dump cannot dump 5.6: the same rows, in the form it writes.
        dump = HEAD % b"utf8" + b"CREATE TABLE `a` (\n  `y` year(4) DEFAULT NULL\n) ENGINE=InnoDB;\nINSERT INTO `a` VALUES (0000),(1970),(2000),(NULL);\n"
    else:
        databases.run(entry, b"CREATE DATABASE " + SOURCE.encode())
        databases.run(entry, b"SET sql_mode = ''; CREATE TABLE a (y YEAR); INSERT INTO a VALUES (0),(70),('0'),(NULL)", SOURCE)
        dump = databases.dump(entry, SOURCE)
    done = load(databases.request(entry, TARGET, databases.write(tmp_path, dump), require_complete=False, charset="utf8mb4"))
    control = databases.connection(entry)
    assert done.fast_chunks == 1 and control.rows("SELECT CAST(y AS CHAR) FROM {0}.a".format(TARGET)) == [("0000",), ("1970",), ("2000",), (None,)]
    control.close()

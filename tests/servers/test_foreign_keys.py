# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Foreign keys in forms that no dump tool writes: those of an import are those of the ``mysql`` client. Those that a server refuses are found before."""

import io
import random
import re
import subprocess

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.refused_foreign_keys import check_foreign_keys
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.subject import CheckSubject, choices_for, known_by
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.trial_tables import check_definitions
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import OnExisting
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.account import server_state
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures, preflights

CLIENT, TARGET = "foreign_keys_one", "foreign_keys_two"
ALL = ("9.7", "5.7", "5.6")
HEAD = b"SET foreign_key_checks=0;\nCREATE TABLE p (x INT, y INT, KEY kx (x), UNIQUE KEY uy (y)) ENGINE=InnoDB;\n"
# Definitions after three columns, for the table t{n}. @ is replaced by what they refer to.
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
    "CONSTRAINT f{n} FOREIGN KEY (A) @",
    "CONSTRAINT f{n} FOREIGN KEY (a) REFERENCES p (Y)",
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
# Refused by 5.7 if InnoDB read the version comment (error 1215).
ON_57 = "CREATE TABLE v1 (a INT, g INT AS (a + 1) STORED /*!40000 , FOREIGN KEY (a) REFERENCES p (y) ON UPDATE CASCADE */) ENGINE=InnoDB;\n"


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
    sql = HEAD + (forms() + IN_COLUMNS + ON_57 * (entry["name"] == "5.7")).encode()
    load(databases.request(entry, TARGET, databases.write(tmp_path, sql + b"-- Dump completed\n"), charset="utf8mb4"))
    expected = by_client(entry, sql)
    assert "CONSTRAINT" in str(expected), expected
    assert databases.content_by_sql(entry, TARGET) == expected


# What ALTER TABLE adds to a table with rows. Before 8.0, InnoDB reads its text if it copies the table: with checks, or for another type.
ADDED = [
    "ADD CONSTRAINT f{n} FOREIGN KEY (a) --\n @ ON DELETE CASCADE",
    "-- it's\n ADD CONSTRAINT f{n} FOREIGN KEY (a) /* ' */ @ ON DELETE CASCADE",
    "ADD FOREIGN KEY (a) #`\n @ ON DELETE CASCADE, ADD CONSTRAINT t{n}_ibfk_9 FOREIGN KEY (b) @",
    "ADD CONSTRAINT f{n} FOREIGN KEY (a) @ /*!40000 ON DELETE CASCADE */",
    "ADD FOREIGN KEY i (a) @ MATCH FULL ON DELETE CASCADE, ADD d INT",
    "ADD CONSTRAINT f{n} FOREIGN KEY (a) REFERENCES /* c */ foreign_keys_two.p /* d */ (y), MODIFY b BIGINT",
]


@pytest.mark.parametrize("checks", [0, 1])
def test_what_an_alter_table_adds_is_that_of_the_client(entry, checks, tmp_path):
    databases.drop(entry, TARGET)
    sql = "SET foreign_key_checks = {0};\nCREATE TABLE p (y INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\nINSERT INTO p VALUES (1);\n".format(checks)
    for number, text in enumerate(ADDED):
        text = text.replace("@", "REFERENCES p (y)").replace("{n}", str(number))
        sql += "CREATE TABLE t{0} (a INT, b INT) ENGINE=InnoDB;\nINSERT INTO t{0} VALUES (1,1);\nALTER TABLE t{0} {1};\n".format(number, text)
    load(databases.request(entry, TARGET, databases.write(tmp_path, sql.encode() + b"-- Dump completed\n"), charset="utf8mb4"))
    expected = by_client(entry, sql.replace("foreign_keys_two", CLIENT).encode())
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


END = ") ENGINE=InnoDB"
PARENT = (
    "CREATE TABLE p (x INT NOT NULL, y INT, z VARCHAR(10), n INT, w VARCHAR(300), PRIMARY KEY (x), KEY ky (y), KEY (z, y), KEY (w(5)), UNIQUE KEY (n)" + END
)
PARENT_ALONE = "CREATE TABLE p (x INT NOT NULL, y INT, z VARCHAR(1), w VARCHAR(300)" + END
PARENT_KEYS = [
    "ALTER TABLE `p`\n  ADD PRIMARY KEY (`x`),\n  ADD KEY `ky` (`y`),\n ADD KEY (z, y), ADD n INT AFTER y",
    "ALTER TABLE p MODIFY COLUMN `z` VARCHAR(10), COMMENT='x'",
    "CREATE INDEX pw ON p (w(5))",
    "CREATE UNIQUE INDEX un ON p (n) COMMENT 'n'",
]
KEY = "CONSTRAINT f FOREIGN KEY "


def child(columns, keys, end=END):
    return [PARENT, "CREATE TABLE t ({0}, {1}{2}".format(columns, keys, end)]


def pair(parent, columns, keys):
    return ["CREATE TABLE m ({0}{1}".format(parent, END), "CREATE TABLE t ({0}, {1}{2}".format(columns, keys, END)]


# Foreign keys that servers accept or refuse.
RULES = [
    child("a INT, KEY f (a)", KEY + "(A) REFERENCES p (X)"),
    child("a INT, KEY f (a)", "CONSTRAINT g FOREIGN KEY f (a) REFERENCES p (x)"),
    child("a INT, b INT, KEY f (b)", KEY + "(a) REFERENCES p (x)"),
    child("a VARCHAR(10), b INT", KEY + "(a, b) REFERENCES p (z, n)"),
    child("a VARCHAR(10), b INT", KEY + "(b, a) REFERENCES p (y, z)"),
    child("a VARCHAR(10), b INT", KEY + "(a, b) REFERENCES p (z, y)"),
    child("a VARCHAR(10), b INT", KEY + "(a, b) REFERENCES p (z, x)"),
    child("a VARCHAR(9), KEY (a(3))", KEY + "(a) REFERENCES p (z)"),
    child("a INT, b INT PRIMARY KEY, KEY (a)", KEY + "(a, b) REFERENCES p (y, x)"),
    child("a VARCHAR(300)", KEY + "(a) REFERENCES p (w)"),
    child("a VARCHAR(3000) CHARACTER SET utf8", KEY + "(a) REFERENCES p (z)"),
    child("a TEXT, KEY (a(5))", KEY + "(a) REFERENCES p (z)"),
    child("a INT", KEY + "(a) REFERENCES p (q)"),
    child("a INT", KEY + "(a) REFERENCES p"),
    child("a INT, b INT", KEY + "(a, b) REFERENCES p (x)"),
    child("a INT, b INT", KEY + "(a, a) REFERENCES p (x, y)"),
    child("a INT, b INT", KEY + "(a, b) REFERENCES p (x, x)"),
    child("a INT NOT NULL", KEY + "(a) REFERENCES p (x) ON UPDATE SET NULL"),
    child("a INT, PRIMARY KEY (a)", KEY + "(a) REFERENCES p (x) ON DELETE SET NULL"),
    child("a INT NOT NULL", KEY + "(a) REFERENCES p (x) ON DELETE CASCADE"),
    child("a INT", KEY + "(a) REFERENCES p (x) ON DELETE SET DEFAULT"),
    child("a INT, b INT, KEY (a), KEY (b)", KEY + "(a) REFERENCES p (x), CONSTRAINT F FOREIGN KEY (b) REFERENCES p (x)"),
    child("a INT, b INT", "FOREIGN KEY (a) REFERENCES p (x), CONSTRAINT t_ibfk_1 FOREIGN KEY (b) REFERENCES p (x)"),
    child("a INT, b INT", "FOREIGN KEY (a) REFERENCES p (x), CONSTRAINT t_ibfk_2 FOREIGN KEY (b) REFERENCES p (x)"),
    child("a INT", "CONSTRAINT u_ibfk_1 FOREIGN KEY (a) REFERENCES p (x)") + ["CREATE TABLE u (a INT, FOREIGN KEY (a) REFERENCES p (x)" + END],
    child("a INT", KEY + "(a) REFERENCES p (x)", END + " PARTITION BY HASH (a)"),
    child("a INT", KEY + "(a) REFERENCES q (x)"),
    child("a INT", KEY + "(a) REFERENCES {0} (x)".format("p" * 65)),
    child("a INT", KEY + "(a) REFERENCES p (q)", ") ENGINE=MyISAM"),
    child("a BIGINT REFERENCES p (x), b INT", "KEY (b)"),
    child("a INT REFERENCES p (x) ON DELETE CASCADE, b INT", "KEY (b)"),
    ["CREATE TABLE t (a INT PRIMARY KEY, b INT, {0}(b) REFERENCES t (a){1}".format(KEY, END)],
    ["CREATE TABLE t (a INT PRIMARY KEY, b INT, {0}(a) REFERENCES t (a){1}".format(KEY, END)],
    ["CREATE TABLE t (a INT, b INT, c INT, KEY (a, b), KEY k (a, c), {0}(a) REFERENCES t (a){1}".format(KEY, END)],
    pair("x INT NOT NULL, y INT, UNIQUE KEY (x), KEY (y)", "a INT, b INT", KEY + "(a, b) REFERENCES m (y, x)"),
    pair("x INT, y INT, UNIQUE KEY (x), KEY (y)", "a INT, b INT", KEY + "(a, b) REFERENCES m (y, x)"),
    pair("x VARCHAR(9), FULLTEXT KEY (x)", "a VARCHAR(9)", KEY + "(a) REFERENCES m (x)"),
    ["CREATE TABLE m (x INT PRIMARY KEY) ENGINE=MyISAM", pair("", "a INT", KEY + "(a) REFERENCES m (x)")[1]],
    pair("x INT PRIMARY KEY", "a BIGINT", KEY + "(a) REFERENCES m (x)")[::-1],
    pair("x INT PRIMARY KEY", "a INT", KEY + "(a) REFERENCES m (q)")[::-1],
    pair("x INT, PRIMARY KEY (x)", "a INT", KEY + "(a) REFERENCES m (x)")[::-1],
    [pair("x INT PRIMARY KEY", "a INT", "KEY (a)")[0] + " PARTITION BY HASH (x)", pair("", "a INT", KEY + "(a) REFERENCES m (x)")[1]],
]  # fmt: skip
GENERATED = [
    child("b INT, a INT AS (b) VIRTUAL", KEY + "(a) REFERENCES p (x)"),
    child("b INT, a INT AS (b) STORED", KEY + "(a) REFERENCES p (x) ON DELETE CASCADE"),
    child("b INT, a INT AS (b) STORED", KEY + "(a) REFERENCES p (x) ON UPDATE CASCADE"),
    child("b INT, a INT AS (b) STORED", KEY + "(a) REFERENCES p (x) ON DELETE SET NULL"),
    child("a INT, b INT AS (a) STORED", KEY + "(a) REFERENCES p (x) ON DELETE CASCADE"),
    child("a INT, b INT AS (a) STORED", KEY + "(a) REFERENCES p (x) ON DELETE RESTRICT"),
    child("a INT, b INT AS (a) VIRTUAL", KEY + "(a) REFERENCES p (x) ON DELETE SET NULL"),
    pair("b INT, x INT AS (b) VIRTUAL, UNIQUE KEY (x)", "a INT", KEY + "(a) REFERENCES m (x)"),
    pair("b INT, x INT AS (b) STORED, UNIQUE KEY (x)", "a INT", KEY + "(a) REFERENCES m (x)"),
]  # fmt: skip
CHECKED = [
    child("a INT, CHECK (a > 0)", KEY + "(a) REFERENCES p (x) " + action) for action in ("ON DELETE CASCADE", "ON UPDATE CASCADE", "ON DELETE SET NULL", "")
]  # fmt: skip
TYPES = (
    "TINYINT|BOOL|TINYINT UNSIGNED|SMALLINT|MEDIUMINT|INT|INT UNSIGNED|INT(5) ZEROFILL|BIGINT|BIGINT UNSIGNED|DECIMAL(10,2)|DECIMAL(12,3)|CHAR(5)|CHAR(10)|"
    "VARCHAR(10)|VARCHAR(150)|VARCHAR(10) CHARACTER SET latin1|CHAR(5) CHARACTER SET utf8 COLLATE utf8_bin|VARCHAR(9) CHARACTER SET utf8|CHAR(5) BINARY|"
    "BINARY(5)|VARBINARY(20)|DATE|DATETIME|DATETIME(3)|TIMESTAMP NULL|TIME|YEAR|ENUM('a')|ENUM('a','b')|SET('b','c')|SET('1','2','3','4','5','6','7','8','9')|"
    "FLOAT|DOUBLE|BIT(4)|BIT(9)"
).split("|")


def found_in(entry, control, sql, state):
    """The findings for a dump."""
    wanted = databases.request(entry, TARGET, (), charset="utf8mb4")
    planner = Planner(choices_for(wanted, state))
    planner.read(DumpSource("a.sql", io.BytesIO(sql)))
    subject = CheckSubject(wanted, known_by(planner.plan()), state, control, log_binary=False)
    return check_definitions(subject) + check_foreign_keys(subject)


def made_by_server(control, statements):
    """The error of the server, None if it accepts all."""
    control.run("DROP TABLE IF EXISTS t, u, p, m")
    try:
        for statement in statements:
            control.run(statement)
    except ServerError as error:
        return error.code
    return None


def prepared(entry):
    """A connection to an empty database, and the state of the server."""
    databases.drop(entry, TARGET)
    databases.make(entry, CLIENT, ())
    control = databases.connection(entry)
    control.use(CLIENT.encode())
    state = server_state(control)
    if entry["name"] == "9.7":
        control.run("SET restrict_fk_on_non_standard_key = OFF")
    return control, state


def compare(entry, cases):
    """The cases in which the checks and the server disagree, with foreign_key_checks on and off."""
    control, state = prepared(entry)
    wrong = []
    for checks, statements in cases:
        control.run("SET foreign_key_checks = 0")
        error = made_by_server(control, ["SET foreign_key_checks = {0}".format(checks)] + statements)
        sql = "SET foreign_key_checks = {0};\n{1};\n".format(checks, ";\n".join(statements)).encode()
        found = found_in(entry, control, sql, state)
        if bool(found) != (error is not None):
            wrong.append((checks, statements[-2:], error, [finding.what for finding in found]))
    control.close()
    return wrong


BY_NIGHT = pytest.mark.by_night


@pytest.mark.parametrize("checks, half", [(0, 0), (1, 1), pytest.param(0, 1, marks=BY_NIGHT), pytest.param(1, 0, marks=BY_NIGHT)])
def test_the_checks_refuse_what_the_server_refuses(entry, checks, half):
    rules = RULES + (GENERATED if entry["name"] != "5.6" else []) + (CHECKED if entry["name"] == "9.7" else [])
    # The import creates a child before its parent under checks, too; 9.x accepts no list of columns only under checks.
    lenient = [statements for statements in rules if statements[0].startswith("CREATE TABLE t") and len(statements) > 1]
    lenient += [statements for statements in rules if statements[-1].endswith("REFERENCES p" + END) and entry["name"] == "9.7"]
    assert compare(entry, [(checks, statements) for statements in rules[half::2] if not (checks and statements in lenient)]) == []


LAST_KEY = re.compile(r"(CREATE TABLE t .*), ((?:CONSTRAINT \w+ )?FOREIGN KEY .*)(\) ENGINE=\w+)")


@pytest.mark.servers(1)
@pytest.mark.parametrize("third", [0, pytest.param(1, marks=BY_NIGHT), pytest.param(2, marks=BY_NIGHT)])
def test_foreign_keys_that_are_added_later(entry, third):
    """By ALTER TABLE behind the rows, as by phpMyAdmin; the parent has got its keys by others."""
    cases = []
    for number, statements in enumerate(RULES + (GENERATED if entry["name"] != "5.6" else []) + (CHECKED if entry["name"] == "9.7" else [])):
        found = LAST_KEY.fullmatch(statements[-1])
        # A foreign key in a CREATE TABLE would need the keys that a statement before it adds.
        if found is not None and "FOREIGN" not in found[1]:
            parent = [] if len(statements) == 1 else [PARENT_ALONE] + PARENT_KEYS if statements[0] == PARENT else statements[:-1]
            cases.append((number % 2, parent + [found[1] + found[3], "ALTER TABLE t ADD " + found[2]]))
    assert len(cases) > 30 and compare(entry, cases[third::3]) == []


@pytest.mark.servers(1)
def test_types_of_both_columns(entry):
    """Some pairs of types; all were compared once."""
    chance, cases = random.Random(7), []
    for _number in range(40):
        first = chance.choice(TYPES)
        second = chance.choice((first, chance.choice(TYPES), first.replace("TINYINT", "YEAR"), first.replace("10", "20")))
        cases.append((chance.choice((0, 1)), pair("x {0}, KEY (x)".format(first), "a " + second, KEY + "(a) REFERENCES m (x)")))
    assert compare(entry, cases) == []


@pytest.mark.parametrize(
    "table, refused",
    [
        ("(a INT, CONSTRAINT g FOREIGN KEY (a) REFERENCES p (x))", None),
        ("(a BIGINT, CONSTRAINT g FOREIGN KEY (a) REFERENCES p (x))", "the types differ"),
        ("(a INT, CONSTRAINT g FOREIGN KEY (a) REFERENCES p (y))", "no key of p begins"),
        ("(a INT, CONSTRAINT g FOREIGN KEY (a) REFERENCES q (x))", "neither the dump nor the database"),
        ("(a INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (x))", "already used in old"),
    ],
)
def test_tables_of_the_target(entry, table, refused, tmp_path):
    databases.make(entry, TARGET, ())
    databases.run(entry, b"CREATE TABLE p (x INT PRIMARY KEY, y INT); CREATE TABLE old (a INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (x));", TARGET)
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, "CREATE TABLE t {0};\n-- Dump completed\n".format(table).encode()))
    if refused is None:
        load(wanted._replace(on_existing=OnExisting.MERGE))
    else:
        with pytest.raises(Failure, match=refused + ".*othing was written"):
            load(wanted._replace(on_existing=OnExisting.MERGE))
    databases.drop(entry, TARGET)


OTHER = "foreign_keys_other"
# Tables of another database, and what refers to them.
ELSEWHERE = [
    ("p (x INT PRIMARY KEY)", "p (x)"),
    ("p (x BIGINT PRIMARY KEY)", "p (x)"),
    ("p (x INT)", "p (x)"),
    ("p (x INT PRIMARY KEY)", "p (y)"),
    ("P (x INT PRIMARY KEY)", "p (x)"),
    ("p (x INT PRIMARY KEY) ENGINE=MyISAM", "p (x)"),
    ("p (x INT PRIMARY KEY) PARTITION BY HASH (x)", "p (x)"),
    ("p (x INT, y INT, KEY (y, x))", "p (y)"),
]


@pytest.mark.parametrize("checks", [0, 1])
def test_tables_of_another_database(entry, checks, tmp_path):
    """A warning, because another import may change them; an import of one database refuses them."""
    control, state = prepared(entry)
    wrong = []
    child = "CREATE TABLE t (a INT, {0}(a) REFERENCES {1}.{2}){3}"
    for parent, named in ELSEWHERE:
        databases.make(entry, OTHER, ())
        control.run("CREATE TABLE {0}.{1}".format(OTHER, parent))
        statements = ["SET foreign_key_checks = {0}".format(checks), child.format(KEY, OTHER, named, END[1:])]
        error, found = made_by_server(control, statements), found_in(entry, control, ";\n".join(statements).encode() + b";\n", state)
        if bool(found) != (error is not None) or any(finding.is_error for finding in found):
            wrong.append((parent, named, error, [finding.what for finding in found]))
        control.run("DROP TABLE IF EXISTS t")
    control.close()
    assert wrong == []
    sql = "CREATE TABLE t (a VARCHAR(9), {0}(a) REFERENCES {1}.p (y)){2};\n-- Dump completed\n".format(KEY, OTHER, END[1:])
    paths = databases.write(tmp_path, sql.encode())
    for filtered in {}, {"tables": ("t",)}:
        with pytest.raises(Failure, match="other.p.y .*the types differ.*othing was written"):
            load(databases.request(entry, TARGET, paths, **filtered))
    databases.drop(entry, CLIENT, OTHER)


@pytest.mark.parametrize("default, refused", [("origin", False), ("server", True)])
def test_a_collation_that_both_tables_have_only_with_that_of_the_origin(default, refused, tmp_path):
    entry = fixtures.server("9.7")
    databases.drop(entry, TARGET)
    tables = (
        "CREATE TABLE p (x CHAR(5) COLLATE utf8mb4_general_ci PRIMARY KEY);\nCREATE TABLE t (a CHAR(5), {0}(a) REFERENCES p (x)) DEFAULT CHARSET=utf8mb4;\n"
    )
    sql = preflights.dump("5.7.44", tables.format(KEY))
    wanted = databases.request(entry, TARGET, databases.write(tmp_path, sql), collation_default=default)
    if refused:
        with pytest.raises(Failure, match="utf8mb4_0900_ai_ci.*the types differ"):
            load(wanted)
    else:
        load(wanted)
    databases.drop(entry, TARGET)

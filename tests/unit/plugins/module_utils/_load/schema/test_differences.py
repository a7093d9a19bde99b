# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Differences between the CREATE TABLE of a dump and the table that a server has made."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.created import CreatedColumn, CreatedKey, CreatedKeyPart, CreatedTable
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.differences import deferred_differences, differences
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

COLLATIONS = {"utf8mb4": "utf8mb4_0900_ai_ci", "latin1": "latin1_swedish_ci", "utf8mb3": "utf8mb3_general_ci"}
ID = CreatedColumn("id", "int", False, None, "", None)
TEXT = CreatedColumn("v", "varchar", True, None, "", "utf8mb4_0900_ai_ci")
TIME = CreatedColumn("ts", "timestamp", True, None, "", None)
PRIMARY = CreatedKey("PRIMARY", True, (CreatedKeyPart("id", None, False),))
MADE = CreatedTable("InnoDB", "DYNAMIC", "utf8mb4_0900_ai_ci", "", (ID,), (PRIMARY,))


def key(name, *parts, unique=False):
    return CreatedKey(name, unique, tuple(CreatedKeyPart(*part) for part in parts))


def found(definitions, made, options="ENGINE=InnoDB", session="", version=90704, **choices):
    """The differences of a table with ``id`` as its primary key."""
    sql = "{0}CREATE TABLE t (id int NOT NULL, {1}PRIMARY KEY (id)) {2};\n".format(session, definitions and definitions + ", ", options)
    tables = plan(whole(sql.encode()), **choices).tables
    return [difference.text[len("table t, ") :].replace("the dump has ", "").replace("the server has ", "") for difference in differences(
        tables, {"t": made}, COLLATIONS, version
    )]  # fmt: skip


def with_column(column, *keys, **changes):
    return MADE._replace(columns=(ID, column), keys=(PRIMARY,) + keys, **changes)


def test_no_difference():
    assert found("", MADE) == [] == found("v varchar(9)", with_column(TEXT))
    assert differences(plan(whole(b"CREATE TABLE t (a int);\n")).tables, {}, COLLATIONS, 90704) == []


@pytest.mark.parametrize(
    "made, options, expected",
    [
        (MADE._replace(engine="MyISAM"), "ENGINE=InnoDB", ["engine: InnoDB, MyISAM"]),
        (MADE._replace(engine="MEMORY"), "ENGINE=HEAP", []),
        (MADE._replace(engine="MyISAM", row_format="FIXED"), "ROW_FORMAT=DYNAMIC", []),
        (MADE._replace(row_format="COMPACT"), "ENGINE=InnoDB ROW_FORMAT=dynamic", ["ROW_FORMAT: DYNAMIC, COMPACT"]),
        (MADE, "ENGINE=InnoDB KEY_BLOCK_SIZE=8", ["ROW_FORMAT: COMPRESSED, DYNAMIC"]),
        (MADE._replace(engine="MyISAM", row_format="DYNAMIC"), "ENGINE=MyISAM ROW_FORMAT=FIXED", []),
        (MADE._replace(row_format="COMPACT"), "ENGINE=InnoDB ROW_FORMAT=DEFAULT KEY_BLOCK_SIZE=0", []),
        (MADE, "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", ["collation: utf8mb4_bin, utf8mb4_0900_ai_ci"]),
        (MADE, "DEFAULT CHARSET=utf8mb4 COLLATE=DEFAULT", []),
        (MADE._replace(collation="utf8mb3_general_ci"), "CHARSET=utf8", []),
        (MADE._replace(collation="utf8_general_ci"), "CHARSET=utf8mb3 COLLATE utf8mb3_general_ci", []),
        (MADE, "PARTITION BY HASH (id) PARTITIONS 3", ["partitions: some, nothing"]),
        (MADE._replace(options="partitioned"), "PARTITION BY HASH (id) PARTITIONS 3", []),
        (MADE, "ENCRYPTION='Y'", ["ENCRYPTION: 'Y', nothing"]),
        (MADE._replace(options="encryption='y'"), "ENCRYPTION='Y'", []),
    ],
)
def test_options_of_a_table(made, options, expected):
    assert found("", made, options) == expected


@pytest.mark.parametrize(
    "column, made, expected",
    [
        ("v varchar(9)", TEXT._replace(type="mediumtext"), ["column v, type: varchar, mediumtext"]),
        ("v text", TEXT._replace(type="mediumtext"), []),
        ("v LONG VARCHAR", TEXT._replace(type="mediumtext"), []),
        ("v varchar(9) CHARACTER SET binary", TEXT._replace(type="varbinary", collation=None), []),
        ("v varchar(9) NOT NULL", TEXT, ["column v, nullability: NOT NULL, NULL"]),
        ("v varchar(9) DEFAULT NULL COMMENT 'NOT NULL DEFAULT 1'", TEXT, []),
        ("v varchar(9) DEFAULT 'x'", TEXT, ["column v, DEFAULT: a value, none"]),
        ("v varchar(9) DEFAULT ''", TEXT._replace(default=""), []),
        ("v varchar(9) DEFAULT (now())", TEXT._replace(default="now()"), []),
        ("v varchar(9) COLUMN_FORMAT DEFAULT", TEXT, []),
        ("v varchar(9) CHARACTER SET latin1", TEXT._replace(collation="latin1_swedish_ci"), []),
        ("v varchar(9) CHARSET latin1 COLLATE latin1_bin", TEXT, ["column v, collation: latin1_bin, utf8mb4_0900_ai_ci"]),
        ("v varchar(9) BINARY", TEXT._replace(collation="utf8mb4_bin"), []),
        ("v int AUTO_INCREMENT", TEXT._replace(type="int", collation=None, nullable=False),
         ["column v, AUTO_INCREMENT: it, none"]),
        ("w int", TEXT, ["column w: int, nothing", "column v: nothing, varchar"]),
        ("v int REFERENCES u (id)", TEXT._replace(type="int", collation=None), ["foreign key: v, nothing"]),
        ("v int CHECK (v > 0)", TEXT._replace(type="int", collation=None), ["CHECK constraints: 1, nothing"]),
    ],
)  # fmt: skip
def test_columns(column, made, expected):
    assert found(column, with_column(made)) == expected


@pytest.mark.parametrize(
    "column, made, expected",
    [
        ("ts timestamp", TIME, []),
        ("ts timestamp NULL DEFAULT NULL", TIME, []),
        ("ts timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
         TIME._replace(nullable=False, default="CURRENT_TIMESTAMP", extra="default_generated on update current_timestamp"), []),
        ("ts timestamp(3) NOT NULL DEFAULT now(3)", TIME._replace(nullable=False, default="CURRENT_TIMESTAMP(3)"), []),
        ("ts timestamp NOT NULL", TIME._replace(nullable=False, default="CURRENT_TIMESTAMP", extra="on update current_timestamp"),
         ["column ts, DEFAULT: none, CURRENT_TIMESTAMP", "column ts, ON UPDATE CURRENT_TIMESTAMP: none, it"]),
        ("ts timestamp NOT NULL DEFAULT '2000-01-01 00:00:00'", TIME._replace(nullable=False, default="CURRENT_TIMESTAMP"),
         ["column ts, DEFAULT: a value, CURRENT_TIMESTAMP"]),
        ("ts timestamp", TIME._replace(nullable=False, default="0000-00-00 00:00:00"),
         ["column ts, nullability: NULL, NOT NULL", "column ts, DEFAULT: none, 0000-00-00 00:00:00"]),
    ],
)  # fmt: skip
def test_timestamps(column, made, expected):
    assert found(column, with_column(made)) == expected


@pytest.mark.parametrize(
    "definition, made, expected",
    [
        ("KEY k (v)", [key("k", ("v", None, False))], []),
        ("KEY k (v)", [key("k", ("v", 191, False))], ["key k: (v), (v(191))"]),
        ("KEY k (v(255))", [key("k", ("v", 191, False))], ["key k: (v(255)), (v(191))"]),
        ("KEY k (v(255))", [key("k", ("v", None, False))], []),
        ("KEY k (v DESC)", [key("k", ("v", None, False))], ["key k: (v DESC), (v)"]),
        ("KEY `K` (V)", [key("K", ("v", None, False))], []),
        ("UNIQUE KEY (v)", [key("v", ("v", None, False), unique=True)], []),
        ("UNIQUE KEY (v)", [], ["key (v): UNIQUE (v), nothing"]),
        ("UNIQUE KEY u (v)", [key("u", ("v", None, False))], ["key u: UNIQUE (v), (v)"]),
        ("KEY k ((lower(v)), id)", [key("k", (None, None, False), ("id", None, False))], []),
        ("FULLTEXT KEY k (v)", [key("k", ("v", 9, False))], []),
        ("KEY k (v)", [], ["key k: (v), nothing"]),
        ("KEY k (id)", [key("k", ("id", None, False)), key("x", ("v", None, False))], ["key x: nothing, (v)"]),
        ("KEY k (id), CONSTRAINT x FOREIGN KEY (v) REFERENCES u (v)", [key("k", ("id", None, False)), key("x", ("v", None, False))], []),
    ],
)
def test_keys(definition, made, expected):
    assert found("v varchar(300), " + definition, with_column(TEXT, *made), defer_indexes="never") == expected


@pytest.mark.parametrize(
    "options, version, expected",
    [
        ("/*!80016 ENCRYPTION='N' */", 50744, []),
        ("/*!80021 ENGINE_ATTRIBUTE='x' */ /*!99990 SECRET=1 */", 50744, ["in comments for later versions: ENGINE_ATTRIBUTE = 'x', nothing"]),
        ("/*!80021 ENGINE_ATTRIBUTE='x' */ /*!99990 SECRET=1 */", 90704, []),
        ("COMMENT '/*!80023 INVISIBLE */'", 50744, []),
        ("/*!260700 ENGINE_ATTRIBUTE='x' */ /*!99990 SECRET=1 */", 90704, ["in comments for later versions: ENGINE_ATTRIBUTE = 'x', nothing"]),
        ("/*!260700 ENGINE_ATTRIBUTE='x' */", 260700, []),
        ("/*!270100 ENGINE_ATTRIBUTE='x' */", 260700, ["in comments for later versions: ENGINE_ATTRIBUTE = 'x', nothing"]),
    ],
)
def test_what_is_in_comments_for_later_versions(options, version, expected):
    assert found("", MADE, options, version=version, server_version=version) == expected


def test_the_key_of_a_column_that_was_added_is_named_with_it():
    made = MADE._replace(columns=(ID._replace(name="my_row_id"), ID), keys=(PRIMARY, key("PRIMARY2", ("my_row_id", None, False))))
    assert found("", made) == ["column my_row_id: nothing, int"]


def test_a_foreign_key_that_no_engine_makes():
    made = with_column(TEXT._replace(type="int", collation=None), engine="MyISAM")
    assert found("v int, CONSTRAINT f FOREIGN KEY (v) REFERENCES u (v)", made, "ENGINE=MyISAM") == ["foreign key: f, nothing"]
    assert found("v int, CONSTRAINT f FOREIGN KEY (v) REFERENCES u (v)", made._replace(foreign_keys=("F",)), "ENGINE=MyISAM") == []
    assert found("v int REFERENCES u (v)", made, version=50744, server_version=50744)[-1] == "foreign key: REFERENCES in column v, nothing"


def test_the_default_collation_of_the_session_counts():
    session = "SET default_collation_for_utf8mb4 = utf8mb4_general_ci;\n"
    made = MADE._replace(collation="utf8mb4_general_ci")
    assert found("", made, "CHARSET=utf8mb4", session) == []
    assert found("", made, "CHARSET=utf8mb4") == ["collation: utf8mb4_0900_ai_ci, utf8mb4_general_ci"]


def test_names_in_another_character_set_are_not_compared():
    tables = plan(whole(b"SET NAMES latin1;\nCREATE TABLE t (`\xe4` int);\n")).tables
    assert differences(tables, {"t": MADE}, COLLATIONS, 90704) == []


def test_keys_that_were_deferred():
    definitions = "v varchar(300), KEY k (v), CONSTRAINT f FOREIGN KEY (v) REFERENCES u (v)"
    assert found(definitions, with_column(TEXT), defer_indexes="always") == []
    sql = "CREATE TABLE t (id int NOT NULL, {0}, PRIMARY KEY (id)) ENGINE=InnoDB;\n".format(definitions)
    tables = plan(whole(sql.encode()), defer_indexes="always").tables
    assert [each.text for each in deferred_differences(tables, {"t": (key("k", ("v", 191, False)),)})] == [
        "table t, key k: the dump has (v), the server has (v(191))"
    ]
    assert deferred_differences(tables, {"t": (key("k", ("v", None, False)),)}) == []
    assert [each.what for each in deferred_differences(tables, {}, {})] == ["foreign key"]
    assert deferred_differences(tables, {}, {"t": ("F",)}) == []

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defaults that differ between the origin of a dump and the server; the dumps here are of MySQL 5.7 unless they say otherwise."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.origin_defaults import (
    check_collations,
    check_timestamps,
    default_for_utf8mb4,
    with_origin_defaults,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import CollationDefault
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.subjects import kinds, subject

COLLATION = "default_collation_for_utf8mb4"
NEW = {COLLATION: "utf8mb4_0900_ai_ci"}
BARE = b"CREATE TABLE t (a varchar(9)) DEFAULT CHARSET=utf8mb4;\n"
TIME = b"CREATE TABLE t (id int, %s);\n"
OFF = {"explicit_defaults_for_timestamp": "OFF"}


def since(version, dumped):
    """A dump that a server of this version has made; None for one that names no version."""
    return dumped._replace(known=dumped.known._replace(origin=None if version is None else Version.parse(version)))


@pytest.mark.parametrize(
    "version, expected",
    [("5.5.62", "utf8mb4_general_ci"), ("5.7.44-log", "utf8mb4_general_ci"), ("8.0.11", "utf8mb4_0900_ai_ci"), ("9.7.0", "utf8mb4_0900_ai_ci"),
     ("10.11.6-MariaDB", "utf8mb4_general_ci"), ("11.8.1-MariaDB", None)],
)  # fmt: skip
def test_the_default_of_a_version(version, expected):
    assert default_for_utf8mb4(Version.parse(version)) == expected


@pytest.mark.parametrize(
    "sql, expected",
    [
        (BARE, ["t"]),
        (b"CREATE TABLE t (a varchar(9) CHARACTER SET utf8mb4) CHARSET=latin1;\n", ["t"]),
        (b"CREATE TABLE t (a varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) CHARSET=latin1;\n", []),
        (b"CREATE TABLE t (a varchar(9)) /*!50100 CHARACTER SET = 'utf8mb4' */;\n", ["t"]),
        (b"CREATE TABLE t (a varchar(9)) CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;\n", []),
        (b"CREATE TABLE t (a varchar(9)) CHARSET=utf8;\n", []),
        (b"CREATE TABLE t (a varchar(9) COMMENT 'CHARSET utf8mb4') CHARSET=latin1;\n", []),
        (b"SET default_collation_for_utf8mb4 = utf8mb4_general_ci;\n" + BARE, []),
        (b"CREATE DATABASE shop /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\nUSE shop;\nCREATE TABLE t (a int);\n", ["the database"]),
        (b"CREATE DATABASE shop /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;\nUSE shop;\n", []),
        (b"CREATE DATABASE shop CHARSET utf8mb4;\nUSE shop;\n" + BARE, ["the database", "t"]),
    ],
)
def test_what_names_a_character_set_without_a_collation(sql, expected):
    found = check_collations(subject(sql, variables=NEW))
    assert kinds(found) == (["collation_changed"] if expected else [])
    assert not expected or "({0})".format(", ".join(expected)) in found[0].what


@pytest.mark.parametrize(
    "origin, version, policy, expected",
    [
        ("5.7.44", "8.0.36", {}, ["collation_changed"]),
        ("5.7.44", "8.0.36", {"strict": True}, ["collation_strict"]),
        ("5.7.44", "8.0.36", {"collation_default": "origin"}, []),
        ("5.7.44", "8.0.36", {"collation_default": "origin", "strict": True}, []),
        ("5.7.44", "5.7.44", {"strict": True}, []),
        ("8.0.36", "8.4.0", {"strict": True}, []),
        ("10.6.1-MariaDB", "8.0.36", {}, ["collation_changed"]),
        (None, "8.0.36", {}, ["collation_unknown"]),
        (None, "8.0.36", {"collation_default": "origin"}, ["collation_origin"]),
        (None, "5.7.44", {"collation_default": "origin"}, []),
        ("8.0.36", "5.7.44", {}, ["collation_changed"]),
        ("8.0.36", "5.7.44", {"collation_default": "origin"}, ["collation_lacking"]),
    ],
)
def test_the_default_of_the_server_is_taken_with_a_warning(origin, version, policy, expected):
    variables = NEW if version.startswith("8") else {}
    assert kinds(check_collations(since(origin, subject(BARE, version=version, variables=variables, **policy)))) == expected


def test_a_server_whose_default_is_that_of_the_origin():
    assert check_collations(subject(BARE, variables={COLLATION: "utf8mb4_general_ci"})) == []


def test_the_default_of_the_origin_is_set_for_every_statement():
    sql = (
        b"CREATE DATABASE shop CHARSET utf8mb4;\nUSE shop;\n"
        + BARE
        + b"INSERT INTO t VALUES ('a');\nUPDATE t SET a = 'b';\nCREATE VIEW v AS SELECT a FROM t;\n"
    )
    dumped = subject(sql, variables=NEW)
    plan = with_origin_defaults(dumped.known.plan, dumped.server, CollationDefault.ORIGIN)
    assert plan.database_options.endswith(b" COLLATE utf8mb4_general_ci")
    sessions = [plan.tables[0].create.session, plan.objects[0].session, *plan.sessions]
    assert {session.get(b"default_collation_for_utf8mb4") for session in sessions} == {b"utf8mb4_general_ci"}
    assert check_collations(dumped._replace(known=dumped.known._replace(plan=plan))) == []
    assert with_origin_defaults(dumped.known.plan, dumped.server, CollationDefault.SERVER) == dumped.known.plan


@pytest.mark.parametrize(
    "column, expected",
    [
        (b"ts timestamp NOT NULL", True),
        (b"ts timestamp", True),
        (b"ts timestamp DEFAULT CURRENT_TIMESTAMP", True),
        (b"ts timestamp NOT NULL ON UPDATE CURRENT_TIMESTAMP", True),
        (b"ts timestamp NULL", False),
        (b"ts timestamp NULL DEFAULT NULL", False),
        (b"ts timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP", False),
        (b"ts timestamp NOT NULL DEFAULT '2000-01-01 00:00:00'", False),
        (b"ts datetime NOT NULL", False),
    ],
)
def test_timestamps_that_the_server_changes(column, expected):
    for strict, kind in ((False, "timestamps"), (True, "timestamps_strict")):
        assert kinds(check_timestamps(subject(TIME % column, version="5.7.44", variables=OFF, strict=strict))) == [kind] * expected
    assert check_timestamps(subject(TIME % column, version="5.7.44", variables={"explicit_defaults_for_timestamp": "ON"})) == []


@pytest.mark.parametrize(
    "origin, version, grants, chosen",
    [("8.0.36", "5.7.44", ("SUPER",), True), ("8.0.36", "5.7.44", (), False), ("8.0.36", "5.6.51", ("SUPER",), False), ("8.0.36", "8.4.0", (), True),
     ("5.7.44", "5.7.44", ("SUPER",), False), (None, "5.7.44", ("SUPER",), False), ("10.11.6-MariaDB", "5.7.44", ("SUPER",), False)],
)  # fmt: skip
def test_timestamps_of_a_dump_that_was_written_under_on(origin, version, grants, chosen):
    dumped = since(origin, subject(TIME % b"ts timestamp NOT NULL", version=version, variables=OFF, grants=grants))
    assert kinds(check_timestamps(dumped)) == ([] if chosen else ["timestamps"])
    facts = tuple(file._replace(server_version=origin or "") for file in dumped.known.plan.files)
    plan = with_origin_defaults(dumped.known.plan._replace(files=facts), dumped.server, CollationDefault.SERVER)
    assert plan.tables[0].create.session.get(b"explicit_defaults_for_timestamp") == (b"1" if chosen else None)

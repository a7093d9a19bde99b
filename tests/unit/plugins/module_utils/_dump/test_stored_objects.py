# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Views, routines, triggers and events while a dump is read. Whole dumps are in test_planner.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import StatementKind
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.database_options import DatabaseNames
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Definition, DumpPosition
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.session_variables import SessionState
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.stored_objects import StoredObjects, dependents_first, is_declared_safe
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens

COPY = DatabaseNames(b"copy")


def made(kind, name, what, text=b""):
    return Definition(kind, name, text, SessionState(), DumpPosition("a.sql", 1, 0, ""), what)


PLACEHOLDER = made(StatementKind.VIEW, b"V", "VIEW", b"CREATE VIEW V AS SELECT 1 AS a")
VIEW = made(StatementKind.VIEW, b"V", "VIEW", b"CREATE VIEW V AS SELECT a FROM t")
OLD_PLACEHOLDER = made(StatementKind.TABLE, b"W", "TABLE", b"CREATE TABLE W (a tinyint)")
OTHER_VIEW = made(StatementKind.VIEW, b"W", "VIEW", b"CREATE VIEW W AS SELECT f()")
PROCEDURE = made(StatementKind.ROUTINE, b"p", "PROCEDURE")
FUNCTION = made(StatementKind.ROUTINE, b"p", "FUNCTION")
TRIGGER = made(StatementKind.TRIGGER, b"p", "TRIGGER")
EVENT = made(StatementKind.EVENT, b"p", "EVENT")


def programs(*definitions):
    found = StoredObjects()
    for definition in definitions:
        found.add(definition)
    return found


def test_views_come_last_and_their_placeholders_first():
    found = programs(PLACEHOLDER, FUNCTION, VIEW, OTHER_VIEW)
    assert found.objects([OLD_PLACEHOLDER], COPY) == (PLACEHOLDER, OLD_PLACEHOLDER, FUNCTION, VIEW, OTHER_VIEW)
    assert found.has_view(b"W") and not found.has_view(b"p")


def test_a_view_has_the_name_the_server_stores():
    placeholder, old_placeholder, view, other_view = (each._replace(name=each.name.lower()) for each in (PLACEHOLDER, OLD_PLACEHOLDER, VIEW, OTHER_VIEW))
    made = programs(PLACEHOLDER, VIEW, OTHER_VIEW).objects([OLD_PLACEHOLDER], COPY._replace(lower_case=True))
    assert made == (placeholder, old_placeholder, view, other_view)


def test_the_first_and_last_definition_of_a_view_count():
    assert programs(PLACEHOLDER, OTHER_VIEW._replace(name=b"V"), VIEW).objects([], COPY) == (PLACEHOLDER, VIEW)


def test_the_last_definition_of_other_objects_counts():
    again, other = TRIGGER._replace(text=b"again"), TRIGGER._replace(name=b"q")
    found = programs(TRIGGER, other, again, EVENT, EVENT._replace(text=b"again"), PROCEDURE, FUNCTION, PROCEDURE._replace(text=b"again"))
    assert found.triggers == (again, other) and found.events == (EVENT._replace(text=b"again"),)
    assert found.objects([], COPY) == (PROCEDURE._replace(text=b"again"), FUNCTION)


def test_a_drop_forgets_one_object():
    for kind, what, name, left in (
        (StatementKind.DROP_TRIGGER, "TRIGGER", b"p", {VIEW, PROCEDURE, FUNCTION, EVENT}),
        (StatementKind.DROP_ROUTINE, "PROCEDURE", b"P", {VIEW, FUNCTION, TRIGGER, EVENT}),
        (StatementKind.DROP_ROUTINE, "FUNCTION", b"p", {VIEW, PROCEDURE, TRIGGER, EVENT}),
        (StatementKind.DROP_EVENT, "EVENT", b"P", {VIEW, PROCEDURE, FUNCTION, TRIGGER}),
        (StatementKind.DROP_VIEW, "VIEW", b"V", {PROCEDURE, FUNCTION, TRIGGER, EVENT}),
        # Names of triggers and views have a case.
        (StatementKind.DROP_TRIGGER, "TRIGGER", b"P", {VIEW, PROCEDURE, FUNCTION, TRIGGER, EVENT}),
        (StatementKind.DROP_EVENT, "EVENT", b"q", {VIEW, PROCEDURE, FUNCTION, TRIGGER, EVENT}),
    ):
        found = programs(VIEW, PROCEDURE, FUNCTION, TRIGGER, EVENT)
        found.drop(kind, what, name)
        assert {*found.objects([], COPY), *found.triggers, *found.events} == left


def test_a_view_that_is_created_again_has_its_placeholder():
    found = programs(PLACEHOLDER)
    found.drop(StatementKind.DROP_VIEW, "VIEW", b"V")
    assert not found.has_view(b"V") and found.objects([], COPY) == () and found.existing(VIEW) is None
    found.add(VIEW)
    assert found.has_view(b"V") and found.objects([], COPY) == (PLACEHOLDER, VIEW) and found.existing(PLACEHOLDER) is VIEW


def test_a_view_is_dropped_in_any_spelling_of_the_server():
    found = StoredObjects(bytes.lower)
    found.add(PLACEHOLDER)
    assert found.has_view(b"v") and found.view(b"v") is found.last_version(b"v") is PLACEHOLDER
    assert found.drop(StatementKind.DROP_VIEW, "VIEW", b"v") and not found.has_view(b"V")
    found.add(VIEW._replace(name=b"v"))
    assert found.objects([], COPY._replace(lower_case=True)) == (PLACEHOLDER._replace(name=b"v"), VIEW._replace(name=b"v"))


def test_views_before_those_that_they_select_from():
    views = [
        made(StatementKind.VIEW, name, "VIEW", b"CREATE DEFINER=`c`@`%` VIEW " + name + b" AS SELECT " + query)
        for name, query in ((b"a", b"1 AS c"), (b"b", b"A.c FROM (`a` JOIN t)"), (b"c", b"1 FROM b, a WHERE 1 IN (SELECT 1 FROM b)"), (b"d", b"c AS a FROM t"))
    ]
    assert [view.name for view in dependents_first(views, 90704)] == [b"c", b"d", b"b", b"a"]


@pytest.mark.parametrize(
    "rest, safe",
    [
        (b"RETURN 1", False),
        (b"DETERMINISTIC RETURN 1", True),
        (b"NOT DETERMINISTIC RETURN 1", False),
        (b"NO SQL BEGIN RETURN 1; END", True),
        (b"COMMENT 'NO SQL' CONTAINS SQL SQL SECURITY INVOKER NOT DETERMINISTIC READS SQL DATA RETURN 1", True),
        (b"MODIFIES SQL DATA RETURN 1", False),
        (b"LANGUAGE SQL DETERMINISTIC MODIFIES SQL DATA l: BEGIN RETURN 1; END", True),
        (b"BEGIN DECLARE deterministic INT; RETURN deterministic; END", False),
        (b"l: BEGIN DECLARE deterministic INT; RETURN deterministic; END", False),
        (b"CHARSET utf8 COLLATE utf8_bin /*!50003 DETERMINISTIC */ RETURN 1", True),
    ],
)
def test_functions_that_a_binary_log_allows(rest, safe):
    assert is_declared_safe(tokens(b"CREATE DEFINER=`a`@`b` FUNCTION `deterministic`(reads INT) RETURNS VARCHAR(9) " + rest, Dialect(90704))) == safe

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which objects are made and dropped, seen in the statements. What servers do with them is in tests/servers."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.objects import (
    drop_placeholders,
    empty_table,
    key_of,
    make_absent_objects,
    make_objects,
    replace_objects,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram


def plan_of(sql, **choices):
    planner = Planner(Choices(target=b"copy", **choices))
    planner.read(DumpSource("data.sql", io.BytesIO(sql + b"-- Dump completed on 2026-01-01\n")))
    return planner.plan()


OBJECTS = (
    b"CREATE TABLE t (a INT);\n/*!50001 CREATE VIEW `v` AS SELECT 1 AS `a` */;\n/*!50001 DROP VIEW IF EXISTS `v` */;\n"
    b"/*!50001 CREATE VIEW `v` AS SELECT a FROM t */;\nDELIMITER ;;\nCREATE PROCEDURE p() SELECT 1;;\n"
    b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;;\nDELIMITER ;\n"
)


class Statements:
    """Replaces a loader's connection; statements that contain ``refused`` fail with ``code`` as often as ``times``."""

    def __init__(self, refused=None, code=1368, times=1):
        self.refused, self.code, self.times = refused, code, times
        self.ran = []
        self.connection = self
        # The character set of the session for each statement.
        self.charset, self.charsets = "utf8mb4", []

    def define(self, session, text, what, place):
        try:
            self.set_session(session).run(text)
        except ServerError as error:
            raise error.at("{0}, {1}".format(what, place)) from None
        return []

    def set_session(self, session):
        self.charset = session.charset
        return self

    def utf8_connection(self):
        self.charset = "utf8mb4"
        return self

    def run(self, sql):
        if self.refused is not None and self.refused in sql and self.times:
            self.times -= 1
            raise ServerError(self.code, "refused")
        self.charsets.append(self.charset)
        self.ran.append(b" ".join(sql.replace(b"/*!50001", b"").split()[:3]).replace(b"`", b"").decode())


def test_what_is_kept_is_not_made_and_each_statement_is_reported():
    loader, made = Statements(), []
    make_objects(
        loader,
        plan_of(OBJECTS),
        skip_without_table=False,
        kept=frozenset([("PROCEDURE", "p")]),
        made=lambda each, passing: made.append((*key_of(each), passing)),
    )
    assert made == [("VIEW", "v", True), ("VIEW", "v", False), ("TRIGGER", "g", False)]
    kept = frozenset([("PROCEDURE", "p"), ("VIEW", "v"), ("TRIGGER", "g")])
    loader = Statements()
    make_objects(loader, plan_of(OBJECTS), skip_without_table=False, kept=kept)
    assert loader.ran == []


def test_a_first_load_drops_only_placeholders():
    loader = Statements()
    assert make_objects(loader, plan_of(OBJECTS), skip_without_table=False) == []
    drops = [statement for statement in loader.ran if statement.startswith("DROP")]
    assert all("VIEW" in drop or "TABLE" in drop for drop in drops)
    made = [statement for statement in loader.ran if statement.startswith("CREATE")]
    assert made.index("CREATE PROCEDURE p()") > made.index("CREATE VIEW v") and made[-1] == "CREATE TRIGGER g"


def test_a_resumed_load_drops_each_object_first():
    loader = Statements()
    replace_objects(loader, plan_of(OBJECTS), skip_without_table=False)
    for what, name in (("PROCEDURE", "p"), ("TRIGGER", "g"), ("VIEW", "v")):
        drop = "DROP {0} IF".format(what)
        assert drop in loader.ran and loader.ran.index(drop) < max(
            at for at, sql in enumerate(loader.ran) if sql.startswith("CREATE {0} {1}".format(what, name))
        )


def test_names_are_sent_in_the_character_set_in_which_they_are_known():
    """Those of the dump's objects in that of their statement; those of the server, and of all tables, in UTF-8."""
    plan, loader = plan_of(b"SET NAMES latin1;\n" + OBJECTS), Statements()
    replace_objects(loader, plan, skip_without_table=False)
    assert set(loader.charsets) == {"latin1"}
    loader.charsets.clear()
    drop_placeholders(loader, [("VIEW", "v")])
    empty_table(loader, b"t", plan.tables[0].create)
    assert loader.charsets == ["utf8mb4", "utf8mb4"]
    archive = Statements(refused=b"TRUNCATE", code=1031)
    empty_table(archive, b"t", plan.tables[0].create)
    assert archive.ran == ["DROP TABLE t", "CREATE TABLE t"] and archive.charsets == ["utf8mb4", "latin1"]


def test_a_repair_makes_only_absent_objects_and_drops_nothing():
    plan, loader = plan_of(OBJECTS), Statements()
    present = frozenset(key_of(made) for made in plan.objects + plan.triggers if b"PROCEDURE" not in made.text)
    make_absent_objects(loader, plan, present, skip_without_table=False)
    assert loader.ran == ["CREATE PROCEDURE p()"]


def test_a_refused_view_is_tried_again_after_the_others():
    loader = Statements(refused=b"SELECT a FROM t")
    make_objects(loader, plan_of(OBJECTS), skip_without_table=False)
    assert loader.ran.index("CREATE PROCEDURE p()") < max(at for at, sql in enumerate(loader.ran) if sql == "CREATE VIEW v")


def test_a_view_that_is_always_refused_is_an_error_unless_its_table_was_left_out():
    with pytest.raises(ServerError, match=r"1146.*view v, data.sql"):
        make_objects(Statements(b"SELECT a FROM t", 1146, 99), plan_of(OBJECTS), skip_without_table=False)
    with pytest.raises(ServerError, match="1368"):
        make_objects(Statements(b"SELECT a FROM t", 1368, 99), plan_of(OBJECTS), skip_without_table=True)
    (warning,) = make_objects(Statements(b"SELECT a FROM t", 1146, 99), plan_of(OBJECTS), skip_without_table=True)
    assert warning.startswith("view v was skipped")


def test_a_lost_connection_is_not_a_refusal():
    with pytest.raises(ServerError, match="2013"):
        make_objects(Statements(b"SELECT a FROM t", 2013), plan_of(OBJECTS), skip_without_table=True)


NAMES = b"""CREATE VIEW `Report` AS SELECT 1;
CREATE TRIGGER `G` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1;
CREATE PROCEDURE `P`() SELECT 1;
CREATE EVENT `E` ON SCHEDULE EVERY 1 DAY DO SELECT 1;
"""


@pytest.mark.parametrize(
    "version, lower_case, views, trigger",
    [(80036, False, ["Report", "report"], "g"), (50744, False, ["Report", "report"], "G"), (50744, True, ["report"], "g"), (80036, True, ["report"], "g")],
)
def test_keys_distinguish_what_the_server_distinguishes(version, lower_case, views, trigger):
    second = b"" if lower_case else b"CREATE VIEW `report` AS SELECT 2;\n"
    made = plan_of(b"CREATE TABLE t (a int) ENGINE=InnoDB;\n" + NAMES + second, server_version=version, lower_case=lower_case)
    of_views = {("VIEW", name) for name in views}
    assert {key_of(each) for each in made.objects} == {*of_views, ("PROCEDURE", "p")}
    assert [key_of(each) for each in made.triggers + made.events] == [("TRIGGER", trigger), ("EVENT", "e")]
    existing = [ExistingProgram("views", name, "") for name in views] + [ExistingProgram("triggers", "G", "", any_case=trigger == "g")]
    assert {each.key for each in existing} == {*of_views, ("TRIGGER", trigger)}

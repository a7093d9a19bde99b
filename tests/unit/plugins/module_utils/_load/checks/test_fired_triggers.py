# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The warning about triggers before rows, without a server."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.fired_triggers import check_fired_triggers, check_trigger_definitions
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, subject

FILLS = b"CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW INSERT INTO n VALUES (NEW.a);\n"
ROWS = b"INSERT INTO t VALUES (1);\n"


def test_it_names_trigger_and_tables():
    (found,) = check_fired_triggers(subject(TABLE % b"t" + TABLE % b"n" + FILLS + ROWS))
    assert found.level == "warning" and "trigger g" in found.what and "table t" in found.what and found.what.endswith("missing in: n")


def test_a_dump_of_mysqldump_has_none():
    assert check_fired_triggers(subject(TABLE % b"t" + ROWS + FILLS + TABLE % b"n")) == []
    assert kinds(check_fired_triggers(subject(TABLE % b"t" + FILLS.replace(b"INSERT INTO n VALUES (NEW.a)", b"SET @x = 1") + ROWS))) == ["trigger_not_run"]
    assert check_fired_triggers(subject(whole=False)) == []


def test_columns_behind_new_and_old():
    def found(sql, **asked):
        return kinds(check_trigger_definitions(subject(TABLE % b"t" + sql, **asked)))

    made = b"CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET NEW.%s = OLD.a;\n"
    assert found(made % b"A") == [] == found(made % b"b" + b"ALTER TABLE t ADD b INT;\n") == found(made % b"\xc3\xa4")
    assert found(made % b"b") == ["trigger_column"] == found((made % b"a").replace(b"OLD.a", b"OLD.`b`"))


def test_a_second_trigger_for_the_same_event():
    made = b"CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 1;\n"
    sql = TABLE % b"t" + made + made.replace(b" g ", b" h ")
    assert kinds(check_trigger_definitions(subject(sql, version="5.6.24"))) == ["trigger_second"]
    assert check_trigger_definitions(subject(sql, version="5.7.29")) == []
    assert check_trigger_definitions(subject(sql.replace(b" h BEFORE", b" h AFTER"), version="5.6.24")) == []


def test_a_trigger_follows_an_earlier_one_of_the_same_event():
    def found(first, second):
        made = b"CREATE TRIGGER g %s ON t FOR EACH ROW SET @x = 1;\nCREATE TRIGGER h %s SET @follows = 1;\n"
        return kinds(check_trigger_definitions(subject(TABLE % b"t" + made % (first, second))))

    assert found(b"BEFORE UPDATE", b"BEFORE UPDATE ON t FOR EACH ROW FOLLOWS `G`") == [] == found(b"BEFORE UPDATE", b"AFTER UPDATE ON t FOR EACH ROW")
    assert found(b"BEFORE UPDATE", b"AFTER UPDATE ON t FOR EACH ROW FOLLOWS g") == ["trigger_order"]
    assert found(b"BEFORE UPDATE", b"BEFORE UPDATE ON t FOR EACH ROW PRECEDES nothing") == ["trigger_order"]


def test_names_of_triggers_have_no_case():
    made = b"CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET @x = 1;\nCREATE TRIGGER G BEFORE INSERT ON t FOR EACH ROW SET @x = 1;\n"
    assert kinds(check_trigger_definitions(subject(TABLE % b"t" + made))) == ["trigger_name"]
    assert check_trigger_definitions(subject(TABLE % b"t" + made, version="5.7.44")) == []

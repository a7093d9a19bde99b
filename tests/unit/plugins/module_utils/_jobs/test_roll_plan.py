# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll-forward does with each transaction of a window, and the bytes behind a number of them. Applying them is tested on servers."""

import random
import re
import uuid

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.segments import ExecMode
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._binlog_window import files_in
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._dump_sets import DumpSets, combined
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._roll_plan import RollRequest, SizesOfTransactions, plan_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._stop_point import StopPoint
from ansible_collections.apsaradb.mysql.tests.support.binlogs import BEGUN, Change, binlog, query
from ansible_collections.apsaradb.mysql.tests.support.gtids import A


@pytest.mark.parametrize("count", [0, 1, 3, 999, 1000, 1001, 54321])
def test_bytes_of_the_first_transactions(count):
    chance = random.Random(count)
    sizes, found = [chance.randrange(1, 5000) for _each in range(count)], SizesOfTransactions()
    for size in sizes:
        found.add(size)
    assert (found.count, found.total) == (count, sum(sizes)) and found.first(count) == sum(sizes)
    for number in {chance.randrange(count) for _each in range(min(count, 50))}:
        least = number - count // 500 - 1
        assert sum(sizes[: max(0, least)]) <= found.first(number) <= sum(sizes[:number])


def planned(tmp_path, *changes, **options):
    """The plan for these transactions, one a second, of which the dump has the first two."""
    numbered = [change._replace(gtid="{0}:{1}".format(A, number), second=change.second or number) for number, change in enumerate(changes, 1)]
    (tmp_path / "mysql-bin.000001").write_bytes(binlog([], numbered, server_id=4711))
    dump = GtidSet.parse(A + options.pop("dump", ":1-2"))
    stop = options.pop("stop", StopPoint())
    given = dict({"databases": {"shop": "shop"}, "overlap": 0.0}, **options)
    return plan_of(RollRequest(sets=DumpSets(dump, dump), stop=stop, **given), files_in(str(tmp_path)))


ROWS = Change()


def test_transactions_after_the_dump_are_applied(tmp_path):
    plan = planned(tmp_path, ROWS, ROWS, ROWS, ROWS)
    assert str(plan.gtids) == A + ":3-4" and plan.result["transactions"] == {"applied": 2, "filtered": 0, "reasons": {}}
    assert plan.server_ids == {4711} and not plan.problems and not plan.warnings and [segment.mode for segment in plan.segments] == [ExecMode.STRICT]


def test_transactions_of_other_databases_are_filtered_and_counted(tmp_path):
    other, system = ROWS._replace(schema="blog"), ROWS._replace(schema="mysql")
    definition = Change(statement="CREATE TABLE blog.x (a INT)", schema="blog")
    plan = planned(tmp_path, ROWS, ROWS, other, other, system, definition, ROWS)
    counted = plan.result["transactions"]
    assert (counted["applied"], counted["filtered"]) == (1, 4) and counted["reasons"]["rows of other databases"] == 2
    assert counted["reasons"]["rows of system schemas"] == 1 and not plan.problems
    # They become part of the history too, so that a later run does not ask for them.
    assert str(plan.gtids) == A + ":3-7"


def test_definitions_are_listed_with_their_time(tmp_path):
    plan = planned(tmp_path, ROWS, ROWS, Change(statement="ALTER TABLE t ADD b INT"), Change(statement="DROP TABLE other.x", schema="other"))
    assert [(each["gtid"], each["statement"]) for each in plan.result["ddl"]] == [(A + ":3", "ALTER TABLE t ADD b INT")]


def test_a_name_that_the_window_does_not_have(tmp_path):
    """Nothing would be applied, and the stop point would count as reached."""
    plan = planned(tmp_path, ROWS, ROWS, ROWS, ROWS._replace(schema="mysql"), databases={"nightly": "shop"})
    assert plan.unseen == ["nightly"] and plan.others == "shop"
    for change in ROWS, Change(statement="ALTER TABLE nightly.t ADD b INT"):
        assert not planned(tmp_path, ROWS, ROWS, change._replace(schema="nightly"), databases={"nightly": "shop"}).unseen
    assert not planned(tmp_path, ROWS, ROWS, ROWS._replace(schema="mysql"), databases={"nightly": "shop"}).unseen


def test_the_overlap_is_applied_again_to_rows_that_may_exist(tmp_path):
    plan = planned(tmp_path, *[ROWS] * 6, dump=":1-4", overlap=2.0)
    again, after = plan.segments
    assert (str(again.gtids), again.mode) == (A + ":2-4", ExecMode.IDEMPOTENT) and (str(after.gtids), after.mode) == (A + ":5-6", ExecMode.CONVERGING)
    assert plan.overlap_tables == {("shop", "t")} and plan.result["overlap"]["transactions"] == 3 and plan.result["overlap"]["first"] == A + ":2"


def test_the_overlap_begins_after_the_last_definition(tmp_path):
    plan = planned(tmp_path, ROWS, Change(statement="ALTER TABLE t ADD b INT"), ROWS, ROWS, ROWS, dump=":1-4", overlap=10.0)
    assert str(plan.segments[0].gtids) == A + ":3-4"


def test_rows_long_after_the_dump_are_not_expected_to_exist(tmp_path):
    plan = planned(tmp_path, ROWS, ROWS, ROWS, ROWS._replace(second=500), overlap=3600.0)
    assert [(str(segment.gtids)[len(A) :], segment.mode) for segment in plan.segments[1:]] == [(":3", ExecMode.CONVERGING), (":4", ExecMode.STRICT)]


@pytest.mark.parametrize(
    "change, databases, problem",
    [
        (ROWS._replace(schema="SHOP"), {"shop": "shop"}, "changes rows of SHOP, which is spelled in a different case .*Spell the name as in the binlogs"),
        (Change(statement="UPDATE shop.t SET a = 1"), {"shop": "copy"}, "changes rows of shop in statement format.*Stop before it"),
        (Change(statement="DROP DATABASE shop"), {"shop": "shop"}, "the whole database.*Stop before it"),
    ],
)
def test_transactions_that_the_filters_would_change_are_problems(tmp_path, change, databases, problem):
    (found,) = planned(tmp_path, ROWS, ROWS, change, ROWS, databases=databases).problems
    assert re.search(problem, found) and "transaction {0}:3, 2026-01-01 00:00:03 UTC".format(A) in found and "mysql-bin.000001, byte " in found


def test_a_statement_that_changes_rows_is_warned_about(tmp_path):
    plan = planned(tmp_path, ROWS, ROWS, Change(statement="UPDATE t SET a = 1"))
    assert plan.warnings == ["{0}:3 changes rows by a statement, which is executed again on this server: UPDATE t SET a = 1".format(A)] and not plan.problems


@pytest.mark.parametrize(
    "stop, dump, message",
    [
        (StopPoint(until=BEGUN + 1.0), ":1-2", "The requested time 2026-01-01 00:00:01 UTC is before the end of the backup .*Choose a later time"),
        (StopPoint(until=BEGUN + 99.0), ":1-2", "The binlogs end at 2026-01-01 00:00:04 UTC, before the requested time"),
        (StopPoint(until_gtid=GtidSet.parse(A + ":1")), ":1-2", "The backup already contains until_gtid"),
        (StopPoint(until_gtid=GtidSet.parse(A + ":9")), ":1-2", "The binlogs do not contain {0}:9".format(A)),
        (StopPoint(before_statement=re.compile("DROP")), ":1-2", "No statement in the window matches DROP"),
        (StopPoint(), ":1-9", "do not contain all transactions of the backup's GTID set; these are missing: {0}:5-9".format(A)),
    ],
)
def test_stop_points_that_cannot_be_reached(tmp_path, stop, dump, message):
    with pytest.raises(Failure, match=message) as caught:
        planned(tmp_path, ROWS, ROWS, ROWS, ROWS, stop=stop, dump=dump)
    assert "Nothing was changed" in str(caught.value)


@pytest.mark.parametrize(
    "stop, last",
    [
        (StopPoint(until=BEGUN + 3.0), 3),
        (StopPoint(until=BEGUN + 3.9), 3),
        (StopPoint(until_gtid=GtidSet.parse(A + ":1-3")), 3),
        (StopPoint(before_statement=re.compile("^DROP TABLE")), 4),
        (StopPoint(), 6),
    ],
)
def test_the_last_transaction_before_the_stop_point(tmp_path, stop, last):
    plan = planned(tmp_path, ROWS, ROWS, ROWS, ROWS, Change(statement="DROP TABLE t"), ROWS, stop=stop)
    found = plan.result["window"]["stop"]
    assert found["gtid"] == "{0}:{1}".format(A, last) and str(plan.gtids).startswith(A + ":3")
    assert (found["next"] or {}).get("gtid") == (None if last == 6 else "{0}:{1}".format(A, last + 1))


def test_the_end_of_the_backup_can_be_the_stop_point(tmp_path):
    plan = planned(tmp_path, ROWS, ROWS, ROWS, stop=StopPoint(until_gtid=GtidSet.parse(A + ":1-2")))
    assert not plan.gtids and plan.result["transactions"]["applied"] == 0


def test_large_transactions_are_listed_largest_first(tmp_path):
    long = Change(statement="ALTER TABLE t COMMENT '{0}'".format("x" * 5000))
    found = planned(tmp_path, ROWS, ROWS, ROWS, long, *[ROWS] * 15).result["largest"]
    assert len(found) == 10 and found[0]["gtid"] == A + ":4" and [each["bytes"] for each in found] == sorted((each["bytes"] for each in found), reverse=True)


def segments_of_two(tmp_path, *changes, shop, crm, stop=None):
    """The plan for two databases whose dumps have these sets; the segments up to the end of the later set."""
    dumps = {"shop": GtidSet.parse(A + shop), "crm": GtidSet.parse(A + crm)}
    numbered = [change._replace(gtid="{0}:{1}".format(A, number), second=number) for number, change in enumerate(changes, 1)]
    (tmp_path / "mysql-bin.000001").write_bytes(binlog([], numbered))
    request = RollRequest({"shop": "shop", "crm": "copy"}, combined(list(dumps.values())), stop or StopPoint(), 600.0, dumps=dumps)
    plan = plan_of(request, files_in(str(tmp_path)))
    found = [each for each in plan.segments if each.mode is ExecMode.IDEMPOTENT]
    return plan, [(str(each.gtids)[len(A) :], sorted(each.in_dump.left_out), sorted(each.in_dump.again)) for each in found]


CRM = ROWS._replace(schema="crm")


def test_rows_between_two_dumps_are_new_for_the_database_with_the_earlier_dump(tmp_path):
    """So they are not left out of its tables without a primary key."""
    plan, found = segments_of_two(tmp_path, ROWS, CRM, ROWS, CRM, ROWS, CRM, shop=":1-4", crm=":1-2")
    assert found == [(":1-2", [], ["copy", "shop"]), (":3-4", [], ["shop"])]
    assert plan.overlap_tables == {("shop", "t"), ("copy", "t")}
    assert segments_of_two(tmp_path, ROWS, ROWS, CRM, CRM, shop=":1-4", crm=":1-2")[0].overlap_tables == {("shop", "t")}


def test_a_definition_between_two_dumps_is_not_applied_to_the_database_that_has_it(tmp_path):
    """Nor are the rows before it, whose table had another form."""
    wide = ROWS._replace(columns=b"\x03\x03")
    definition = Change(statement="ALTER TABLE t ADD b INT")
    plan, found = segments_of_two(tmp_path, ROWS, CRM, CRM, definition, wide, CRM, ROWS, shop=":1-5", crm=":1-2")
    assert found == [(":1-2", ["shop"], ["copy"]), (":3-4", ["shop"], []), (":5", [], ["shop"])]
    assert plan.uses[("shop", "t")].columns == wide.columns and not plan.problems and not plan.result["ddl"]
    assert plan.result["transactions"] == {"applied": 5, "filtered": 2, "reasons": {"already in the backup": 2}}


@pytest.mark.parametrize("stop", [StopPoint(until=BEGUN + 3.0), StopPoint(until_gtid=GtidSet.parse(A + ":1-3"))])
def test_a_stop_point_between_two_dumps(tmp_path, stop):
    with pytest.raises(Failure, match="stop point is before the end of the backup, which contains these later transactions: {0}:4-5.*Choose a later".format(A)):
        segments_of_two(tmp_path, ROWS, CRM, ROWS, CRM, ROWS, ROWS, shop=":1-5", crm=":1-2", stop=stop)


def test_a_definition_of_two_databases_of_which_one_has_it(tmp_path):
    both = Change(statement="RENAME TABLE t TO crm.u")
    plan, _found = segments_of_two(tmp_path, ROWS, CRM, both, ROWS, shop=":1-3", crm=":1-2")
    assert re.search("concerns the databases crm, shop, and only some of their backups contain it, so they need separate servers", plan.problems[0])


def test_a_transaction_that_no_database_gets_is_not_in_the_plan(tmp_path):
    """Without a database the channel would have no filter."""
    in_shop, in_crm = Change(statement="ALTER TABLE t ADD b INT"), Change(statement="ALTER TABLE t ADD b INT", schema="crm")
    plan, found = segments_of_two(tmp_path, ROWS, CRM, in_shop, in_crm, ROWS, CRM, shop=":1-3:5", crm=":1-2:4-5")
    assert found == [(":3", ["shop"], []), (":4", ["copy"], []), (":5", [], ["copy", "shop"])]
    assert str(plan.gtids) == A + ":3-6" and plan.result["overlap"]["first"] == A + ":5"


def xa(verb, number):
    return Change(statement="XA {0} X'{1:02x}',X'',1".format(verb, number))


@pytest.mark.parametrize(
    "changes, problem",
    [
        ([xa("START", 1), xa("START", 2), xa("COMMIT", 1), xa("ROLLBACK", 2)], None),
        ([xa("COMMIT", 1)], "The end of an XA transaction that began before the overlap .*Give a larger overlap, or use a newer backup"),
        ([xa("START", 1), xa("COMMIT", 2)], "The end of an XA transaction that began before the overlap"),
    ],
)
def test_an_xa_transaction_ends_after_its_own_beginning(tmp_path, changes, problem):
    """Also one of another database, because filters do not apply to its end."""
    found = planned(tmp_path, ROWS, ROWS, *changes).problems
    assert not found if problem is None else re.search(problem, found[0])


def test_an_end_that_is_already_executed_is_no_problem(tmp_path):
    assert not planned(tmp_path, ROWS, ROWS, xa("COMMIT", 1), executed=GtidSet.parse(A + ":1-3")).problems


def test_both_parts_of_an_xa_transaction_that_the_filters_would_empty_do_not_reach_the_channel(tmp_path):
    """It would stop with error 3898. Here it has no rows."""
    plan = planned(tmp_path, ROWS, ROWS, xa("START", 1), ROWS, xa("COMMIT", 1), ROWS)
    assert str(plan.skipped) == A + ":3:5" and [str(segment.gtids) for segment in plan.segments] == [A + ":4:6"]
    assert str(plan.gtids) == A + ":3-6" and plan.sizes.count == 4 and plan.result["transactions"]["applied"] == 2


def test_an_xa_transaction_with_a_statement_of_the_database_reaches_the_channel(tmp_path):
    (tmp_path / "mysql-bin.000001").write_bytes(
        binlog([(A, 1, 2)], raw=[gtid_event(3), (2, query("shop", "XA START X'01',X'',1")), (2, query("shop", "UPDATE t SET a = 1")), (38, bytes(13))])
    )
    dump = GtidSet.parse(A + ":1-2")
    plan = plan_of(RollRequest({"shop": "shop"}, DumpSets(dump, dump), StopPoint(), 0.0), files_in(str(tmp_path)))
    assert not plan.skipped and str(plan.segments[0].gtids) == A + ":3"
    assert plan.problems == ["1 XA transactions are prepared but not committed at the stop point. Choose a later stop point"]


@pytest.mark.parametrize("schema, skipped, again", [("shop", "", ":4"), ("blog", ":1-3", ":4")])
def test_the_overlap_begins_after_the_last_xa_transaction_of_the_database(tmp_path, schema, skipped, again):
    """Tables without a primary key do not get the overlap, so it may be empty there. The second one is committed in one phase."""
    rows = (19, bytes(8) + b"\x04" + schema.encode() + b"\0\x01t\0\x01\x03\0\0")
    ordinary = [(2, query("shop", "BEGIN")), (19, bytes(8) + b"\x04shop\0\x01t\0\x01\x03\0\0"), (16, bytes(8))]
    raw = [gtid_event(1), (2, query(schema, "XA START X'01',X'',1")), rows, (38, bytes(13)), gtid_event(2), (2, query("", "XA COMMIT X'01',X'',1"))]
    raw += [gtid_event(3), (2, query(schema, "XA START X'02',X'',1")), rows, (38, b"\1" + bytes(12)), gtid_event(4), *ordinary, gtid_event(5), *ordinary]
    (tmp_path / "mysql-bin.000001").write_bytes(binlog([], raw=raw))
    dump = GtidSet.parse(A + ":1-4")
    plan = plan_of(RollRequest({"shop": "shop"}, DumpSets(dump, dump), StopPoint(), 600.0), files_in(str(tmp_path)))
    assert (str(plan.skipped), str(plan.segments[0].gtids)) == (skipped and A + skipped, A + again) and not plan.problems


def gtid_event(number):
    return 33, b"\1" + uuid.UUID(A).bytes + number.to_bytes(8, "little")


def test_an_xa_transaction_of_the_database_that_is_open_at_the_stop_point(tmp_path):
    """The end of another one does not hide it."""
    raw = [gtid_event(number) for number in (3, 4, 5)]
    table = bytes(8) + b"\x04shop\0\x01t\0\x01\x03\0\0"
    first, second = [[(2, query("shop", "XA START X'{0}',X'',1".format(each)))] for each in ("01", "02")]
    parts = [raw[0]] + first + [(19, table), (38, bytes(13)), raw[1]] + second + [(38, bytes(13)), raw[2], (2, query("", "XA COMMIT X'02',X'',1"))]
    (tmp_path / "mysql-bin.000001").write_bytes(binlog([(A, 1, 2)], raw=parts))
    dump = GtidSet.parse(A + ":1-2")
    plan = plan_of(RollRequest({"shop": "shop"}, DumpSets(dump, dump), StopPoint(), 0.0), files_in(str(tmp_path)))
    assert plan.problems == ["1 XA transactions are prepared but not committed at the stop point. Choose a later stop point"]

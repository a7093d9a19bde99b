# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exists in the target, against what the dump brings."""

import json

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import conflicts as checks
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.conflicts import (
    TargetDatabase,
    _existing_findings,
    check_existing,
    conflicts,
    followed,
    not_ours,
    references,
    refuse_existing,
    refuse_system_schema,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.ledger import BARRIER_BEGUN, LedgerEntry
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.staging import Staging
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import Resume, ResumeState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingProgram, ExistingTable, Inventory
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, kinds, request, server, subject

NEW = ResumeState()
ABSENT = Inventory((), (), exists=False)
EMPTY = Inventory((), ())
FULL = Inventory((ExistingTable("t", "InnoDB"),), (ExistingProgram("views", "v", "a@b"), ExistingProgram("routines", "function f", "a@b")))


@pytest.mark.parametrize(
    "existing, state, asked, refused",
    [
        (ABSENT, Resume.NEW, {}, None),
        (ABSENT, Resume.NEW, {"create": False}, "the database shop does not exist"),
        (EMPTY, Resume.NEW, {"create": False}, None),
        (FULL, Resume.NEW, {}, "not empty: it holds t, v, function f"),
        (FULL, Resume.RESUME, {}, None),
        (FULL, Resume.REPAIR, {}, None),
        (FULL, Resume.NEW, {"on_existing": "replace"}, None),
        (FULL, Resume.NEW, {"on_existing": "merge"}, None),
    ],
)
def test_what_may_be_written_to(existing, state, asked, refused):
    if refused is None:
        refuse_existing(request(**asked), existing, ResumeState(state))
        return
    with pytest.raises(Failure, match=refused) as caught:
        refuse_existing(request(**asked), existing, ResumeState(state))
    assert "Nothing was written" in str(caught.value) and caught.value.facts["existing"] == existing.names


@pytest.mark.parametrize("target", ["mysql", "SYS", "Information_Schema"])
def test_a_schema_of_the_server_is_no_target(target):
    with pytest.raises(Failure, match="is a system schema"):
        refuse_system_schema(request()._replace(target=target))
    refuse_system_schema(request())


def test_merge_replaces_nothing():
    plan = subject(TABLE % b"t" + TABLE % b"u" + b"CREATE VIEW `v` AS SELECT 1;\n").known.plan
    found = conflicts(request(on_existing="merge"), plan, FULL, NEW, server(), None)
    assert kinds(found) == ["collide"] and found[0].what.endswith("already exist: t, v")
    assert conflicts(request(on_existing="merge"), plan, EMPTY, NEW, server(), None) == []


def test_merge_changes_nothing():
    def found(sql, **asked):
        return conflicts(request(**dict({"on_existing": "merge"}, **asked)), subject(sql).known.plan, FULL, NEW, server(), Unreferred())

    for name in b"t", b"v":
        changed = found(b"UPDATE %s SET a=1;\n" % name + TABLE % b"u")
        assert (
            kinds(changed) == ["changed"]
            and "the dump changes {0}, which already exists".format(name.decode()) in changed[0].what
            and "line 5" in changed[0].where
        )
    assert kinds(found(TABLE % b"u" + b"CREATE TABLE IF NOT EXISTS t SELECT 1;\n")) == ["collide"]
    assert kinds(found(b"UPDATE other_table SET a=1;\nINSERT INTO t VALUES (1);\n")) == []
    merged = Inventory((FULL.tables[0]._replace(engine="MRG_MyISAM"),), ())
    rows = subject(b"INSERT INTO t VALUES (1);\n").known.plan
    assert kinds(conflicts(request(on_existing="merge"), rows, merged, NEW, server(), None)) == ["merge_rows"]
    assert "changed" not in kinds(found(b"UPDATE t SET a=1;\n", on_existing="replace"))


def test_merge_keeps_routines_triggers_and_events():
    existing = Inventory((), (ExistingProgram("routines", "procedure p", "a@b"), ExistingProgram("events", "e", "a@b")))
    dump = (
        TABLE % b"t" + b"CREATE PROCEDURE p() SELECT 1;\nCREATE FUNCTION f() RETURNS int RETURN 1;\nCREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t;\n"
    )
    found = conflicts(request(on_existing="merge"), subject(dump).known.plan, existing, NEW, server(), None)
    assert kinds(found) == ["collide_programs"] and "procedure p" in found[0].what and "event e" in found[0].what and "2 routine(s)" in found[0].what


def test_what_cannot_be_staged_is_not_replaced():
    def found(sql, grants=("SUPER",)):
        plan = subject(sql).known.plan
        return kinds(conflicts(request(on_existing="replace"), plan, FULL, NEW, server(grants=grants), Unreferred()))

    assert "unstaged_statement" in found(TABLE + b"CREATE TABLE u AS SELECT * FROM t;\n")
    assert "unstaged_rows" in found(b"INSERT INTO t VALUES (1);\n")
    assert "unstaged_account" in found(TABLE, grants=())
    assert "unstaged_engine" in found(b"CREATE TABLE `a` (a int) ENGINE=MyISAM;\nCREATE TABLE `m` (a int) ENGINE=MERGE UNION=(`a`);\n")
    assert "unstaged_statement" not in found(TABLE + b"ALTER TABLE t ADD KEY (a);\n")


@pytest.mark.parametrize("missing", ["ALTER ROUTINE", "EVENT", "SHOW VIEW", "TRIGGER"])
@pytest.mark.parametrize("known", [True, False])
def test_objects_that_may_be_invisible_are_not_replaced(missing, known):
    """The dump has none of these objects, and the account sees none in the target."""
    held = {"ALTER ROUTINE", "EVENT", "SHOW VIEW", "TRIGGER"} - {missing}
    plan = subject(TABLE % b"t").known.plan if known else None
    for existing in FULL, FULL._replace(objects=()), EMPTY:
        found = conflicts(request(on_existing="replace"), plan, existing, NEW, server(grants=held), Unreferred())
        refused = [finding for finding in found if finding.kind == "unremoved"]
        assert bool(refused) == (existing is FULL or existing is not EMPTY and missing != "SHOW VIEW")
        assert all(finding.is_error and "lacks {0} on shop".format(missing) in finding.what for finding in refused)


@pytest.mark.parametrize(
    "version, grants, variables, expected",
    [
        ("5.7.40", (), {"log_bin": "ON"}, ["unremoved_triggers"]),
        ("5.7.40", (), {"log_bin": "OFF"}, []),
        ("5.7.40", (), {"log_bin": "ON", "log_bin_trust_function_creators": "ON"}, []),
        ("5.7.40", ("SUPER",), {"log_bin": "ON"}, []),
        ("8.0.15", (), {"log_bin": "ON"}, []),
        ("8.0.16", (), {"log_bin": "ON"}, ["protected"]),
        ("8.0.16", ("SYSTEM_USER",), {}, []),
    ],
)
def test_objects_that_only_a_mightier_account_may_drop(version, grants, variables, expected):
    there = [("triggers", "g", "app@%"), ("views", "v", "app@%"), ("events", "e", "root@localhost"), ("routines", "function f", "root@localhost")]
    existing = FULL._replace(objects=tuple(ExistingProgram(*each) for each in there))
    state = server(version, variables, (*grants, "ALTER ROUTINE", "EVENT", "SHOW VIEW", "TRIGGER", "SELECT", "CREATE", "DROP", "ALTER", "INSERT", "INDEX"))
    plan = subject(TABLE % b"t").known.plan
    found = conflicts(request(on_existing="replace"), plan, existing, NEW, state, Unreferred())
    assert kinds(found) == expected
    assert all("definers (app@%)" in finding.what for finding in found if finding.kind == "protected")
    own = existing._replace(objects=existing.objects[:1] + existing.objects[2:])
    assert "protected" not in kinds(conflicts(request(on_existing="replace"), plan, own, NEW, state, Unreferred()))


class WithHiddenRoutine:
    """A connection to a server that does not show the text of a routine."""

    @staticmethod
    def rows(query, *_parameters):
        return [("f",)] if "ROUTINE_DEFINITION IS NULL" in query else []

    texts = rows

    @staticmethod
    def records(_query):
        return []


def test_a_routine_that_cannot_be_kept_is_a_warning():
    looked = subject(TABLE % b"u", grants=("ALL PRIVILEGES",), on_existing="replace")._replace(connection=WithHiddenRoutine())
    found = _existing_findings(looked, TargetDatabase(FULL, None, ResumeState()))
    assert kinds(found) == ["hidden_routines", "replaced"] and not any(finding.is_error for finding in found)


class WithOldTables:
    """A connection to a server that has the tables of an earlier replacement, and this staging in the report of its ledger."""

    def __init__(self, noted):
        self.noted = noted

    def rows(self, query, values=()):
        if "FROM information_schema.TABLES" in query:
            return [("kept", "BASE TABLE", "InnoDB")] if values == (Staging.of("shop").old,) else []
        if "`import`" in query and self.noted is not None:
            return [("loading", "report", 0, json.dumps(self.noted.report()))]
        return []

    texts = rows


@pytest.mark.parametrize(
    "noted, refused",
    [
        (None, True),
        (Staging.of("shop"), True),
        (Staging.of("shop")._replace(parked=True), False),
        (Staging.of("shop")._replace(state="swapping"), False),
        (Staging.of("shop")._replace(state="swapped"), False),
        (Staging.of("shop")._replace(state="clearing"), False),
    ],
)
def test_tables_of_an_earlier_replacement_are_not_dropped_if_the_ledger_has_lost_it(noted, refused):
    plan = subject(TABLE % b"t").known.plan
    found = conflicts(request(on_existing="replace"), plan, FULL, NEW, server(grants=("ALL PRIVILEGES",)), WithOldTables(noted))
    assert kinds(found) == (["unstaged_left"] if refused else [])
    assert not refused or Staging.of("shop").old in found[0].what
    assert conflicts(request(on_existing="replace"), plan, EMPTY, NEW, server(), WithOldTables(noted)) == []


class WithStatement:
    """A connection to a server whose ledger has an import that was stopped during the statement at this position."""

    address = "here"

    def __init__(self, position):
        self.position = position

    def rows(self, query, _values=()):
        if "`import`" in query:
            return [("loading", "report", 0, "{}")]
        return [(BARRIER_BEGUN, self.position, 0)] if "`chunk`" in query else []

    texts = rows


def test_a_statement_that_was_stopped_is_the_reason_not_the_table_that_it_may_have_rebuilt(monkeypatch):
    """The table has another mark than the ledger then."""
    looked = subject(TABLE % b"t" + b"ALTER TABLE t ADD PRIMARY KEY (a);\n")
    (step,) = looked.known.plan.steps
    looked = looked._replace(connection=WithStatement(step.offset))
    with pytest.raises(Failure, match="stopped during this statement.*line 6.*Drop everything"):
        conflicts(request(), looked.known.plan, FULL, ResumeState(Resume.RESUME), server(), looked.connection)
    monkeypatch.setattr(checks, "_target_database", lambda _subject, files_at_hand: TargetDatabase(FULL, None, ResumeState(Resume.RESUME)))
    (found,) = check_existing(looked, files_at_hand=True)
    assert found.is_error and "stopped during this statement" in found.what


def test_after_everything_was_dropped_a_statement_that_was_stopped_is_no_reason():
    looked = subject(TABLE % b"t" + b"ALTER TABLE t ADD PRIMARY KEY (a);\n")
    (step,) = looked.known.plan.steps
    for existing in EMPTY, Inventory((ExistingTable("mine", "InnoDB"),), ()):
        assert conflicts(request(), looked.known.plan, existing, ResumeState(Resume.RESUME), server(), WithStatement(step.offset)) == []


class Unreferred:
    """A connection to a server without foreign keys from other databases, and without channels."""

    @staticmethod
    def rows(*_query):
        return []

    texts = records = rows


class WithChannels:
    """A connection to a server with these rows of SHOW REPLICA STATUS, and this note of a roll-forward; without rows the account may not see them."""

    def __init__(self, status, state):
        self.status = status
        self.state = state

    def rows(self, query, *_values):
        note = {"state": self.state, "databases": {"shop": "shop"}, "source": {"host": "h", "port": 3306, "user": "repl"}, "set": "", "restart": "held"}
        return [(b"shop", 0, json.dumps(note))] if "what = 'roll'" in query and self.state else []

    def records(self, _query):
        if self.status is None:
            raise ServerError(1227, "Access denied; you need (at least one of) the SUPER, REPLICATION CLIENT privilege(s)")
        return self.status


def channel(name, database="shop", user="repl"):
    return {"Channel_Name": name, "Master_User": user, "Replicate_Wild_Do_Table": database + ".%"}


@pytest.mark.parametrize(
    "version, status, state, expected",
    [
        ("8.0.36", [], "following", []),
        ("8.0.36", [channel("apsaradb_follow")], None, ["followed"]),
        ("8.0.36", [channel("apsaradb_roll_forward", "crm"), channel("apsaradb_roll_forward")], None, ["followed"]),
        ("8.0.36", [channel("apsaradb_follow", "crm"), channel("own")], "following", []),
        ("8.0.36", None, "following", ["followed_unseen"]),
        ("8.0.36", None, "promoted", []),
        ("8.0.36", None, None, []),
        ("5.7.40", [channel("")], "following", ["followed"]),
        ("5.7.40", [channel("", user="apsaradb_roll")], None, ["followed"]),
        ("5.7.40", [channel("")], "complete", []),
        ("5.7.40", [channel("", user="own")], "following", []),
    ],
)
def test_a_channel_that_changes_the_target(version, status, state, expected):
    found = followed(request(), server(version), WithChannels(status, state))
    assert kinds(found) == expected and all(finding.is_error for finding in found)
    looked = subject(TABLE % b"u", grants=("ALL PRIVILEGES",), on_existing="skip")._replace(connection=WithChannels(status, state), server=server(version))
    assert kinds(_existing_findings(looked, TargetDatabase(FULL, None, ResumeState()))) == ["skipped"]
    assert kinds(_existing_findings(looked, TargetDatabase(EMPTY, None, ResumeState()))) == expected


class Referred:
    """A connection to a server on which tables of these databases refer to shop, as far as KEY_COLUMN_USAGE shows."""

    def __init__(self, *names):
        self.names = names

    def rows(self, query, *_values):
        return [(name, "shop", 0) for name in self.names] if "KEY_COLUMN_USAGE" in query else []

    texts = rows


def test_a_database_with_foreign_keys_to_the_target_prevents_a_replacement():
    plan = subject(TABLE % b"t").known.plan
    staging = Staging.of("shop")
    for names, expected in (("crm",), ["referred"]), ((staging.old, staging.new), []), (("shop", staging.old), []):
        found = conflicts(request(on_existing="replace"), plan, FULL, NEW, server(grants=("ALL PRIVILEGES",)), Referred(*names))
        assert kinds(found) == expected == kinds(references(request(), Referred(*names)))
    assert "foreign keys in crm refer to tables of shop" in references(request(), Referred("crm"))[0].what


@pytest.mark.parametrize(
    "target, version, grants, variables, seen",
    [
        ("shop", "8.0.36", (), {}, False),
        ("shop", "8.0.36", ("PROCESS",), {}, True),
        ("shop", "5.7.40", ("PROCESS",), {}, True),
        ("größe", "8.0.36", ("PROCESS",), {}, True),
        ("größe", "5.7.40", ("PROCESS",), {}, False),
        ("größe", "5.7.40", ("SELECT",), {}, True),
        ("shop", "8.0.36", ("SELECT",), {"partial_revokes": "OFF"}, True),
        ("shop", "8.0.36", ("SELECT",), {"partial_revokes": "ON"}, False),
    ],
)
def test_an_account_that_may_not_see_foreign_keys_of_other_databases_is_a_warning(target, version, grants, variables, seen):
    state = server(version, variables, grants)
    plan = subject(TABLE % b"t").known.plan
    found = conflicts(request(on_existing="replace", target=target), plan, FULL, NEW, state, Unreferred())
    assert ("references_unseen" in kinds(found)) != seen and not any(finding.is_error for finding in found if finding.kind == "references_unseen")
    assert "references_unseen" not in kinds(conflicts(request(on_existing="replace", target=target), plan, EMPTY, NEW, state, Unreferred()))


@pytest.mark.parametrize(
    "existing, asked, expected",
    [
        (ABSENT, {}, []),
        (ABSENT, {"create": False}, ["no_database"]),
        (EMPTY, {"create": False}, []),
        (FULL, {}, ["not_empty"]),
        (FULL, {"on_existing": "skip"}, ["skipped"]),
        (FULL, {"on_existing": "replace"}, ["replaced"]),
        (FULL, {"on_existing": "merge"}, []),
    ],
)
def test_what_would_happen_to_the_target(existing, asked, expected):
    looked = subject(TABLE % b"u", grants=("ALL PRIVILEGES",), **asked)._replace(connection=Unreferred())
    assert kinds(_existing_findings(looked, TargetDatabase(existing, None, ResumeState()))) == expected


def test_an_import_that_needs_the_files_to_be_recognised_is_a_warning():
    entry = LedgerEntry("complete", [], {}, {})
    assert kinds(_existing_findings(subject(TABLE % b"u"), TargetDatabase(FULL, entry, None))) == ["ledger"]
    assert kinds(_existing_findings(subject(TABLE % b"u"), TargetDatabase(FULL, entry, ResumeState(Resume.COMPLETE)))) == ["restored"]


def test_objects_of_somebody_else_are_named_but_not_all():
    assert not_ours(request(), []) == []
    (one,) = not_ours(request(), ["table t", "view v"])
    assert one.kind == "not_ours" and one.what.endswith("that it did not create: table t, view v")
    (many,) = not_ours(request(), ["table t{0}".format(number) for number in range(100)])
    assert many.what.endswith(", ...") and "table t0" in many.what and "table t99" not in many.what

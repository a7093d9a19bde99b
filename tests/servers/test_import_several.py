# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All databases of a backup in one call: they are loaded in parallel, one failure does not stop the others, and a second call loads what is missing."""

import json
import os
import random
import re
import signal
import time

import pytest
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, faulty_oss, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

NAMES = ["several_{0:02}".format(number) for number in range(12)]
ROWS = 40
# Each has a number that decides when it comes.
KILLS = int(os.environ.get("APSARADB_MYSQL_KILLS", "2"))

pytestmark = pytest.mark.servers(1)


def schema(number):
    return b"-- MySQL dump 10.13\nCREATE TABLE `t` (`a` int NOT NULL, `b` varchar(80), PRIMARY KEY (`a`), KEY `b` (`b`)) ENGINE=InnoDB;\n-- Dump completed\n"


def data(number):
    values = b",".join(b"(%d,'row %d of %d')" % (row, row, number) for row in range(ROWS + number))
    return b"-- MySQL dump 10.13\nINSERT INTO `t` VALUES " + values + b";\n-- Dump completed\n"


# The oldest and the newest: what differs between servers is tested with one database at a time.
@pytest.fixture(params=["9.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    clear(entry)
    yield entry
    clear(entry)


@pytest.fixture
def direct(monkeypatch):
    """No proxy between a module and the server of this test."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def clear(entry):
    control = databases.connection(entry)
    for (name,) in control.rows("SHOW DATABASES LIKE 'several%'") + control.rows("SHOW DATABASES LIKE 'apsaradb\\_mysql'"):
        control.run("DROP DATABASE `{0}`".format(name))
    control.close()


def backup(folder, changed=None):
    content = {name: (schema(number), data(number)) for number, name in enumerate(NAMES)}
    content["mysql"] = (schema(0), data(0))
    content.update(changed or {})
    return backups.make(folder, content)


def start(entry, check=False, module="mysql_sql_import", **options):
    options = dict({"login_user": "root", "login_unix_socket": entry["socket"], "config_file": "/dev/null"}, **options)
    return Module(module, dict(options, _ansible_check_mode=check))


def run(entry, **options):
    answer = start(entry, **options).answer()
    assert not answer.get("failed"), answer["msg"]
    return answer


def rows_of(entry):
    """The number of rows in table t of each database."""
    control = databases.connection(entry)
    names = [name for (name,) in control.rows("SHOW DATABASES LIKE 'several%'")]
    found = {name: control.value("SELECT COUNT(*) FROM `{0}`.t".format(name)) for name in names if control.rows("SHOW TABLES FROM `{0}` LIKE 't'".format(name))}
    control.close()
    return found


WANTED = {name: ROWS + number for number, name in enumerate(NAMES)}


def test_all_databases_but_the_server_s_own_and_nothing_the_second_time(entry, tmp_path):
    path = str(backup(tmp_path))
    foreseen = run(entry, archive=path, check=True)
    assert foreseen["changed"] and [found["target"] for found in foreseen["databases"]] == NAMES and rows_of(entry) == {}
    answer = run(entry, archive=path)
    assert answer["changed"] and rows_of(entry) == WANTED
    assert [(found["source"], found["target"], found["changed"]) for found in answer["databases"]] == [(name, name, True) for name in NAMES]
    assert [found["tables"][0]["rows"] for found in answer["databases"]] == list(WANTED.values())
    assert answer["bytes"] == sum(found["bytes"] for found in answer["databases"]) and answer["gtid"]["policy"] == "strip"
    again = run(entry, archive=path)
    assert not again["changed"] and not any(found["changed"] for found in again["databases"])


def test_the_preflight_of_many_databases_finds_what_that_of_each_finds(entry, tmp_path):
    path = str(backup(tmp_path, {"several_03": (schema(3), data(3) + b"CREATE TABLE other.t (a int);\n"), "several_04": (schema(4), data(4)[:-30])}))
    control = databases.connection(entry)
    control.run("CREATE DATABASE several_08")
    control.run("CREATE TABLE several_08.mine (a int)")
    control.close()
    options = {"login_user": "root", "login_unix_socket": entry["socket"], "config_file": "/dev/null", "archive": path, "scan": True, "fail": False}
    one_after_the_other = "from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _preflight\n_preflight._MANY = 1000\n"
    found, wanted = [Module("mysql_restore_preflight", options, before).answer() for before in ("", one_after_the_other)]
    for answer in found, wanted:
        # Free space changes at any time.
        answer["findings"] = [finding for finding in answer["findings"] if finding["check"] != "space"]
    assert not found["ok"] and found["findings"] == wanted["findings"]
    assert {name: value for name, value in found["facts"].items() if name != "space"} == {
        name: value for name, value in wanted["facts"].items() if name != "space"
    }
    assert len(found["facts"]["space"]) == len(wanted["facts"]["space"])
    assert sorted(finding["where"] for finding in found["findings"] if finding["level"] == "error" and finding["check"] == "existing") == [
        "database several_08"
    ]


def test_an_import_with_a_preflight_writes_nothing_if_one_database_would_fail(entry, tmp_path):
    bad = {"several_03": (schema(3), data(3)[:-30]), "several_05": (schema(5).replace(b"InnoDB", b"TokuDB"), data(5))}
    answer = start(entry, archive=str(backup(tmp_path, bad)), preflight={}).answer()
    assert answer["failed"] and answer["msg"].startswith("The restore would fail for ") and rows_of(entry) == {}, answer["msg"]
    assert "several_03" in answer["msg"] and "several_05" in answer["msg"]
    places = [place for finding in answer["findings"] if finding["level"] == "error" for place in finding["places"]]
    assert any("several_03" in place for place in places) and any("several_05" in place for place in places), places
    control = databases.connection(entry)
    assert not control.rows("SHOW DATABASES LIKE 'apsaradb\\_mysql'")
    control.close()
    # Without it, the others are restored.
    assert start(entry, archive=str(tmp_path / "backup.tar")).answer()["failed"] and len(rows_of(entry)) >= len(NAMES) - 2


def test_an_import_with_a_preflight_has_its_findings_and_checks_nothing_again(entry, tmp_path):
    path = str(backup(tmp_path))
    alone = run(entry, module="mysql_restore_preflight", archive=path, engine_version=entry["name"])
    answer = run(entry, archive=path, preflight={"engine_version": entry["name"]})
    assert answer["changed"] and rows_of(entry) == WANTED
    assert [finding["check"] for finding in answer["findings"]] == [finding["check"] for finding in alone["findings"]]
    assert "(as RDS reports for its instance)" in next(finding["what"] for finding in answer["findings"] if finding["check"] == "version")
    assert answer["facts"]["backup"]["name"] == path and answer["facts"]["gtid"]["choices"]
    again = run(entry, archive=path, preflight={})
    assert not again["changed"] and "findings" not in again


def test_all_of_them_are_verified_in_one_call(entry, tmp_path):
    answer = run(entry, archive=str(backup(tmp_path)))
    login = {"login_user": "root", "login_unix_socket": entry["socket"], "config_file": "/dev/null"}
    for expected in (None, answer):
        found = Module("mysql_restore_verify", dict(login, databases=NAMES, expected=expected)).answer()
        assert found["ok"] and not found["changed"] and [one["database"] for one in found["databases"]] == NAMES, found
        assert {one["expected_from"] for one in found["databases"]} == {"ledger" if expected is None else "expected"}
    control = databases.connection(entry)
    control.run("DELETE FROM several_02.t WHERE a = 1")
    control.run("DROP DATABASE several_05")
    control.close()
    found = Module("mysql_restore_verify", dict(login, databases=NAMES)).answer()
    assert found["failed"] and found["msg"].startswith("2 of 12 databases differ"), found
    assert [one["database"] for one in found["databases"] if not one["ok"]] == ["several_02", "several_05"]
    assert "several_02: table t has 41 row" in found["problems"][0] and "several_05: The database several_05 does not exist" in found["problems"][1]
    found = Module("mysql_restore_verify", dict(login, databases=NAMES, fail_on_problems=False)).answer()
    assert not found["ok"] and len(found["problems"]) == 2
    found = Module("mysql_restore_verify", dict(login, databases=["several_00", "other"], expected=answer)).answer()
    assert "expected does not contain the database other" in found["msg"]


def test_a_complete_backup_is_known_without_its_file(entry, tmp_path):
    path = backup(tmp_path)
    run(entry, archive=str(path))
    path.rename(tmp_path / "elsewhere.tar")
    for options in ({}, {"databases": NAMES[2:4]}, {"database": NAMES[2], "source_database": NAMES[2]}, {"check": True}, {"check": True, "scan": False}):
        answer = run(entry, archive=str(path), **options)
        assert not answer["changed"], (options, answer)
        if "database" not in options:
            assert [found["tables"][0]["rows"] for found in answer["databases"]] == [WANTED[found["source"]] for found in answer["databases"]]
    dropped = run(entry, archive=str(path), databases=NAMES[4:6], ledger="drop")
    assert dropped["changed"] and dropped["throughput"] == 0
    assert "cannot be opened" in start(entry, archive=str(path)).answer()["msg"]
    assert not run(entry, archive=str(path), databases=NAMES[6:])["changed"]
    for options in ({"databases": {NAMES[2]: "several_other"}}, {"tables": ["x"]}, {"definer": "strip"}, {"database": NAMES[2], "source_database": NAMES[3]}):
        answer = start(entry, archive=str(path), **options).answer()
        assert answer["failed"] and "cannot be opened" in answer["msg"], (options, answer)
        assert run(entry, archive=str(path), check=True, scan=False, **options)["changed"]


def test_a_database_that_is_skipped_does_not_need_the_backup_again(entry, tmp_path):
    path = backup(tmp_path)
    control = databases.connection(entry)
    control.run("CREATE DATABASE several_03")
    control.run("CREATE TABLE several_03.mine (a int)")
    first = run(entry, archive=str(path), on_existing="skip")
    path.rename(tmp_path / "elsewhere.tar")
    again = run(entry, archive=str(path), on_existing="skip")
    for answer in first, again:
        assert [found["target"] for found in answer["databases"] if found["skipped"]] == ["several_03"]
        assert any("several_03 is not empty and was skipped" in str(warning) for warning in answer["warnings"])
    assert first["changed"] and not again["changed"]
    control.run("DROP TABLE several_03.mine")
    control.close()
    assert "cannot be opened" in start(entry, archive=str(path), on_existing="skip").answer()["msg"]


@pytest.mark.parametrize("damage", ["DROP TABLE several_04.t", "DROP DATABASE several_04", "DELETE FROM apsaradb_mysql.`import` WHERE target = 'several_04'"])
def test_what_is_missing_since_needs_the_backup_again(entry, tmp_path, damage):
    path = backup(tmp_path)
    run(entry, archive=str(path))
    control = databases.connection(entry)
    control.run(damage)
    control.close()
    path.rename(tmp_path / "elsewhere.tar")
    assert "cannot be opened" in start(entry, archive=str(path)).answer()["msg"]
    (tmp_path / "elsewhere.tar").rename(path)
    answer = run(entry, archive=str(path), on_existing="replace")
    assert [found["target"] for found in answer["databases"] if found["changed"]] == ["several_04"] and rows_of(entry) == WANTED


def test_another_backup_of_the_same_path_is_not_taken_for_the_first(entry, tmp_path):
    path = backup(tmp_path)
    run(entry, archive=str(path), databases=NAMES[:3])
    (tmp_path / "new").mkdir()
    backup(tmp_path / "new", {NAMES[1]: (schema(1), data(7))}).rename(path)
    answer = start(entry, archive=str(path), databases=NAMES[:3]).answer()
    assert answer["failed"] and [found["target"] for found in answer["databases"] if found.get("failed")] == [NAMES[1]], answer
    answer = run(entry, archive=str(path), databases=NAMES[:3], on_existing="replace")
    assert rows_of(entry)[NAMES[1]] == ROWS + 7 and [found["changed"] for found in answer["databases"]] == [False, True, False]


def test_the_preflight_of_a_backup_that_is_restored_needs_no_file(entry, tmp_path):
    path = backup(tmp_path)

    def look():
        options = {"archive": str(path), "unless_restored": True, "databases": NAMES[:5]}
        return start(entry, module="mysql_restore_preflight", **options).answer()

    before = look()
    assert before["ok"] and before["findings"] and "databases" not in before
    run(entry, archive=str(path), databases=NAMES[:5])
    again = run(entry, archive=str(path), databases=NAMES[:5])
    path.unlink()
    after = look()
    assert after["ok"] and not after["changed"] and not after["findings"]
    assert after["databases"] == again["databases"] and len(after["databases"]) == 5
    assert after["gtid"] == again["gtid"]
    databases.drop(entry, NAMES[3])
    assert look()["failed"]


def test_a_backup_behind_an_expired_url_is_known(entry, tmp_path, direct):
    path = backup(tmp_path)
    with faulty_oss.FaultyServer(tmp_path) as server:
        run(entry, url=server.sign(path.name, 3600))
        expired, sent = server.sign(path.name, -10), server.sent
        answer = run(entry, url=expired)
        assert not answer["changed"] and len(answer["databases"]) == 12 and "bytes_downloaded" not in answer
        assert not run(entry, url=server.sign(path.name, 3600))["changed"] and server.sent - sent <= 1
        # Another object of that name is another backup.
        (tmp_path / "new").mkdir()
        backup(tmp_path / "new", {NAMES[1]: (schema(1), data(7))}).rename(path)
        assert start(entry, url=server.sign(path.name, 3600)).answer()["failed"]
        answer = run(entry, url=server.sign(path.name, 3600), on_existing="replace")
        assert [found["target"] for found in answer["databases"] if found["changed"]] == [NAMES[1]]
        # A part that was fetched comes from the same object, but is not all of it.
        clear(entry)
        part = str(tmp_path / "fetched.tar")
        Module("rds_backup_fetch", {"url": server.sign(path.name, 3600), "dest": part, "databases": NAMES[:2]}).answer()
        run(entry, archive=part)
        assert not run(entry, url=server.sign(path.name, -10), databases=NAMES[:2])["changed"]
        assert "expired" in start(entry, url=server.sign(path.name, -10)).answer()["msg"]
        assert not run(entry, archive=part)["changed"]


def test_a_map_to_other_names_and_tables_of_some(entry, tmp_path):
    path = str(backup(tmp_path))
    answer = run(entry, archive=path, databases={"several_00": "several_copy", "several_01": "several_01"}, tables={"several_01": ["none*"]})
    assert [(found["source"], found["target"]) for found in answer["databases"]] == [("several_00", "several_copy"), ("several_01", "several_01")]
    assert rows_of(entry) == {"several_copy": ROWS}


def test_what_is_wrong_with_the_whole_call_is_refused_before_the_first_write(entry, tmp_path):
    path = str(backup(tmp_path))
    for options, message in (
        ({"databases": {"several_00": "mysql"}}, "mysql is a system schema of the server"),
        ({"databases": {"several_00": "x", "several_01": "x"}}, "same target twice"),
        ({"databases": ["several_00", "missing"]}, "no database missing"),
        ({"databases": {"several_00": "apsaradb_mysql"}}, "apsaradb_mysql"),
    ):
        answer = start(entry, archive=path, **options).answer()
        assert answer["failed"] and re.search(message, answer["msg"]), answer["msg"]
        assert rows_of(entry) == {}


def test_five_of_forty_fail_and_the_others_are_restored_once(entry, tmp_path):
    more = {"several_{0:02}".format(number): (schema(number), data(number)) for number in range(12, 40)}
    wanted = dict(WANTED, **{name: ROWS + number for number, name in enumerate(more, 12)})
    worse = {"several_03": (schema(3), data(3) + b"CREATE TABLE other.t (a int);\n"), "several_04": (schema(4), data(4)[:-30])}
    path = backup(tmp_path, dict(more, **worse))
    content = path.read_bytes()
    for name in ("several_05", "several_37"):
        # One bit of the compressed data.
        at = content.index(b"/" + name.encode() + b"/data.sql.gz") // 512 * 512 + 512 + 40
        content = content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]
    path.write_bytes(content)
    control = databases.connection(entry)
    control.run("CREATE DATABASE several_08")
    control.run("CREATE TABLE several_08.mine (a int)")
    causes = {
        "several_03": ("the database other", "allow"),
        "several_04": ("it is truncated", "Get the backup again"),
        "several_05": ("damaged", "the backup again"),
        "several_08": ("not empty", "on_existing"),
        "several_37": ("damaged", "the backup again"),
    }
    answers = [start(entry, archive=str(path)).answer() for _run in range(2)]
    for answer in answers:
        assert answer["failed"] and answer["msg"].startswith("5 of 40 databases could not be imported: (1) several_03: ")
        reasons = {found["target"]: found["msg"] for found in answer["databases"] if found.get("failed")}
        assert sorted(reasons) == sorted(causes) and all(name + ": " in answer["msg"] for name in causes)
        for name, words in causes.items():
            assert all(word in reasons[name] for word in words), reasons[name]
    assert answers[0]["msg"] == answers[1]["msg"] and answers[0]["changed"] and not answers[1]["changed"]
    assert rows_of(entry) == {name: rows for name, rows in wanted.items() if name not in causes}
    assert control.rows("SHOW TABLES FROM several_08") == [("mine",)]
    control.close()
    verified = Module(
        "mysql_restore_verify", {"login_user": "root", "login_unix_socket": entry["socket"], "databases": sorted(set(wanted) - set(causes))}
    ).answer()
    assert not verified.get("failed") and [found["ok"] for found in verified["databases"]] == [True] * 35, verified
    # The same call with a good backup loads what is missing, and nothing else.
    answer = run(entry, archive=str(backup(tmp_path, more)), on_existing="replace")
    assert [found["target"] for found in answer["databases"] if found["changed"]] == sorted(causes) and rows_of(entry) == wanted


@pytest.mark.parametrize("number", range(KILLS))
def test_a_kill_at_any_time_and_the_next_run_completes_it(entry, tmp_path, number):
    path = str(backup(tmp_path))
    chance = random.Random(number)
    running = start(entry, archive=path)
    # As many databases have their table with its rows; then the next ones are started.
    wanted = number * 5 % len(NAMES)
    while running.poll() is None and len(rows_of(entry)) < wanted:
        time.sleep(0.01)
    time.sleep(chance.random() ** 2 * (0.1 if wanted else 1))
    running.send_signal(signal.SIGKILL)
    running.communicate()
    answer = run(entry, archive=path)
    assert rows_of(entry) == WANTED and [found["target"] for found in answer["databases"]] == NAMES


def test_a_url_is_read_by_all_processes_and_its_expiry_ends_the_call(entry, tmp_path, direct):
    path = backup(tmp_path)
    with faulty_oss.FaultyServer(tmp_path) as server:
        answer = run(entry, url=server.sign(path.name, 3600), databases=NAMES[:6])
        assert rows_of(entry) == {name: WANTED[name] for name in NAMES[:6]}
        assert answer["source"] == "external" and answer["requests"] > 12 and answer["bytes_downloaded"] > 0
        assert "Signature" not in json.dumps(answer)


def test_a_url_that_expires_stops_the_call_and_a_fresh_one_completes_it(entry, tmp_path, direct):
    path = backup(tmp_path)
    with faulty_oss.FaultyServer(tmp_path) as server:
        first = server.sign(path.name, 3600)
        running = start(entry, url=first, workers=1)
        while running.poll() is None and len(rows_of(entry)) < 3:
            time.sleep(0.01)
        server.clock = 7200
        answer = running.answer()
        assert answer["failed"] and answer["expired"] and answer["changed"], answer
        assert any("because the download URL has expired" in found.get("msg", "") for found in answer["databases"])
        assert first.partition("?")[2] not in running.said
        answer = run(entry, url=server.sign(path.name, 3600 + 7200))
        assert rows_of(entry) == WANTED and any(not found["changed"] for found in answer["databases"])

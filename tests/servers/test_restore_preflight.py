# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_restore_preflight on real servers with real conflicts: it reports all of them and no false ones, and changes nothing."""

import json
import os
import random
import socket

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.reserved_words import reserved_since
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import inspect_archive
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import ServerError
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, fixtures, preflights
from ansible_collections.apsaradb.mysql.tests.support.binlogs import series
from ansible_collections.apsaradb.mysql.tests.support.faulty_oss import FaultyServer
from ansible_collections.apsaradb.mysql.tests.support.gtids import A
from ansible_collections.apsaradb.mysql.tests.support.preflights import TABLE, dump, kinds, look

TARGET, SOURCE, ACCOUNT = "preflight_target", "preflight_source", "preflight_app"
OTHER = {"9.7": "5.7.40-log", "5.7": "8.0.36", "5.6": "8.0.36"}
# A statement that the server refuses, its error, and the kind of finding that predicts it.
UNFIT = {
    "engine": ("CREATE TABLE e (a INT) ENGINE=TokuDB;\n", {"9.7": 1286, "5.7": 1286, "5.6": 1286}),
    "charset": ("CREATE TABLE c (a VARCHAR(9) COLLATE utf8mb4_klingon_ci) ENGINE=InnoDB;\n", {"9.7": 1273, "5.7": 1273, "5.6": 1273}),
    "keyring": ("CREATE TABLE k (a INT) ENGINE=InnoDB ENCRYPTION='Y';\n", {"5.7": 3185}),
    "keyring_unknown": ("CREATE TABLE k (a INT) ENGINE=InnoDB ENCRYPTION='Y';\n", {"9.7": 3185}),
    "encryption_option": ("CREATE TABLE o (a INT) ENGINE=MyISAM ENCRYPTION='Y';\n", {"9.7": 1178, "5.7": 1478}),
    "encryption_unknown": ("CREATE TABLE k (a INT) ENGINE=InnoDB ENCRYPTION='Y';\n", {"5.6": 1064}),
    "sql_mode": ("SET SESSION sql_mode = '{mode}';\nCREATE PROCEDURE m() SELECT 1;\nSET SESSION sql_mode = '';\n", {"9.7": 1231, "5.7": 1231, "5.6": 1231}),
    "words": ("CREATE PROCEDURE w() SELECT rank FROM t;\n", {"9.7": 1064}),
}


def unfit(name, kind):
    return UNFIT[kind][0].format(mode="MYSQL40" if name == "9.7" else "TIME_TRUNCATE_FRACTIONAL")


@pytest.fixture(scope="module", params=["9.7", "5.7", "5.6"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.drop(entry, TARGET, SOURCE)
    yield entry
    databases.drop(entry, TARGET, SOURCE)


@pytest.fixture
def control(entry):
    control = databases.connection(entry)
    databases.drop(entry, TARGET)
    yield control
    databases.drop(entry, TARGET)
    control.close()


@pytest.fixture
def poor(entry, control):
    """An account with almost no privileges, on a server with tight limits."""
    before = {name: control.value("SELECT @@GLOBAL." + name) for name in ("read_only", "max_allowed_packet", "local_infile")}
    control.run("GRANT SELECT ON {0}.* TO {1}@localhost".format(TARGET, ACCOUNT) if entry["name"] == "5.6" else "CREATE USER {0}@localhost".format(ACCOUNT))
    control.run("GRANT SELECT ON {0}.* TO {1}@localhost".format(TARGET, ACCOUNT))
    try:
        control.run("SET GLOBAL max_allowed_packet = 65536")
        control.run("SET GLOBAL local_infile = OFF")
        control.run("SET GLOBAL read_only = ON")
        yield {"login_user": ACCOUNT}
    finally:
        for name, value in before.items():
            control.run("SET GLOBAL {0} = {1}".format(name, value))
        control.run("DROP USER {0}@localhost".format(ACCOUNT))


def state(control):
    """Everything that must not change."""
    rows = control.rows("SHOW GLOBAL VARIABLES WHERE Variable_name NOT LIKE '%timestamp%'")
    return rows, control.rows("SHOW DATABASES"), control.value("SELECT @@GLOBAL.gtid_executed")


def test_everything_is_found_at_once_and_nothing_is_changed(entry, control, poor, tmp_path):
    name = entry["name"]
    databases.run(entry, "SET sql_log_bin = 0; CREATE DATABASE {0}; CREATE TABLE {0}.t (a INT)".format(TARGET).encode())
    wanted = [kind for kind, (_text, errors) in UNFIT.items() if name in errors]
    body = "".join(unfit(name, kind) for kind in wanted) + "CREATE TABLE `t` (`a` LONGTEXT);\nINSERT INTO `t` VALUES ('{0}');\n".format("x" * 100000)
    body += "CREATE DEFINER=`gone`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;\n"
    small = databases.write(tmp_path, dump(OTHER[name], body, gtid=A + ":1-5", end=""))
    asked = dict(poor, src=small, databases={"shop": TARGET}, gtid="apply", binlog="off", lane="load_data", roll_forward=True)
    before = state(control)
    with pytest.raises(Failure) as caught:
        look(entry, **dict(asked, fail=True))
    assert state(control) == before
    found = kinds(caught.value.facts)
    foretold = set(wanted) - {"keyring_unknown"} | {"cut", "privileges", "binlog_privilege", "definer_privilege", "read_only", "packet", "local_infile"}
    foretold |= {"gtid_privilege", "not_empty", "version", "binlogs"}
    assert foretold - {"gtid_history"} <= set(found), sorted(foretold - set(found))
    assert len(found) >= 10 and ("gtid_history" in found) == (name != "9.7")
    message = str(caught.value)
    assert "for {0} reasons".format(len(found)) in message
    for finding in found.values():
        assert finding["what"] in message and finding["cure"] and finding["cure"].rstrip(".") in message
    told = look(entry, **asked)
    assert not told["ok"] and not told["changed"] and kinds(told) == found


def test_the_server_is_checked_for_a_roll_forward_that_cannot_be_planned_yet(entry, poor, tmp_path):
    """The GTID set of a compressed dump may be at its end."""
    (tmp_path / "binlogs").mkdir()
    (tmp_path / "binlogs" / "mysql-bin.000001").write_bytes(next(iter(series(A, [5]))))
    small = databases.write(tmp_path, dump(entry["version"]))
    found = look(entry, **dict(poor, src=small, databases={"shop": TARGET}, binlogs=str(tmp_path / "binlogs"), until="2026-01-01 00:00:03"))
    assert kinds(found, "warning")["binlogs_unknown"]
    expected = "cannot change replication filters" if entry["name"] == "5.6" else "The account of this server cannot control replication"
    assert expected in " ".join(one["what"] for one in found["findings"] if one["check"] == "binlogs" and one["level"] == "error")


def test_engine_version_is_used_if_the_dump_has_no_version(entry, control, tmp_path):
    """Without files, and for a file without a version; the version in a file has precedence."""
    own, other = entry["name"], OTHER[entry["name"]][:3]
    silent = databases.write(tmp_path, dump("", "").replace(b"-- Server version\t\n", b""))
    (tmp_path / "told").mkdir()
    telling = databases.write(tmp_path / "told", dump(entry["version"]))
    for asked in ({}, {"databases": [TARGET]}, {"databases": [TARGET], "src": silent}):
        found = kinds(look(entry, engine_version=other, **asked))
        assert set(found) == {"version"}, asked
        assert "made on MySQL {0} (as RDS reports for its instance), and the server is {1}".format(other, entry["version"]) in found["version"]["what"]
        assert found["version"]["cure"].startswith("restore into MySQL {0},".format(other))
        allowed = look(entry, engine_version=other, allow_version_change=True, **asked)
        assert allowed["ok"] and "as RDS reports for its instance" in kinds(allowed, "warning")["version_changed"]["what"]
        same = look(entry, engine_version=own, **asked)
        assert same["ok"] and kinds(same, "ok")["version"]["what"].endswith("of the same series (as RDS reports for its instance)")
        # Without files and without engine_version there is no warning.
        nothing = look(entry, **asked)
        assert [finding["kind"] for finding in nothing["findings"] if finding["check"] == "version"] == ["version_unknown"] * ("src" in asked)
    told = look(entry, src=telling, databases=[TARGET], engine_version=other)
    assert told["ok"] and "RDS" not in kinds(told, "ok")["version"]["what"]
    # A database that is not touched needs no version.
    databases.run(entry, "SET sql_log_bin = 0; CREATE DATABASE {0}; CREATE TABLE {0}.mine (a INT)".format(TARGET).encode())
    assert look(entry, engine_version=other, databases=[TARGET], on_existing="skip")["ok"]


def test_findings_agree_with_the_errors_of_the_server(entry, control, tmp_path):
    """The server refuses each statement with the error that the finding names."""
    name = entry["name"]
    control.run("CREATE DATABASE " + TARGET)
    control.use(TARGET.encode())
    control.run("CREATE TABLE t (a INT)")
    for kind, (_text, errors) in UNFIT.items():
        if name not in errors:
            continue
        codes = []
        control.run("SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'")
        for statement in unfit(name, kind).strip().split(";\n"):
            try:
                control.run(statement.rstrip(";"))
            except ServerError as error:
                codes.append(error.code)
        assert errors[name] in codes, (kind, codes)
        told = look(entry, src=databases.write(tmp_path, dump(OTHER[name], unfit(name, kind))), databases={"shop": TARGET + "_new"}, allow_version_change=True)
        found = dict(kinds(told), **kinds(told, "warning"))
        assert kind in found and set(kinds(told)) <= {kind}, sorted(found)
    server = int("".join(part.zfill(2) for part in (name + ".99").split(".")))
    for word in sorted(reserved_since(50500, server)):
        with pytest.raises(ServerError) as refused:
            control.run(b"CREATE TABLE w (" + word + b" INT)")
        assert refused.value.code == 1064, word
    for word in sorted(reserved_since(server, 99999)):
        control.run(b"CREATE TABLE " + word.lower() + b"_ (" + word + b" INT)")


def test_a_dump_of_the_same_server_has_no_errors(entry, control, tmp_path):
    databases.make(entry, SOURCE, databases.IDEAS[entry["name"]])
    made = databases.pair(entry, SOURCE) if entry["name"] != "5.6" else (dump(entry["version"]),)
    told = look(entry, src=databases.write(tmp_path, *made, packed=True), databases={SOURCE: TARGET}, scan=True, allow_version_change=True, check=True)
    assert told["ok"], kinds(told)
    assert told["changed"] and "database {0}\n".format(TARGET) in told["diff"]["after"] and told["diff"]["before"] == ""
    assert "{0}.table ".format(TARGET) in told["diff"]["after"]
    assert told["facts"]["backup"]["databases"][0]["sql_bytes"] == sum(map(len, made))
    databases.drop(entry, SOURCE)


def test_warnings_are_findings_and_ansible_warnings(entry, control, tmp_path):
    """Each is a finding and an Ansible warning."""
    body = TABLE + "CREATE DEFINER=`gone`@`%` PROCEDURE p() SELECT 1;\n"
    asked = {"src": databases.write(tmp_path, dump(OTHER[entry["name"]], body)), "databases": {"shop": TARGET}, "allow_version_change": True}
    told, warned = preflights.heard(entry, **asked)
    found = kinds(told, "warning")
    assert told["ok"] and {"version_changed", "definer_lost"} <= set(found), sorted(found)
    assert "gone@%" in found["definer_lost"]["what"] and OTHER[entry["name"]] in found["version_changed"]["what"]
    assert len(warned) == len(found) and all(any(finding["what"] in text for text in warned) for finding in found.values())
    # A failing job shows its warnings too, and each error once.
    (tmp_path / "silent").mkdir()
    silent = databases.write(tmp_path / "silent", dump("", body).replace(b"-- Server version\t\n", b""))
    asked.update(gtid="fail", allow_version_change=False)
    told, warned = preflights.heard(entry, **{name: silent if name == "src" else value for name, value in asked.items()})
    assert told["ok"] and "version_unknown" in kinds(told, "warning") and any("does not say on which MySQL" in text for text in warned)
    # A database that is not touched has no other warnings, whatever the dump contains.
    databases.run(entry, "SET sql_log_bin = 0; CREATE DATABASE {0}; CREATE TABLE {0}.mine (a INT)".format(TARGET).encode())
    asked.update(gtid="strip", on_existing="skip")
    told, warned = preflights.heard(entry, **asked)
    assert told["ok"] and set(kinds(told, "warning")) - {"names_exact"} == {"skipped"} and not told["facts"]["space"]
    assert not load(databases.request(entry, TARGET, asked["src"], on_existing="skip")).changed


@pytest.mark.parametrize("entry", ["9.7"], indirect=True)
def test_a_definer_without_an_account_needs_a_privilege(entry, control, tmp_path):
    paths = databases.write(tmp_path, dump(entry["version"], TABLE + "CREATE DEFINER=`gone`@`%` PROCEDURE p() SELECT 1;\n"))
    control.run("CREATE USER {0}@localhost".format(ACCOUNT))
    try:
        control.run("GRANT ALL ON {0}.* TO {1}@localhost".format(TARGET, ACCOUNT))
        control.run("GRANT SET_ANY_DEFINER ON *.* TO {0}@localhost".format(ACCOUNT))
        control.run("GRANT SELECT ON mysql.user TO {0}@localhost".format(ACCOUNT))
        asked = {"src": paths, "databases": {"shop": TARGET}, "login_user": ACCOUNT, "binlog": "on"}
        control.run("SET GLOBAL log_bin_trust_function_creators = ON")
        assert set(kinds(look(entry, **asked))) == {"definer_unknown"}
        control.run("CREATE DATABASE " + TARGET)
        control.run("GRANT ALLOW_NONEXISTENT_DEFINER ON *.* TO {0}@localhost".format(ACCOUNT))
        assert "definer_lost" in kinds(look(entry, **asked), "warning") and look(entry, **asked)["ok"]
        assert look(entry, **dict(asked, definer="current"))["ok"]
    finally:
        control.run("SET GLOBAL log_bin_trust_function_creators = OFF")
        control.run("DROP USER {0}@localhost".format(ACCOUNT))


def test_the_error_of_the_guides_procedure_is_predicted(entry, control, tmp_path):
    own = str(GtidSet.parse(control.value("SELECT @@GLOBAL.gtid_executed")))
    if not own:
        databases.run(entry, b"CREATE DATABASE preflight_own; DROP DATABASE preflight_own")
        own = str(GtidSet.parse(control.value("SELECT @@GLOBAL.gtid_executed")))
    told = look(entry, src=databases.write(tmp_path, dump(entry["version"], gtid=own)), databases=[TARGET])
    gtid = told["facts"]["gtid"]
    with pytest.raises(ServerError) as refused:
        control.run("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{0}'".format(own))
    assert str(refused.value.code) == gtid["guide"] == ("3546" if entry["name"] == "9.7" else "1840")
    assert GtidSet.parse(gtid["dump"]) == GtidSet.parse(own) and gtid["dump_is_sure"] and gtid["mode"] == "ON"
    # The history contains the set already: every choice but fail works.
    assert {choice: told["works"] for choice, told in gtid["choices"].items()} == {"strip": True, "apply": True, "reset": True, "enable": True, "fail": False}
    other = look(entry, src=databases.write(tmp_path, dump(entry["version"], gtid=A + ":1-5")), databases=[TARGET])["facts"]["gtid"]
    assert other["choices"]["apply"]["works"] == (entry["name"] == "9.7")
    assert ("1840" in other["choices"]["apply"]["effect"]) == (entry["name"] != "9.7")


def test_check_mode_of_an_import_reports_the_same(entry, control, tmp_path):
    """The preflight and the import report the same about files."""
    name = entry["name"]
    body = "".join(unfit(name, kind) for kind in ("engine", "charset", "sql_mode"))
    paths = databases.write(tmp_path, dump(entry["version"], body))
    told = kinds(look(entry, src=paths, databases={"shop": TARGET}))
    with pytest.raises(Failure) as caught:
        load(databases.request(entry, TARGET, paths, check_only=True))
    assert set(told) == {"engine", "charset", "sql_mode"}
    assert sorted(caught.value.facts["problems"]) == sorted("{0}: {1}".format(finding["what"], finding["cure"]) for finding in told.values())
    assert control.rows("SHOW DATABASES LIKE 'preflight\\_target'") == []


@pytest.mark.parametrize("entry", ["9.7"], indirect=True)
def test_an_import_into_an_existing_database_reports_the_same(entry, control, tmp_path):
    databases.drop(entry, SOURCE)
    databases.run(entry, "CREATE DATABASE {0}; CREATE TABLE {0}.t (a INT PRIMARY KEY); CREATE DATABASE {1}".format(TARGET, SOURCE).encode())
    control.run("CREATE TABLE {1}.x (a INT, FOREIGN KEY (a) REFERENCES {0}.t(a))".format(TARGET, SOURCE))
    paths = databases.write(tmp_path, dump(entry["version"]))
    for choice, kind in (("merge", "collide"), ("replace", "referred"), ("fail", "not_empty")):
        found = kinds(look(entry, src=paths, databases=[TARGET], on_existing=choice))
        with pytest.raises(Failure) as caught:
            load(databases.request(entry, TARGET, paths, on_existing=choice))
        assert set(found) == {kind} and found[kind]["what"].lower() in str(caught.value).lower()
    databases.drop(entry, SOURCE)


def test_a_backup_at_a_url_is_checked_without_a_download(entry, control, tmp_path):
    rows = ",".join("({0},'{1:0400x}')".format(number, random.Random(number).getrandbits(1600)) for number in range(2000))
    table = "CREATE TABLE `t` (`a` int NOT NULL, `b` text, PRIMARY KEY (`a`)) ENGINE=InnoDB;\n"
    # Only the first bytes of a gzip file are read; this set is before the rows.
    shop = (dump(entry["version"], table), dump(entry["version"], "INSERT INTO `t` VALUES {0};\n".format(rows), gtid=A + ":1-5"))
    other = dump(entry["version"], "CREATE TABLE `o` (`a` int) ENGINE=TokuDB;\n")
    path = backups.make(tmp_path, {"shop": shop, "other": (other, dump(entry["version"], ""))})
    (tmp_path / "root").mkdir()
    os.rename(str(path), str(tmp_path / "root" / "backup.tar"))
    path = tmp_path / "root" / "backup.tar"
    size = path.stat().st_size
    load(databases.request(entry, TARGET, [], files=inspect_archive(str(path), {"shop": TARGET}).databases[0].files))
    with FaultyServer(tmp_path / "root") as server:
        url = server.sign("backup.tar", 3600)
        asked = {"url": url, "databases": {"shop": TARGET}, "paths": {"download": str(tmp_path / "new.tar"), "files": str(tmp_path / "files")}}
        # A restored database is recognised from the ledger and 128 KiB of each file.
        again = look(entry, **asked)
        assert again["ok"] and "restored" in kinds(again, "ok") and not again["facts"]["space"]
        databases.drop(entry, TARGET)
        told = look(entry, **asked)
        assert told["ok"], kinds(told)
        facts = told["facts"]
        assert facts["gtid"]["dump"] == A + ":1-5" and facts["backup"]["present"] == ["other", "shop"]
        assert facts["backup"]["bytes_downloaded"] < size / 3 and facts["backup"]["databases"][0]["read"] == "ends"
        assert facts["space"][0]["bytes_needed"] > facts["backup"]["size"]
        assert server.secret not in json.dumps(told) and "Signature" not in json.dumps(told) and not os.path.exists(str(tmp_path / "new.tar"))
        # Small schema files are read whole, so the engine of the other database's table is known.
        both = look(entry, **{**asked, "databases": {"shop": TARGET, "other": TARGET + "_o"}})
        assert set(kinds(both)) == {"engine"} and kinds(both)["engine"]["where"] == "database {0}_o".format(TARGET)
        control.run("SET sql_log_bin = 0")
        control.run("CREATE DATABASE " + TARGET)
        control.run("CREATE TABLE {0}.mine (a INT)".format(TARGET))
        assert set(kinds(look(entry, **asked))) == {"not_empty"}
        assert "replaced" in kinds(look(entry, **dict(asked, on_existing="replace")), "warning")
        assert look(entry, **dict(asked, on_existing="merge"))["ok"]
        server.clock += 7200
        expired = kinds(look(entry, **asked))
        assert {"failure", "not_empty"} == set(expired) and "expired" in expired["failure"]["what"], "the checks of the server go on"


@pytest.mark.parametrize("entry", ["9.7"], indirect=True)
def test_without_a_server_and_without_room(entry, control, tmp_path):
    """Without a server, the backup and the disks are still checked, and a disk that is too small is reported."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        huge = tmp_path / "huge.sql"
        huge.write_bytes(dump(entry["version"]))
        os.truncate(str(huge), 1 << 42)
        told = look(None, login_host="127.0.0.1", login_port=closed.getsockname()[1], src=[str(huge)], databases=[TARGET], paths={"datadir": str(tmp_path)})
    assert {finding["check"] for finding in kinds(told).values()} == {"server", "space"}
    assert kinds(told)["space"]["where"] == str(tmp_path) and told["facts"]["server"] is None
    physical = tmp_path / "physical.xb"
    physical.write_bytes(b"XBSTCK01" + bytes(1000))
    broken = look(entry, archive=str(physical), databases=["mysql"])
    assert {finding["check"] for finding in kinds(broken).values()} == {"backup", "existing"} and "physical" in str(kinds(broken))

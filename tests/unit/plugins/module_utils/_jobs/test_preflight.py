# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of a backup and of disks without a server, and what facts about a server mean; tests/servers/test_restore_preflight.py has servers."""

import socket
from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _preflight
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import inspect_archive
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._preflight import (
    _PASSED,
    InspectedServer,
    _existing_names,
    _local_datadir,
    _planned_names,
    _replication,
    _version,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.all_checks import CHECKS
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import Inventory
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.gtid_state import GtidState
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support import backups, preflights
from ansible_collections.apsaradb.mysql.tests.support.plans import TABLE, TRIGGER, plan, whole
from ansible_collections.apsaradb.mysql.tests.support.subjects import kinds, server

# No server listens there: the checks of the backup and the disks run nevertheless.
NO_SERVER: Dict[str, Any] = {"login_unix_socket": "/nonexistent/mysql.sock", "login_user": "root"}


def look(**given):
    return preflights.look(None, **dict(NO_SERVER, **given))


@pytest.fixture(name="archive")
def fixture_archive(tmp_path):
    return str(backups.make(tmp_path, {name: (backups.SCHEMA_SQL, backups.DATA_SQL) for name in ("shop", "crm", "mysql")}))


def test_the_backup_is_checked_when_the_server_does_not_answer(archive):
    found = look(archive=archive, databases=["shop"])
    assert set(preflights.kinds(found)) == {"failure"} and found["facts"]["server"] is None and not found["ok"]
    assert [(database["name"], database["read"]) for database in found["facts"]["backup"]["databases"]] == [("shop", "whole")]


def test_a_backup_that_cannot_be_read_is_one_finding(tmp_path):
    (tmp_path / "page.tar").write_bytes(b"<html>log in</html>" * 100)
    found = look(archive=str(tmp_path / "page.tar"), databases=["shop"])
    assert [finding["check"] for finding in found["findings"] if finding["level"] == "error"] == ["backup", "server"]


def test_a_system_schema_is_not_a_target(archive):
    assert "system" in preflights.kinds(look(archive=archive, databases={"shop": "mysql"}))


def test_errors_fail_and_are_numbered(archive):
    with pytest.raises(Failure, match=r"would fail for 2 reasons: \(1\) .*; \(2\) .*Nothing was changed") as caught:
        look(archive=archive, databases={"shop": "mysql"}, fail=True)
    assert caught.value.facts["ok"] is False and len(caught.value.facts["findings"]) > 2


def test_space_is_checked_for_files_that_do_not_exist_yet(archive, tmp_path):
    paths = {"files": str(tmp_path / "files"), "datadir": str(tmp_path)}
    (space,) = look(archive=archive, databases=["shop"], paths=paths)["facts"]["space"]
    (larger,) = look(archive=archive, databases=["shop", "crm"], paths=paths)["facts"]["space"]
    assert space["paths"] == [paths["files"], paths["datadir"]] and 0 < space["bytes_needed"] < larger["bytes_needed"]
    shop = look(archive=archive, databases=["shop"], paths={"files": paths["files"]})["facts"]["space"][0]["bytes_needed"]
    (tmp_path / "files" / "shop").mkdir(parents=True)
    size = dict(inspect_archive(archive, {"shop": "shop"}).databases[0].extracted)["shop/data.sql.gz"]
    (tmp_path / "files" / "shop" / "data.sql.gz").write_bytes(bytes(size))
    assert look(archive=archive, databases=["shop"], paths={"files": paths["files"]})["facts"]["space"][0]["bytes_needed"] == shop - size


def test_tables_may_differ_by_database(archive):
    assert "statements" not in preflights.kinds(look(archive=archive, tables={"shop": "t*", "crm": ["t"]}))


@pytest.mark.parametrize("local", [False, True])
def test_a_misspelled_limit_is_found_in_a_whole_backup(archive, local, monkeypatch):
    # A file on the host may be a part of the backup.
    monkeypatch.setattr(_preflight, "inspect_archive", lambda path, targets: inspect_archive(path, targets)._replace(local=local))
    found = [finding for finding in look(archive=archive, tables={"shpo": ["t"]})["findings"] if "tables limits the database shpo" in finding["what"]]
    assert [finding["level"] for finding in found] == ([] if local else ["error"])


def test_invalid_options_fail_before_anything_is_read():
    with pytest.raises(Failure, match="definer has the invalid value nobody"):
        look(archive="/nonexistent.tar", definer="nobody")
    with pytest.raises(Failure, match="same target twice"):
        look(archive="/nonexistent.tar", databases={"a": "x", "b": "x"})


def test_every_check_has_a_sentence_for_when_it_passes():
    assert {name for name, _check in CHECKS} | {"existing", "version"} == set(_PASSED)


def test_a_passed_check_of_the_content_claims_nothing_about_what_was_not_read():
    """Of a large file only the first part is read."""
    others = {"privileges", "read_only", "gtid", "local_infile", "existing", "version"}
    assert [name for name, text in _PASSED.items() if not (" read" in text or " tried" in text)] == [name for name in _PASSED if name in others]


def version(origin, here="8.0.36", **params):
    given = Version.parse(origin) if origin is not None else None
    return _version(given, server(here), dict({"engine_version": None, "allow_version_change": False}, **params))


@pytest.mark.parametrize(
    "origin, params, kind",
    [
        ("8.0.40", {}, ""),
        ("8.0.40", {"engine_version": "5.7"}, ""),
        ("5.7.29", {}, "version"),
        ("5.7.29", {"allow_version_change": True}, "version_changed"),
        ("10.11.6-MariaDB", {}, "version"),
        (None, {"engine_version": "8.0"}, ""),
        (None, {"engine_version": "5.7"}, "version"),
        (None, {}, "version_unknown"),
        ("", {}, "version_unknown"),
    ],
)
def test_series_of_the_backup_and_of_the_server(origin, params, kind):
    assert kinds(version(origin, **params)) == [kind]


def test_a_version_of_today_is_named_as_such():
    assert version(None, engine_version="5.7")[0].what.startswith("the backup was made on MySQL 5.7 (as RDS reports for its instance)")


@pytest.mark.parametrize("lacking, is_replica, kind", [(("REPLICATION CLIENT",), True, "replication_unknown"), ((), True, "is_replica"), ((), False, "")])
def test_replication(lacking, is_replica, kind):
    state = GtidState("ON", "", "", ("replica 1",), is_replica=is_replica, missing_privileges=lacking)
    assert kinds(_replication(InspectedServer(None, server(), state))) == [kind]


@pytest.mark.parametrize(
    "given, here",
    [
        ({"login_unix_socket": "/s"}, True),
        ({"login_host": "127.0.0.1"}, True),
        ({"login_host": "127.0.0.1", "hostname": "another"}, False),
        ({"login_host": "db.example"}, False),
        ({"login_unix_socket": "/s", "datadir": "/nonexistent"}, False),
        ({"login_unix_socket": "/s", "datadir": ""}, False),
    ],
)
def test_the_data_directory_of_a_server_on_this_host(tmp_path, given, here):
    variables = {"hostname": given.get("hostname", socket.gethostname()), "datadir": given.get("datadir", str(tmp_path))}
    inspected = InspectedServer(None, server(variables=variables), None)
    params = {"login_unix_socket": given.get("login_unix_socket"), "login_host": given.get("login_host", "localhost")}
    assert (_local_datadir(inspected, params) == str(tmp_path)) is here


def test_names_for_the_diff():
    made = plan(whole(TABLE + TRIGGER + b"CREATE VIEW `V` AS SELECT a FROM t;\n"))
    assert _planned_names("shop", made) == ["shop.table t\n", "shop.view v\n", "shop.trigger g\n"]
    assert _existing_names("shop", Inventory(exists=False, tables=(), objects=())) == []

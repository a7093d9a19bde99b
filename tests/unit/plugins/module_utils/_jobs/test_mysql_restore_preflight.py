# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of mysql_restore_preflight that need no server."""

from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import inspect_archive
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._preflight import _PASSED
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.all_checks import CHECKS
from ansible_collections.apsaradb.mysql.tests.support import backups, preflights
from ansible_collections.apsaradb.mysql.tests.support.binlogs import series
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

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


def test_invalid_options_fail_before_anything_is_read():
    with pytest.raises(Failure, match="definer is nobody"):
        look(archive="/nonexistent.tar", definer="nobody")
    with pytest.raises(Failure, match="same target twice"):
        look(archive="/nonexistent.tar", databases={"a": "x", "b": "x"})


def test_every_check_has_a_sentence_for_when_it_passes():
    assert {name for name, _check in CHECKS} | {"existing", "version"} == set(_PASSED)


def test_binlogs_reach_the_moment_or_are_refused(tmp_path):
    """Without a server: the plan of the roll-forward, made from the GTID set that the dumps begin with."""
    for number, data in enumerate(series(A, [5, 5]), 1):
        (tmp_path / "mysql-bin.{0:06d}".format(number)).write_bytes(data)

    def found(gtid, **given):
        dump = preflights.dump("8.0.36", gtid=gtid)
        path = str(backups.make(tmp_path, {"shop": (dump, dump), "crm": (dump,)}, layout="flat"))
        return [one for one in look(archive=path, binlogs=str(tmp_path), **given)["findings"] if one["check"] == "binlogs"]

    (good,) = found(A + ":1-3", until="2026-01-01 00:00:07")
    assert good["level"] == "ok" and A + ":7, committed 2026-01-01 00:00:07" in good["what"]
    (late,) = found(A + ":1-3", until="2026-01-02 00:00:00")
    assert late["level"] == "error" and late["what"].startswith("The binlogs end at 2026-01-01 00:00:10 UTC") and "choose an earlier one" in late["cure"]
    (early,) = found(A + ":1-8", until="2026-01-01 00:00:07")
    assert early["level"] == "error" and "before the end of the backup" in early["what"]
    (other,) = found(A + ":1-30", until_gtid=A + ":1-9")
    assert other["level"] == "error" and "already contains" in other["what"]
    (unknown,) = found("", until="2026-01-01 00:00:07")
    assert unknown["level"] == "warning" and unknown["kind"] == "binlogs_unknown"
    whole = look(archive=str(backups.make(tmp_path, {"shop": (preflights.dump("8.0.36", gtid=A + ":1-3"),)}, layout="flat")))["facts"]["backup"]
    assert whole["gtid_set"] == A + ":1-3"

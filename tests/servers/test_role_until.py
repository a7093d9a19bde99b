# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role restores to any point in time: a server under load, its logical backup, an accident, and the second before it. One play on 9.7, by night on 5.7."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

import jinja2
import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import written
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import checksum
from ansible_collections.apsaradb.mysql.tests.servers.test_role_restore import run
from ansible_collections.apsaradb.mysql.tests.servers.test_roll_forward import LATER, Origin, Target, reset, rows_of
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, faulty_oss, fixtures, servers, ssh_host
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, OpenApi, logged
from ansible_collections.apsaradb.mysql.tests.support.servers import get_software

REPORT = Path(__file__).resolve().parents[2] / "playbooks" / "templates" / "report.txt.j2"
INSTANCE, NODE, BACKUP = "rm-until", "5882781", "custins1/hins5882781_data_20260101033000.tar"
NAMES = {"shop": "until_shop", "other": "until_other"}


class Accident:
    """What happened on the source: load, backup, changes with definitions, and two accidents, each with the time before it and the rows at that time."""

    def __init__(self, folder, name):
        self.origin = origin = Origin(folder, name)
        self.began = time.time()
        origin.make()
        with origin.under_load():
            time.sleep(0.2)
            self.backed_up = time.time()
            self.dumps = {database: self.dump(database) for database in NAMES}
            origin.run(*[each for each in LATER if origin.modern or each != "FLUSH BINARY LOGS"])
        self.moments, self.copies, self.reached = [], [], []
        for accident in ("DELETE FROM shop.items", "DROP TABLE shop.items, shop.orders"):
            self.moments.append(origin.now())
            self.copies.append({database: rows_of(origin.connection, database) for database in NAMES})
            self.reached.append(origin.executed())
            origin.run(accident)
            time.sleep(1.1)
        self.binlogs = origin.keep_binlogs()

    def dump(self, database):
        """One file of each database on 9.7, schema and data on 5.7."""
        if self.origin.modern:
            parts = [["--set-gtid-purged=ON", "--routines", "--triggers"]]
        else:
            parts = [["--no-data", "--routines", "--skip-triggers"], ["--no-create-info", "--triggers"]]
        texts = []
        for options in parts:
            text = b"" if self.origin.modern else "SET @@GLOBAL.GTID_PURGED='{0}';\n".format(self.origin.executed()).encode()
            argv = self.origin.server["mysqldump"] + ["--single-transaction"] + options + [database]
            texts.append(text + subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)
        return tuple(texts)


@pytest.fixture
def folder():
    path = os.path.realpath(tempfile.mkdtemp(prefix="until-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def rows_on(target):
    with closing(target.connection()) as connection:
        return {source: rows_of(connection, name) for source, name in NAMES.items()}


def remove(target):
    with closing(target.connection()) as connection:
        for name in NAMES.values():
            connection.run("DROP DATABASE IF EXISTS {0}".format(name))


def upload(root, accident):
    """The binlogs that RDS has uploaded: all but the one that is written."""
    items = []
    names = sorted(name for name in os.listdir(accident.binlogs) if name[-6:].isdigit())
    os.makedirs(os.path.join(root, NODE))
    begins = []
    for name in names:
        with open(os.path.join(accident.binlogs, name), "rb") as stream:
            begins.append(int.from_bytes(stream.read(8)[4:], "little"))
    for name, begin, end in zip(names, begins, begins[1:], strict=False):
        path = os.path.join(root, NODE, name)
        shutil.copy(os.path.join(accident.binlogs, name), path)
        items.append(logged(NODE, name, begin, end, FileSize=os.path.getsize(path), Checksum=str(checksum.crc64_of_file(path))))
    return items


@pytest.fixture
def instance(monkeypatch):
    with OpenApi({INSTANCE: Instance(databases=list(NAMES))}) as api:
        for name, value in (("KEY_ID", api.key_id), ("KEY_SECRET", api.secret)):
            monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_" + name, value)
        yield api


@pytest.fixture
def host(request, folder, tmp_path):
    """None, or a host that is reached by SSH, with an account for it. It cannot see the downloads of the control node."""
    if request.param == "local":
        yield None
        return
    entry, root = fixtures.server("9.7"), str(tmp_path / "host")
    with closing(databases.connection(entry)) as connection:
        connection.run("CREATE USER remote@'%' IDENTIFIED BY 'x'")
        connection.run("GRANT ALL ON *.* TO remote@'%' WITH GRANT OPTION")
        try:
            yield ssh_host.start(root, entry["cache"], [entry["cache"]], [entry["cache"]])
        finally:
            ssh_host.stop(root)
            connection.run("DROP USER remote@'%'")


@pytest.mark.parametrize("host", ["local", pytest.param("ssh", marks=pytest.mark.by_night)], indirect=True)
def test_a_time_with_the_binlogs_of_the_instance(folder, instance, tmp_path, host):
    """A time that no binlog reaches is refused before anything is downloaded; the second before the accident has exactly the rows of that second.

    Binlogs are copied to a host that cannot see them.

    A second run changes nothing, although the URL of the backup has expired; a later one, given as a transaction, continues; an earlier one is refused.
    """
    accident = Accident(folder, "9.7")
    target = Target(fixtures.server("9.7"), folder)
    remove(target)
    reset(target)
    found = {}
    try:
        with faulty_oss.FaultyServer(tmp_path / "oss") as server:
            archive = backups.make(tmp_path, accident.dumps, layout="flat")
            os.makedirs(os.path.dirname(str(tmp_path / "oss" / BACKUP)))
            archive.rename(tmp_path / "oss" / BACKUP)
            api = instance.instances[INSTANCE]
            begun = {"BackupStartTime": written(accident.backed_up), "BackupEndTime": written(accident.backed_up + 1)}
            api.backups = [dict(backup, **begun) for backup in Instance(backups=[{"databases": list(NAMES), "Name": BACKUP}]).backups]
            # A newer one, from after the accident, must not be chosen.
            api.backups += Instance(backups=[{"databases": list(NAMES), "age": -3600, "Name": "later.tar"}]).backups
            api.binlogs = upload(str(tmp_path / "oss"), accident)

            def sign(name, _internal):
                expired = os.path.exists(str(tmp_path / "first.json"))
                if expired and "rows" not in found:
                    found.update(rows=rows_on(target))
                return server.sign(name, -5 if expired and name == BACKUP else 3600)

            instance.sign = sign
            common = {"restore_instance_id": INSTANCE, "restore_endpoint": instance.endpoint, "restore_region": "cn-hangzhou", "restore_databases": NAMES}
            common.update(restore_software_source="packages", restore_software_path=target.entry["cache"], restore_verify="full")
            common.update(restore_controller_workdir=str(tmp_path / "fetched"))
            first = dict(common, restore_until=accident.moments[0])
            results = run(
                target.entry,
                tmp_path,
                {
                    "unreachable": dict(common, restore_backup_id=api.backups[0]["BackupId"], restore_until="2099-01-01 00:00:00"),
                    "first": dict(first, restore_report_dir=str(tmp_path), restore_report_name="first"),
                    "again": first,
                    "later": dict(common, restore_backup_id=api.backups[0]["BackupId"], restore_until_gtid=accident.reached[1]),
                    "earlier": first,
                },
                host=host,
            )
            unreachable = results["unreachable"]["failed"]
            assert "cannot be reached" in unreachable and "the latest time that can be reached is " + str(api.binlogs[-1]["LogEndTime"]) in unreachable
            assert results["first"].get("changed"), results["first"]
            assert found["rows"] == accident.copies[0]
            assert results["first"]["rolled_forward"]["until"] == accident.moments[0] and results["first"]["bytes_downloaded"]
            assert [one["rolled_forward"]["complete"] for one in results["first"]["databases"]] == [True, True]
            again = results["again"]
            assert again.get("changed") is False and again["bytes_downloaded"] == 0, again
            assert again["rolled_forward"] == results["first"]["rolled_forward"]
            assert results["later"].get("changed") and rows_on(target) == accident.copies[1], results["later"]
            assert "cannot be rolled back" in results["earlier"]["failed"], results["earlier"]
            # One for each check and each download: the second run asks for no binlogs.
            assert len(instance.calls("DescribeBinlogFiles")) == 5
            if host is None:
                assert [name for name in os.listdir(str(tmp_path / "work1")) if name.endswith(".restoring")] == []
    finally:
        accident.origin.close()
        remove(target)


@pytest.mark.by_night
def test_a_time_with_binlogs_on_the_host(folder, tmp_path, monkeypatch):
    """On 5.7, with schema and data in two files. Check mode shows what would be applied before the backup is restored and after, and changes nothing."""
    accident = Accident(folder, "5.7")
    target = Target(fixtures.server("5.7"), folder)
    remove(target)
    reset(target)
    software = get_software("5.7", target.entry["cache"])
    programs = servers.install(software, str(tmp_path / "mysql"))
    monkeypatch.setenv("PATH", "{0}:{1}".format(programs, os.environ["PATH"]))
    archive = backups.make(tmp_path, accident.dumps)
    given = {"restore_archive": str(archive), "restore_databases": NAMES, "restore_binlogs": accident.binlogs, "restore_software_source": "system"}
    try:
        results = run(
            target.entry,
            tmp_path,
            {
                "checked": dict(given, restore_until=accident.moments[0]),
                "first": dict(given, restore_until=accident.moments[0]),
                "checked later": dict(given, restore_until=accident.moments[1]),
                "again": dict(given, restore_until=accident.moments[0]),
            },
            check=("checked", "checked later"),
        )
        plan, rest = [results[name]["roll_forward_plan"] for name in ("checked", "checked later")]
        assert plan["window"]["stop"]["next"]["tables"] == ["shop.items"] and len(plan["largest"]) == 10, plan
        assert "RENAME TABLE made TO renamed" in [each["statement"] for each in plan["ddl"]] and plan == results["first"]["roll_forward_plan"]
        assert "DROP TABLE" in rest["window"]["stop"]["next"]["statements"][0] and results["checked later"]["changed"], rest
        assert [each["changed"] for each in results["first"]["databases"]] == [True, True]
        template = jinja2.Environment(trim_blocks=True).from_string(REPORT.read_text(encoding="utf-8"))
        text = template.render(restore_report=results["checked"], ansible_check_mode=True)
        assert " shop.items\n" in text and text.count("  large: ") == 10 and "RENAME TABLE made TO renamed (applied)" in text, text
        assert results["first"].get("changed"), results["first"]
        assert rows_on(target) == accident.copies[0]
        assert results["again"].get("changed") is False, results["again"]
    finally:
        accident.origin.close()
        remove(target)

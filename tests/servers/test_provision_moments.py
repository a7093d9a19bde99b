# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook provision makes the data of other points in time from a snapshot of the backup: a server under load, its logical backup and its binary logs."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import written
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, state_file
from ansible_collections.apsaradb.mysql.tests.servers.test_role_until import Accident, upload
from ansible_collections.apsaradb.mysql.tests.servers.test_roll_forward import rows_of
from ansible_collections.apsaradb.mysql.tests.servers.test_snapshots import sums
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, faulty_oss, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, OpenApi

INSTANCE, NAMES, BACKUP = "rm-moments", ["other", "shop"], "custins1/hins5882781_data.tar"


@pytest.fixture(name="folder")
def fixture_folder():
    path = os.path.realpath(tempfile.mkdtemp(prefix="moments-"))
    yield path
    if os.environ.get("KEEP"):
        return
    for state in glob.glob(os.path.join(path, "**", state_file.NAME), recursive=True):
        lifecycle.remove(os.path.dirname(state))
    shutil.rmtree(path, ignore_errors=True)


class Provisioning:
    """Runs of the playbook with one store. ``output`` is that of the last one."""

    def __init__(self, folder, **env):
        self.folder = folder
        self.cache = os.path.join(folder, "cache")
        self.env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy") and not key.endswith("_CA_BUNDLE")}
        self.env.update(dict(ANSIBLE_COLLECTIONS_PATH=ROOT, ANSIBLE_HOME=os.path.join(folder, "home"), ANSIBLE_NOCOLOR="1", PWD=folder, **env))
        self.env["APSARADB_MYSQL_CACHE"] = self.cache
        self.output = ""

    def run(self, name, **given):
        """Provide the server ``name``; everything that it holds."""
        given.update(ansible_python_interpreter=sys.executable, provision_path=os.path.join(self.folder, name), provision_source="packages")
        given.update(provision_software_path=fixtures.server("9.7")["cache"], restore_databases=NAMES, restore_preflight=False)
        argv = [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "-i", "localhost,", "-c", "local", "apsaradb.mysql.provision"]
        argv += ["-e", json.dumps(given)]
        done = subprocess.run(argv, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
        self.output = done.stdout
        assert done.returncode == 0, done.stdout[-5000:]
        with closing(databases.connection({"socket": lifecycle.inspect(os.path.join(self.folder, name)).socket, "user": "root"})) as connection:
            found = {database: rows_of(connection, database) for database in NAMES}
            connection.run("CREATE TABLE shop.made_here (id INT)")
            return found

    def loaded(self):
        """Whether the last run has imported or fetched the backup."""
        tasks = re.findall(r"(?m)^TASK \[(?:apsaradb.mysql.restore : )?(Import the|Fetch [^\]]*)[^\n]*\n((?:(?!TASK).*\n)*)", self.output)
        return {name for name, output in tasks if "skipping" not in output}

    def snapshots(self):
        return set(os.listdir(os.path.join(self.cache, "snapshots")))


@pytest.mark.by_night
@pytest.mark.parametrize("by", ["url", "instance"])
def test_other_points_in_time_are_made_from_the_snapshot(folder, tmp_path, by):
    """The rows are those of each point in time; the backup, whose URL is dead, is neither fetched nor imported again; the first snapshot does not change.

    With the binary logs of an instance, a later point in time is made from an earlier one, and a SQL file runs after that.
    """
    accident = Accident(folder, "9.7")
    try:
        with faulty_oss.FaultyServer(tmp_path / "oss") as server, OpenApi({INSTANCE: Instance(databases=NAMES)}) as api:
            api.sign = lambda name, _internal: server.sign(name, 3600)
            (tmp_path / "oss" / BACKUP).parent.mkdir(parents=True)
            backups.make(tmp_path, accident.dumps, layout="flat").rename(tmp_path / "oss" / BACKUP)
            begun = {"BackupStartTime": written(accident.backed_up), "BackupEndTime": written(accident.backed_up + 1)}
            api.instances[INSTANCE].backups = [dict(Instance(backups=[{"databases": NAMES, "Name": BACKUP}]).backups[0], **begun)]
            api.instances[INSTANCE].binlogs = upload(str(tmp_path / "oss"), accident)
            keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": api.key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": api.secret, "ALIBABA_CLOUD_REGION": "cn-hangzhou"}
            env = {"url": {"URL": server.sign(BACKUP, 3600)}, "instance": dict(keys, RDS_INSTANCE_ID=INSTANCE, URL="")}[by]
            provision = Provisioning(folder, **env)
            given = {"url": {}, "instance": {"provision_endpoint": api.endpoint}}[by]
            provision.run("server", **given)
            (first,) = provision.snapshots()
            assert provision.loaded() == {"Fetch the backup", "Import the"}
            before = sums(os.path.join(provision.cache, "snapshots", first))

            (tmp_path / "oss" / BACKUP).unlink()
            given.update({"url": {"restore_binlogs": accident.binlogs}, "instance": {}}[by])
            rows = provision.run("second", restore_until=accident.moments[0], **given)
            assert rows == accident.copies[0] and provision.loaded() <= {"Fetch the binlogs needed to reach the point in time"}, provision.output[-5000:]
            (second,) = provision.snapshots() - {first}
            assert ", made from " + first in provision.output and "Until:     " + accident.moments[0] in provision.output

            assert sums(os.path.join(provision.cache, "snapshots", first)) == before and os.listdir(os.path.join(provision.cache, "loading")) == []
            if by == "url":
                return

            with open(os.path.join(folder, "after.sql"), "w", encoding="utf-8") as stream:
                stream.write("CREATE TABLE ran (id INT);\n")
            rows = provision.run("third", restore_until=accident.moments[1], restore_after_sql=["after.sql"], **given)
            assert all(database[0].pop("ran") for database in rows.values()) and rows == accident.copies[1]
            assert ", made from " + second in provision.output and len(provision.snapshots()) == 3, provision.output[-5000:]
    finally:
        accident.origin.close()

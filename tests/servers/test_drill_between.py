# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill compares two backups through the binary logs between them: a server under load, two real backups, and the playbook."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import written
from ansible_collections.apsaradb.mysql.tests.servers.test_role_until import upload
from ansible_collections.apsaradb.mysql.tests.servers.test_roll_forward import LATER, Origin
from ansible_collections.apsaradb.mysql.tests.support import backups, faulty_oss, fixtures, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, OpenApi
from ansible_collections.apsaradb.mysql.tests.support.servers import get_software

INSTANCE, NAMES = "rm-between", ["shop", "other"]
SET = re.compile(rb"(?s)SET @@GLOBAL\.GTID_PURGED=.*?;\n")


class Pair:
    """Two backups of a server under load, and its binary logs. The newer one has a gap: its GTID set names a transaction whose row it lacks."""

    def __init__(self, folder, name="9.7"):
        self.origin = origin = Origin(folder, name)
        origin.make()
        with origin.under_load():
            self.older = self.back_up()
            origin.run(*[each for each in LATER if origin.modern or each != "FLUSH BINARY LOGS"])
        time.sleep(1.1)
        self.newer = self.back_up("INSERT INTO shop.renamed VALUES (77)")
        origin.run("FLUSH BINARY LOGS", "INSERT INTO shop.orders (note) VALUES ('after the second backup')")
        self.compared = origin.executed()
        time.sleep(3.1)
        origin.run("INSERT INTO shop.orders (note) VALUES ('later')")
        self.binlogs = origin.keep_binlogs()

    def back_up(self, missing=None):
        """The times of a backup, and its dumps."""
        began, dumps = time.time(), {}
        for name in NAMES:
            argv = [*self.origin.server["mysqldump"], "--single-transaction", "--routines", "--triggers", name]
            argv += ["--set-gtid-purged=ON"] if self.origin.modern else []
            # mariadb-dump writes no GTID set.
            text = b"" if self.origin.modern else self.set_of_now()
            text += subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout
            if missing and name == "shop":
                self.origin.run(missing)
                text = SET.sub(self.set_of_now(), text)
            dumps[name] = (text,)
        return began, time.time(), dumps

    def set_of_now(self):
        return "SET @@GLOBAL.GTID_PURGED='{0}';\n".format(self.origin.executed()).encode()


@pytest.fixture(name="folder")
def fixture_folder():
    path = os.path.realpath(tempfile.mkdtemp(prefix="between-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def drill(folder, name, environment, **more):
    """Run the playbook. Returns its exit code, its output, and the report."""
    env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy") and key not in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    env.update(ANSIBLE_COLLECTIONS_PATH=ROOT, ANSIBLE_HOME=os.path.join(folder, "home"), ANSIBLE_NOCOLOR="1", PWD=folder)
    env.update(dict({"RDS_INSTANCE_ID": "", "URL": ""}, **environment))
    given = {"ansible_python_interpreter": sys.executable, "drill_between": True, "drill_report_name": name, "restore_databases": NAMES}
    given.update(drill_source="packages", drill_cache=os.path.join(folder, "cache"))
    # It costs a quarter of the time.
    given.update(restore_preflight=False)
    argv = [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "-i", "localhost,", "-c", "local", "apsaradb.mysql.drill"]
    argv += ["-e", json.dumps(dict(given, **more))]
    done = subprocess.run(argv, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
    with open(os.path.join(folder, "drill-report", name + ".json"), encoding="utf-8") as stream:
        return done.returncode, done.stdout, json.load(stream)


def of_instance(api):
    """The environment of a drill of the instance."""
    return {
        "RDS_INSTANCE_ID": INSTANCE,
        "ALIBABA_CLOUD_REGION": "cn-hangzhou",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": api.key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": api.secret,
    }


@pytest.mark.by_night
@pytest.mark.parametrize("newer", ["changed", "same"])
def test_two_backups_and_the_binlogs_between_them(folder, tmp_path, newer):
    """They agree, although the newer backup lacks a row that its GTID set names.

    With one changed row in the newer backup, the drill names its table. Without later binlogs, it reports what is not proven.
    """
    pair = Pair(folder)
    try:
        with faulty_oss.FaultyServer(tmp_path / "oss") as server, OpenApi({INSTANCE: Instance(databases=NAMES)}) as api:
            api.sign = lambda name, _internal: server.sign(name, 3600)
            (tmp_path / "oss" / "custins1").mkdir(parents=True)
            instance = api.instances[INSTANCE]
            instance.binlogs = upload(str(tmp_path / "oss"), pair)
            if newer == "changed":
                changed = dict(pair.newer[2], shop=(pair.newer[2]["shop"][0].replace(b"after the dump", b"after the DUMP"),))
                assert changed != pair.newer[2]
                pair.newer = (*pair.newer[:2], changed)
                del instance.binlogs[-1]
            made = []
            # Of the newer backup, the drill compares what the tables hold a minute later. Here it is two seconds later.
            for name, (began, over, dumps) in {"older": pair.older, "newer": (pair.newer[0], pair.newer[1] - 58, pair.newer[2])}.items():
                where = "custins1/{0}.tar".format(name)
                backups.make(tmp_path, dumps, layout="flat").rename(tmp_path / "oss" / where)
                times = {"BackupStartTime": written(began), "BackupEndTime": written(over)}
                made.append(dict(Instance(backups=[{"databases": NAMES, "Name": where}]).backups[0], **times))
            instance.backups = made
            code, output, report = drill(folder, newer, of_instance(api), drill_endpoint=api.endpoint, drill_software_path=fixtures.server("9.7")["cache"])
            between = report["backup"].get("between")
            assert between and between.get("earlier"), report["problems"]
            assert between["earlier"]["id"] == made[0]["BackupId"] and between["rows_mended"]["tables"]["shop.renamed"] == 1, output[-5000:]
            if newer == "changed":
                assert (code, report["verdict"], between["differences"]) == (2, "bad", ["shop.orders"]), output[-5000:]
                assert [database["problems"] for database in report["databases"]] == [[], []] and "differ in shop.orders" in report["problems"][0]
                assert "it is not proven that" in between["text"]
            else:
                assert (code, report["verdict"]) == (0, "good") and between["differences"] == between["problems"] == [], output[-5000:]
                assert between["databases_not_compared"] == [] and "tables are identical" in between["text"] and "not proven" not in between["text"]
                assert between["reached"]["gtid"].rpartition(":")[2] == pair.compared.rpartition("-")[2]
            assert os.listdir(os.path.join(folder, "cache", "drill")) == []
    finally:
        pair.origin.close()


@pytest.mark.by_night
def test_files_of_this_machine_on_57(folder, tmp_path):
    """Without an instance: two archives and a directory with the binary logs, which are followed to their end. All servers are of MySQL 5.7.

    A database that only the newer backup has is named.
    """
    pair = Pair(folder, "5.7")
    try:
        paths = {}
        pair.newer = (*pair.newer[:2], dict(pair.newer[2], extra=pair.newer[2]["other"]))
        for name, (_began, _over, dumps) in {"older": pair.older, "newer": pair.newer}.items():
            paths[name] = os.path.join(folder, name + ".tar")
            backups.make(tmp_path, dumps, layout="flat").rename(paths[name])
        programs = servers.install(get_software("5.7", fixtures.server("5.7")["cache"]), os.path.join(folder, "mysql"))
        environment = {"URL": paths["newer"], "PATH": programs + os.pathsep + os.environ["PATH"]}
        files = {"drill_backup_before": "older.tar", "drill_binlogs": pair.binlogs, "restore_databases": []}
        code, output, report = drill(folder, "files", environment, drill_source="system", drill_version="5.7", **files)
        between = report["backup"].get("between")
        assert between and (code, report["verdict"]) == (0, "good") and between["differences"] == between["problems"] == [], output[-5000:]
        assert between["earlier"] == {"id": "older.tar", "made": None} and between["rows_mended"]["tables"]["shop.renamed"] == 1
        assert "tables are identical" in between["text"] and "not proven" not in between["text"]
        assert between["databases_not_compared"] == ["extra"] and "only one of the backups has them: extra." in between["text"]
        assert between["reached"]["gtid"].rpartition(":")[2] == pair.origin.executed().rpartition("-")[2]
        assert os.listdir(os.path.join(folder, "cache", "drill")) == []
    finally:
        pair.origin.close()

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the role restore that it hands to the modules: each has its effect. One play runs all of them, each in its own run of the role."""

import json
import os
import ssl
import subprocess
import sys
import threading

import pytest
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, faulty_oss, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT

# Everything in it needs an option: see STRIPPED. Both files lack the last line of a complete dump.
TDE = (
    b"""-- MySQL dump 10.13  Distrib 9.7.0, for Linux (x86_64)
-- Server version\t9.7.0
SET GLOBAL max_connect_errors = 4321;
CREATE TABLE `secret` (`a` int NOT NULL, PRIMARY KEY (`a`)) ENGINE=InnoDB ENCRYPTION='Y';
CREATE TABLE `fast` (`a` int NOT NULL, PRIMARY KEY (`a`)) ENGINE=ROCKSDB;
CREATE TABLE `scratch_1` (`a` int NOT NULL, PRIMARY KEY (`a`)) ENGINE=InnoDB;
""",
    b"""-- MySQL dump 10.13
INSERT INTO `secret` VALUES (1),(2);
INSERT INTO `fast` VALUES (1),(2),(3);
""",
)
STRIPPED = {
    "restore_encryption": "strip",
    "restore_engines": {"ROCKSDB": "InnoDB"},
    "restore_exclude_tables": ["scratch*"],
    "restore_require_complete": False,
    "restore_allow": ["SET GLOBAL"],
    "restore_charset": "latin1",
    "restore_collation": "latin1_bin",
    "restore_durability": "relaxed",
}
SIMPLE = (
    b"-- MySQL dump 10.13\n-- Server version\t9.7.0\nCREATE TABLE `t` (`a` int NOT NULL, PRIMARY KEY (`a`)) ENGINE=InnoDB;\n-- Dump completed\n",
    b"-- MySQL dump 10.13\nINSERT INTO `t` VALUES (1),(2);\n-- Dump completed\n",
)
BARE = (
    b"-- MySQL dump 10.13\n-- Server version\t9.7.0\nCREATE VIEW `v` AS SELECT 1 AS `a`;\n-- Dump completed\n",
    b"-- MySQL dump 10.13\n-- Dump completed\n",
)
NAMES = ["roled_{0}".format(number) for number in range(6)]
SETTINGS = {"innodb_flush_log_at_trx_commit": 1, "general_log": 1, "log_output": "TABLE", "max_connect_errors": 100}


@pytest.fixture(scope="module")
def entry():
    entry = fixtures.server("9.7")
    control = databases.connection(entry)
    clear(control)
    before = {name: control.value("SELECT @@GLOBAL.{0}".format(name)) for name in SETTINGS}
    set_all(control, SETTINGS)
    control.run("CREATE DATABASE roled_0")
    control.run("CREATE TABLE roled_0.mine (a int)")
    control.run("TRUNCATE mysql.general_log")
    yield entry
    set_all(control, before)
    clear(control)
    control.close()


def set_all(control, settings):
    for name, value in settings.items():
        control.run("SET GLOBAL {0} = {1}".format(name, "'{0}'".format(value) if isinstance(value, str) else value))


def clear(control):
    for (name,) in control.rows("SHOW DATABASES LIKE 'roled%'") + control.rows("SHOW DATABASES LIKE 'apsaradb\\_mysql'"):
        control.run("DROP DATABASE `{0}`".format(name))


class Link:
    """An OSS server with TLS. ``peak`` is the largest number of parts that were sent at once."""

    def __init__(self, folder):
        self.certificate, key = folder / "certificate.pem", folder / "key.pem"
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout".split()
        subprocess.run(command + [str(key), "-out", str(self.certificate)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.server = faulty_oss.FaultyServer(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self.certificate), str(key))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.peak, self._now, self._lock = 0, 0, threading.Lock()
        large = {"where": lambda seen: seen.first is not None and seen.last - seen.first > 50000}
        self.server.inject(faulty_oss.stall(1000, **large), faulty_oss.Fault(self._counted, times=1000, **large))

    def _counted(self, handler, found, first, last):
        with self._lock:
            self._now += 1
            self.peak = max(self.peak, self._now)
        handler.sleep(0.05)
        faulty_oss.oss.Handler.give(handler, found, first, last)
        with self._lock:
            self._now -= 1


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    link = Link(tmp_path_factory.mktemp("oss"))
    with link.server:
        yield link


@pytest.fixture(scope="module")
def results(entry, link, tmp_path_factory):
    """What the role reported for each run, or the message of its failure in ``failed``."""
    folder = tmp_path_factory.mktemp("role")
    tde, several, remote, bare = folder / "tde", folder / "several", folder / "remote", folder / "bare"
    for path in tde, several, remote, bare:
        path.mkdir()
    local = {"restore_archive": str(backups.make(tde, {"roled_tde": TDE}))}
    content = {name: SIMPLE for name in NAMES}
    content["roled_leaves"] = (SIMPLE[0], SIMPLE[1].replace(b"INSERT", b"CREATE TABLE other.t (a int);\nINSERT"))
    content["roled_cut"] = (SIMPLE[0], SIMPLE[1][:-20])
    many = {"restore_archive": str(backups.make(several, content)), "restore_report_dir": str(folder), "restore_preflight": False}
    left = {"restore_archive": str(backups.make(bare, {"roled_0": SIMPLE, "roled_bare": BARE})), "restore_report_dir": str(folder)}
    (folder / "after.sql").write_text("CREATE TABLE made (a int);\n")
    left.update(restore_on_existing="skip", restore_verify="full", restore_after_sql=[str(folder / "after.sql")], restore_ledger="drop")
    noise = b"-- " + os.urandom(300000).hex().encode() + b"\n"
    path = backups.make(remote, {"roled_url": (SIMPLE[0], noise + SIMPLE[1])})
    path.rename(link.certificate.parent / "remote.tar")
    url = {
        "restore_url": link.server.sign("remote.tar").replace("http:", "https:"),
        "restore_preflight": False,
        "restore_connections": 1,
        "restore_part_size": "64K",
        "restore_retries": 0,
        "restore_ca_path": str(link.certificate),
    }
    return run(
        entry,
        folder,
        {
            "as it is": dict(local, restore_allow=STRIPPED["restore_allow"]),
            "stripped": dict(local, **STRIPPED),
            "one worker": dict(many, restore_workers=1, restore_report_name="first"),
            "again": dict(many, restore_report_name="second"),
            "left alone": dict(left, restore_report_name="left"),
            "no limit": dict(url, restore_bandwidth_limit="little"),
            "silence": dict(url, restore_timeout=1),
            "fetched": url,
        },
    )


def over_ssh(host):
    """The inventory of the host of tests.support.ssh_host: its user becomes the owner of a database server."""
    known = "-F /dev/null -o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes".format(**host)
    names = {"host": "127.0.0.1", "port": host["port"], "user": host["user"], "connection": "ssh", "ssh_executable": host["ssh"]}
    names.update(ssh_private_key_file=host["key"], ssh_common_args=known, remote_tmp="~/.ansible/tmp")
    names.update(become=True, become_method="sudo", become_user=host["owner"])
    return {"all": {"hosts": {"remote": {"ansible_" + name: value for name, value in names.items()}}}}


def run(entry, folder, runs, check=(), host=None):
    """Run the role once for each of ``runs``, with these variables; those in ``check`` in check mode. ``host`` is reached by SSH."""
    login = {"restore_login_user": "root", "restore_login_unix_socket": entry["socket"]}
    work, inventory = str(folder), ["-i", "localhost,", "-c", "local"]
    if host:
        login = {"restore_login_user": "remote", "restore_login_password": "x", "restore_login_host": "127.0.0.1", "restore_login_port": entry["port"]}
        (folder / "inventory.json").write_text(json.dumps(over_ssh(host)))
        work, inventory = "/home/" + host["owner"], ["-i", "inventory.json"]
    tasks = [{"ansible.builtin.set_fact": {"results": {}}}]
    for number, (name, variables) in enumerate(runs.items()):
        role = {"ansible.builtin.include_role": {"name": "apsaradb.mysql.restore"}}
        role["vars"] = dict(login, restore_workdir="{0}/work{1}".format(work, number), **variables)
        keep = {"ansible.builtin.set_fact": {"results": "{{ results | combine({'" + name + "': restore_report}) }}"}}
        fail = {"ansible.builtin.set_fact": {"results": "{{ results | combine({'" + name + "': {'failed': ansible_failed_result.msg}}) }}"}}
        tasks.append({"block": [role, keep], "rescue": [fail], "check_mode": name in check})
    copy = {"content": "{{ results | to_json }}", "dest": str(folder / "results.json"), "mode": "0600"}
    tasks.append({"ansible.builtin.copy": copy, "delegate_to": "localhost", "become": False})
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy") and name not in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    env.update(ANSIBLE_COLLECTIONS_PATH=ROOT, ANSIBLE_HOME=str(folder / "home"), ANSIBLE_NOCOLOR="1")
    argv = [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), *inventory, "play.yml"]
    argv += ["-e", "ansible_python_interpreter=" + sys.executable]
    done = subprocess.run(argv, cwd=str(folder), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False)
    if done.returncode:
        raise AssertionError(done.stdout[-5000:])
    return dict(json.loads((folder / "results.json").read_text()), folder=folder)


@pytest.fixture
def control(entry):
    control = databases.connection(entry)
    yield control
    control.close()


def test_a_backup_that_needs_options_is_refused_for_all_reasons_at_once(results):
    message = results["as it is"]["failed"]
    assert message.startswith("The restore would fail for ")
    for word in ("engines: {ROCKSDB: InnoDB}", "require_complete: false"):
        assert word in message, message


def test_options_of_the_import_have_their_effect(results, control):
    report = results["stripped"]
    assert report["changed"] and {table["name"]: table["rows"] for table in report["databases"][0]["tables"]} == {"secret": 2, "fast": 3}
    assert control.rows("SHOW TABLES FROM roled_tde") == [("fast",), ("secret",)]
    assert "ENCRYPTION" not in control.rows("SHOW CREATE TABLE roled_tde.secret")[0][1] and report["databases"][0]["rewritten"]["encryption"] == 1
    assert "ENGINE=InnoDB" in control.rows("SHOW CREATE TABLE roled_tde.fast")[0][1] and report["databases"][0]["rewritten"]["engine"] == 1
    assert control.value("SELECT @@GLOBAL.max_connect_errors") == 4321
    made = control.rows("SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = 'roled_tde'")
    assert made == [("latin1", "latin1_bin")]


def test_durability_is_relaxed_and_put_back(results, control):
    logged = (
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE argument LIKE 'SET GLOBAL innodb_flush_log_at_trx_commit%' ORDER BY event_time"
    )
    values = [statement[-1] for (statement,) in control.rows(logged)]
    assert values == ["2", "1"]
    assert control.value("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") == 1


def test_one_worker_loads_one_database_after_the_other(results):
    report = json.loads((results["folder"] / "first.json").read_text())
    spans = {}
    for span in report["timeline"]:
        spans.setdefault(span["row"], []).extend([span["begin"], span["begin"] + span["seconds"]])
    ends = sorted((min(times), max(times)) for times in spans.values())
    # Rounded to milliseconds, each phase.
    assert len(ends) == len(NAMES) - 1 and all(before[1] <= after[0] + 0.02 for before, after in zip(ends, ends[1:], strict=False)), ends


def test_the_report_of_a_failure_has_the_databases_that_were_restored(results):
    reports = [json.loads((results["folder"] / name).read_text()) for name in ("first.json", "second.json")]
    for report, run in zip(reports, ("one worker", "again"), strict=True):
        failed = results[run]["failed"]
        assert failed.startswith("3 of 8 databases could not be imported: ") and "roled_0 is not empty" in failed
        assert all(word in failed for word in ("roled_leaves: ", "roled_cut: ", "on_existing", "require_complete")), failed
        assert report["problems"] == [failed] and report["verdict"] == "bad"
        assert [one["target"] for one in report["databases"]] == NAMES[1:] and {one["rows"] for one in report["databases"]} == {2}
    assert [{one["changed"] for one in report["databases"]} for report in reports] == [{True}, {False}]


def test_every_database_is_verified_and_finished_but_those_left_alone(results, control):
    """One database existed before, and the other one has no tables."""
    assert [(one["target"], one["skipped"], bool(one["after_sql"])) for one in results["left alone"]["databases"]] == [
        ("roled_0", True, False),
        ("roled_bare", False, True),
    ]
    report = json.loads((results["folder"] / "left.json").read_text())
    assert [(one["skipped"], one["verified"]) for one in report["databases"]] == [(True, False), (False, True)]
    assert report["verdict"] == "unverified" and "roled_0 was not empty" in report["warnings"][0]
    assert control.rows("SHOW TABLES FROM roled_0") == [("mine",)] and ("made",) in control.rows("SHOW TABLES FROM roled_bare")
    assert not control.value("SELECT COUNT(*) FROM apsaradb_mysql.import WHERE target = 'roled_bare'")


def test_options_of_the_download_have_their_effect(results, link):
    assert "bandwidth_limit" in results["no limit"]["failed"]
    assert "nothing was received within the timeout" in results["silence"]["failed"]
    report = results["fetched"]
    assert report["changed"] and [one["target"] for one in report["databases"]] == ["roled_url"] and report["databases"][0]["rows"] == 2
    # A second attempt would have succeeded.
    assert link.server.faults[0].hits == 1 and link.server.faults[1].hits > 3 and link.peak == 1
    assert {seen.last - seen.first for seen in link.server.seen if seen.first is not None} >= {65535}

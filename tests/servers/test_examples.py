# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each example of the documentation runs, with ansible-playbook, against real servers, an OSS server and an RDS API on loopback.

tests/support/examples.py says how the examples are found and which values replace theirs. tests/unit/docs/test_examples.py checks that no other exists.
"""

import contextlib
import datetime
import functools
import glob
import grp
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

import pytest
import yaml
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import written
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import lifecycle, state_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import checksum
from ansible_collections.apsaradb.mysql.tests.servers.test_role_until import NODE, upload
from ansible_collections.apsaradb.mysql.tests.servers.test_roll_forward import Origin, Target, reset
from ansible_collections.apsaradb.mysql.tests.support import backups, databases, examples, faulty_oss, fixtures, servers
from ansible_collections.apsaradb.mysql.tests.support.modules import ROOT, Module
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, OpenApi

INSTANCE, BACKUP, OBJECT = "rm-bp1abcd1234", "321020562", "custins1/hins2345_data_20260101033000.tar"
PASSWORD = "Not4Logs-7c1e"
# Those that run by day. They need neither a backup nor a second server.
BY_DAY = ("mysql_gtid_info",)

SOURCE = b"""
CREATE DATABASE shop;
CREATE DATABASE forum;
USE shop;
CREATE TABLE customer (id INT NOT NULL PRIMARY KEY, name VARCHAR(60), email VARCHAR(60) UNIQUE) ENGINE=InnoDB;
CREATE TABLE newsletter (email VARCHAR(60) NOT NULL PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE orders (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, total DECIMAL(9, 2) NOT NULL, KEY (customer)) ENGINE=InnoDB;
INSERT INTO customer WITH RECURSIVE n AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM n WHERE a < 1000)
  SELECT a, CONCAT('Name ', a), CONCAT(a, '@example.org') FROM n;
INSERT INTO customer SELECT id + 1000, name, CONCAT(id + 1000, '@example.org') FROM customer WHERE id <= 200;
INSERT INTO newsletter SELECT email FROM customer WHERE id % 7 = 0;
INSERT INTO orders (customer, total) SELECT id, id / 3 FROM customer;
CREATE VIEW address AS SELECT email FROM customer;
CREATE TRIGGER lower_name BEFORE INSERT ON customer FOR EACH ROW SET NEW.email = LOWER(NEW.email);
CREATE TRIGGER lower_email BEFORE INSERT ON newsletter FOR EACH ROW SET NEW.email = LOWER(NEW.email);
CREATE TRIGGER positive BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = ABS(NEW.total);
CREATE TABLE forum.post (id INT NOT NULL PRIMARY KEY, what TEXT) ENGINE=InnoDB;
INSERT INTO forum.post VALUES (1, 'first'), (2, 'second');
"""
LATER = [
    "INSERT INTO shop.orders (customer, total) VALUES (7, 70)",
    "UPDATE shop.customer SET name = 'Other' WHERE id = 7",
    "DELETE FROM forum.post WHERE id = 2",
]
DROP = "".join("DROP DATABASE IF EXISTS {0};".format(name) for name in ("shop", "forum", "shop_copy", "shop_restored", "forum_restored", "apsaradb_mysql"))
# What the README of the role calls hosts with different databases. Both are this machine.
SHARED = {"db1": {"restore_databases": ["shop"]}, "db2": {"restore_databases": {"shop": "shop_copy", "forum": "forum"}}}


def of_page(page, language, beginning):
    """The block of a page that begins so."""
    (found,) = [block.text for block in examples.blocks(examples.ROOT / page) if block.language == language and block.text.lstrip("- ").startswith(beginning)]
    return found


class Story:
    """What the examples tell: a source, its backup, changes, the moment before an accident, the accident; and the services of Alibaba Cloud.

    ``dumps`` are schema and data of each database, ``backed_up`` and ``reached`` the transactions at the backup and before the accident.
    """

    def __init__(self, folder, cleanup):
        self.origin = origin = Origin(folder)
        cleanup.callback(origin.close)
        databases.run(origin.server, SOURCE)
        origin.run("CREATE USER reader@'%' IDENTIFIED BY '{0}'".format(PASSWORD), "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON *.* TO reader@'%'")
        origin.run("CREATE USER follower@'%' IDENTIFIED BY '{0}'".format(PASSWORD), of_page("docs/accounts.md", "sql", "GRANT REPLICATION SLAVE").rstrip(";\n"))
        began = time.time()
        self.backed_up = origin.executed()
        self.dumps = {name: databases.pair(origin.server, name) for name in ("shop", "forum")}
        self.dump = databases.dump(origin.server, "shop")
        ended = time.time()
        origin.run(*LATER)
        time.sleep(1.05 - time.time() % 1)
        self.accident = datetime.datetime.fromtimestamp(int(time.time()), datetime.timezone.utc).replace(tzinfo=None)
        self.reached = origin.executed()
        origin.run("DROP TABLE shop.orders")
        time.sleep(1.1)
        self.dump_after = databases.dump(origin.server, "shop")
        self.binlogs = origin.keep_binlogs()
        root = os.path.join(folder, "oss")
        self.archive = os.path.join(root, OBJECT)
        os.makedirs(os.path.dirname(self.archive))
        made = os.path.join(folder, "made")
        os.mkdir(made)
        shutil.move(str(backups.make(examples.Path(made), self.dumps)), self.archive)
        self.crc64 = str(checksum.crc64_of_file(self.archive))
        self.oss = cleanup.enter_context(faulty_oss.FaultyServer(root))
        self.api = cleanup.enter_context(OpenApi())
        self.api.sign = lambda name, _internal: self.oss.sign(name if name.startswith(NODE) else OBJECT)
        facts = {"BackupId": BACKUP, "BackupSize": os.path.getsize(self.archive), "Checksum": self.crc64, "Name": OBJECT}
        facts.update(BackupStartTime=written(began), BackupEndTime=written(ended))
        self._backup, self._binlogs = facts, upload(root, self)

    def begin(self):
        """Forget the backups that an earlier example has created."""
        self.api.instances[INSTANCE] = instance = Instance(databases=["shop", "forum"])
        instance.backups = [dict(Instance(backups=[{"databases": ["shop", "forum"]}]).backups[0], **self._backup)]
        instance.binlogs = [dict(binlog) for binlog in self._binlogs]


class Machine:
    """The values of this machine, for the table in tests/support/examples.py. Without ``story`` there is no source, no backup and no cloud."""

    group = grp.getgrgid(os.getgid()).gr_name

    def __init__(self, folder, entry, story=None):
        self.folder, self.entry, self.story = str(folder), entry, story
        self.socket, self.series = entry["socket"], ".".join(entry["version"].split(".")[:2])
        for name in ("accident", "backed_up", "reached", "crc64") if story else ():
            setattr(self, name, getattr(story, name))
        self.source_port = story.origin.server["port"] if story else None
        self.env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy") and not key.endswith("_CA_BUNDLE")}
        self.env["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), self.env["PATH"]])
        self.env.update(
            HOME=self.folder,
            PWD=self.folder,
            APSARADB_MYSQL_CACHE=self.folder + "/cache",
            ANSIBLE_COLLECTIONS_PATH=ROOT,
            ANSIBLE_HOME=self.folder + "/home",
            ANSIBLE_NOCOLOR="1",
            RESTORE_PASSWORD=PASSWORD,
        )
        self.software = os.path.join(self.folder, "cache/servers")
        for name in "cache/servers", "var/tmp", "var/backups", "var/lib/restore", "var/www", "srv":
            os.makedirs(os.path.join(self.folder, name))
        # A directory for this example, because it may unpack an archive there.
        if os.path.isdir(os.path.join(entry["cache"], "packages")):
            os.symlink(os.path.join(entry["cache"], "packages"), os.path.join(self.software, "packages"))

    def provide(self, text):
        """The files that an example reads, and the directories that it writes to."""
        made = {
            "/var/backups/hins2345_data_20260101033000.tar": lambda path: shutil.copy(self.story.archive, path),
            "/var/tmp/backup.tar": lambda path: shutil.copy(self.story.archive, path),
            "/var/tmp/shop_datafull_202611220300_1763751600.sql.gz": lambda path: write(path, gzip.compress(self.story.dump)),
            "/srv/backup/shop.sql": lambda path: write(path, self.story.dump),
            "/srv/backup/shop_after.sql": lambda path: write(path, self.story.dump_after),
            "/srv/binlogs": lambda path: shutil.copytree(self.story.binlogs, path),
            "/var/lib/restore/binlogs": lambda path: shutil.copytree(self.story.binlogs, path),
            "/etc/restore/mask.sql": lambda path: write(path, of_page("docs/provisioning.md", "sql", "Anyone with the key").encode()),
            "/srv/software/mysql-8.4.0-linux-glibc2.28-x86_64.tar.xz": lambda path: pack_software(path.replace("8.4", self.series), self.entry["cache"]),
        }
        for path, make in made.items():
            if path in text:
                os.makedirs(os.path.dirname(self.folder + path), exist_ok=True)
                (os.mkdir if "dest: " + path in text else make)(self.folder + path)

    def given(self):
        """What an example leaves to its user: variables of the inventory, and of a vault."""
        login = {"login_unix_socket": self.socket, "login_user": "root"}
        found = {"restore_" + name: value for name, value in login.items()}
        found.update(restore_login_port=self.entry["port"], restore_software_path=self.software, sandbox_software_path=self.software)
        found.update(ansible_connection="local", ansible_python_interpreter=sys.executable, mysql=self.entry["mysql"])
        secrets = dict.fromkeys(("restore_password", "reader_password", "follower_password", "vault_restore_password"), PASSWORD)
        if self.story:
            found["restore_endpoint"] = self.story.api.endpoint
            secrets.update(backup_url=self.story.oss.sign(OBJECT), backup_internal_url=self.story.oss.sign(OBJECT))
            self.env.update(URL=self.story.oss.sign(OBJECT), BACKUP_URL=self.story.oss.sign(OBJECT))
            self.env.update(ALIBABA_CLOUD_ACCESS_KEY_ID=self.story.api.key_id, ALIBABA_CLOUD_ACCESS_KEY_SECRET=self.story.api.secret)
        return found, secrets

    def defaults(self):
        """Options of modules that depend on this machine and not on the example."""
        found = {"group/apsaradb.mysql.mysql": {"login_port": self.entry["port"]}, "apsaradb.mysql.mysql_sandbox": {"software_path": self.software}}
        found["apsaradb.mysql.mysql_roll_forward"] = {"software_path": self.software}
        if self.story:
            found["group/apsaradb.mysql.alicloud"] = {"endpoint": self.story.api.endpoint}
        return found

    def play(self, name, text, *words):
        """Run a playbook of this text and these further words of the command line; its output."""
        given, secrets = self.given()
        if "restore_login_user" in text:
            # The example has a login of its own, over TCP.
            del given["restore_login_unix_socket"], given["restore_login_user"]
        if self.story and not re.search("restore_(url|instance_id|archive)", text):
            given["restore_archive"] = self.story.archive
        hosts = SHARED if name.endswith("Many hosts") else {"db1": {}}
        write(self.folder + "/inventory.yml", json.dumps({"restore_hosts": {"hosts": hosts, "vars": given}}).encode())
        write(self.folder + "/secrets.yml", json.dumps(secrets).encode())
        write(self.folder + "/example.yml", text.encode())
        return self.run(text, ["ansible-playbook", "-i", "inventory.yml", "-e", "@secrets.yml", *words])

    def run(self, text, argv):
        """Run a command for an example of this text; its output."""
        done = subprocess.run(argv, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        output = done.stdout.decode()
        assert done.returncode == 0, "\n\n".join([*re.findall(r"(?m)^\[ERROR\]: .*", output), text, output[-6000:]])
        assert set(re.findall(r"\b(?:failed|rescued|ignored|unreachable)=(\d+)", output)) <= {"0"}, output[-6000:]
        assert PASSWORD not in output and "Signature=" not in output
        return output


def write(path, content):
    with open(path, "wb") as stream:
        stream.write(content)


def pack_software(path, cache):
    """An archive of server software in the layout of the vendor's."""
    folder = tempfile.mkdtemp(dir=os.path.dirname(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    servers.install(servers.get_software("9.7", cache), os.path.join(folder, "mysql"))
    with tarfile.open(path, "w:xz", dereference=True) as archive:
        archive.add(os.path.join(folder, "mysql"), "mysql")


LOGIN = {"login_unix_socket": "/run/mysqld/mysqld.sock", "login_user": "root"}
FRESH = ["remove the databases", "empty the history"]
ROLLED = [*FRESH, "import shop"]
# What is done before a task of an example, because it tells of something that was there before; "*" is each task. Each is a name in ``preparation``.
BEFORE = {
    "mysql_gtid": {"Enable GTIDs": ["disable GTIDs"], "Empty the GTID history before an import that applies the dump's GTID set": ["create a database"]},
    "mysql_restore_sql": {"*": ["import shop"]},
    "mysql_restore_verify": {
        "Verify a database against what its import recorded": ["import all"],
        # The source must not have changed since.
        "Compare every value with the server that the backup came from": ["import shop_copy"],
    },
    # Each of these tells of another way to the same databases.
    "mysql_sql_import": {"Load a directory that rds_backup_extract has written": ["extract"], "*": ["remove the databases"]},
    "mysql_roll_forward": {
        "Roll the database shop, restored as shop_restored, forward to a time": [*FRESH, "import shop_restored"],
        "Show what would be applied, and the DDL statements near the end": ROLLED,
        "Stop just before the accident": ROLLED,
        "Roll two databases forward to a GTID set": [*FRESH, "import both"],
        "Follow the instance": ROLLED,
    },
    "rds_backup_fetch": {"*": ["remove what was fetched"]},
    "rds_binlog_fetch": {"*": ["remove what was fetched"]},
    "docs/point-in-time.md: Follow the instance": {"Keep the database in step with the instance": ["import shop"]},
    "docs/provisioning.md: Snapshots": {"Save the server's data": ["start a server"]},
}


def preparation(name):
    """The task of this name, with the values of the examples."""

    def imported(value):
        return {"apsaradb.mysql.mysql_sql_import": dict(LOGIN, archive="/var/backups/hins2345_data_20260101033000.tar", databases=value)}

    def sql(statements):
        return {"ansible.builtin.command": {"argv": "{{ mysql + ['--execute', '" + statements + "'] }}"}}

    disable = "SET GLOBAL gtid_mode = ON_PERMISSIVE; SET GLOBAL gtid_mode = OFF_PERMISSIVE; SET GLOBAL gtid_mode = OFF;"
    extract = {"src": "/var/backups/hins2345_data_20260101033000.tar", "dest": "/var/tmp/restore"}
    return {
        "remove the databases": sql(DROP),
        "create a database": sql("CREATE DATABASE shop"),
        "disable GTIDs": sql(disable + "SET GLOBAL enforce_gtid_consistency = OFF"),
        "remove what was fetched": {"ansible.builtin.command": {"argv": ["find", "/var/lib/restore", "-type", "f", "-delete"]}},
        "empty the history": {"apsaradb.mysql.mysql_gtid": dict(LOGIN, state="empty")},
        "import all": imported(["shop", "forum"]),
        "import shop": imported(["shop"]),
        "import shop_copy": {"apsaradb.mysql.mysql_sql_import": dict(LOGIN, src="/srv/backup/shop_after.sql", database="shop_copy")},
        "import shop_restored": imported({"shop": "shop_restored"}),
        "import both": imported({"shop": "shop_restored", "forum": "forum_restored"}),
        "extract": {"apsaradb.mysql.rds_backup_extract": extract},
        "start a server": {"apsaradb.mysql.mysql_sandbox": {"path": "/var/tmp/loaded"}},
    }[name]


def playbook(example, machine):
    """A playbook with the tasks of an example, and what is done before them."""
    before = BEFORE.get(example.name, {})
    unknown = set(before) - set(example.tasks()) - {"*"}
    assert not unknown, "no such task: {0}".format(unknown)
    tasks = ""
    for name, text in example.tasks().items():
        for step in [*before.get("*", []), *before.get(name, [])]:
            tasks += "    - {0}\n".format(json.dumps(preparation(step)))
        tasks += re.sub(r"(?m)^(?=.)", "    ", text)
    machine.provide(tasks)
    play = "- hosts: restore_hosts\n  gather_facts: false\n  module_defaults: {0}\n  tasks:\n".format(json.dumps(machine.defaults()))
    return play + examples.replaced(tasks, machine)


@pytest.fixture(scope="module", name="story")
def fixture_story():
    """Makes the story when the first example needs it."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix="examples-"))
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        yield functools.lru_cache(maxsize=None)(lambda: Story(folder, cleanup))


@pytest.fixture(scope="module", name="entry")
def fixture_entry():
    """A server with the account of the documentation, as README.md tells."""
    entry = fixtures.server("9.7")
    account = of_page("docs/accounts.md", "sql", "CREATE USER restorer").replace("'...'", "'{0}'".format(PASSWORD))
    more = "GRANT ALL ON `shop\\_%`.* TO restorer@localhost; SET GLOBAL log_bin_trust_function_creators = 1;"
    databases.run(entry, (account + more).encode())
    yield entry
    databases.run(entry, b"DROP USER restorer@localhost; SET GLOBAL log_bin_trust_function_creators = DEFAULT")
    if b"ON" not in databases.run(entry, b"SELECT @@GLOBAL.gtid_mode"):
        assert Module("mysql_gtid", dict(Target(entry, None).login, state="enabled")).answer()["changed"]


@pytest.fixture(name="folder")
def fixture_folder(entry):
    path = os.path.realpath(tempfile.mkdtemp(prefix="example-"))
    clean(entry)
    yield path
    for state in glob.glob(os.path.join(path, "**", state_file.NAME), recursive=True):
        lifecycle.remove(os.path.dirname(state))
    shutil.rmtree(path, ignore_errors=True)
    clean(entry)


def clean(entry):
    """Neither a database of the examples, nor a channel, nor a history."""
    channel = "STOP REPLICA; RESET REPLICA ALL; RESET PERSIST IF EXISTS skip_replica_start;"
    databases.run(entry, (channel + DROP).encode())
    reset(Target(entry, None))


# The outcome of tasks that do not change anything, by their text.
OUTCOMES = [
    (r"_info:|mysql_restore_(preflight|verify):|changed_when: false|ansible\.builtin\.debug:", "ok"),
    (r"max_age: 12h", "ok"),  # There is such a backup.
    (r"ansible\.builtin\.include_role:", "included"),
]


def outcome(name, output):
    """ "ran" for a task that ran."""
    (found,) = re.findall(r"(?m)^TASK \[{0}\] \*+\n(?:(?!TASK).*\n)*?(ok|changed|included|skipping): ".format(re.escape(name)), output)
    return found


def marked(example):
    return pytest.param(example, id=example.name, marks=() if example.name in BY_DAY else pytest.mark.by_night)


@pytest.mark.parametrize("example", [marked(example) for example in examples.all_examples()])
def test_an_example_runs(example, story, entry, folder):
    machine = Machine(folder, entry, None if example.name in BY_DAY else story())
    if machine.story:
        machine.story.begin()
    if example.kind == examples.TASKS:
        output = machine.play(example.name, playbook(example, machine), "example.yml")
        expected = {name: next((word for pattern, word in OUTCOMES if re.search(pattern, text)), "changed") for name, text in example.tasks().items()}
        assert {name: outcome(name, output) for name in example.tasks()} == expected, output
        return
    machine.provide(example.text)
    text = examples.replaced(example.text, machine)
    if example.kind == examples.VARIABLES:
        output = machine.play(example.name, text, "apsaradb.mysql.restore", "-e", "@example.yml")
    else:
        output = machine.play(example.name, text, "example.yml")
    assert re.search(r"changed=[1-9]", output), output


@pytest.mark.by_night
@pytest.mark.parametrize("block", examples.commands(), ids=lambda block: "{0}: {1}".format(block.page, block.heading))
def test_a_command_runs(block, story, entry, folder):
    """As it is written, without the fields of cron, and with the address of an RDS API on loopback."""
    machine = Machine(folder, entry, story())
    machine.story.begin()
    machine.provide(block.text)
    _given, secrets = machine.given()
    del machine.env["URL"]
    credentials = of_page("docs/drill.md", "", "# /var/lib/drill/credentials")
    for name in "KEY_ID", "KEY_SECRET":
        credentials = credentials.replace("ACCESS_{0}=...".format(name), "ACCESS_{0}={1}".format(name, machine.env["ALIBABA_CLOUD_ACCESS_" + name]))
    os.makedirs(folder + "/var/lib/drill")
    write(folder + "/var/lib/drill/credentials", credentials.encode())
    write(folder + "/endpoints.yml", json.dumps(dict.fromkeys(("drill_endpoint", "provision_endpoint"), machine.story.api.endpoint)).encode())
    command = re.sub(r"^([\d*]+ ){5} ", "", examples.replaced(block.text, machine)).replace("https://...", secrets["backup_url"])
    output = machine.run(block.text, ["sh", "-c", command.replace("ansible-playbook ", "ansible-playbook -e @{0}/endpoints.yml ".format(folder))])
    logged = folder + "/var/lib/drill/drill.log"
    if os.path.exists(logged):
        with open(logged, encoding="utf-8") as stream:
            output += stream.read()
    assert re.search(r"localhost +: ok=\d+ +changed=[1-9]\d* +unreachable=0 +failed=0 .*rescued=0", output), output


@pytest.mark.by_night
def test_the_report_of_the_role_has_the_documented_keys(story, entry, folder):
    machine = Machine(folder, entry, story())
    (play, shown) = [yaml.safe_load(example.text) for example in examples.of_pages() if example.name in ("roles/restore/README.md", examples.SHOWN)]
    play[0]["post_tasks"] = [{"ansible.builtin.copy": {"content": "{{ restore_report | to_json }}", "dest": folder + "/report.json", "mode": "0600"}}]
    machine.play("report", json.dumps(play), "example.yml")
    with open(folder + "/report.json", encoding="utf-8") as stream:
        report = json.load(stream)
    assert set(shown) <= set(report), set(shown) - set(report)
    found, documented = report["databases"][0], shown["databases"][0]
    assert set(documented) <= set(found), set(documented) - set(found)
    assert set(documented["tables"][0]) <= set(found["tables"][0]) and set(documented["objects"]) <= set(found["objects"])

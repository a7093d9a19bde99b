# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user who has the built tarball and nothing else: an empty home directory, a venv with what the collection requires, a MySQL server with a shop.

The steps ``installed`` and ``awx`` of tests/tools/steps.py create the venv and the tarball. No process here gets a variable of this one.
"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
VENV = Path(os.environ["APSARADB_MYSQL_VENV"])
TARBALL = Path(os.environ["APSARADB_MYSQL_TARBALL"])
SOFTWARE = Path(os.environ["APSARADB_MYSQL_CACHE"], "servers")
# A typical database: with a view, a procedure and a trigger of an account that the target may not have.
SHOP = """
CREATE DATABASE shop;
USE shop;
CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, total DECIMAL(9, 2) NOT NULL, note VARCHAR(200), KEY (total));
INSERT INTO orders (total, note) WITH RECURSIVE n AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM n WHERE a < 900) SELECT a / 3, REPEAT('é ', 40) FROM n;
CREATE VIEW large AS SELECT id FROM orders WHERE total > 200;
CREATE PROCEDURE discount() UPDATE orders SET total = total * 0.9;
CREATE TRIGGER positive BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = ABS(NEW.total);
"""
ROWS = "900"
PASSWORD = "Not4Logs-7c1e"
# The backup is made as RDS makes it, one file for the schema and one for the data.
PARTS = {"schema": ["--no-data", "--routines", "--events"], "data": ["--no-create-info"]}


class User:
    """``collection`` is where ansible-galaxy installed the tarball. Commands run in ``work``, which is empty at first."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work = folder / "home", folder / "work"
        for path in self.home, self.work:
            path.mkdir()
        self.collection = self.home / ".ansible/collections/ansible_collections/apsaradb/mysql"
        # What the first sandbox would download.
        (self.home / ".cache/apsaradb-mysql").mkdir(parents=True)
        (self.home / ".cache/apsaradb-mysql/servers").symlink_to(SOFTWARE)
        self.run("ansible-galaxy", "collection", "install", str(TARBALL))

    def run(self, *command: str, fails: bool = False, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, with these environment ``variables``, and check whether it fails."""
        env = {"HOME": str(self.home), "PATH": f"{VENV}/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PWD": str(self.work), "ANSIBLE_NOCOLOR": "1", **variables}
        ended = subprocess.run(command, cwd=self.work, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        output, errors = ended.stdout.decode(), ended.stderr.decode()
        assert (ended.returncode != 0) == fails, f"{shlex.join(command)}\n{output[-5000:]}\n{errors[-5000:]}"
        return subprocess.CompletedProcess(ended.args, ended.returncode, output, errors)

    def play(self, name: str, *options: str, fails: bool = False, **variables: str) -> str:
        """Run a playbook of the collection, and return its output."""
        return self.run("ansible-playbook", f"apsaradb.mysql.{name}", *options, fails=fails, **variables).stdout

    def module(self, name: str, **options: Any) -> dict[str, Any]:
        """Run a module of the collection, and return its result."""
        output = self.run("ansible", "localhost", "-m", f"apsaradb.mysql.{name}", "-a", json.dumps(options), ANSIBLE_LOAD_CALLBACK_PLUGINS="0").stdout
        result: dict[str, Any] = json.loads(output.partition("=>")[2])
        return result


class Shop:
    """A shop on a separate server, and its backup: ``archive``, behind the signed ``url``, and as one ``dump``."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.server = user.module("mysql_sandbox", path=str(user.work / "own"), source="packages", software_path=str(SOFTWARE), settings={"log_bin": "binlog"})
        self.query(SHOP)
        for part, options in {**PARTS, "shop": ["--routines", "--events"]}.items():
            user.run(*self.server["mysqldump"], "--single-transaction", f"--result-file={part}.sql", *options, "shop")
        self.dump = user.work / "shop.sql"
        self.archive = user.work / "oss/b/hins1_data_20260101033000.tar"
        self.archive.parent.mkdir(parents=True)
        files = user.collection / "playbooks/files"
        packed = ["--root", "hins1_data", "--database", "shop=schema.sql,data.sql", str(self.archive)]
        user.run("python", str(files / "make_backup.py"), *packed)
        served = ["--root", "oss", "--object", f"b/{self.archive.name}", "--url-file", "url", "--pid-file", "oss.pid", "--idle", "3600", "--detach"]
        user.run("python", str(files / "oss.py"), *served)
        self.url = (user.work / "url").read_text().strip()

    def query(self, statements: str) -> str:
        return self.user.run(*self.server["mysql"], "--default-character-set=utf8mb4", "-BN", "-e", statements).stdout.strip()


def account_of_the_docs(database: str) -> str:
    """The statements of docs/accounts.md that create the account for the target ``database``."""
    text = (CHECKOUT / "docs/accounts.md").read_text(encoding="utf-8")
    statements = re.findall(r"```sql\n(CREATE USER restorer@localhost .*?)```", text, re.S)[0]
    return str(statements).replace("'...'", f"'{PASSWORD}'").replace("`shop`", f"`{database}`")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    user = User(tmp_path_factory.mktemp("user"))
    yield user
    for file in user.home.parent.rglob("*.pid"):
        # What a test started and left, such as the server of make restore.
        subprocess.run(["sh", "-c", 'kill "$(cat "$1")"', "sh", str(file)], capture_output=True, check=False)


@pytest.fixture(scope="module")
def shop(user: User) -> Shop:
    return Shop(user)

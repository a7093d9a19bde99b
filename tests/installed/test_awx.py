# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles as AWX and Ansible Automation Platform run them: ansible-runner, whose events they store and show."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsaradb.mysql.tests.installed.conftest import PASSWORD, ROWS, SOFTWARE, Shop, User, account_of_the_docs
from ansible_collections.apsaradb.mysql.tests.support.accounts import ID
from ansible_collections.apsaradb.mysql.tests.support.openapi import Instance, OpenApi, made

PLAY = """
- hosts: all
  gather_facts: false
  roles:
    - role: apsaradb.mysql.restore
"""
SANDBOX = PLAY.replace("restore", "sandbox")
AUDITED = """
- hosts: all
  gather_facts: false
  tasks:
    - apsaradb.mysql.rds_backup_create: "{{ options | combine({'max_age': '1d'}) }}"
    - apsaradb.mysql.rds_backup_info: "{{ options }}"
"""


class Job:
    """One run of a playbook, with the arguments of modules in the results, as ansible-core before 2.21 always has them.

    The variables are those of a survey or a credential of AWX. ``artifacts`` is what ansible-runner leaves.
    """

    def __init__(self, user: User, name: str, playbook: str, variables: dict[str, Any], fails: bool = False) -> None:
        folder = user.work / name
        for path, text in {
            "project/play.yml": playbook,
            "inventory/hosts": "localhost ansible_connection=local\n",
            "env/extravars": json.dumps(variables),
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        self.output = user.run(
            "ansible-runner", "run", str(folder), "--playbook", "play.yml", "--ident", "1", "-vvv", fails=fails, ANSIBLE_INJECT_INVOCATION="1"
        ).stdout
        self.artifacts = folder / "artifacts"
        self.events = [json.loads(path.read_text(encoding="utf-8")) for path in (self.artifacts / "1/job_events").glob("*.json")]

    def results(self, kind: str) -> list[dict[str, Any]]:
        """The results of the tasks that have events of this ``kind``."""
        return [event["event_data"]["res"] for event in self.events if event["event"] == kind]


def files_with(folder: Path, secrets: list[str]) -> set[str]:
    """The files below ``folder`` that contain one of the ``secrets``, also as JSON or a URL writes it."""
    forms = {form.encode() for secret in secrets for form in (secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1])}
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms)}


@pytest.fixture(scope="module")
def secrets(shop: Shop) -> list[str]:
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(shop.url).query))
    return [PASSWORD, query["Signature"], query["OSSAccessKeyId"]]


def test_a_secret_in_an_event_is_seen(user: User, shop: Shop, secrets: list[str]) -> None:
    shows = "- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.debug: {var: shown}}]\n"
    for secret in secrets[0], shop.url:
        assert files_with(Job(user, f"shown-{len(secret)}", shows, {"shown": secret}).artifacts, secrets)


@pytest.fixture(scope="module")
def jobs(user: User, shop: Shop) -> dict[str, Job]:
    """Both roles, at the verbosity that shows the arguments of modules. ``restore``, with the account of the docs, fails, restores, and runs again;
    ``sandbox`` fails, because its signed URL is that of a backup, not of MySQL's software, and starts a server."""
    shop.query(account_of_the_docs("restored") + "SET GLOBAL log_bin_trust_function_creators = 1")
    variables = {
        "restore_url": shop.url,
        "restore_databases": {"shop": "restored"},
        "restore_definer": "current",
        "restore_login_user": "restorer",
        "restore_login_password": PASSWORD,
        # Slow enough for lines of progress.
        "restore_bandwidth_limit": "5K",
        "restore_login_unix_socket": shop.server["socket"],
    }
    wrong = {**variables, "restore_login_user": "nobody", "restore_report_dir": str(user.work / "report")}
    sandbox = {"sandbox_path": str(user.work / "private"), "sandbox_software_path": str(SOFTWARE), "sandbox_source": "packages"}
    no_software = {**sandbox, "sandbox_software_path": str(user.work / "software"), "sandbox_source": shop.url}
    return {
        "failed": Job(user, "failed", PLAY, wrong, fails=True),
        "done": Job(user, "done", PLAY, variables),
        "again": Job(user, "again", PLAY, variables),
        "no_software": Job(user, "no_software", SANDBOX, no_software, fails=True),
        "sandbox": Job(user, "sandbox", SANDBOX, sandbox),
    }


def test_the_role_restores(jobs: dict[str, Job], shop: Shop) -> None:
    assert shop.query("SELECT COUNT(*) FROM restored.orders") == ROWS
    stats = {name: next(event["event_data"] for event in job.events if event["event"] == "playbook_on_stats") for name, job in jobs.items()}
    assert stats["done"]["changed"] and not stats["again"]["changed"] and stats["failed"]["failures"] == {"localhost": 1}


def test_the_role_starts_a_server(jobs: dict[str, Job], user: User) -> None:
    (failed,) = jobs["no_software"].results("runner_on_failed")
    assert failed["msg"].startswith("This software contains no mysqld")
    (started,) = [result for result in jobs["sandbox"].results("runner_on_ok") if "mysql" in result]
    assert started["changed"] and started["version"] in user.run(*started["mysql"], "-BNe", "SELECT VERSION()").stdout


@pytest.mark.parametrize("name", ["failed", "done", "again", "no_software", "sandbox"])
def test_no_event_has_a_secret(name: str, jobs: dict[str, Job], secrets: list[str]) -> None:
    assert len(jobs[name].events) > 20
    assert files_with(jobs[name].artifacts, secrets) == set()
    assert [secret for secret in secrets if secret in jobs[name].output] == []


def test_progress_lines_are_events(jobs: dict[str, Job]) -> None:
    lines = [event["stdout"] for event in jobs["done"].events if event["stdout"].startswith("progress: [localhost]")]
    assert [line for line in lines if "download" in line]


def test_the_audit_query_finds_the_instance_in_the_events_of_the_api(user: User) -> None:
    """As the controller does: the query of each module on the result of each of its successful tasks."""
    queries = yaml.safe_load((user.collection / "extensions/audit/event_query.yml").read_text(encoding="utf-8"))
    with OpenApi() as server:
        instance = server.instances[ID] = Instance()
        instance.backups = [made(age=60)]
        key = {"alicloud_access_key": server.key_id, "alicloud_secret_key": server.secret, "alicloud_security_token": server.token}
        job = Job(user, "audited", AUDITED, {"options": {"instance_id": ID, "endpoint": server.endpoint, **key}})
        assert files_with(job.artifacts, [server.secret, key["alicloud_access_key"]]) == set()
    results = {event["event_data"]["task_action"]: event["event_data"]["res"] for event in job.events if event["event"] == "runner_on_ok"}
    assert set(results) == set(queries)
    for action, result in results.items():
        found = user.run("python", "-c", "import jq, sys; print(jq.all(sys.argv[1], text=sys.argv[2]))", queries[action]["query"], json.dumps(result)).stdout
        assert f"'canonical_facts': {{'id': '{ID}'}}" in found
    # Without an instance there is nothing to count.
    assert (
        user.run("python", "-c", "import jq, sys; print(jq.all(sys.argv[1], text='{}'))", queries["apsaradb.mysql.rds_backup_info"]["query"]).stdout == "[]\n"
    )

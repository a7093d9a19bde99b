# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/provisioning.md names existing variables, all of them, and its workflows keep the snapshots and not the running server."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "provisioning.md").read_text(encoding="utf-8")


def test_variables_of_the_playbook() -> None:
    text = (ROOT / "playbooks" / "vars" / "provision.yml").read_text(encoding="utf-8")
    of_users, derived = (set(yaml.safe_load(part)) for part in text.split("# Derived variables."))
    named = set(re.findall(r"`((?:provision|snapshot_store)\w*)`", TEXT))
    # These two are chosen by environment variables, and the place of the software is the same in all playbooks.
    assert named | {"provision_backup", "provision_instance_id", "provision_software_path", "restore_databases", "restore_after_sql"} == of_users
    assert not named & derived


@pytest.mark.parametrize("name", ["provision-github-actions.yml", "provision-gitlab-ci.yml"])
def test_workflows(name: str) -> None:
    workflow = yaml.safe_load((ROOT / "docs" / "workflows" / name).read_text(encoding="utf-8"))
    if "github" in name:
        job = workflow["jobs"]["tests"]
        cache = job["env"]["APSARADB_MYSQL_CACHE"]
        commands = [step["run"] for step in job["steps"] if "run" in step]
        (kept,) = [step["with"]["path"].split() for step in job["steps"] if "cache@" in step.get("uses", "")]
    else:
        job = workflow["tests with data"]
        cache = job["variables"]["APSARADB_MYSQL_CACHE"].replace("$CI_PROJECT_DIR/", "")
        commands, kept = job["script"], job["cache"]["paths"]
    assert kept == [cache + "/servers", cache + "/snapshots"] and "(workflows/{0})".format(name) in TEXT
    (provision,) = [command for command in commands if "apsaradb.mysql.provision" in command]
    known = yaml.safe_load((ROOT / "playbooks" / "vars" / "provision.yml").read_text(encoding="utf-8"))
    given = dict(re.findall(r"-e (\w+)=(\S+)", provision))
    assert set(given) <= set(known) and given["provision_path"] == '"$PWD/mysql"' and "mysql/mysql -e 'SHOW DATABASES'" in commands
    assert json.loads(provision.partition("-e '")[2].rpartition("'")[0]) == {"restore_databases": ["shop"], "restore_after_sql": ["mask.sql"]}

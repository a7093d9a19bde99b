# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook takes no URL for a path, which its tasks would display."""

from pathlib import Path

import pytest
import yaml
from ansible.plugins.test import core
from jinja2 import Environment

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
GIVEN = {"restore_here": ("restore_here_given", "restore_here_is_remote"), "drill": ("drill_backup", "drill_is_remote")}
GIVEN["provision"] = ("provision_backup", "provision_is_remote")
URL = "https://b.oss.example/a.tar?Expires=1&Signature=s3cret"


def accepted(name, given):
    """Whether the first check of the playbook accepts the value of the environment variable, and whether it is a URL."""
    environment = Environment()
    environment.tests.update(core.TestModule().tests())
    variable, is_remote = GIVEN[name]
    expressions = yaml.safe_load((PLAYBOOKS / "vars" / (name + ".yml")).read_text())
    known = {variable: given, name + "_instance_id": "", name + "_state": "started"}
    known[is_remote] = environment.compile_expression(expressions[is_remote].strip("{} "))(**known)
    check = yaml.safe_load((PLAYBOOKS / (name + ".yml")).read_text())[0]["tasks"][0]["ansible.builtin.assert"]
    return all(environment.compile_expression(condition)(**known) for condition in check["that"]), known[is_remote]


@pytest.mark.parametrize("name", GIVEN)
def test_a_url_that_is_written_wrong_is_not_a_path(name):
    for given in URL, URL.replace("https", "HTTP"):
        assert accepted(name, given) == (True, True)
    for given in "/var/backups/a.tar", "backups/https.tar", "file:///a.tar":
        assert accepted(name, given) == (True, False)
    for given in "'{0}'".format(URL), '"' + URL, "URL=" + URL, URL.partition("//")[2], "h" + URL:
        assert accepted(name, given) == (False, False)
    assert accepted(name, "")[0] is False

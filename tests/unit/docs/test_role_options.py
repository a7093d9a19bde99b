# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever advice a message gives, the role can follow: it has each option of the modules, with the same default."""

import importlib
import pathlib
import re

import pytest
import yaml
from ansible_collections.apsaradb.mysql.plugins.modules import mysql_sql_import, rds_backup_fetch
from jinja2 import Environment

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "restore"
MODULES = "ansible_collections.apsaradb.mysql.plugins.modules."
# The role gives these itself, or calls them otherwise.
OF_THE_ROLE = {
    mysql_sql_import: {"src", "archive", "source_database", "database", "origin", "preflight", "scan", "progress", "progress_file"},
    rds_backup_fetch: {"dest", "size", "force", "progress", "progress_file", "profile", "ecs_role_name"}
    | {"alicloud_access_key", "alicloud_secret_key", "alicloud_security_token", "alicloud_region", "alicloud_endpoint"},
}


def loaded(path):
    with open(path, encoding="utf-8") as stream:
        return yaml.safe_load(stream)


class Captured(Exception):
    """The options of a module."""


def options_of(module, monkeypatch):
    def capture(**arguments):
        raise Captured(arguments["argument_spec"])

    monkeypatch.setattr(module, "AnsibleModule", capture)
    with pytest.raises(Captured) as caught:
        module.main()
    return caught.value.args[0]


@pytest.mark.parametrize("module", sorted(OF_THE_ROLE, key=str))
def test_every_option_of_the_module_is_reachable_with_its_default(module, monkeypatch):
    options = loaded(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = loaded(ROLE / "defaults" / "main.yml")
    assert set(options) == set(defaults)
    for name, option in options_of(module, monkeypatch).items():
        if name not in OF_THE_ROLE[module]:
            assert "restore_" + name in options, name
            assert not defaults["restore_" + name] or str(defaults["restore_" + name]) == str(option.get("default", "auto")), name


def test_every_variable_is_used():
    text = "".join(path.read_text(encoding="utf-8") for folder in ("tasks", "vars") for path in sorted((ROLE / folder).glob("*.yml")))
    assert not [name for name in loaded(ROLE / "defaults" / "main.yml") if name not in text]


@pytest.mark.parametrize("role", ["restore", "sandbox"])
def test_zero_is_a_number(role):
    """default(omit, true) would take 0 for a missing option."""
    options = loaded(ROLE.parent / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    numbers = [name for name, option in options.items() if option.get("type") in ("int", "float")]
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROLE.parent / role).glob("*/*.yml")))
    assert numbers and not re.findall(r"\b(?:{0})\b *\| *default\([^)]*true\)".format("|".join(numbers)), text)


def test_booleans_may_be_strings():
    """As with -e restore_keep=false: a module converts its options, an expression of the role must do it itself."""
    options = loaded(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    names = "|".join(name for name, option in options.items() if option["type"] == "bool")
    text = "".join(path.read_text(encoding="utf-8") for folder in ("tasks", "vars") for path in sorted((ROLE / folder).glob("*.yml")))
    given_to_modules = r"\"\{{\{{ (?:{0}) \}}\}}\"|else (?:{0}) \}}\}}|': (?:{0})\}}".format(names)
    text = re.sub("#.*|" + given_to_modules, "", text)
    assert re.findall(r"\b(?:{0})\b(?! \| bool| in \(none)".format(names), text) == [] and len(re.findall(r" \| bool\b", text)) > 5


@pytest.mark.parametrize("path, name", [("roles/restore/vars/main.yml", "restore__sql_files"), ("playbooks/vars/provision.yml", "provision_sql_files")])
def test_a_list_of_files_may_be_a_string(path, name):
    environment = Environment()
    environment.filters["split"] = str.split
    files = environment.compile_expression(loaded(ROOT / path)[name].strip("{} "))
    assert list(files(restore_after_sql="/a.sql, b.sql")) == list(files(restore_after_sql=["/a.sql", "b.sql"])) == ["/a.sql", "b.sql"]
    assert list(files(restore_after_sql="")) == list(files(restore_after_sql=None)) == list(files(restore_after_sql=[])) == []


def tasks_in(items):
    for item in items or ():
        blocks = [item[word] for word in ("block", "rescue", "always") if word in item]
        if not blocks:
            yield item
        for block in blocks:
            yield from tasks_in(block)


def test_no_task_becomes_root_on_the_control_node():
    """Where all hosts have the variable ansible_become, so has the control node, and it overrides the keyword become."""
    tasks = [task for path in (ROLE / "tasks").glob("*.yml") for task in tasks_in(loaded(path)) if "delegate_to" in task]
    assert len(tasks) > 10 and [task["name"] for task in tasks if task.get("vars", {}).get("ansible_become") is not False] == []


def tasks_of(path):
    for item in loaded(path) or ():
        yield from tasks_in(item["tasks"] if "tasks" in item else [item])


def test_every_task_finds_the_ledger_of_the_import(monkeypatch):
    """It may be in another database than the default one. A comparison with a live server needs no ledger."""
    found_by_name = {path.stem: importlib.import_module(MODULES + path.stem) for path in (ROOT / "plugins" / "modules").glob("mysql_*.py")}
    # mysql_restore_report is an action plugin alone.
    modules = {"apsaradb.mysql." + name: options_of(each, monkeypatch) for name, each in found_by_name.items() if hasattr(each, "main")}
    names = {name for name, options in modules.items() if "ledger_database" in options}
    (defaults,) = [item["module_defaults"] for item in loaded(ROLE / "tasks" / "main.yml") if "module_defaults" in item]
    found = []
    for path in [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml"), *ROOT.glob("playbooks/tasks/*.yml")]:
        for task in tasks_of(path):
            for name in names & set(task):
                options = dict(defaults.get(name, {}) if ROLE in path.parents else {}, **task[name])
                if not isinstance(options.get("source"), dict):
                    found.append((path.name, task["name"], options.get("ledger_database")))
    assert len(names) == 5 and len(found) > 10
    assert [task for task in found if task[2] != "{{ restore_ledger_database | default(omit, true) }}"] == []


def test_the_role_stays_readable():
    """About a dozen files, at most 60 tasks, and no file that includes itself by name."""
    files = {path.name: list(tasks_in(loaded(path))) for path in sorted((ROLE / "tasks").glob("*.yml"))}
    assert len(files) <= 13 and sum(len(tasks) for tasks in files.values()) <= 60
    for name, tasks in files.items():
        for task in tasks:
            included = [task[word] for word in ("ansible.builtin.include_tasks", "ansible.builtin.import_tasks") if word in task]
            assert name not in [one["file"] if isinstance(one, dict) else one for one in included], name

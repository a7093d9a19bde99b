# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in Markdown pages, and the tables of the roles' README files, use modules, options and variables that exist; each block is run by a test.

tests/servers/test_examples.py runs EXAMPLES of the plugins, the YAML blocks, and commands with ansible-playbook, most of them by night.
"""

import datetime
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator, Set

import pytest
import yaml
from ansible_collections.apsaradb.mysql.tests.support import examples
from ansible_collections.apsaradb.mysql.tests.unit.docs.test_module_documentation import FILE_OPTIONS, MODULES, documentation_of
from ansible_collections.apsaradb.mysql.tests.unit.docs.test_vendor_guide import proves

ROOT = Path(__file__).parents[3]
VARIABLES: Dict[str, Set[str]] = {
    path.parents[1].name: set(yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"])
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")
}
# What the roles return.
FACTS = {"restore_report", "sandbox_server"}
PLAYBOOKS, ACCOUNTS = "tests/integration/targets/playbooks", "tests/servers/test_accounts.py"

# Other blocks, by page and beginning, each with the test that runs it ...
ELSEWHERE = {
    ("README.md", "make demo"): (PLAYBOOKS, "Check that it showed the guide's error, the restore, and a second run without changes"),
    ("README.md", "URL='https://...' make restore"): (PLAYBOOKS, "Check that it is open and was restored once"),
    ("docs/accounts.md", "CREATE USER restorer@localhost"): (ACCOUNTS, "test_each_grant_is_enough_and_needed"),
    ("docs/accounts.md", "GRANT SELECT, INSERT"): (ACCOUNTS, "test_the_list_of_privileges_is_enough"),
    ("docs/accounts.md", "GRANT REPLICATION SLAVE"): ("tests/servers/test_follow.py", "test_migration_under_load"),
    ("docs/accounts.md", "GRANT SELECT, SHOW VIEW"): ("tests/servers/test_restore_verify.py", "test_a_source_that_hides_objects_from_its_account"),
    ("docs/accounts.md", "GRANT REPLICATION_SLAVE_ADMIN"): ("tests/servers/test_roll_forward.py", "test_roll_forward_to_the_second_before_the_accident"),
    ("docs/provisioning.md", "-- Anyone with the key"): ("tests/servers/test_restore_sql.py", "test_the_example_of_the_documentation"),
    ("docs/drill.md", "# /var/lib/drill/credentials"): ("tests/servers/test_examples.py", "test_a_command_runs"),
}
# ... or the reason why none does.
NOT_RUN = {
    ("README.md", "ansible-galaxy collection build"): "changes the collections of the user; tests/installed runs both commands in an environment of its own",
    ("README.md", "   RDS instance"): "a drawing",
    ("CONTRIBUTING.md", " URL"): "a drawing",
    ("CONTRIBUTING.md", "make test"): "the tests themselves",
    ("docs/progress.md", "TASK"): "output",
    ("docs/transfer.md", "make bench"): "a benchmark",
}


def unknown(node: Any) -> Iterator[str]:
    """The modules, options and variables in an example that do not exist."""
    for key, value in node.items() if isinstance(node, dict) else ():
        module = re.fullmatch(r"apsaradb\.mysql\.(\w+)", str(key))
        if module and module.group(1) not in MODULES:
            yield str(key)
        elif module:
            yield from sorted(set(value or {}) - set(documentation_of(module.group(1))["options"]) - FILE_OPTIONS)
        elif str(key).partition("_")[0] in VARIABLES and key not in VARIABLES[str(key).partition("_")[0]] | FACTS:
            yield str(key)
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from unknown(value)


@pytest.mark.parametrize("example", [*examples.of_plugins(), *examples.of_pages()], ids=lambda example: example.name)
def test_an_example_uses_what_exists(example: examples.Example) -> None:
    assert list(unknown(yaml.safe_load(example.text))) == []


def test_wrong_examples_are_seen() -> None:
    wrong = "- apsaradb.mysql.mysql_gtid: {state: empty, no_such: 1}\n- apsaradb.mysql.no_such: {}\n- vars: {restore_no_such: 1, restore_url: u}\n"
    assert list(unknown(yaml.safe_load(wrong))) == ["no_such", "apsaradb.mysql.no_such", "restore_no_such"]


def test_every_plugin_has_examples_that_run() -> None:
    names = [example.name for example in examples.all_examples()]
    assert len(names) == len(set(names)) and set(MODULES) | {"object_identity", "object_path", "restore_report"} == {
        name for name in names if ".md" not in name
    }


def test_every_block_of_a_page_is_run_or_has_a_reason() -> None:
    others = [block for path in examples.PAGES for block in examples.blocks(path) if not block.is_yaml and block not in examples.commands()]
    claims = {**ELSEWHERE, **NOT_RUN}
    found = [(block.page, block.text[:60], [key for key in claims if key[0] == block.page and block.text.startswith(key[1])]) for block in others]
    assert [each for each in found if len(each[2]) != 1] == [] and {each[2][0] for each in found} == set(claims)
    assert [test for test in ELSEWHERE.values() if not proves(*test)] == []


def test_times_of_examples_keep_their_distance_from_the_accident() -> None:
    machine = SimpleNamespace(accident=datetime.datetime(2027, 3, 1, 0, 30), folder="/here", socket="/here/socket")
    for text, expected in {
        '"2026-11-28 09:41:00"': '"2027-03-01 00:30:00"',
        '"2026-11-28T17:41:00+08:00"': '"2027-03-01T08:30:00+08:00"',
        "2026-11-28T09:40:00Z": "2027-03-01T00:29:00Z",
        "2026-11-01T00:00Z": "2027-02-01T14:49Z",
        "2026-11-27": "2027-02-28",
        "src: /var/tmp/hins2345_data_20260101033000.tar": "src: /here/var/tmp/hins2345_data_20260101033000.tar",
        "login_unix_socket: /run/mysqld/mysqld.sock": "login_unix_socket: /here/socket",
    }.items():
        assert examples.replaced(text, machine) == expected


@pytest.mark.parametrize("role", sorted(VARIABLES))
def test_the_readme_of_a_role_names_variables_that_exist(role: str) -> None:
    named = set(re.findall(rf"`({role}_\w+)", (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")))
    assert len(named) > 10 and named <= VARIABLES[role] | FACTS

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module documents agrees with its argument spec, its action groups and its job."""

import importlib
import pathlib
import re
from typing import Any, Dict, Iterator, List, Set

import pytest
import yaml
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC

ROOT = pathlib.Path(__file__).parents[3]
PACKAGE = "ansible_collections.apsaradb.mysql.plugins."
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py"))
GROUPS = {name: sorted(members) for name, members in yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"].items()}
# Of ansible.builtin.files, which the argument spec has by add_file_common_args.
FILE_OPTIONS = {"attributes", "group", "mode", "owner", "selevel", "serole", "setype", "seuser", "unsafe_writes"}


class Called(Exception):
    """Ends main() where it would run the module."""


def loaded(module: str) -> Any:
    return importlib.import_module(PACKAGE + "modules." + module)


def spec_of(module: str, monkeypatch: pytest.MonkeyPatch) -> Dict[str, Any]:
    """The argument spec that ``main()`` passes to AnsibleModule, or that of the action plugin of a module without code."""
    if not hasattr(loaded(module), "main"):
        # The control node must not expand a path of the host, so the action plugin takes it as a string.
        paths = {name for name, option in documentation_of(module)["options"].items() if option["type"] == "path"}
        spec = importlib.import_module(PACKAGE + "action." + module).ARGUMENT_SPEC
        return {name: dict(option, type="path") if name in paths else option for name, option in spec.items()}
    seen: List[Dict[str, Any]] = []

    def record(**arguments: Any) -> None:
        seen.append(arguments)
        raise Called

    monkeypatch.setattr(loaded(module), "AnsibleModule", record)
    with pytest.raises(Called):
        loaded(module).main()
    return dict(seen[0]["argument_spec"])


def documentation_of(module: str) -> Dict[str, Any]:
    """The module's DOCUMENTATION with the options and attributes of its fragments in this collection."""
    documented: Dict[str, Any] = yaml.safe_load(loaded(module).DOCUMENTATION)
    options: Dict[str, Any] = {}
    attributes = dict(documented.get("attributes", {}))
    for fragment in documented.get("extends_documentation_fragment", []):
        collection, _dot, name = fragment.partition(".mysql.")
        if collection == "apsaradb":
            file, _dot, section = name.partition(".")
            text = getattr(importlib.import_module(PACKAGE + "doc_fragments." + file).ModuleDocFragment, section.upper() or "DOCUMENTATION")
            options.update(yaml.safe_load(text).get("options", {}))
            attributes = {
                key: {**yaml.safe_load(text).get("attributes", {}).get(key, {}), **attributes.get(key, {})}
                for key in {*attributes, *yaml.safe_load(text).get("attributes", {})}
            }
    return dict(documented, options={**options, **documented.get("options", {})}, attributes=attributes)


def meaning(options: Dict[str, Any]) -> Dict[str, Any]:
    """What Ansible makes of options, from an argument spec or from documentation."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": option.get("aliases"),
            "options": meaning(option.get("options") or option.get("suboptions") or {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("module", MODULES)
def test_documented_options_are_those_of_the_argument_spec(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    documented = {name: option for name, option in documentation_of(module)["options"].items() if name not in FILE_OPTIONS}
    assert meaning(documented) == meaning(spec_of(module, monkeypatch))


@pytest.mark.parametrize("group,options", [("mysql", set(LOGIN_SPEC)), ("alicloud", set(ALICLOUD_SPEC))])
def test_an_action_group_has_exactly_the_modules_that_take_all_its_options(group: str, options: Set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert GROUPS[group] == [module for module in MODULES if options <= set(spec_of(module, monkeypatch))]


@pytest.mark.parametrize("module", MODULES)
def test_attributes_name_the_action_groups(module: str) -> None:
    membership = ["apsaradb.mysql." + group for group, members in GROUPS.items() if module in members]
    assert documentation_of(module)["attributes"].get("action_group", {}).get("membership", []) == membership


@pytest.mark.parametrize("module", MODULES)
def test_every_module_documents_its_attributes(module: str) -> None:
    attributes = documentation_of(module)["attributes"]
    assert {"check_mode", "diff_mode", "idempotent", "platform"} <= set(attributes)
    assert all(attribute.get("description") and attribute.get("support") for attribute in attributes.values()), attributes


@pytest.mark.parametrize("module", [module for module in MODULES if module.endswith("_info")])
def test_an_info_module_documents_and_reports_no_change(module: str) -> None:
    assert "apsaradb.mysql._attributes.info" in yaml.safe_load(loaded(module).DOCUMENTATION)["extends_documentation_fragment"]
    job = (ROOT / "plugins" / "module_utils" / "_jobs" / f"{module}.py").read_text(encoding="utf-8")
    assert set(re.findall(r"""\bchanged["']?\s*[=:]\s*(\w+)""", job)) == {"False"}


def descriptions(node: Any) -> Iterator[Any]:
    """The descriptions in a document, as lists."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description":
                yield from value if isinstance(value, list) else [value]
            yield from descriptions(value)


@pytest.mark.parametrize("module", MODULES)
def test_every_description_is_text(module: str) -> None:
    """YAML takes a sentence with a colon for a dictionary."""
    documents = documentation_of(module), yaml.safe_load(loaded(module).RETURN)
    assert [text for document in documents for text in descriptions(document) if not isinstance(text, str)] == []


@pytest.mark.parametrize("module", MODULES)
def test_examples_use_options_that_exist(module: str) -> None:
    for task in yaml.safe_load(loaded(module).EXAMPLES):
        for name in set(task) & {"apsaradb.mysql." + name for name in MODULES}:
            options = set(documentation_of(name.rpartition(".")[2])["options"])
            assert set(task[name] or {}) <= options | FILE_OPTIONS, task["name"]

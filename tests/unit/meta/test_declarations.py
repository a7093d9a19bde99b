# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared for execution environments and the Automation Platform agrees with the rest of the collection."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def loaded(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def listed(name: str) -> set:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_an_execution_environment_has_what_a_restore_host_needs() -> None:
    declared = loaded("meta/execution-environment.yml")["dependencies"]
    assert set(declared) == {"python", "system"}
    assert listed("requirements.txt") <= listed(declared["python"])
    documented = (ROOT / "plugins/doc_fragments/_alicloud.py").read_text(encoding="utf-8")
    for line in listed(declared["python"]) - listed("requirements.txt"):
        name, version = re.match(r"([\w-]+)>=([\d.]+)", line).groups()
        assert not name.startswith("alibabacloud") or f"{name} {version}" in documented, line


def test_system_packages_name_their_platform() -> None:
    lines = listed(loaded("meta/execution-environment.yml")["dependencies"]["system"])
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+ \[platform:[a-z-]+( platform:[a-z-]+)*\]", line)] == []
    for platform in "rpm", "debian|dpkg", "ubuntu|dpkg":
        packages = " ".join(line for line in lines if re.search(f"platform:({platform})", line))
        assert [library for library in ("libaio", "numa", "lzma|xz") if not re.search(library, packages)] == []


def test_audit_queries_are_of_modules_that_return_the_instance() -> None:
    queries = loaded("extensions/audit/event_query.yml")
    returning = {
        path.stem for path in (ROOT / "plugins/modules").glob("*.py") if re.search(r"^instance:\n(  .*\n)*?    id:", path.read_text(encoding="utf-8"), re.M)
    }
    assert set(queries) == {f"apsaradb.mysql.{name}" for name in returning} and returning
    assert all(set(entry) == {"query"} and entry["query"].startswith(".instance.id ") for entry in queries.values())


def test_the_version_has_its_release_notes_and_nothing_is_newer() -> None:
    version = loaded("galaxy.yml")["version"]
    number = tuple(map(int, version.split(".")))
    assert version in loaded("changelogs/changelog.yaml")["releases"] and f"\nv{version}\n===" in (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    assert f'<a href="#v{version.replace(".", "-")}">' in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    places = [path for room in ("plugins", "roles") for kind in ("py", "yml") for path in (ROOT / room).rglob(f"*.{kind}")]
    added = {(path.name, found) for path in places for found in re.findall(r"^ *version_added: *\"?([\d.]+)", path.read_text(encoding="utf-8"), re.M)}
    released = [tuple(map(int, name.split("."))) for name in loaded("changelogs/changelog.yaml")["releases"]]
    # What was added since the last release waits for the next one, in galaxy.yml.
    assert len(added) > 15 and [place for place in added if tuple(map(int, place[1].split("."))) not in [*released, number]] == []

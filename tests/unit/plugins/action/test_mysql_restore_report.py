# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_restore_report on the control node: its options, the files it copies, and what it keeps out of them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible_collections.apsaradb.mysql.plugins.action import mysql_restore_report as plugin
from ansible_collections.apsaradb.mysql.plugins.modules import mysql_restore_report as documented
from ansible_collections.apsaradb.mysql.tests.support.reports import imported, table

URL = "https://user:PASSWORD@bucket.oss.aliyuncs.com/b.tar?Expires=1&OSSAccessKeyId=KEY&Signature=SECRET"


class Copies:
    """Replaces the action plugin of ansible.legacy.copy: copies on this machine, or fails as it does."""

    def __init__(self, failure: str | None = None) -> None:
        self.failure = failure
        self.tasks: list[Task] = []

    def get(self, name: str, task: Task, **_known: Any) -> "Copies":
        assert name == "ansible.legacy.copy"
        self.tasks.append(task)
        return self

    def run(self, task_vars: Any = None) -> dict[str, Any]:
        if self.failure:
            return {"failed": True, "msg": self.failure}
        source, folder = Path(self.tasks[-1].args["src"]), Path(self.tasks[-1].args["dest"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / source.name).write_bytes(source.read_bytes())
        return {"changed": True, "dest": str(folder / source.name)}


def run(options: dict[str, Any], copies: Copies | None = None, check_mode: bool = False, transport: str = "ssh") -> dict[str, Any]:
    task = Task()
    task.action, task.args, task.check_mode, task.diff = "apsaradb.mysql.mysql_restore_report", options, check_mode, True
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None), transport=transport)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugin, "action_loader", copies or Copies())
        action = plugin.ActionModule(task, connection, SimpleNamespace(become=False), DataLoader(), None, None)
        # Ansible's loader of plugins sets it, and up to 2.18 messages name it.
        action._load_name = task.action
        return action.run(task_vars={})


def test_options_are_those_of_the_documentation() -> None:
    options = yaml.safe_load(documented.DOCUMENTATION)["options"]
    facts = {name: {key: one[key] for key in ("type", "required", "default", "elements") if key in one} for name, one in options.items()}
    assert facts == plugin.ARGUMENT_SPEC


def test_writes_three_files_and_returns_what_is_documented(tmp_path: Path) -> None:
    result = run({"dest": f"{tmp_path}/new/sub", "title": "Drill", "restored": {"databases": [imported()]}})
    stem = f"{tmp_path}/new/sub/report"
    assert result == {
        "changed": True,
        "ok": True,
        "verdict": "good",
        "problems": [],
        "html": stem + ".html",
        "json": stem + ".json",
        "junit": stem + ".xml",
    }
    assert result.keys() - {"changed"} == yaml.safe_load(documented.RETURN).keys()
    assert "This backup restores" in Path(result["html"]).read_text(encoding="utf-8")
    assert json.loads(Path(result["json"]).read_text(encoding="utf-8"))["title"] == "Drill"
    assert ElementTree.parse(result["junit"]).getroot().tag == "testsuites"


def test_copy_neither_shows_the_files_nor_expands_the_path_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copies = Copies()
    assert run({"dest": "$HOME/x"}, copies)["html"] == "$HOME/x/report.html"
    assert [task.args["dest"] for task in copies.tasks] == ["$HOME/x/"] * 3 and not any(task.diff for task in copies.tasks)


def test_check_mode_writes_nothing_and_returns_the_same(tmp_path: Path) -> None:
    copies = Copies()
    result = run({"dest": str(tmp_path), "name": "n"}, copies, check_mode=True)
    assert not copies.tasks and not list(tmp_path.iterdir())
    assert result == run({"dest": str(tmp_path), "name": "n"}) and (tmp_path / "n.xml").exists()


def test_secrets_are_left_out(tmp_path: Path) -> None:
    everywhere = {"title": URL, "backup": {"name": URL}, "failure": "Cannot fetch " + URL, "failed_task": URL, "host": URL, "versions": {"v": [URL]}}
    result = run(dict(everywhere, dest=str(tmp_path), steps=[{"name": URL, "began": 1, "seconds": 1}], restored={"databases": [imported(URL)]}))
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] + [str(result)]
    assert len(texts) == 4 and all("b.tar" in text for text in texts)
    assert not [secret for secret in ("PASSWORD", "KEY", "SECRET") for text in texts if secret in text]


def test_history_and_evidence(tmp_path: Path) -> None:
    options = {"dest": str(tmp_path), "history": str(tmp_path / "h"), "series": URL, "max_age": 24, "backup": {"made": "2020-01-01T00:00:00Z"}}
    assert "more than the limit of 24 hours" in run(dict(options, restored={"databases": [imported()]}), check_mode=True)["warnings"][0]
    assert not (tmp_path / "h").exists()
    for tables in ([table(rows=10, expected=10)], [table()]):
        result = run(dict(options, restored={"databases": [imported(tables=tables)]}))
    assert result["ok"] and len(result["warnings"]) == 2 and "shop.t has shrunk by 70 %" in result["warnings"][1]
    assert "SECRET" not in (tmp_path / "h").read_text(encoding="utf-8")
    facts = json.loads(Path(result["json"]).read_text(encoding="utf-8"))
    assert facts["warnings"] == result["warnings"] and facts["history"] == {"path": options["history"], "drills": 2}
    assert facts["evidence"]["result"] == "good" and "@" in facts["evidence"]["by"]
    assert "2 drills since" in Path(result["html"]).read_text(encoding="utf-8")
    assert len(run(dict(options, max_shrink=100, restored={"databases": [imported(tables=[table(rows=1, expected=1)])]}))["warnings"]) == 1


@pytest.mark.parametrize(("name", "stem"), [("../a b", "_a_b"), ("...", "report"), ("订单", "__"), ("db-1.example", "db-1.example")])
def test_name_is_made_a_safe_file_name(tmp_path: Path, name: str, stem: str) -> None:
    run({"dest": str(tmp_path), "name": name})
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{stem}.html", f"{stem}.json", f"{stem}.xml"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "missing required arguments: dest"),
        ({"dest": "/x", "nmae": "y"}, "nmae. Supported parameters include"),
        ({"dest": "/x", "backup": [1]}, "'backup' is of type .*list.* unable to convert to dict"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleError, match=message):
        run(options)


def test_failure_of_the_copy_is_reported() -> None:
    with pytest.raises(AnsibleError, match=r"The report cannot be written: disk\\n full \(/x/report.html\). Set dest to a writable directory"):
        run({"dest": "/x"}, Copies("disk\n full"))


def test_on_this_machine_files_are_written_without_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the permissions of the umask, in missing directories; a link at the path is replaced, not followed."""
    monkeypatch.setenv("REPORTS", str(tmp_path))
    (tmp_path / "new").mkdir()
    (tmp_path / "other").write_text("other")
    (tmp_path / "new" / "report.html").symlink_to(tmp_path / "other")
    copies = Copies()
    result = run({"dest": "$REPORTS/new/sub/.."}, copies, transport="local")
    assert not copies.tasks and result["html"] == f"{tmp_path}/new/sub/../report.html"
    (tmp_path / "plain").touch()
    assert (tmp_path / "new/report.html").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.html", "report.json", "report.xml", "sub"]
    assert (tmp_path / "other").read_text() == "other" and "This" in (tmp_path / "new/report.html").read_text(encoding="utf-8")
    with pytest.raises(AnsibleError, match=r"The report cannot be written: File exists \(.*plain/report.html\). Set dest to a writable directory"):
        run({"dest": f"{tmp_path}/plain"}, copies, transport="local")
    (tmp_path / "full" / "report.html").mkdir(parents=True)
    with pytest.raises(AnsibleError, match="The report cannot be written: Is a directory"):
        run({"dest": f"{tmp_path}/full"}, copies, transport="local")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["report.html"]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a job ends as an Ansible module: with a result, or with one message."""

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _progress_file, _run


class FakeModule:
    """The part of AnsibleModule that :func:`_run.run` uses."""

    _name = "apsaradb.mysql.test"

    def __init__(self, check_mode: bool = False, **params: Any) -> None:
        self.params = params
        self.check_mode = check_mode
        self.warnings: List[str] = []
        self.requested: List[Dict[str, Any]] = []
        self.failed: Dict[str, Any] = {}
        self.result: Dict[str, Any] = {}

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def load_file_common_arguments(self, params: Dict[str, Any], path: str) -> Dict[str, Any]:
        return dict(params, path=path)

    def set_fs_attributes_if_different(self, arguments: Dict[str, Any], changed: bool) -> bool:
        self.requested.append(arguments)
        return changed

    def fail_json(self, **facts: Any) -> None:
        self.failed = facts

    def exit_json(self, **facts: Any) -> None:
        self.result = facts


def run(job: Any, **arguments: Any) -> FakeModule:
    module = FakeModule(**arguments)
    _run.run(module, job)  # type: ignore[arg-type]
    return module


@pytest.fixture(autouse=True)
def without_action_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(_progress_file.VARIABLE, raising=False)


def test_a_result_goes_to_exit_json() -> None:
    module = run(lambda call: {"changed": call.params["a"] == 1 and not call.check_mode}, a=1)
    assert (module.result, module.failed) == ({"changed": True}, {})


def test_a_folder_gets_the_owner_of_its_files_and_not_their_mode(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    paths = [str(tmp_path / "file"), str(tmp_path)]
    module = run(lambda call: {"changed": True in [call.set_attributes(path) for path in paths]}, mode="0640", attributes="i", owner="dba")
    assert [(given["path"], given["mode"], given["attributes"], given["owner"]) for given in module.requested] == [
        (paths[0], "0640", "i", "dba"),
        (paths[1], None, None, "dba"),
    ]


def test_a_failure_goes_to_fail_json_with_its_facts() -> None:
    def job(call: _run.JobContext) -> Dict[str, Any]:
        raise Failure("The URL has expired", "host", "Give a fresh one.", expired=True)

    module = run(job)
    assert module.failed == {"msg": "The URL has expired (host). Give a fresh one.", "expired": True} and module.result == {}


def test_an_unexpected_exception_is_one_message_without_values() -> None:
    def job(call: _run.JobContext) -> Dict[str, Any]:
        raise ValueError("s3cret in {0}".format(call))

    message = run(job).failed["msg"]
    assert message.startswith("This is a defect in apsaradb.mysql: ValueError at test_run.py:") and "s3cret" not in message


def test_an_interrupt_is_a_message() -> None:
    def job(call: _run.JobContext) -> Dict[str, Any]:
        raise KeyboardInterrupt

    assert "run the task again to continue" in run(job).failed["msg"]


@pytest.mark.parametrize("fails,state", [(False, "ended"), (True, "failed")])
def test_progress_is_written_to_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool, state: str) -> None:
    monkeypatch.setenv(_progress_file.VARIABLE, str(tmp_path / "plugin"))

    def job(call: _run.JobContext) -> Dict[str, Any]:
        call.progress.about("shop")
        if fails:
            raise Failure("It failed")
        return {}

    run(job, progress_file=str(tmp_path / "user"))
    for name in ("plugin", "user"):
        status = json.loads((tmp_path / name).read_text())
        assert (status["module"], status["subject"], status["state"]) == (FakeModule._name, "shop", state)


def test_check_mode_writes_no_progress_file(tmp_path: Path) -> None:
    run(lambda call: {}, check_mode=True, progress_file=str(tmp_path / "user"))
    assert list(tmp_path.iterdir()) == []


def test_a_progress_file_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    module = run(lambda call: {"changed": True}, progress_file=str(tmp_path / "missing" / "user"))
    assert module.result == {"changed": True} and len(module.warnings) == 1 and "progress_file cannot be written" in module.warnings[0]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options of rds_backup_fetch leave the control node."""

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.apsaradb.mysql.plugins.action import rds_backup_fetch as plugin
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._long_module import LongModule

# As from module_defaults of the action group, which Ansible adds to every task of the module.
GROUP = {"alicloud_access_key": "KEY", "alicloud_secret_key": "SECRET", "alicloud_security_token": "TOKEN", "region": "cn-hangzhou"}


@pytest.mark.parametrize(
    "given, sent",
    [
        ({"url": "https://b/x.tar"}, {"region"}),
        ({"url": "https://b/x.tar", "instance_id": ""}, {"region", "instance_id"}),
        ({"url": "https://b/x.tar", "instance_id": "rm-1"}, {*GROUP, "instance_id"}),
        ({"instance_id": "rm-1"}, {*GROUP, "instance_id"}),
    ],
)
def test_credentials_are_sent_only_to_a_host_that_calls_the_api(given: dict[str, str], sent: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(LongModule, "run", lambda self, _tmp, _task_vars: seen.append(self._task.args) or {"changed": False})
    action = plugin.ActionModule.__new__(plugin.ActionModule)
    action._task = SimpleNamespace(args={**GROUP, "dest": "/x.tar", **given})
    assert action.run(None, {}) == {"changed": False}
    assert set(seen[0]) == sent | {"dest"} | ({"url"} & set(given))

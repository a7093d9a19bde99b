# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rds_backup_fetch with progress lines while it runs. A host gets the credentials only if its task calls the API."""

from typing import Any

from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._alicloud_options import ALICLOUD_SPEC
from ansible_collections.apsaradb.mysql.plugins.plugin_utils._long_module import LongModule


class ActionModule(LongModule):
    """Ansible finds the plugin by this name."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._task.args.get("instance_id"):
            # A download from a URL calls no API, but module_defaults of the action group have added the credentials to the task.
            self._task.args = {name: value for name, value in self._task.args.items() if not ALICLOUD_SPEC.get(name, {}).get("no_log")}
        return super().run(tmp, task_vars)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_restore_sql with progress lines while it runs."""

from ansible_collections.apsaradb.mysql.plugins.plugin_utils._long_module import LongModule


class ActionModule(LongModule):
    """Ansible finds the plugin by this name."""

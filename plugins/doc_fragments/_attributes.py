# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes that the modules of this collection have in common."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._attributes``, then one of the sections below; a module adds its own ``support`` and ``details``."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run reports no change.
  platform:
    description: The operating systems that the module runs on.
    support: full
    platforms: linux
"""

    INFO = r"""
attributes:
  check_mode:
    support: full
    details:
      - The module never changes anything.
  diff_mode:
    support: N/A
    details:
      - The module never changes anything.
  idempotent:
    support: full
"""

    MYSQL = r"""
attributes:
  action_group:
    description: Use C(group/apsaradb.mysql.mysql) in C(module_defaults) to set defaults for all modules that log in to a MySQL server.
    support: full
    membership:
      - apsaradb.mysql.mysql
"""

    ALICLOUD = r"""
attributes:
  action_group:
    description: Use C(group/apsaradb.mysql.alicloud) in C(module_defaults) to set defaults for all modules that call the RDS API.
    support: full
    membership:
      - apsaradb.mysql.alicloud
"""

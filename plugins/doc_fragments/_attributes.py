# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of this collection have in common, said once."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._attributes``; the module adds ``support`` and ``details`` of each."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  platform:
    description: The systems the module runs on.
    support: full
    platforms: linux
"""

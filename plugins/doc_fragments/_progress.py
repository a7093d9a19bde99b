# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a long module shows how far it is, said once for all modules that do."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._progress``."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - Whether Ansible's output shows how far the module is, while it runs.
      - The module runs in the background of the host for that, and a broken connection does not end it.
        The task looks for it again for ten minutes; what takes longer is joined by the next run.
      - Nothing is shown in check mode, with C(no_log) or C(async), or when the output is for programs, as that of the callback C(json).
    type: bool
    default: true
  progress_file:
    description:
      - A file on the host in which the module keeps how far it is, as JSON, for other programs. It is whole at any time, and stays when the
        module has ended. The folder must exist.
      - It is written with C(async) and C(no_log) too, but not in check mode.
    type: path
"""

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules that report their progress while they run."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._progress``; the argument spec is in ``_jobs/_progress_file.py``."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - Whether Ansible's output shows the progress of the module while it runs.
      - To do so, the module runs in the background on the host, so a lost connection does not end it.
        The task tries to reconnect for ten minutes. If that fails, the next run waits for the module that is still running.
      - Ctrl-C and the task keyword C(timeout) end it on the host too. What it completed remains, and the next run resumes.
      - Nothing is shown in check mode, with C(no_log) or C(async), or if a callback plugin such as C(json) writes the output for programs.
    type: bool
    default: true
  progress_file:
    description:
      - A file on the host in which the module records its progress as JSON, for other programs. A reader always finds a complete document, and the
        file remains after the module has ended. Its directory must exist.
      - It is also written with C(async) and C(no_log), but not in check mode.
    type: path
"""

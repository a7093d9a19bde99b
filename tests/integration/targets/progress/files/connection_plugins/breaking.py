# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection ``local``, which breaks when the action plugin looks for its module the first time."""

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: breaking
short_description: A connection that breaks once
description: As local.
"""


class Connection(Local):
    transport = "breaking"
    looks = 0

    def exec_command(self, cmd, *arguments, **options):
        if "kill -0" in cmd and "setsid" not in cmd:
            self.looks += 1
            if self.looks == 1:
                raise AnsibleConnectionFailure("The line is dead")
        return super().exec_command(cmd, *arguments, **options)

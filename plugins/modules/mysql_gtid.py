#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_gtid
short_description: Tell, empty or switch on the GTIDs of a MySQL server
version_added: 0.1.0
description:
  - Tells the GTID state of a server, empties its history, or switches GTIDs on while it runs.
  - The statements are those of the server's version.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    support: full
options:
  state:
    description:
      - V(present) only tells the state.
      - V(empty) makes the server forget all it has executed (C(RESET MASTER), from 8.2 on C(RESET BINARY LOGS AND GTIDS)).
        This deletes its binary logs. It is refused while a replica reads from the server or the server is one.
      - V(enabled) switches GTIDs on, step by step, which MySQL knows from 5.7.6 on. Servers before that have to be started with them.
        The setting does not survive a restart unless it is in the server's option file too.
        It is refused while a replica reads from the server or the server is one, since all servers of a topology go together.
    type: str
    choices: [present, empty, enabled]
    default: present
  force:
    description:
      - Whether O(state=empty) and O(state=enabled) are done although replication depends on the server.
    type: bool
    default: false
seealso:
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: See what the server has executed
  apsaradb.mysql.mysql_gtid:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: gtid

- name: Switch GTIDs on
  apsaradb.mysql.mysql_gtid:
    state: enabled
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
"""

RETURN = r"""
gtid_mode:
  description: The server's C(gtid_mode); empty where the server knows no GTIDs.
  returned: success
  type: str
  sample: "ON"
executed:
  description: The set C(gtid_executed).
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
purged:
  description: The set C(gtid_purged).
  returned: success
  type: str
  sample: ""
replicas:
  description: The replicas that read from this server, as far as RV(missing_privileges) lets them be seen.
  returned: success
  type: list
  elements: str
is_replica:
  description: Whether this server is configured as a replica, as far as RV(missing_privileges) lets that be seen.
  returned: success
  type: bool
missing_privileges:
  description: The privileges without which the account sees no replicas (C(REPLICATION SLAVE)) or no source (C(REPLICATION CLIENT)).
  returned: success
  type: list
  elements: str
  sample: []
server_version:
  description: The server's version.
  returned: success
  type: str
  sample: 8.0.36
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_gtid import job


def main() -> None:
    spec = dict(
        LOGIN_SPEC,
        state=dict(type="str", choices=["present", "empty", "enabled"], default="present"),
        force=dict(type="bool", default=False),
    )
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True), job)


if __name__ == "__main__":
    main()

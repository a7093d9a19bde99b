#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_gtid
short_description: Reset or enable GTIDs on a MySQL server
version_added: 1.0.0
description:
  - Empties the GTID history of a server, or enables GTIDs while the server runs.
  - Uses the statements of the server's version.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.mysql
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - V(empty) removes everything from C(gtid_executed) and C(gtid_purged) (C(RESET MASTER), or C(RESET BINARY LOGS AND GTIDS) since MySQL 8.2).
        This deletes the server's binary logs. It is refused while a replica reads from the server or the server is a replica, and if the account lacks the
        privileges to see that.
      - V(enabled) brings C(gtid_mode) to V(ON) step by step, which needs MySQL 5.7.6 or newer. Older servers must be started with GTIDs.
        The setting does not survive a restart unless the server's option file has it too.
        It is refused while a replica reads from the server or the server is a replica, because all servers of a topology must change together.
    type: str
    choices: [empty, enabled]
    required: true
  force:
    description:
      - Whether to change the server even though replication depends on it, or the account cannot see whether it does.
    type: bool
    default: false
seealso:
  - module: apsaradb.mysql.mysql_gtid_info
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: Enable GTIDs
  apsaradb.mysql.mysql_gtid:
    state: enabled
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root

- name: Empty the GTID history before an import that applies the dump's GTID set
  apsaradb.mysql.mysql_gtid:
    state: empty
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
"""

RETURN = r"""
gtid_mode:
  description: See RV(apsaradb.mysql.mysql_gtid_info#module:gtid_mode). This and the other keys show the state after the change.
  returned: success
  type: str
  sample: "ON"
executed:
  description: See RV(apsaradb.mysql.mysql_gtid_info#module:executed).
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
purged:
  description: See RV(apsaradb.mysql.mysql_gtid_info#module:purged).
  returned: success
  type: str
  sample: ""
replicas:
  description: See RV(apsaradb.mysql.mysql_gtid_info#module:replicas).
  returned: success
  type: list
  elements: str
  sample: []
is_replica:
  description: See RV(apsaradb.mysql.mysql_gtid_info#module:is_replica).
  returned: success
  type: bool
  sample: false
missing_privileges:
  description: See RV(apsaradb.mysql.mysql_gtid_info#module:missing_privileges).
  returned: success
  type: list
  elements: str
  sample: []
server_version:
  description: The version of the server.
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
        state=dict(type="str", choices=["empty", "enabled"], required=True),
        force=dict(type="bool", default=False),
    )
    run(AnsibleModule(argument_spec=spec, supports_check_mode=True), job)


if __name__ == "__main__":
    main()

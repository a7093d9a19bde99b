#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_gtid_info
short_description: Read the GTID state of a MySQL server
version_added: 1.0.0
description:
  - Returns the GTID mode of a server, the sets it has executed and purged, and whether replication depends on it.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._login
  - apsaradb.mysql._attributes
  - apsaradb.mysql._attributes.info
  - apsaradb.mysql._attributes.mysql
seealso:
  - module: apsaradb.mysql.mysql_gtid
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: Read the GTID state
  apsaradb.mysql.mysql_gtid_info:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: gtid

- name: Show the transactions that the server has executed
  ansible.builtin.debug:
    var: gtid.executed
"""

RETURN = r"""
gtid_mode:
  description: The server variable C(gtid_mode); empty on servers without GTIDs.
  returned: success
  type: str
  sample: "ON"
executed:
  description: The GTID set in C(gtid_executed).
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
purged:
  description: The GTID set in C(gtid_purged).
  returned: success
  type: str
  sample: ""
replicas:
  description: The replicas that read from this server. If RV(missing_privileges) contains C(REPLICATION SLAVE), only connected ones are listed.
  returned: success
  type: list
  elements: str
  sample: ["10.0.0.12:51234 (connection 17)"]
is_replica:
  description: Whether this server is configured as a replica. V(false) if RV(missing_privileges) contains C(REPLICATION CLIENT).
  returned: success
  type: bool
  sample: false
missing_privileges:
  description: The privileges that the account lacks to see replicas (C(REPLICATION SLAVE)) or the server's own source (C(REPLICATION CLIENT)).
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
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_gtid_info import job


def main() -> None:
    run(AnsibleModule(argument_spec=LOGIN_SPEC, supports_check_mode=True), job)


if __name__ == "__main__":
    main()

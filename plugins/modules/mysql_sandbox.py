#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_sandbox
short_description: Run a private, throw-away MySQL server in a folder
version_added: 0.1.0
description:
  - Makes a MySQL server of its own on the host, with everything it has in one folder. No system user, no system file and no
    package database is touched, and no privilege is needed.
  - The server keeps running after the task. It listens on a socket in its folder and on a TCP port of V(127.0.0.1).
  - The account V(root) has no password and is only let in through the socket. The folder, and so the socket, belongs to the user
    who made it alone. An account that shall come in over TCP has to be created first.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  path:
    description:
      - The sandbox's folder. It is made when it does not exist.
      - A folder that holds anything but a sandbox is refused.
      - When the path is too long for a socket (96 bytes are enough for it), the socket lies in a private folder with a short name
        below the system's folder for temporary files. See RV(socket).
    type: path
    required: true
  state:
    description:
      - V(started) makes the sandbox when there is none, and starts the server when it does not run. A server that runs with other
        O(settings), on another O(port) or with other software is restarted.
      - V(stopped) stops the server and keeps its data.
      - V(absent) stops the server and removes the folder with all data.
    type: str
    choices: [started, stopped, absent]
    default: started
  source:
    description:
      - Where C(mysqld) comes from. An existing sandbox keeps its source; asking for another is an error.
      - V(auto) takes the server that is installed on the host, when it is MySQL and of the O(version) wanted, else V(packages).
      - V(system) is the C(mysqld) on E(PATH) or in C(/usr/sbin).
      - V(packages) downloads the distribution's packages and unpacks them below O(software_path) without installing them. The
        archive and its key are those of the host's own C(apt) configuration. Where Debian's release has no MySQL, that of its
        V(unstable) suite is taken, with the libraries it needs. About 65 MB are downloaded and 450 MB unpacked, once.
      - Anything else is the path on the host or the URL of a vendor's C(.tar.gz) or C(.tar.xz).
    type: str
    default: auto
  software_path:
    description:
      - The folder software is unpacked into. Sandboxes share it, and O(state=absent) keeps it.
      - The default is the folder C(mysql-software) beside O(path).
    type: path
  version:
    description:
      - The version the server must have, or the beginning of it, as in V(8.0) or V(8.0.36). Without it any will do.
    type: str
  port:
    description:
      - The TCP port on V(127.0.0.1). Without it, or with V(0), a free one is chosen when the sandbox is made, and kept.
    type: int
  settings:
    description:
      - Options of C(mysqld) and their values, as in an option file. A boolean becomes V(ON) or V(OFF).
      - Options that place the server, such as C(datadir), C(socket) or C(bind_address), are the sandbox's own and refused.
    type: dict
requirements:
  - apt-get and dpkg-deb, for O(source=packages)
extends_documentation_fragment:
  - apsaradb.mysql._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
notes:
  - A server installed on the host may be confined to its usual folders by AppArmor or SELinux. Then O(source=packages) works.
seealso:
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: A private server, from whatever this host can offer
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill
  register: drill

- name: Ask it something
  ansible.builtin.command:
    argv: "{{ drill.mysql + ['--execute', 'SELECT VERSION()'] }}"
  changed_when: false

- name: MySQL 8.4 as its vendor ships it, with GTIDs
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill84
    source: /srv/software/mysql-8.4.0-linux-glibc2.28-x86_64.tar.xz
    version: "8.4"
    settings:
      server_id: 7
      gtid_mode: true
      enforce_gtid_consistency: true

- name: Away with it and all its data
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill
    state: absent
"""

RETURN = r"""
version:
  description: The version of the server.
  returned: when there is a sandbox
  type: str
  sample: 9.7.4
socket:
  description: The unix socket of the server.
  returned: when there is a sandbox
  type: str
  sample: /var/tmp/drill/mysql.sock
port:
  description: The TCP port of the server on V(127.0.0.1).
  returned: when there is a sandbox
  type: int
  sample: 40123
pid:
  description: The server's process; V(null) when it does not run.
  returned: when there is a sandbox
  type: int
  sample: 4711
pid_file:
  description: The file in which the server writes its process id.
  returned: when there is a sandbox
  type: str
  sample: /var/tmp/drill/mysqld.pid
datadir:
  description: The data directory.
  returned: when there is a sandbox
  type: str
  sample: /var/tmp/drill/data
log:
  description: The server's error log.
  returned: when there is a sandbox
  type: str
  sample: /var/tmp/drill/mysqld.log
mysql:
  description: The command line that runs the C(mysql) client as V(root) on this server; V(null) when the software has none.
  returned: O(state=started)
  type: list
  elements: str
  sample: [/usr/bin/mysql, --no-defaults, --socket=/var/tmp/drill/mysql.sock, --user=root]
mysqldump:
  description: The same for C(mysqldump).
  returned: O(state=started)
  type: list
  elements: str
  sample: [/usr/bin/mysqldump, --no-defaults, --socket=/var/tmp/drill/mysql.sock, --user=root]
log_tail:
  description: The last lines the server wrote.
  returned: when the server does not start
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["started", "stopped", "absent"], "default": "started"},
            "source": {"type": "str", "default": "auto"},
            "software_path": {"type": "path"},
            "version": {"type": "str"},
            "port": {"type": "int"},
            "settings": {"type": "dict"},
        },
        supports_check_mode=True,
    )
    run(module, job)


if __name__ == "__main__":
    main()

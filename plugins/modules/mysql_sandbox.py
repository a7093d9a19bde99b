#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_sandbox
short_description: Run a private, disposable MySQL server in a directory
version_added: 1.0.0
description:
  - Creates and runs a separate MySQL server on the host, with all of its files in one directory. No system user, system file or
    package database is changed, and no privilege is needed.
  - The server keeps running after the task. It listens on a Unix socket in its directory and on a TCP port of V(127.0.0.1).
  - The account V(root) has no password and can log in through the socket only. The directory, and so the socket, is accessible only to the user
    who created it. To log in over TCP, create another account first.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
options:
  path:
    description:
      - The directory of the sandbox. It is created if it is missing. The script C(mysql) in it connects to the server as V(root), if the software has
        a client.
      - A directory that holds anything but a sandbox is refused.
      - If the path is too long for a socket (more than 96 bytes), the socket is created in a private directory with a short name
        in the system's directory for temporary files. See RV(socket).
      - In a directory that others may write to, such as C(/var/tmp), a directory or link of another user is refused. The same applies to O(software_path).
    type: path
    required: true
  state:
    description:
      - V(started) creates the sandbox if it is missing, and starts the server if it is not running. A server that runs with other
        O(settings), on another O(port) or with other software is restarted.
      - V(stopped) stops the server and keeps its data.
      - V(absent) stops the server and removes the directory with all data.
      - V(saved) shuts the server down, copies its data to the directory O(snapshot), and starts the server again if it was running.
        A running server is always saved, because it may have changed. A stopped one is not saved again while
        its files are those of the snapshot.
      - V(reset) discards all changes. It replaces the data with those of O(snapshot), by default the snapshot from which the sandbox was
        started, and starts the server. It always reports a change.
    type: str
    choices: [started, stopped, absent, saved, reset]
    default: started
  source:
    description:
      - Where to get C(mysqld). An existing sandbox keeps its source, and the module fails if another one is given.
      - V(auto) uses the server that is installed on the host if it is MySQL and has the requested O(version), otherwise V(packages).
      - V(system) uses the C(mysqld) on E(PATH) or in C(/usr/sbin).
      - V(packages) downloads the distribution's packages and unpacks them in O(software_path) without installing them. The
        archive and its key are taken from the host's own C(apt) configuration. If the Debian release has no MySQL, the packages of
        V(unstable) are used, with the libraries that they need. About 65 MB are downloaded and 450 MB unpacked, once.
      - Any other value is the URL, or the path on the host, of a C(.tar.gz) or C(.tar.xz) file from the vendor. A URL with a signature or a password
        is kept secret.
    type: str
    default: auto
  software_path:
    description:
      - The directory to which software is unpacked. Sandboxes share it, and O(state=absent) keeps it.
      - The default is the directory C(mysql-software) in the same directory as O(path).
    type: path
  version:
    description:
      - The version that the server must have, or the start of it, such as V(8.0) or V(8.0.36). Without it, any version is accepted.
    type: str
  port:
    description:
      - The TCP port on V(127.0.0.1). Without it, or with V(0), a free port is chosen when the sandbox is created, and kept.
    type: int
  settings:
    description:
      - Options of C(mysqld) and their values, as in an option file. A boolean becomes V(ON) or V(OFF).
      - Options that the sandbox sets itself, such as C(datadir), C(socket) or C(bind_address), are refused.
      - By default C(secure_file_priv) is an empty directory of the sandbox, so that no statement reads or writes other files, even if the server runs as
        C(root). C(LOAD DATA LOCAL) is not affected.
    type: dict
  snapshot:
    description:
      - The directory of a snapshot, which holds the data of a server. Required with O(state=saved), which creates or replaces it.
      - With O(state=started), a new sandbox gets a copy of these data. Many servers can be started from one snapshot, even at the same time, and none
        of them changes it. Each has its own UUID and begins with new binary logs.
        A sandbox that was started from this snapshot keeps its data; one with other data is refused.
      - The copy shares its disk blocks with the snapshot where the file system can (XFS, Btrfs). Elsewhere, blocks of zeros take no space.
      - A snapshot is refused if a file is missing, if the size or CRC-32 of a file differs from the manifest, if the server is of another series (8.0, 8.4,
        9.7), or if the server is older than the one that was saved.
      - An interrupted run leaves neither an incomplete snapshot nor an incomplete data directory; the next run removes its leftovers.
      - The snapshot is accessible only to the user who created it. The parent directory must exist.
    type: path
  snapshot_gtid:
    description:
      - What a new sandbox does with the GTID state of the snapshot.
      - V(keep) keeps the executed GTIDs, so that the server can continue as a replica of the origin of its data. MySQL 5.6 also keeps its binary
        logs for this.
      - V(empty) removes them, as C(RESET BINARY LOGS AND GTIDS) does.
    type: str
    choices: [keep, empty]
    default: keep
  snapshot_note:
    description:
      - Anything that describes the data, such as the backup they came from. It is saved with the snapshot and returned as RV(snapshot.note).
    type: dict
  snapshot_keep:
    description:
      - With O(state=saved), how many snapshots the parent directory of O(snapshot) may hold. The least recently used are removed, but not the one that was just
        saved or those that are being copied. A directory that has other files is not removed.
      - V(0) keeps only the one that was just saved, like V(1).
    type: int
  snapshot_keep_size:
    description:
      - Like O(snapshot_keep), for the disk space that the snapshots may take in total, such as V(50G).
    type: str
  crash_safe:
    description:
      - V(false) speeds up a load by switching off crash protection in this server only. The doublewrite buffer and the flush at each
        commit are off.
      - If such a server crashes, the next O(state=started) discards its data, with a warning, and creates them again.
      - Start it with V(true) when the load is complete. This restarts it with full crash protection. It cannot be saved before that.
    type: bool
    default: true
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
    support: partial
    details:
      - O(state=saved) always saves a running server, and O(state=reset) always replaces the data.
notes:
  - AppArmor or SELinux may confine a server that is installed on the host to its usual directories. In that case use O(source=packages).
seealso:
  - module: apsaradb.mysql.mysql_sql_import
"""

EXAMPLES = r"""
- name: Start a private server with any available MySQL software
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill
  register: drill

- name: Run a query
  ansible.builtin.command:
    argv: "{{ drill.mysql + ['--execute', 'SELECT VERSION()'] }}"
  changed_when: false

- name: Start MySQL 8.4 from the vendor's archive, with GTIDs
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill84
    source: /srv/software/mysql-8.4.0-linux-glibc2.28-x86_64.tar.xz
    version: "8.4"
    settings:
      server_id: 7
      gtid_mode: true
      enforce_gtid_consistency: true

- name: Save its data as a snapshot
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill
    state: saved
    snapshot: /var/tmp/snapshots/shop

- name: Start three servers with these data
  apsaradb.mysql.mysql_sandbox:
    path: "/var/tmp/shop-{{ item }}"
    snapshot: /var/tmp/snapshots/shop
  loop: [1, 2, 3]

- name: Discard the changes that tests made in one of them
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/shop-1
    state: reset

- name: Remove the server and all its data
  apsaradb.mysql.mysql_sandbox:
    path: /var/tmp/drill
    state: absent
"""

RETURN = r"""
version:
  description: The version of the server.
  returned: when the sandbox exists
  type: str
  sample: 9.7.4
socket:
  description: The Unix socket of the server.
  returned: when the sandbox exists
  type: str
  sample: /var/tmp/drill/mysql.sock
port:
  description: The TCP port of the server on V(127.0.0.1).
  returned: when the sandbox exists
  type: int
  sample: 40123
pid:
  description: The process ID of the server; V(null) if it is not running.
  returned: when the sandbox exists
  type: int
  sample: 4711
pid_file:
  description: The file in which the server writes its process ID.
  returned: when the sandbox exists
  type: str
  sample: /var/tmp/drill/mysqld.pid
datadir:
  description: The data directory.
  returned: when the sandbox exists
  type: str
  sample: /var/tmp/drill/data
log:
  description: The error log of the server.
  returned: when the sandbox exists
  type: str
  sample: /var/tmp/drill/mysqld.log
mysql:
  description: The command line that runs the C(mysql) client as V(root) on this server; V(null) if the software has no client.
  returned: O(state=started) or O(state=reset)
  type: list
  elements: str
  sample: [/usr/bin/mysql, --no-defaults, --socket=/var/tmp/drill/mysql.sock, --user=root]
mysqldump:
  description: The command line that runs C(mysqldump) as V(root) on this server; V(null) if the software has none.
  returned: O(state=started) or O(state=reset)
  type: list
  elements: str
  sample: [/usr/bin/mysqldump, --no-defaults, --socket=/var/tmp/drill/mysql.sock, --user=root]
snapshot:
  description: The snapshot from which the data were copied, or to which they were saved.
  returned: when the sandbox was saved, or started from a snapshot
  type: dict
  contains:
    path:
      description: The directory of the snapshot.
      type: str
      sample: /var/tmp/snapshots/shop
    id:
      description: The identity of its content.
      type: str
      sample: 6f1f3c0c2b5b4f0f8c4a3a0b6f0c9d1e
    created:
      description: When it was saved (UTC).
      type: str
      sample: "2026-11-29T03:40:00Z"
    version:
      description: The version of the server that was saved.
      type: str
      sample: 9.7.4
    size:
      description: The size of its files in bytes.
      type: int
      sample: 184549376
    databases:
      description: The databases in it, except MySQL's own.
      type: list
      elements: str
      sample: [shop]
    note:
      description: The O(snapshot_note) with which it was saved.
      type: dict
      sample: {backup: backup.tar}
removed_snapshots:
  description: The snapshots that were removed because of O(snapshot_keep) and O(snapshot_keep_size).
  returned: O(state=saved)
  type: list
  elements: str
  sample: []
log_tail:
  description: The last lines of the error log.
  returned: when the server does not start
  type: list
  elements: str
  sample: ["[ERROR] [MY-000067] [Server] unknown variable 'no_such_option=1'."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._software_options import SOURCE_SPEC, show_harmless_source
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job


def main() -> None:
    spec = dict(
        path=dict(type="path", required=True),
        state=dict(type="str", choices=["started", "stopped", "absent", "saved", "reset"], default="started"),
        **SOURCE_SPEC,
        software_path=dict(type="path"),
        version=dict(type="str"),
        port=dict(type="int"),
        settings=dict(type="dict"),
        snapshot=dict(type="path"),
        snapshot_gtid=dict(type="str", choices=["keep", "empty"], default="keep"),
        snapshot_note=dict(type="dict"),
        snapshot_keep=dict(type="int"),
        snapshot_keep_size=dict(type="str"),
        crash_safe=dict(type="bool", default=True),
    )
    module = AnsibleModule(argument_spec=spec, required_if=[("state", "saved", ["snapshot"])], supports_check_mode=True)
    show_harmless_source(module)
    run(module, job)


if __name__ == "__main__":
    main()

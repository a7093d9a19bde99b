#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_report
short_description: Write what came of a restore as a page, as JSON and as JUnit XML
version_added: 0.1.0
description:
  - Takes what the role P(apsaradb.mysql.restore#role) and M(apsaradb.mysql.mysql_restore_verify) returned and writes it down, for people and for
    programs.
  - The page is one HTML file that loads nothing and runs nothing. It says first whether the backup is good, then what it is, then the details.
  - Names out of a dump are data. Whatever they hold, on the page they are text.
  - Query strings and user parts of URLs are left out of everything that is written.
  - The role P(apsaradb.mysql.restore#role) and the playbook C(apsaradb.mysql.drill) call it on the control node.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written; the result is the same.
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    support: full
options:
  dest:
    description:
      - The folder for the files. It is made when it is missing.
    type: path
    required: true
  name:
    description:
      - The name of the files without their endings C(.html), C(.json) and C(.xml). Characters other than letters, digits, C(.), C(_) and C(-)
        become C(_).
    type: str
    default: report
  title:
    description:
      - What this was.
    type: str
    default: Restore
  restored:
    description:
      - The fact C(restore_report) of the role P(apsaradb.mysql.restore#role), or anything of its shape. C(databases) is a list of results of
        M(apsaradb.mysql.mysql_sql_import), each with C(source) and C(target).
    type: dict
  verified:
    description:
      - Results of M(apsaradb.mysql.mysql_restore_verify), one a database, with C(fail_on_problems=false). What they say of a database counts
        more than what O(restored) says.
    type: list
    elements: dict
  backup:
    description:
      - What is known of the backup. C(name), C(id), C(made) (a text with its time), C(server_version), C(size) in bytes, C(crc64),
        C(verified_by) (a text or a list of them).
    type: dict
  failure:
    description:
      - The message that ended the restore, if one did. The report is that of a failure then.
    type: str
  failed_task:
    description:
      - The name of the task that failed.
    type: str
  steps:
    description:
      - Steps for the time line beside the imports. Each has a C(name), C(began) (seconds since 1970), C(seconds) and, where it moved them, C(bytes).
      - A step without C(began) began when the one before it ended. One without C(seconds) ended when the next one began, or now.
    type: list
    elements: dict
  host:
    description:
      - The host that was restored on.
    type: str
  versions:
    description:
      - Names and versions of what took part, to be shown as they are.
    type: dict
seealso:
  - module: apsaradb.mysql.mysql_restore_verify
"""

EXAMPLES = r"""
- name: Restore
  ansible.builtin.include_role:
    name: apsaradb.mysql.restore

- name: Look at each database
  apsaradb.mysql.mysql_restore_verify:
    database: "{{ item.target }}"
    fail_on_problems: false
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  loop: "{{ restore_report.databases }}"
  register: looked

- name: Write it down
  apsaradb.mysql.mysql_restore_report:
    dest: "{{ playbook_dir }}/reports"
    name: "{{ inventory_hostname }}"
    host: "{{ inventory_hostname }}"
    restored: "{{ restore_report }}"
    verified: "{{ looked.results }}"
  delegate_to: localhost
"""

RETURN = r"""
ok:
  description: Whether everything was restored, verified and is as it should be.
  returned: success
  type: bool
verdict:
  description: V(good), V(unverified) when nothing is known to be wrong but not all was looked at, or V(bad).
  returned: success
  type: str
  sample: good
problems:
  description: What is wrong, a sentence each.
  returned: success
  type: list
  elements: str
html:
  description: The path of the page.
  returned: success
  type: str
json:
  description: The path of the same facts as JSON.
  returned: success
  type: str
junit:
  description: The path of the verification as JUnit XML. It has a test suite a database, and a test case a table and a kind of object.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import run
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_restore_report import job


def main() -> None:
    spec = dict(
        dest=dict(type="path", required=True),
        name=dict(type="str", default="report"),
        title=dict(type="str", default="Restore"),
        restored=dict(type="dict"),
        verified=dict(type="list", elements="dict"),
        backup=dict(type="dict"),
        failure=dict(type="str"),
        failed_task=dict(type="str"),
        steps=dict(type="list", elements="dict"),
        host=dict(type="str"),
        versions=dict(type="dict"),
    )
    # A report may be long: no_log keeps it out of the system's journal.
    run(AnsibleModule(argument_spec=spec, no_log=True, supports_check_mode=True), job)


if __name__ == "__main__":
    main()

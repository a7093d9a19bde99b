#!/usr/bin/python
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: mysql_restore_report
short_description: Write a restore report as HTML, JSON and JUnit XML
version_added: 1.0.0
description:
  - Writes the results of the role P(apsaradb.mysql.restore#role) and of M(apsaradb.mysql.mysql_restore_verify) as a report for people and for
    programs.
  - The page is one HTML file without external resources and without scripts. It shows the verdict first, then the backup, then the details.
  - Names from a dump are untrusted data. They are always shown as text, and invisible characters are shown as symbols.
  - Query strings and user parts of URLs are removed from everything that is written.
  - The report is rendered on the control node and written to the task's host.
  - The role P(apsaradb.mysql.restore#role) and the playbook C(apsaradb.mysql.drill) use this module on the control node.
author:
  - The apsaradb.mysql contributors (@apsaradb-mysql)
extends_documentation_fragment:
  - apsaradb.mysql._attributes
attributes:
  check_mode:
    support: full
    details:
      - Writes nothing, and adds nothing to O(history); the result is the same.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - The report contains the time, so each run writes it again, and adds a line to O(history).
  platform:
    support: full
options:
  dest:
    description:
      - The directory for the files. It is created if it does not exist.
    type: path
    required: true
  name:
    description:
      - The name of the files without their extensions C(.html), C(.json) and C(.xml). Characters other than letters, digits, C(.), C(_) and C(-)
        are replaced with C(_).
    type: str
    default: report
  title:
    description:
      - The title of the report.
    type: str
    default: Restore
  restored:
    description:
      - The fact C(restore_report) of the role P(apsaradb.mysql.restore#role), or a dictionary of the same structure, which the filter
        P(apsaradb.mysql.restore_report#filter) creates from module results.
    type: dict
  verified:
    description:
      - Results of M(apsaradb.mysql.mysql_restore_verify) with C(fail_on_problems=false), one for each database. They take precedence over
        what O(restored) contains.
    type: list
    elements: dict
  backup:
    description:
      - Facts about the backup. The keys are C(name), C(id), C(made) (the time of its data, as text), C(server_version), C(size) in bytes, C(crc64) and
        C(verified_by) (a string, or a list of strings).
    type: dict
  failure:
    description:
      - The error message of a restore that failed. It makes the verdict V(bad).
    type: str
  failed_task:
    description:
      - The name of the task that failed.
    type: str
  steps:
    description:
      - Steps to show in the timeline in addition to the imports. Each has a C(name), C(began) (seconds since 1970), C(seconds) and, if it moved
        data, C(bytes).
      - A step without C(began) starts when the step before it ends. A step without C(seconds) ends when the next step begins, or now.
    type: list
    elements: dict
  host:
    description:
      - The name of the host to which the backup was restored.
    type: str
  versions:
    description:
      - Names and versions of other software, to show in the report.
    type: dict
  history:
    description:
      - A file on the control node to which a line of JSON is added for this report, with the rows of each table. It is created if it does not exist.
      - The report then shows the row counts and restore times of earlier reports of the same O(series), and warns if a table has disappeared or shrunk.
      - Damaged or foreign lines are left as they are, with a warning. At most the last 400 reports in the last 16 MiB of the file are read.
    type: path
  series:
    description:
      - Only reports of the same series are compared. Use one for each instance and choice of databases.
    type: str
    default: ""
  max_shrink:
    description:
      - Warn if a table has lost more than this percentage of its rows since the last report in O(history) whose verdict was not V(bad).
    type: float
    default: 20
  max_age:
    description:
      - Warn if the backup is older than this number of hours. The key C(made) of O(backup) has its time, as in C(2026-01-31T08:00:00Z).
    type: float
seealso:
  - module: apsaradb.mysql.mysql_restore_verify
  - plugin: apsaradb.mysql.restore_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Restore
  ansible.builtin.include_role:
    name: apsaradb.mysql.restore

- name: Verify all databases
  apsaradb.mysql.mysql_restore_verify:
    databases: "{{ restore_report.databases | map(attribute='target') | list }}"
    fail_on_problems: false
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
  register: verified

- name: Write the report
  apsaradb.mysql.mysql_restore_report:
    dest: "{{ playbook_dir }}/reports"
    name: "{{ inventory_hostname }}"
    host: "{{ inventory_hostname }}"
    restored: "{{ restore_report }}"
    verified: "{{ verified.databases }}"
  delegate_to: localhost
"""

RETURN = r"""
ok:
  description: Whether everything was restored and verified without a problem.
  returned: success
  type: bool
verdict:
  description:
    - V(good), V(unverified) if no problem is known but not everything was checked, or V(bad).
    - A database was not checked if the import left out all of its tables, as with a misspelled name in its C(tables).
    - Rows that an earlier run has counted and this run did not verify do not change the verdict. The files say so, and the test cases are skipped.
  returned: success
  type: str
  sample: good
problems:
  description: The problems, one sentence each.
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
  description: The path of the verification as JUnit XML, with one test suite per database and one test case per table and per kind of object.
    A case that was not checked is skipped.
  returned: success
  type: str
"""

# The code is in the action plugin of the same name.

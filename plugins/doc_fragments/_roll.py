# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say how far databases are rolled forward."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._roll``; the argument spec is in ``_jobs/_roll_plan.py``."""

    DOCUMENTATION = r"""
options:
  until:
    description:
      - A time. Everything that was committed at or before it is applied.
      - A time without a zone is in UTC. With a zone it looks like V(2026-11-28T17:41:00+08:00).
      - Before MySQL 8.0, binary logs contain only whole seconds.
    type: str
  until_gtid:
    description:
      - A transaction or a GTID set. It is applied, and nothing after it.
      - With O(apsaradb.mysql.mysql_roll_forward#module:state=promoted), the transactions that must have been applied; more may have been.
    type: str
  before_statement:
    description:
      - A regular expression; case is ignored. The first transaction after the backup with a matching statement, and everything after it, is not
        applied.
      - Only statements in the binary log can match, such as C(DROP TABLE). Changes of rows are not statements there.
    type: str
  overlap:
    description:
      - How many seconds of transactions before the end of the backup's GTID set are applied again.
      - C(mysqldump) reads the GTID set after its snapshot is taken, so the set can name transactions whose rows are not in the dump. They are applied
        with C(replica_exec_mode=IDEMPOTENT), so that rows that already exist do no harm.
      - The first minute after the set is applied in the same mode, because a transaction can be in the snapshot shortly before the
        server counts it as executed.
      - V(0) disables the overlap and applies everything after the set in strict mode.
      - With O(apsaradb.mysql.mysql_roll_forward#module:state=followed), directly after an import, the overlap comes from the binary logs of the source. If
        it no longer has them, the module warns.
      - Tables without a primary key are left out of the overlap. It begins after the last DDL statement or XA transaction of the databases in the
        backup's set.
      - An overlap is not possible if the server counts these transactions as executed, as after an import with C(gtid=apply). The module then warns.
    type: int
    default: 600
"""

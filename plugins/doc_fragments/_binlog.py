# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules that list the binlogs of an instance."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._binlog``; the argument spec is in ``_jobs/_binlog_listing.py``."""

    DOCUMENTATION = r"""
options:
  start_time:
    description:
      - Begin with the binlog that contains this time, such as V(2026-01-31T09:41:00Z) or V(2026-01-31), in UTC unless it has a zone, as in
        V(2026-01-31T17:41:00+08:00).
      - Without it and O(since_backup), seven days before O(end_time).
    type: str
    aliases: [start]
  end_time:
    description:
      - End with the binlog that contains this time, in the same form. Without it, now.
    type: str
    aliases: [end]
  since_backup:
    description:
      - The ID of a backup of the instance, instead of O(start_time). Begin with the binlog that contains the time when the backup began.
    type: str
  gtid_set:
    description:
      - The transactions that the restored database contains, as in C(GTID_PURGED) of its dump. RV(window) then shows the
        points in time that can be reached from there.
      - Without it, RV(window) begins with the oldest of the binlogs.
    type: str
  overlap:
    description:
      - With O(gtid_set), also include the binlogs of this many seconds before the backup, for O(apsaradb.mysql.mysql_roll_forward#module:overlap). They are
        taken from the same node, as far as it has them. Without O(since_backup), the seconds are counted back from the beginning of the first binlog.
    type: int
    default: 600
"""

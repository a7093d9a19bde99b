# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of mysql_restore_preflight that need no server: those of the binary logs."""

from typing import Any, Dict

from ansible_collections.apsaradb.mysql.tests.support import backups, preflights
from ansible_collections.apsaradb.mysql.tests.support.binlogs import series
from ansible_collections.apsaradb.mysql.tests.support.gtids import A

# No server listens there: the checks of the backup and the disks run nevertheless.
NO_SERVER: Dict[str, Any] = {"login_unix_socket": "/nonexistent/mysql.sock", "login_user": "root"}


def look(**given):
    return preflights.look(None, **dict(NO_SERVER, **given))


def test_binlogs_reach_the_time_or_are_refused(tmp_path):
    """Without a server: the plan of the roll-forward, made from the GTID set that the dumps begin with."""
    for number, data in enumerate(series(A, [5, 5]), 1):
        (tmp_path / "mysql-bin.{0:06d}".format(number)).write_bytes(data)

    def found(gtid, **given):
        dump = preflights.dump("8.0.36", gtid=gtid)
        path = str(backups.make(tmp_path, {"shop": (dump, dump), "crm": (dump,)}, layout="flat"))
        return [one for one in look(archive=path, binlogs=str(tmp_path), **given)["findings"] if one["check"] == "binlogs"]

    (good,) = found(A + ":1-3", until="2026-01-01 00:00:07")
    assert good["level"] == "ok" and A + ":7, committed 2026-01-01 00:00:07" in good["what"]
    (late,) = found(A + ":1-3", until="2026-01-02 00:00:00")
    assert late["level"] == "error" and late["what"].startswith("The binlogs end at 2026-01-01 00:00:10 UTC") and "choose an earlier time" in late["cure"]
    (early,) = found(A + ":1-8", until="2026-01-01 00:00:07")
    assert early["level"] == "error" and "before the end of the backup" in early["what"]
    (other,) = found(A + ":1-30", until_gtid=A + ":1-9")
    assert other["level"] == "error" and "already contains" in other["what"]
    (unknown,) = found("", until="2026-01-01 00:00:07")
    assert unknown["level"] == "warning" and unknown["kind"] == "binlogs_unknown"
    whole = look(archive=str(backups.make(tmp_path, {"shop": (preflights.dump("8.0.36", gtid=A + ":1-3"),)}, layout="flat")))["facts"]["backup"]
    assert whole["gtid_set"] == A + ":1-3"

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What rows of SHOW REPLICA STATUS mean."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.live_channel import LiveSource, failure_of, foreign_filters, leads_to, state_in

SOURCE = LiveSource("db.example", 3307, "follower", "secret", tls=True)
NEW = {"Source_Host": "db.example", "Source_Port": 3307, "Source_User": "follower", "Source_SSL_Allowed": "Yes", "Source_SSL_CA_File": ""}
OLD = {name.replace("Source", "Master"): value for name, value in NEW.items()}


def threads(reader, applier, **more):
    return dict(Replica_IO_Running=reader, Replica_SQL_Running=applier, **more)


def test_state():
    assert not state_in(None).exists and state_in(None).stopped
    running = state_in(threads("Yes", "Yes", Seconds_Behind_Source=7))
    assert running.running and running.applying and not running.stopped and running.lag == 7
    waiting = state_in(threads("Connecting", "Yes", Seconds_Behind_Source=None, Last_IO_Errno=2003, Last_IO_Error="no"))
    assert not waiting.running and waiting.applying and not waiting.stopped and (waiting.lag, waiting.code) == (None, 2003)
    failed = state_in(threads("Yes", "No", Last_IO_Errno=0, Last_SQL_Errno=1062, Last_SQL_Error="twice"))
    assert not failed.running and not failed.applying and not failed.stopped and failed.code == 1062
    assert state_in({"Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Seconds_Behind_Master": 0}).lag == 0


@pytest.mark.parametrize("status", [NEW, OLD])
def test_address_account_and_tls_are_compared(status):
    assert leads_to(status, SOURCE)
    for changed in (dict(host="other"), dict(port=1), dict(user="u"), dict(tls=False), dict(ca_cert="/ca.pem")):
        assert not leads_to(status, SOURCE._replace(**changed)), changed


def test_filters_of_others():
    assert not foreign_filters({"Replicate_Do_DB": "", "Replicate_Wild_Do_Table": "b.%,a.%"}, ["a.%", "b.%"])
    assert foreign_filters({"Replicate_Do_DB": "x", "Replicate_Wild_Do_Table": "b.%"}, ["a.%"]) == ["Replicate_Do_DB", "Replicate_Wild_Do_Table"]


def test_failure_names_the_cure_and_no_password():
    failure = failure_of(state_in(threads("No", "Yes", Last_IO_Errno=1236, Last_IO_Error="purged")), SOURCE)
    assert "Import a newer backup" in str(failure) and "purged" in str(failure) and "secret" not in str(failure)
    assert "error log" in str(failure_of(state_in(threads("No", "No")), SOURCE))

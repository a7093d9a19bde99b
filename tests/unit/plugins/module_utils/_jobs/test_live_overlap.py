# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent to the source of an overlap, and where the channel stops. Reading it is in tests/servers/test_follow.py."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._live_overlap import encoded, everything_after

ONE, OTHER, OWN = ["{0}e11fa47-71ca-11e1-9e33-c80aa942956{0}".format(digit) for digit in "123"]


def test_set_in_the_form_of_the_protocol():
    """Intervals end one behind their last number."""
    sent = encoded(GtidSet.parse(ONE + ":1-3:7"))
    assert sent[:8] == b"\x01" + bytes(7) and sent[8:24].hex() == ONE.replace("-", "")
    assert [int.from_bytes(sent[at : at + 8], "little") for at in range(24, len(sent), 8)] == [2, 1, 4, 7, 8]


def test_the_channel_stops_at_every_later_transaction_of_the_source():
    """Also at one that fills a hole and at one that does not exist yet, and at none that is executed here already."""
    done = GtidSet.parse("{0}:1-3:5,{1}:1-4,{2}:1-9".format(ONE, OTHER, OWN))
    beyond = GtidSet.parse(everything_after(done, GtidSet.parse("{0}:1-6,{1}:1-4".format(ONE, OTHER))))
    assert [beyond.contains("{0}:{1}".format(ONE, number)) for number in (3, 4, 5, 6, 7, 2**62)] == [False, True, False, True, True, True]
    assert beyond.contains(OTHER + ":5") and not beyond.contains(OTHER + ":4") and not beyond.contains(OWN + ":10")

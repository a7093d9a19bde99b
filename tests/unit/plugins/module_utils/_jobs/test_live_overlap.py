# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent to the source of an overlap, and where the channel stops. Reading it is in tests/servers/test_follow.py."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.binlog_reader import BytesReader, ReadBuffer
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog.events import FIRST, GTID, HEADER, events
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._follow_checks import ReplicationFacts
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._live_overlap import encoded, everything_after, overlap_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.server_info import Version
from ansible_collections.apsaradb.mysql.tests.support.binlogs import Change, binlog

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


class Sender:
    """A source that leaves out the transactions up to number ``first``, and sends heartbeats in their place."""

    def __init__(self, first, last):
        self.first, self.last = first, last

    def run(self, sql):
        assert "binlog_checksum" in sql

    def packets(self, _command, _data):
        beat = HEADER.pack(0, 27, 7, 39, 4711, 0) + b"mysql-bin.000001"
        data = binlog([], [Change("{0}:{1}".format(ONE, number), number) for number in range(self.first, self.last + 1)])
        reader = BytesReader(data, "source")
        for event in events(reader, ReadBuffer(reader, 1 << 12), FIRST, checksums=True, wanted=frozenset()):
            if event.kind == GTID:
                yield b"\0" + beat
            yield b"\0" + data[event.start : event.end]

    def close(self):
        pass


def test_the_source_leaves_out_earlier_transactions():
    """It then sends a heartbeat before the next event, which is not a transaction."""
    facts = ReplicationFacts(Version.parse("8.0.36"), {"server_uuid": ONE, "gtid_purged": ""}, None)
    found = overlap_of(lambda: Sender(501, 1502), facts, GtidSet.parse(ONE + ":1-1500"), ["shop"], 60.0)
    assert found is not None and (str(found.again), str(found.after)) == (ONE + ":1440-1500", ONE + ":1501-1502")
    assert found.tables == {("shop", "t")}

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies of events, byte by byte. What real servers write is in tests/servers/test_binlog.py."""

import struct
import uuid

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._binlog import event_bodies
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.tests.support.binlogs import gtid_set, number, query
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B
from hypothesis import given
from hypothesis import strategies as st

SPANS = st.lists(st.tuples(st.sampled_from([A, B, A + ":tag", B + ":_t2"]), st.integers(1, 30), st.integers(0, 6)), max_size=8)


@given(SPANS)
def test_gtid_sets_with_and_without_tags(spans):
    wanted = GtidSet.of((key, low, low + more) for key, low, more in spans)
    data = gtid_set([(key, low, high) for key, intervals in wanted.members for low, high in intervals])
    assert event_bodies.previous_gtids(data) == wanted


@pytest.mark.parametrize("data", [b"", bytes([1]) + bytes(7), bytes(7) + bytes([2]), gtid_set([(A, 1, 2)])[:-1]])
def test_gtid_sets_that_are_not_understood(data):
    with pytest.raises((ValueError, struct.error)):
        event_bodies.previous_gtids(data)


def gtid(times=b"", clock=True):
    return struct.pack("<B16sq", 1, uuid.UUID(A).bytes, 77) + (struct.pack("<Bqq", 2, 0, 1) if clock else b"") + times


@pytest.mark.parametrize(
    "body,immediate,original",
    [
        (gtid(clock=False), None, None),
        (gtid(), None, None),
        (gtid((1764322860123456).to_bytes(7, "little") + bytes([5])), 1764322860123456, 1764322860123456),
        (gtid((1764322860123456 | 1 << 55).to_bytes(7, "little") + (1764322859000001).to_bytes(7, "little")), 1764322860123456, 1764322859000001),
        # The origin is too old to have written it.
        (gtid((1764322860123456 | 1 << 55).to_bytes(7, "little") + bytes(7)), 1764322860123456, None),
    ],
)
def test_commit_times(body, immediate, original):
    assert event_bodies.gtid(body, anonymous=False) == (A + ":77", immediate, original)
    assert event_bodies.gtid(body, anonymous=True).gtid is None


@pytest.mark.parametrize("value", [0, 1, 127, 128, 16383, 16384, 1 << 34, (1 << 35) - 1, (1 << 56) - 1, 1 << 56, (1 << 64) - 1])
def test_a_tagged_gtid(value):
    source = b"".join(map(number, uuid.UUID(A).bytes))
    fields = b"\0" + number(1) + b"\2" + source + b"\4" + number(5 << 1) + b"\6" + number(3) + b"tag"
    body = b"\2" + number(99) + b"\0" + fields + b"\x0c" + number(value) + b"\x0e" + number(12) + b"\x10" + number(1 << 40)
    assert event_bodies.tagged_gtid(body) == (A + ":tag:5", value, 12)
    unknown = b"\2" + number(99) + b"\0" + fields + b"\x0c" + number(value) + b"\x0e" + number(0)
    assert event_bodies.tagged_gtid(unknown).original is None


def test_a_statement_without_session():
    assert event_bodies.query(query("shop", "DROP TABLE t")) == ("shop", b"DROP TABLE t", None, None, None, (), ())
    assert event_bodies.query(query("", "CREATE USER a")).schema == ""


def test_a_statement_with_its_session():
    variables = b"\x00" + bytes(4) + b"\x01" + struct.pack("<Q", 1 << 35 | 4) + b"\x06\x03std" + b"\x04" + struct.pack("<HHH", 45, 46, 8)
    variables += b"\x0b\x01u\x01h" + b"\x05\x06+02:00" + b"\x0c\x02shop\0crm\0" + b"\x12\xff\0" + b"\x10\0" + b"\x13\1"
    found = event_bodies.query(query("shop", "x", variables + b"\xee\x01\x01"))
    settings = {"collation_connection": 46, "default_collation_for_utf8mb4": 255, "explicit_defaults_for_timestamp": 0, "sql_require_primary_key": 1}
    assert found == ("shop", b"x", 45, 1 << 35 | 4, "+02:00", ("shop", "crm"), tuple(settings.items()))
    assert event_bodies.query(query("shop", "x", b"\x0c\xfe" + b"\x05\x03UTC")) == ("shop", b"x", None, None, "UTC", (), ())


def test_the_table_of_rows():
    assert event_bodies.table(bytes(8) + b"\x04shop\0\x05Zo\xc3\xabs\0\x02\x03\x08\0\0") == (("shop", "Zoës"), b"\x03\x08")
    assert event_bodies.table(bytes(8) + b"\x01s\0\x01t\0\xfc\x2c\x01" + bytes(300)) == (("s", "t"), bytes(300))

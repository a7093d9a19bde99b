# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Binlogs of a pair of nodes behind signed URLs: the window that they reach, and their download."""

import functools
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import rds_binlog_fetch, rds_binlog_info
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._openapi.response_fields import written
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import checksum
from ansible_collections.apsaradb.mysql.tests.support import faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.accounts import Account
from ansible_collections.apsaradb.mysql.tests.support.binlogs import BEGUN, Change, binlog
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B
from ansible_collections.apsaradb.mysql.tests.support.openapi import logged, made
from ansible_collections.apsaradb.mysql.tests.support.transfers import PART, Place, Served

HOUR = 3600
OPTIONS: Dict[str, Any] = {
    "start_time": written(BEGUN),
    "end_time": written(BEGUN + 100),
    "since_backup": None,
    "gtid_set": A + ":1-5",
    "overlap": 0,
    "timeout": 5.0,
    "retries": 2,
    "validate_certs": True,
    "ca_path": None,
}
FETCH: Dict[str, Any] = {
    "until": None,
    "until_gtid": None,
    "before_statement": None,
    "upload_newest": False,
    "connections": 2,
    "part_size": PART,
    "bandwidth_limit": 0,
    "force": False,
}
# Node, number, (first, last) of the transactions of A, of B. Node 1 lost number 13 and stopped after 14; node 2 took over.
PAIR = [
    ("1", 10, (1, 10), None),
    ("1", 11, (11, 20), None),
    ("1", 12, (21, 30), None),
    ("1", 14, (41, 45), None),
    ("2", 21, (16, 33), None),
    ("2", 22, (34, 45), (1, 5)),
    ("2", 23, None, (6, 9)),
]
CHAIN = [("1", "mysql-bin.000010"), ("1", "mysql-bin.000011"), ("2", "mysql-bin.000021"), ("2", "mysql-bin.000022"), ("2", "mysql-bin.000023")]


def content(node: str, own: Any, others: Any, drops: int = 0) -> bytes:
    """A file of one of the nodes. Transaction n of A was committed at second n, that of B at second 45 + n. Transaction ``drops`` drops a table."""
    seconds = [(A, number, number) for number in range(own[0], own[1] + 1)] if own else []
    seconds += [(B, number, 45 + number) for number in range(others[0], others[1] + 1)] if others else []
    previous = [(A, 1, own[0] - 1 if own else 45)] if not own or own[0] > 1 else []
    previous += [(B, 1, others[0] - 1)] if others and others[0] > 1 else []
    changes = [
        Change("{0}:{1}".format(source, number), second, "DROP TABLE orders" if number == drops else None, table="t" * 60) for source, number, second in seconds
    ]
    return binlog(previous, changes, server_id=int(node), second=seconds[0][2])


class Pair:
    """Both servers: ``add`` uploads a file."""

    def __init__(self, account: Account, place: Place) -> None:
        self.account = account
        self.place = place
        self.folder = place.dest.parent / "binlogs"
        self.folder.mkdir()

    def add(self, node: str, number: int, data: bytes, begin: float, end: float, **more: Any) -> Dict[str, Any]:
        name = "mysql-bin.{0:06d}".format(number)
        path = self.place.root / node / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        crc = checksum.crc64_of_file(str(path))
        return logged(node, name, BEGUN + begin, BEGUN + end, FileSize=len(data), Checksum=str(crc), **more)

    def info(self, **given: Any) -> Dict[str, Any]:
        options = dict(OPTIONS, src=None, **self.account.params())
        # The URLs are in the result, as in that of rds_backup_info.
        return rds_binlog_info.job(JobContext(dict(options, **given), False, self.account.warnings.append), self.account.pace)

    def fetch(self, check_mode: bool = False, **given: Any) -> Dict[str, Any]:
        options = dict(OPTIONS, **FETCH, dest=str(self.folder), **self.account.params())
        upload = rds_binlog_fetch.UploadWait(0.01, 5)
        return self.place.call(functools.partial(rds_binlog_fetch.job, pace=self.account.pace, upload=upload), dict(options, **given), check_mode)

    def fetched(self) -> List[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.suffix[1:].isdigit())

    def reads(self) -> int:
        return len(self.place.server.bodies())


@pytest.fixture
def pair(account: Account, tmp_path: Path) -> Iterator[Pair]:
    with Served(tmp_path) as place:
        server = place.server
        place.secrets += [account.server.secret]
        pair = Pair(account, place)
        for node, number, own, others in PAIR:
            begin = own[0] if own else 45 + others[0]
            end = 45 + others[1] if others else own[1]
            account.instance.binlogs.append(pair.add(node, number, content(node, own, others), begin, end))
        account.server.sign = lambda name, internal: place.signed(server.sign(name, HOUR + server.clock)).in_full()
        yield pair


def names(binlogs: Sequence[Dict[str, Any]]) -> List[Tuple[str, str]]:
    return [(each["host_instance"], each["name"]) for each in binlogs]


def test_the_window_of_two_nodes_with_a_gap_and_a_switch(pair: Pair) -> None:
    result = pair.info()
    window = result["window"]
    assert names(window["binlogs"]) == CHAIN and window["gaps"] == []
    assert (window["from"], window["to"], window["exact"]) == (written(BEGUN + 1), written(BEGUN + 54), False)
    assert window["gtid_set"] == "{0}:1-45,{1}:1-5".format(A, B)
    found = {(each["host_instance"], each["name"]): each for each in result["binlogs"]}
    assert len(found) == 7 and {key for key, each in found.items() if each["needed"]} == set(CHAIN)
    assert found["2", "mysql-bin.000022"]["gtids"] == "{0}:34-45,{1}:1-5".format(A, B)
    assert found["1", "mysql-bin.000012"]["gtids"] is None
    assert (found["1", "mysql-bin.000011"]["server_id"], found["1", "mysql-bin.000011"]["gtids_before"]) == (1, A + ":1-10")
    # One request for 1 KiB of each file, and a probe.
    assert [(seen.first, seen.last) for seen in pair.place.server.bodies()] == [(0, 1023)] * 7
    assert len(pair.place.server.seen) == 8


def test_gaps_and_their_cures(pair: Pair) -> None:
    pair.account.instance.binlogs = [each for each in pair.account.instance.binlogs if each["LogFileName"][-2:] != "21"]
    pair.account.instance.binlogs.append(pair.add("2", 24, b"", 55, 60, looks=9))
    window = pair.info(end_time=None)["window"]
    assert names(window["binlogs"]) == CHAIN[:2] + [("1", "mysql-bin.000012")]
    assert [(gap["kind"], gap["after"], gap["binlog"]) for gap in window["gaps"]] == [
        ("missing", "mysql-bin.000012", None),
        ("uploading", "mysql-bin.000023", "mysql-bin.000024"),
    ]
    assert window["gaps"][0]["from"] == written(BEGUN + 30) and window["gaps"][0]["to"] == written(BEGUN + 34)
    assert all(gap["cure"] for gap in window["gaps"])


def test_what_follows_the_backup_is_purged(pair: Pair) -> None:
    window = pair.info(gtid_set="")["window"]
    assert window["gaps"] == []
    pair.account.instance.binlogs = pair.account.instance.binlogs[1:4]
    window = pair.info()["window"]
    assert (window["from"], window["to"], window["binlogs"]) == (None, None, [])
    assert [(gap["kind"], gap["gtid_set"]) for gap in window["gaps"]] == [("purged", A + ":6-10"), ("missing", A + ":21-40")]
    with pytest.raises(Failure, match="No binlog contains the transactions that follow gtid_set: {0}:6-10".format(A)):
        pair.fetch()


def test_since_a_backup_and_until_now(pair: Pair) -> None:
    pair.account.instance.backups = [made(BackupId="42", BackupStartTime=written(BEGUN + 25))]
    window = pair.info(start_time=None, end_time=None, since_backup="42", gtid_set=None)["window"]
    assert names(window["binlogs"])[-3:] == CHAIN[-3:] and window["from"] == written(BEGUN + 25)
    assert [gap["kind"] for gap in window["gaps"]] == ["not uploaded"]
    with pytest.raises(Failure, match="The instance has no backup 43"):
        pair.info(start_time=None, since_backup="43")


def test_fetch_and_again(pair: Pair) -> None:
    forecast = pair.fetch(check_mode=True)
    assert pair.fetched() == [] and forecast["changed"] and forecast["bytes_missing"] > 0
    result = pair.fetch()
    assert names(result["binlogs"]) == CHAIN and result["bytes_downloaded"] == forecast["bytes_missing"]
    assert pair.fetched() == sorted("{0}-{1}".format(*each) for each in CHAIN)
    assert result["diff"] == forecast["diff"] and result["diff"]["after"]["binlogs"][0] == "1-mysql-bin.000010"
    for each in result["binlogs"]:
        assert each["verified_by"] == ["size", "crc64", "events"] and each["changed"]
        assert Path(each["path"]).read_bytes() == (pair.place.root / each["host_instance"] / each["name"]).read_bytes()
    before = len(pair.place.server.seen)
    again = pair.fetch(start_time=written(BEGUN))
    assert not again["changed"] and "diff" not in again and again["bytes_downloaded"] == 0
    # Only the two files that were not needed are read again, after one probe.
    assert len(pair.place.server.seen) - before == 3
    assert names(again["binlogs"]) == CHAIN
    assert pair.info(src=str(pair.folder))["window"]["gtid_set"] == "{0}:1-45,{1}:1-9".format(A, B)


def test_until_a_time(pair: Pair) -> None:
    assert names(pair.fetch(until=written(BEGUN + 32))["binlogs"]) == CHAIN[:3]
    with pytest.raises(Failure, match="latest time that can be reached is {0}".format(written(BEGUN + 54))) as caught:
        pair.fetch(until=written(BEGUN + 55))
    assert caught.value.facts["window"]["to"] == written(BEGUN + 54)
    assert len(pair.fetched()) == 3


def test_until_a_transaction(pair: Pair) -> None:
    """Its own binlog is the last; the newest one is needed only for what no other is known to have."""
    for gtids, count in ((A + ":20", 2), (A + ":1-33", 3), ("{0}:1-33,{1}:5".format(A, B), 4), (B + ":6", 5)):
        assert names(pair.fetch(until_gtid=gtids, check_mode=True)["binlogs"]) == CHAIN[:count], gtids
    assert names(pair.fetch(until_gtid=A + ":20", upload_newest=True)["binlogs"]) == CHAIN[:2]
    assert len(pair.fetched()) == 2 and pair.account.server.calls("PurgeDBInstanceLog") == []
    pair.account.instance.binlogs = [each for each in pair.account.instance.binlogs if each["HostInstanceID"] == "1"]
    with pytest.raises(Failure, match="The binlogs have a gap"):
        pair.fetch()
    assert names(pair.fetch(until_gtid=A + ":12")["binlogs"]) == CHAIN[:2]


def test_before_a_statement(pair: Pair) -> None:
    """The binlog with the statement is the last. One that the backup contains does not count."""
    binlogs = pair.account.instance.binlogs
    binlogs[0] = pair.add("1", 10, content("1", (1, 10), None, drops=3), 1, 10)
    binlogs[1] = pair.add("1", 11, content("1", (11, 20), None, drops=15), 11, 20)
    assert names(pair.fetch(before_statement="drop table .*orders")["binlogs"]) == CHAIN[:2]
    assert len(pair.fetched()) == 2
    with pytest.raises(Failure, match="not a regular expression"):
        pair.fetch(before_statement="(")
    assert names(pair.fetch(before_statement="DROP DATABASE")["binlogs"]) == CHAIN


def test_the_overlap_before_the_backup(pair: Pair) -> None:
    pair.account.instance.backups = [made(BackupId="42", BackupStartTime=written(BEGUN + 25))]
    since = {"start_time": None, "since_backup": "42", "gtid_set": "{0}:1-33".format(A)}
    window = pair.info(**since)["window"]
    assert names(window["binlogs"]) == CHAIN[3:]
    result = pair.info(overlap=600, **since)
    assert names(result["window"]["binlogs"]) == CHAIN[2:] and (result["window"]["from"], result["window"]["to"]) == (window["from"], window["to"])
    assert [each["name"] for each in result["binlogs"] if each["needed"]] == [name for _node, name in CHAIN[2:]]
    assert names(pair.fetch(overlap=600, until=written(BEGUN + 36), **since)["binlogs"]) == CHAIN[2:4]
    with pytest.raises(Failure, match="The requested time is before the backup"):
        pair.fetch(until=written(BEGUN + 24), **since)


def test_a_gap_is_refused_before_the_download(pair: Pair) -> None:
    pair.account.instance.binlogs = [each for each in pair.account.instance.binlogs if each["LogFileName"][-2:] != "21"]
    with pytest.raises(Failure, match="The binlogs have a gap after mysql-bin.000012: missing"):
        pair.fetch()
    assert pair.fetched() == []
    assert len(pair.fetch(until=written(BEGUN + 30))["binlogs"]) == 3


def test_the_newest_is_uploaded_only_on_request(pair: Pair) -> None:
    pair.account.instance.newest = [pair.add("2", 24, content("2", None, (10, 12)), 55, 57, looks=2)]
    moment = written(BEGUN + 56)
    with pytest.raises(Failure, match="cannot be reached"):
        pair.fetch(until=moment)
    assert pair.fetch(check_mode=True, until=moment, upload_newest=True)["changed"]
    assert pair.account.server.calls("PurgeDBInstanceLog") == []
    assert names(pair.fetch(until=moment, upload_newest=True)["binlogs"])[-1] == ("2", "mysql-bin.000024")
    assert not pair.fetch(until=moment, upload_newest=True)["changed"]
    assert len(pair.account.server.calls("PurgeDBInstanceLog")) == 1


def test_links_that_expire_in_the_middle(pair: Pair) -> None:
    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.server.clock = 2.0 * HOUR
        faulty_oss.drop(600).act(handler, found, first, last)

    pair.place.server.inject(faulty_oss.Fault(act, times=1, where=lambda seen: seen.last is not None and seen.last > 1024))
    assert len(pair.fetch()["binlogs"]) == 5
    assert pair.place.server.refusals >= 1
    assert pair.fetched() == sorted("{0}-{1}".format(*each) for each in CHAIN)


def test_links_that_expire_before_they_are_read(pair: Pair) -> None:
    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        handler.server.clock = 2.0 * HOUR
        faulty_oss.oss.Handler.give(handler, found, first, last)

    pair.place.server.inject(faulty_oss.Fault(act, times=1, probes=True))
    result = pair.info(start_time=written(BEGUN + 21))
    assert pair.place.server.refusals >= 1
    # Files that end before the period are left out.
    assert [each["name"][-2:] for each in result["binlogs"]] == ["12", "14", "21", "22", "23"]
    assert {each["status"] for each in result["binlogs"]} == {"readable"}


def test_files_that_are_not_what_they_should_be(pair: Pair) -> None:
    path = pair.place.root / "2" / "mysql-bin.000022"
    good = path.read_bytes()
    path.write_bytes(b"\xfdbin" + good[4:])
    result = pair.info()
    assert [each["status"] for each in result["binlogs"] if each["name"].endswith("22")] == ["encrypted"]
    first = result["window"]["gaps"][0]
    assert (first["kind"], first["binlog"], first["to"]) == ("encrypted", "mysql-bin.000022", written(BEGUN + 41))
    # The CRC-64 that RDS reports is not that of the object.
    path.write_bytes(good[:-20] + bytes(20))
    with pytest.raises(Failure, match="checksum"):
        pair.fetch()
    assert "2-mysql-bin.000022" not in pair.fetched() and "2-mysql-bin.000021" in pair.fetched()
    path.write_bytes(good)
    again = pair.fetch()
    assert [each["changed"] for each in again["binlogs"]] == [False, False, False, True, True]
    assert again["bytes_downloaded"] == sum(each["size"] for each in again["binlogs"][3:])


def test_objects_that_no_longer_exist(pair: Pair) -> None:
    for node, name in (CHAIN[0], CHAIN[2]):
        (pair.place.root / node / name).unlink()
    result = pair.info()
    assert [each["name"] for each in result["binlogs"] if each["status"] == "unavailable"] == [CHAIN[0][1], CHAIN[2][1]]
    assert len(pair.account.warnings) == 2 and all("NoSuchKey" in said or "not exist" in said for said in pair.account.warnings)
    assert [gap["kind"] for gap in result["window"]["gaps"]][:1] == ["purged"]
    for node, number, _own, _others in PAIR:
        path = pair.place.root / node / "mysql-bin.{0:06d}".format(number)
        if path.exists():
            path.unlink()
    with pytest.raises(Failure):
        pair.info()

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a backup contains, listed from a local file and from behind a URL."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils import _backoff
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._gtid_set import GtidSet
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_contents_info import job
from ansible_collections.apsaradb.mysql.tests.support import backups, faulty_oss, mysqldumps
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B
from ansible_collections.apsaradb.mysql.tests.support.transfers import Place, Served, noise, until

OPTIONS: Dict[str, Any] = {
    "src": None,
    "databases": None,
    "exclude": [],
    "url": None,
    "internal_url": None,
    "timeout": 5.0,
    "retries": 3,
    "validate_certs": True,
    "ca_path": None,
}


def files(count: int, size: int) -> Dict[str, bytes]:
    content = {"hins42/config.txt": b"charset=utf8mb4\n"}
    for number in range(count):
        content["hins42/db{0:02}/schema.sql.gz".format(number)] = backups.packed(backups.SCHEMA_SQL)
        content["hins42/db{0:02}/data.sql.gz".format(number)] = backups.packed(backups.SCHEMA_SQL + noise(size, number))
    return content


@pytest.fixture(name="place")
def fixture_place(tmp_path: Path) -> Iterator[Place]:
    with Served(tmp_path) as place:
        place.store(backups.tar(files(10, 200000)))
        yield place
        assert place.left() == []


def run(place: Place, **params: Any) -> Dict[str, Any]:
    return place.call(job, {**OPTIONS, "url": place.url().in_full(), **params})


def test_remote_and_local_listing_are_the_same(place: Place, tmp_path: Path) -> None:
    local = tmp_path / "local.tar"
    place.store(backups.tar(dict(files(10, 200000), **{"hins42/mysql/schema.sql.gz": backups.packed(b"--\n")})))
    local.write_bytes(place.data)
    here = run(place, src=str(local), url=None)
    there = run(place)
    assert there.pop("source") == "external"
    assert there.pop("requests") == len(place.server.seen)
    assert there.pop("bytes_downloaded") == place.server.sent - 1
    assert there == here and there["left_out"] == ["mysql"] and len(there["databases"]) == 10


def test_reads_only_a_few_kib_for_each_member(place: Place) -> None:
    run(place)
    assert place.server.sent < 22 * 8192 < len(place.data) // 10
    assert len(place.server.seen) <= 25


def test_one_request_reads_many_small_members(place: Place) -> None:
    place.store(backups.tar(files(300, 50)))
    assert len(run(place)["databases"]) == 300
    assert len(place.server.seen) < 15


def test_databases_and_exclude(place: Place) -> None:
    assert [database["name"] for database in run(place, databases=["db03", "db07"], exclude=["db07"])["databases"]] == ["db03"]
    with pytest.raises(Failure, match="has no database nope. It has: db00, db01"):
        run(place, databases=["nope"])


def test_the_internal_url_is_reported_as_the_source(place: Place) -> None:
    assert run(place, url=None, internal_url=place.url().in_full())["source"] == "internal"


def test_a_single_dump_is_named_after_the_object(place: Place) -> None:
    place.store(backups.packed(backups.DATA_SQL), "custins7/sima_datafull_202009291740_1601372414.sql.gz")
    url = place.url(name="custins7/sima_datafull_202009291740_1601372414.sql.gz").in_full()
    assert [database["name"] for database in run(place, url=url)["databases"]] == ["sima"]


def test_transient_errors_are_retried(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backoff, "LONGEST", 0.05)
    place.server.inject(faulty_oss.drop(100), faulty_oss.answer(503), faulty_oss.whole(), faulty_oss.elsewhere(512), faulty_oss.short(7))
    assert len(run(place, retries=10)["databases"]) == 10


@pytest.mark.parametrize("slow", [faulty_oss.slow_head, faulty_oss.trickle])
def test_a_connection_that_trickles_is_replaced(place: Place, slow: Callable[..., faulty_oss.Fault]) -> None:
    fault = slow(times=2)
    place.server.inject(fault)
    assert len(run(place, timeout=0.5, retries=10)["databases"]) == 10
    until(lambda: fault.left == fault.hits == 2)


def test_fails_when_every_connection_trickles(place: Place) -> None:
    place.server.inject(faulty_oss.trickle(times=1000))
    with pytest.raises(Failure, match="cannot be read further: nothing was received within the timeout .2 tries"):
        run(place, timeout=0.2, retries=1)


def test_an_expired_url_fails(place: Place) -> None:
    with pytest.raises(Failure, match="The URL has expired"):
        run(place, url=place.url(lifetime=-5).in_full())


def test_a_truncated_archive_fails(place: Place) -> None:
    place.store(place.data[: len(place.data) // 2])
    with pytest.raises(Failure, match="The archive is truncated"):
        run(place)


def test_a_url_in_src_is_refused_without_its_secret(place: Place) -> None:
    with pytest.raises(Failure, match="src is a URL.*Use url instead"):
        run(place, src=place.url().in_full(), url=None)
    assert place.server.seen == []


def test_files_of_a_local_backup(tmp_path: Path) -> None:
    path = backups.make(tmp_path, {"shop": (backups.SCHEMA_SQL, backups.DATA_SQL), "mysql": (backups.SCHEMA_SQL, backups.DATA_SQL)})
    before = sorted(tmp_path.rglob("*"))
    result = job(JobContext({**OPTIONS, "src": str(path)}, False, pytest.fail))
    member = "hins1_data_20260101033000/shop/schema.sql.gz"
    schema = {"path": member, "member": member, "role": "schema", "compressed": True, "size": len(backups.packed(backups.SCHEMA_SQL))}
    assert [(database["name"], len(database["files"])) for database in result["databases"]] == [("shop", 2)]
    assert {**result["databases"][0]["files"][0], "size": 0} == {**schema, "size": 0} and result["databases"][0]["files"][0]["size"] > 0
    assert (result["changed"], result["layout"], result["root"], result["left_out"]) == (False, "directories", "hins1_data_20260101033000", ["mysql"])
    assert sorted(tmp_path.rglob("*")) == before


def test_every_database_can_be_excluded(tmp_path: Path) -> None:
    path = backups.make(tmp_path, {"shop": (backups.SCHEMA_SQL, backups.DATA_SQL)})
    assert job(JobContext({**OPTIONS, "src": str(path), "exclude": ["shop"]}, False, pytest.fail))["databases"] == []


def dump(gtids: str, rows: int) -> bytes:
    """A dump that begins with a set. Its rows do not compress."""
    text = b"-- MySQL dump 10.13\nSET @@SESSION.SQL_LOG_BIN= 0;\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '" + gtids.replace(",", ",\n").encode() + b"';\n"
    return text + b"CREATE TABLE t (a TEXT);\n-- " + noise(rows, rows).hex().encode() + b"\n-- Dump completed\n"


def test_gtid_sets_cost_no_request(place: Place) -> None:
    """The set of each database, of all its files together, and the transactions that all have."""
    one, two = "{0}:1-5".format(A), "{0}:1-7,{1}:1-9".format(A, B)
    content = {}
    for number in range(10):
        content["hins42/db{0}/schema.sql.gz".format(number)] = backups.packed(dump(one, 50))
        content["hins42/db{0}/data.sql.gz".format(number)] = backups.packed(dump(two if number == 3 else one, 150000))
    place.store(backups.tar(content))
    found = run(place)
    assert {database["name"]: database["gtid_set"] for database in found["databases"] if database["gtid_set"] != one} == {"db3": two}
    assert found["gtid_set"] == one and found["requests"] <= 25 and found["bytes_downloaded"] < 22 * 8192
    assert run(place, databases=["db3"])["gtid_set"] == two


@pytest.mark.parametrize("version", mysqldumps.VERSIONS)
def test_the_gtid_set_of_each_mysqldump(place: Place, version: str) -> None:
    place.store(mysqldumps.sample(version), "shop.sql")
    found = run(place, url=place.url(name="shop.sql").in_full())["databases"][0]["gtid_set"]
    # 5.5 knows none, 5.7.44 writes it behind all rows, and in the sample of 8.4 it is a comment.
    assert found == (None if version in ("5.5.62", "5.7.44", "8.4.3") else str(GtidSet.parse(mysqldumps.GTID_SET)))


@pytest.mark.parametrize("version", mysqldumps.VERSIONS)
def test_the_version_of_the_server_of_each_mysqldump(place: Place, version: str) -> None:
    place.store(mysqldumps.sample(version), "shop.sql")
    assert run(place, url=place.url(name="shop.sql").in_full())["databases"][0]["server_version"].split("-")[0] == version


def test_the_version_is_that_of_the_first_file_that_names_one(place: Place) -> None:
    named, nameless = b"-- MySQL dump 10.13\n-- Server version\t8.0.36\n", b"CREATE TABLE t (a INT);\n"
    place.store(backups.tar({"r/a/schema.sql": nameless, "r/a/data.sql": named, "r/b/data.sql": nameless, "r/c/data.sql.gz": backups.packed(named)}))
    assert {database["name"]: database["server_version"] for database in run(place)["databases"]} == {"a": "8.0.36", "b": None, "c": "8.0.36"}


def test_no_gtid_set_is_guessed(place: Place) -> None:
    """The set of one file is not that of the database if another one may name more; a damaged file and a set that is none name nothing."""
    late = b"-- MySQL dump\nSET @@SESSION.SQL_LOG_BIN= 0;\nCREATE TABLE t (a TEXT);\n-- " + noise(9000, 1).hex().encode()
    known = backups.packed(dump("{0}:1-5".format(A), 50))
    for data in (backups.packed(late), b"\x1f\x8b\x08" + bytes(5000), backups.packed(dump("yesterday", 50))):
        place.store(backups.tar({"r/a/data.sql.gz": known, "r/b/schema.sql.gz": known, "r/b/data.sql.gz": data}))
        found = run(place)
        assert [database["gtid_set"] for database in found["databases"]] == ["{0}:1-5".format(A), None] and found["gtid_set"] is None
    place.store(backups.tar({"r/b/schema.sql.gz": known, "r/b/data.sql.gz": backups.packed(dump("", 50))}))
    assert run(place)["gtid_set"] == "{0}:1-5".format(A)

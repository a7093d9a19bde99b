# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Some databases of a backup behind a URL: only their bytes, with every promise that holds for the whole."""

import functools
import io
import json
import signal
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils import _backoff
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_fetch import job
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import part_file
from ansible_collections.apsaradb.mysql.tests.support import backups, faulty_oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import FETCH, NAME, PART, Place, Served, noise, until

MEMBER = 600000
DATABASES = ["blog", "crm", "mail", "shop", "wiki"]


@functools.lru_cache(maxsize=None)
def dump(size: int, seed: int) -> bytes:
    """A gzip of a little more than ``size`` bytes, as of a dump that does not compress."""
    return backups.packed(b"-- MySQL dump\n" + noise(size, seed))


def files(databases: Sequence[str] = tuple(DATABASES), size: int = MEMBER, root: str = "hins42") -> Dict[str, bytes]:
    """{path: content} of a backup in folders, with its config.txt in the middle."""
    content: Dict[str, bytes] = {}
    for number, database in enumerate(databases):
        content["{0}/{1}/schema.sql.gz".format(root, database)] = backups.packed(backups.SCHEMA_SQL)
        content["{0}/{1}/data.sql.gz".format(root, database)] = dump(size, number)
        if number == 0:
            content["{0}/config.txt".format(root)] = b"charset=utf8mb4\n"
    return content


@pytest.fixture(name="place")
def fixture_place(tmp_path: Path) -> Iterator[Place]:
    with Served(tmp_path) as place:
        place.store(backups.tar(files()))
        yield place


def run(place: Place, databases: Optional[List[str]], check_mode: bool = False, lifetime: float = 3600, **params: Any) -> Dict[str, Any]:
    url = params.pop("url", None) or place.url(lifetime).in_full()
    return place.call(job, {**FETCH, "dest": str(place.dest), "url": url, "databases": databases, **params}, check_mode)


def inside(place: Place) -> Dict[str, bytes]:
    """What the file at dest holds, as the standard library reads it."""
    data = place.dest.read_bytes()
    assert len(data) % 10240 == 0 and data.endswith(bytes(1024))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]


def expected(*databases: str, **made: Any) -> Dict[str, bytes]:
    return {name: content for name, content in files(**made).items() if name.endswith("config.txt") or name.split("/")[1] in databases}


def weight(place: Place, *databases: str) -> int:
    """The bytes of the members of ``databases``."""
    return sum(len(content) for content in expected(*databases).values())


# What comes of it


def test_the_file_is_a_smaller_backup_with_the_same_root_and_config(place: Place) -> None:
    result = run(place, ["shop", "blog"])
    assert inside(place) == expected("blog", "shop")
    assert place.left() == ["backup.tar", "backup.tar.fetched"]
    assert (result["changed"], result["databases"], result["size"]) == (True, ["blog", "shop"], place.dest.stat().st_size)
    assert result["verified_by"] == ["size", "structure", "gzip"]
    assert (result["bytes_resumed"], result["bytes_missing"], result["source"]) == (0, 0, "external")
    assert result["diff"] == {
        "before": {},
        "after": {"size": result["size"], "etag": result["etag"], "crc64": result["crc64"], "databases": ["blog", "shop"]},
    }


def test_gnu_tar_takes_it(place: Place) -> None:
    run(place, ["mail"])
    listed = subprocess.run(["tar", "-tf", str(place.dest)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert listed.stdout.decode().split() == ["hins42/config.txt", "hins42/mail/schema.sql.gz", "hins42/mail/data.sql.gz"]
    assert listed.stderr == b""


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_come_with_their_extra_headers(place: Place, form: int) -> None:
    root = "日本" + "x" * 70
    place.store(backups.tar(files(["blog", "shop"], 1000, root), form))
    run(place, ["shop"])
    with tarfile.open(str(place.dest)) as tar:
        assert tar.getnames() == ["{0}/{1}".format(root, name) for name in ("config.txt", "shop/schema.sql.gz", "shop/data.sql.gz")]


def test_flat_layout(place: Place) -> None:
    # Files of one folder come in any order: a part of the wanted one is the last.
    names = ["{0}_datafull_202601010330_1767209400{1}.sql.gz".format(*one) for one in (("shop", "_1"), ("blog", ""), ("my_shop", ""), ("shop", "_2"))]
    content = {name: dump(5000, number) for number, name in enumerate(names)}
    place.store(backups.tar(content))
    assert run(place, ["shop"])["databases"] == ["shop"]
    assert inside(place) == {names[0]: content[names[0]], names[3]: content[names[3]]}


def test_folders_in_the_archive_do_not_matter(place: Place, tmp_path: Path) -> None:
    for name, content in files(["blog", "shop"], 3000).items():
        path = tmp_path / "packed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    subprocess.run(["tar", "-cf", str(tmp_path / "made.tar"), "-C", str(tmp_path / "packed"), "hins42"], check=True)
    place.store((tmp_path / "made.tar").read_bytes())
    run(place, ["shop"])
    assert inside(place) == expected("shop", databases=["blog", "shop"], size=3000)


def test_all_of_its_databases_are_the_whole_object_with_its_checksum(place: Place) -> None:
    result = run(place, DATABASES)
    assert place.is_complete()
    assert result["verified_by"] == ["size", "crc64", "structure"] and result["databases"] == DATABASES


def test_a_lone_dump_is_its_one_database(place: Place) -> None:
    name = "sima_datafull_202009291740_1601372414.sql.gz"
    place.store(dump(300000, 1), name)
    for dest in (str(place.folder / name), str(place.dest)):
        assert run(place, ["sima"], url=place.url(name=name).in_full(), dest=dest)["verified_by"] == ["size", "crc64", "structure"]
        assert not run(place, ["sima"], url=place.url(name=name).in_full(), dest=dest)["changed"]
    with pytest.raises(Failure, match="has no database shop. It has: sima."):
        run(place, ["shop"], url=place.url(name=name).in_full(), force=True)


@pytest.mark.parametrize("name", ["nightly.sql.gz", "schema.sql.gz", "dump"])
def test_a_lone_dump_with_a_name_of_the_user_may_hold_any_database(place: Place, name: str) -> None:
    place.store(dump(300000, 1), name)
    url = place.url(name=name).in_full()
    assert run(place, ["shop"], url=url, check_mode=True)["bytes_missing"] > 300000
    assert run(place, ["shop"], url=url)["verified_by"] == ["size", "crc64", "structure"] and place.dest.read_bytes() == dump(300000, 1)
    assert not run(place, ["shop"], url=url)["changed"]
    with pytest.raises(Failure, match="has no database"):
        run(place, ["shop", "blog"], url=url, force=True)


def test_plain_members_have_no_checksum_and_cause_a_warning(place: Place) -> None:
    place.store(backups.tar({"hins42/shop/schema.sql": backups.SCHEMA_SQL, "hins42/shop/data.sql": backups.DATA_SQL, "hins42/blog/schema.sql": b"--\n"}))
    assert run(place, ["shop"])["verified_by"] == ["size", "structure"]
    assert any("were verified only by size" in warning and "hins42/shop/data.sql" in warning for warning in place.warnings)


# What it costs


@pytest.mark.parametrize("wanted", [1, 3, 29])
def test_of_30_members_of_4_mb_only_the_wanted_bytes_travel(place: Place, wanted: int) -> None:
    names = ["db{0:02}".format(number) for number in range(30)]
    block = noise(4 << 20, 5)
    place.store(backups.tar({"{0}_datafull_202601010330_1767209400.sql".format(name): b"-- " + block for name in names}))
    result = run(place, names[:wanted], part_size=16 << 20)
    assert result["databases"] == names[:wanted]
    assert place.server.sent <= 1.05 * wanted * (4 << 20)
    # The probe of one byte is in nobody's interest.
    assert result["bytes_downloaded"] == place.server.sent - 1
    assert result["requests"] == len(place.server.seen)


def test_small_members_are_read_many_at_a_time(place: Place) -> None:
    names = ["db{0:03}".format(number) for number in range(300)]
    place.store(backups.tar(files(names, 100)))
    run(place, ["db299"])
    assert len(place.server.seen) < 20
    assert inside(place) == expected("db299", databases=names, size=100)


def test_a_config_at_the_end_comes_along(place: Place) -> None:
    content = files(["blog", "shop", "wiki"], 5000)
    config = content.pop("hins42/config.txt")
    place.store(backups.tar(dict(content, **{"hins42/config.txt": config})))
    run(place, ["blog"])
    assert inside(place) == expected("blog", databases=["blog", "shop", "wiki"], size=5000)


def test_halves_that_lie_apart_are_both_found(place: Place) -> None:
    content = files(["blog", "shop"], 5000)
    order = ["hins42/config.txt"] + ["hins42/{0}/{1}.sql.gz".format(name, half) for half in ("data", "schema") for name in ("blog", "shop")]
    place.store(backups.tar({name: content[name] for name in order}))
    run(place, ["blog"])
    assert inside(place) == expected("blog", databases=["blog", "shop"], size=5000)


def test_a_part_behind_the_folders_of_others_comes_along(place: Place) -> None:
    content = dict(files(["blog", "shop"], 5000), **{"hins42/blog/data_1.sql.gz": dump(3000, 9)})
    place.store(backups.tar(content))
    run(place, ["blog"])
    assert inside(place) == {name: packed for name, packed in content.items() if "/shop/" not in name}


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("lifetime", [3600, 60])
def test_one_response_never_spans_unwanted_ranges(place: Place, connections: int, lifetime: float) -> None:
    # With little time left each connection asks for as much at once as it can.
    run(place, ["blog", "mail", "wiki"], connections=connections, lifetime=lifetime)
    assert inside(place) == expected("blog", "mail", "wiki")
    assert all("if-match" in seen.headers for seen in place.server.bodies())


# Again


def test_a_second_run_costs_one_probe(place: Place) -> None:
    first = run(place, ["shop"])
    before = len(place.server.seen)
    second = run(place, ["shop"])
    assert len(place.server.seen) == before + 1
    assert (second["changed"], second["bytes_downloaded"], second["databases"]) == (False, 0, ["shop"])
    assert all(second[key] == first[key] for key in ("size", "etag", "crc64", "verified_by"))


def test_a_second_run_with_an_expired_url_asks_nobody(place: Place) -> None:
    run(place, ["shop", "blog"])
    before = len(place.server.seen)
    assert not run(place, ["shop"], lifetime=-10)["changed"]
    assert len(place.server.seen) == before


def test_a_touched_file_is_known_by_its_bytes(place: Place) -> None:
    run(place, ["shop"])
    place.dest.touch()
    before = len(place.server.bodies())
    assert not run(place, ["shop"])["changed"]
    assert len(place.server.bodies()) == before


def test_a_changed_file_is_fetched_again(place: Place) -> None:
    run(place, ["shop"])
    with place.dest.open("r+b") as file:
        file.seek(5000)
        file.write(b"changed")
    assert run(place, ["shop"])["changed"]
    assert inside(place) == expected("shop")


def test_another_database_is_added_and_the_first_is_not_fetched_again(place: Place) -> None:
    run(place, ["shop"])
    sent = place.server.sent
    forecast = run(place, ["mail"], check_mode=True)
    assert (forecast["databases"], forecast["bytes_missing"] + forecast["bytes_resumed"]) == (["mail", "shop"], weight_of_spans(place, "mail", "shop"))
    sent = place.server.sent
    result = run(place, ["mail"])
    assert inside(place) == expected("mail", "shop")
    assert (result["changed"], result["databases"]) == (True, ["mail", "shop"])
    assert result["bytes_resumed"] > weight(place, "shop") - 1000
    assert place.server.sent - sent < 1.05 * weight(place, "mail")
    assert forecast["bytes_missing"] == weight_of_spans(place, "mail", "shop") - result["bytes_resumed"]
    assert not run(place, ["mail"])["changed"] and not run(place, ["shop"], lifetime=-10)["changed"]


def weight_of_spans(place: Place, *databases: str) -> int:
    return sum(512 + len(backups.padded(content)) for content in expected(*databases).values())


@pytest.mark.parametrize("rest", [None, [name for name in DATABASES if name not in ("shop", "mail")]])
def test_the_whole_after_a_part_is_fetched_whole_and_no_byte_of_the_part_again(place: Place, rest: Optional[List[str]]) -> None:
    run(place, ["shop", "mail"])
    there = weight_of_spans(place, "shop", "mail")
    sent = place.server.sent
    result = run(place, rest)
    assert result["verified_by"] == ["size", "crc64", "structure"] and place.is_complete()
    # Of the headers some KiB, where the names of databases are asked for.
    assert result["bytes_resumed"] == there and place.server.sent - sent < len(place.data) - there + (1 if rest is None else 30000) + 1
    assert place.server.sent - sent == result["bytes_downloaded"] + 1
    assert not run(place, rest, lifetime=-10)["changed"]


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_whole_download_after_a_part_continues_after_a_failure(place: Place, is_gone: bool) -> None:
    run(place, ["shop"])
    there = weight_of_spans(place, "shop")
    place.server.most = place.server.sent + MEMBER
    with pytest.raises(Failure):
        run(place, None, retries=0, timeout=0.3)
    place.server.most = None
    if is_gone:
        # Without the part, the file has other boundaries: bytes that arrive then are not misread as something else.
        place.dest.unlink()
    result = run(place, None)
    assert place.is_complete() and result["bytes_resumed"] + result["bytes_downloaded"] == len(place.data)
    assert result["bytes_resumed"] == 0 if is_gone else result["bytes_resumed"] > there
    assert not [warning for warning in place.warnings if "fetched again" in warning]


def test_a_part_after_the_whole_is_there_already(place: Place) -> None:
    run(place, None)
    result = run(place, ["shop"])
    assert (result["changed"], result["databases"]) == (False, DATABASES)
    assert place.is_complete()


def test_the_whole_without_a_record_is_known_by_its_bytes(place: Place) -> None:
    place.dest.write_bytes(place.data)
    assert not run(place, ["shop"])["changed"]


def test_a_whole_file_that_lacks_it_is_reported(place: Place) -> None:
    run(place, None)
    with pytest.raises(Failure, match="has no database nope. It has: blog, crm, mail, shop, wiki."):
        run(place, ["nope"])


def test_force_fetches_what_was_asked_for_and_nothing_else(place: Place) -> None:
    run(place, ["shop"])
    result = run(place, ["blog"], force=True)
    assert (result["bytes_resumed"], result["databases"]) == (0, ["blog"])
    assert inside(place) == expected("blog")


def test_a_changed_object_is_fetched(place: Place) -> None:
    run(place, ["shop"])
    place.store(backups.tar(files(["shop", "blog"], 7000)))
    result = run(place, ["blog"])
    assert inside(place) == expected("blog", databases=["shop", "blog"], size=7000)
    assert (result["databases"], result["bytes_resumed"]) == (["blog"], 0)


def test_check_mode_reports_and_writes_nothing(place: Place) -> None:
    forecast = run(place, ["shop"], check_mode=True)
    assert place.left() == []
    result = run(place, ["shop"])
    assert all(forecast[key] == result[key] for key in ("changed", "size", "etag", "databases"))
    assert forecast["crc64"] is None
    assert forecast["bytes_missing"] == weight_of_spans(place, "shop")
    again = run(place, ["shop"], check_mode=True)
    assert (again["changed"], again["databases"]) == (False, ["shop"])


# Two at once


def test_a_selection_that_waited_for_another_one_is_added_to_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, waits = threading.Event(), threading.Event()
    real = part_file.fcntl.flock

    def hold(handler: Any, found: Any, first: Any, last: int) -> None:
        assert go_on.wait(60)
        faulty_oss.oss.Handler.give(handler, found, first, last)

    def flock(number: int, how: int) -> None:
        if how == part_file.fcntl.LOCK_EX:
            waits.set()
        real(number, how)

    monkeypatch.setattr(part_file.fcntl, "flock", flock)
    place.server.inject(faulty_oss.Fault(hold, times=1000, where=of_members))
    results: Dict[str, Any] = {}

    def fetch(database: str) -> None:
        results[database] = run(place, [database])

    threads = [threading.Thread(target=fetch, args=(database,)) for database in ("shop", "mail")]
    threads[0].start()
    # It has the lock, for it asks for the bytes of its members.
    until(lambda: any(fault.hits for fault in place.server.faults))
    threads[1].start()
    # By now it knows which bytes it wants.
    assert waits.wait(60)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert inside(place) == expected("mail", "shop")
    assert [(results[name]["changed"], results[name]["databases"]) for name in ("shop", "mail")] == [(True, ["shop"]), (True, ["mail", "shop"])]
    assert results["mail"]["bytes_resumed"] > weight(place, "shop") - 1000
    assert place.left() == ["backup.tar", "backup.tar.fetched"]


@pytest.mark.parametrize("wanted", [["mail"], ["shop"]])
def test_a_selection_that_was_overtaken_without_waiting_is_added_too(place: Place, monkeypatch: pytest.MonkeyPatch, wanted: List[str]) -> None:
    enter = part_file.PartFile.__enter__

    def late(part: part_file.PartFile) -> part_file.PartFile:
        monkeypatch.setattr(part_file.PartFile, "__enter__", enter)
        assert run(place, ["shop"])["changed"]
        return enter(part)

    monkeypatch.setattr(part_file.PartFile, "__enter__", late)
    assert run(place, wanted)["changed"] == (wanted != ["shop"])
    assert inside(place) == expected("shop", *wanted)
    assert place.left() == ["backup.tar", "backup.tar.fetched"]


# What goes wrong


def test_names_that_are_not_there_fail_with_those_that_are(place: Place) -> None:
    with pytest.raises(Failure) as caught:
        run(place, ["shop", "shpo", "Blog"])
    assert "no database Blog, shpo. It has: blog, crm, mail, shop, wiki." in str(caught.value)
    assert caught.value.facts == {"missing": ["Blog", "shpo"], "present": DATABASES}
    assert place.left() == []


def test_no_names_and_no_checksum_of_a_part(place: Place) -> None:
    with pytest.raises(Failure, match="databases is empty"):
        run(place, [])
    assert place.server.seen == []


def test_a_server_without_ranges_gives_the_whole(place: Place) -> None:
    place.server.ranges = False
    assert run(place, ["shop"])["databases"] == DATABASES
    assert place.is_complete() and any("the whole object is downloaded" in warning for warning in place.warnings)
    assert not run(place, ["shop"])["changed"]


FAULTS: Dict[str, Callable[[], List[faulty_oss.Fault]]] = {
    "drops": lambda: [faulty_oss.drop(1000, times=5), faulty_oss.drop(0, reset=True, times=3)],
    "whole object": lambda: [faulty_oss.whole(times=4)],
    "other ranges": lambda: [faulty_oss.elsewhere(512, times=4)],
    "short bodies": lambda: [faulty_oss.short(9, times=4)],
    "busy": lambda: [faulty_oss.answer(503, headers={"x-oss-qos-delay-time": "5"}, times=4)],
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("headers", [True, False])
def test_what_passes(place: Place, fault: str, headers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backoff, "LONGEST", 0.05)
    faults = FAULTS[fault]()
    for one in faults:
        one.where = lambda seen: ((seen.last or 0) - (seen.first or 0) < 5000) == headers
    place.server.inject(*faults)
    run(place, ["shop", "mail"], retries=10)
    assert any(one.hits for one in faults)
    assert inside(place) == expected("shop", "mail")


@pytest.mark.parametrize("slow", [faulty_oss.slow_head, faulty_oss.trickle])
@pytest.mark.parametrize("headers", [True, False])
def test_a_trickling_peer_does_not_delay_others(place: Place, slow: Callable[..., faulty_oss.Fault], headers: bool) -> None:
    fault = slow(times=2, where=lambda seen: of_members(seen) != headers)
    place.server.inject(fault)
    run(place, ["shop", "mail"], timeout=0.5, retries=100)
    assert inside(place) == expected("shop", "mail")
    until(lambda: fault.left == fault.hits == 2)


def test_a_flipped_byte_in_a_member_never_gets_the_final_name(place: Place) -> None:
    place.server.inject(faulty_oss.flip(30000, where=lambda seen: (seen.last or 0) - (seen.first or 0) > 40000))
    with pytest.raises(Failure, match="The dump is damaged"):
        run(place, ["shop"])
    # It is not known which of the bytes are correct.
    assert place.left() == []
    run(place, ["shop"])
    assert inside(place) == expected("shop")


def test_an_object_that_is_replaced_on_the_way(place: Place) -> None:
    new = files(["shop", "blog", "next"], 300000)

    def replace(_server: Any) -> None:
        place.store(backups.tar(new))

    place.server.inject(faulty_oss.then(replace, where=lambda seen: (seen.last or 0) - (seen.first or 0) > 40000))
    run(place, ["shop"])
    assert inside(place) == {name: content for name, content in new.items() if "/shop/" in name or name.endswith("config.txt")}
    assert any("starting over with the new one" in warning for warning in place.warnings)


def test_an_object_without_an_etag_that_is_replaced_on_the_way(place: Place) -> None:
    """By one of the same size and with the same headers, whose members have no checksum: nothing else distinguishes the versions."""
    first, second = (
        {"r/shop/schema.sql": b"--\n", "r/shop/data.sql": backups.DATA_SQL + letter * MEMBER, "r/blog/data.sql": b"--\n"} for letter in (b"1", b"2")
    )
    place.store(backups.tar(first))
    place.server.etags[NAME] = ""
    place.server.inject(faulty_oss.then(lambda _server: place.store(backups.tar(second)), where=lambda seen: (seen.last or 0) - (seen.first or 0) > 40000))
    run(place, ["shop"])
    assert inside(place) == {name: content for name, content in second.items() if "/shop/" in name}
    assert any("starting over with the new one" in warning for warning in place.warnings)


@pytest.mark.parametrize("check_mode", [False, True])
def test_an_object_that_is_replaced_while_its_headers_are_read(place: Place, check_mode: bool) -> None:
    place.server.inject(faulty_oss.then(lambda _server: place.store(backups.tar(files(["shop", "next"], 7000)))))
    result = run(place, ["shop"], check_mode=check_mode)
    assert any("starting over with the new one" in warning for warning in place.warnings)
    assert (result["changed"], result["databases"]) == (True, ["shop"])
    assert place.left() == [] if check_mode else inside(place) == expected("shop", databases=["shop", "next"], size=7000)


def test_an_object_that_is_replaced_whenever_its_headers_are_read(place: Place) -> None:
    sizes = iter(range(7000, 8000))
    place.server.inject(faulty_oss.then(lambda _server: place.store(backups.tar(files(["shop"], next(sizes)))), times=1000))
    with pytest.raises(Failure, match="replaced again.*upload of the object"):
        run(place, ["shop"])
    assert place.left() == []


def test_an_url_that_expires_on_the_way_and_a_fresh_one(place: Place) -> None:
    def late(server: Any) -> None:
        server.clock = 7200.0

    body = 0

    def third(seen: faulty_oss.Seen) -> bool:
        nonlocal body
        body += (seen.last or 0) - (seen.first or 0) > 40000
        return body == 3

    place.server.inject(faulty_oss.then(late, where=third))
    with pytest.raises(Failure, match="The URL has expired") as caught:
        run(place, ["shop", "crm"])
    assert caught.value.facts["expired"] and "backup.tar.part.journal" in place.left()
    result = run(place, ["shop", "crm"], lifetime=7200 + 3600)
    assert result["bytes_resumed"] > 0 and inside(place) == expected("shop", "crm")


def test_too_little_disk_is_found_before_the_download(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.store(backups.tar(files(["blog", "shop"], 100)))
    real = part_file.os.statvfs

    class Full:
        f_bavail, f_frsize = 1, 4096

    monkeypatch.setattr(part_file.os, "statvfs", lambda path: Full())
    with pytest.raises(Failure, match="too little space") as caught:
        run(place, ["shop"])
    assert caught.value.facts["bytes_needed"] == 10240
    monkeypatch.setattr(part_file.os, "statvfs", real)
    assert place.left() == []


@pytest.mark.parametrize("head, what", [(b"XBSTCK01", "physical backup"), (b"PK\x03\x04", "zip"), (b"{}", "JSON"), (b"\x1f\x8b\x08", "damaged gzip")])
def test_a_file_that_is_not_an_archive_is_refused_by_its_head(place: Place, head: bytes, what: str) -> None:
    place.store(head + noise(1 << 20, 3))
    with pytest.raises(Failure, match=what):
        run(place, ["shop"])
    assert place.left() == [] and place.server.sent < (1 << 20)


def test_a_cut_archive_is_refused_by_its_headers(place: Place) -> None:
    place.store(place.data[: len(place.data) - 200000])
    with pytest.raises(Failure, match="The archive is truncated"):
        run(place, ["wiki"])
    assert place.left() == []


# Killed

_SCRIPT = """
import json, sys
sys.path[:0] = {path!r}
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_fetch import job
print(json.dumps(job(JobContext(json.loads(sys.stdin.readline()), False, print))))
"""


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_kill_9_and_resume_with_a_fresh_url(place: Place, share: float) -> None:
    wanted = ["blog", "mail", "wiki"]
    size = weight_of_spans(place, *wanted)
    headers = 20 * 4096
    place.server.most = most = int(share * size)
    script = _SCRIPT.format(path=[entry for entry in sys.path if entry])
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        options = dict(FETCH, dest=str(place.dest), url=place.url().in_full(), databases=wanted)
        process.stdin.write(json.dumps(options).encode() + b"\n")
        process.stdin.flush()
        # Of the received members, at most one part for each connection is not recorded yet.
        until(lambda: place.server.sent >= most and place.noted() >= place.server.sent - headers - 4 * PART)
        assert process.poll() is None and not place.dest.exists()
        process.send_signal(signal.SIGKILL)
        place.told += [stream.decode() for stream in process.communicate()]
    kept = place.noted()
    place.server.most = None
    result = run(place, wanted, lifetime=1800)
    assert inside(place) == expected(*wanted)
    # The headers are read again, and nothing else.
    assert result["bytes_resumed"] == kept > 0
    assert size - kept <= result["bytes_downloaded"] <= size - kept + headers


def of_members(seen: Any) -> bool:
    """A request for the content of members, and not one of the small ones that look for their headers."""
    return (seen.last or 0) - (seen.first or 0) > 40000


def test_what_is_behind_the_members_of_an_unfinished_file_does_not_stay(place: Place) -> None:
    place.server.inject(faulty_oss.drop(100000, times=3, where=of_members), faulty_oss.answer(503, times=10000, where=of_members))
    with pytest.raises(Failure):
        # On one connection, so that no other one can fail before anything is there.
        run(place, ["blog"], retries=0, connections=1)
    place.server.faults.clear()
    with place.part.open("r+b") as file:
        file.seek(-200, 2)
        file.write(b"x" * 200)
    assert run(place, ["blog"])["bytes_resumed"] > 0
    assert inside(place) == expected("blog")


def test_another_selection_after_a_kill_does_not_mix_them(place: Place) -> None:
    place.server.inject(faulty_oss.drop(100000, times=3, where=of_members), faulty_oss.answer(503, times=10000, where=of_members))
    with pytest.raises(Failure):
        run(place, ["blog", "mail"], retries=0, connections=1)
    place.server.faults.clear()
    run(place, ["mail", "wiki"])
    assert inside(place) == expected("mail", "wiki")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of rds_backup_fetch to its result, with real archives behind real URLs."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_fetch import job
from ansible_collections.apsaradb.mysql.tests.support.transfers import FETCH, NAME, Place, Served, noise


def backup(size: int = 300000) -> bytes:
    """A logical backup of one database, most of it a comment that does not shrink."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, sql in (("shop/schema.sql.gz", b"-- MySQL dump\n"), ("shop/data.sql.gz", b"-- MySQL dump\n-- " + noise(size, 4).hex().encode() + b"\n")):
            member = tarfile.TarInfo(name)
            data = gzip.compress(sql)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return raw.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Served(tmp_path) as place:
        place.store(backup())
        yield place


def run(place: Place, check_mode: bool = False, set_attributes: Any = None, **params: Any) -> Dict[str, Any]:
    options = {**FETCH, "dest": str(place.dest), "retries": 2, **params}
    if options["url"] is None and options["internal_url"] is None:
        options["url"] = place.url().in_full()
    return place.call(job, options, check_mode, **({"set_attributes": set_attributes} if set_attributes else {}))


def test_every_promised_key_with_its_type(place: Place) -> None:
    result = run(place)
    assert place.is_complete()
    size = len(place.data)
    elapsed = result.pop("elapsed")
    assert isinstance(elapsed, float)
    crc64, etag = result.pop("crc64"), result.pop("etag")
    assert crc64.isdigit() and etag.isalnum()
    assert result.pop("requests") == len(place.server.seen)
    origin = result.pop("origin")
    assert origin["whole"] is True and origin["path"].startswith("/") and origin["version"] == '{0} "{1}"'.format(size, etag)
    assert result == {
        "changed": True,
        "dest": str(place.dest),
        "backup_id": None,
        "size": size,
        "databases": ["shop"],
        "verified_by": ["size", "crc64", "structure"],
        "source": "external",
        "bytes_downloaded": size,
        "bytes_resumed": 0,
        "bytes_missing": 0,
        "diff": {"before": {}, "after": {"size": size, "etag": etag, "crc64": crc64}},
    }


def test_again_changes_nothing(place: Place) -> None:
    run(place)
    result = run(place)
    assert not result["changed"] and "diff" not in result
    assert result["verified_by"] == ["size", "crc64", "structure"]


def test_check_mode_agrees_with_the_run(place: Place) -> None:
    forecast = run(place, check_mode=True)
    assert place.left() == []
    assert (forecast["changed"], forecast["bytes_missing"], forecast["source"]) == (True, len(place.data), "external")
    result = run(place)
    assert result["bytes_downloaded"] == forecast["bytes_missing"]
    assert result["diff"] == forecast["diff"]
    assert not run(place, check_mode=True)["changed"]


def test_a_bandwidth_limit_is_kept(place: Place) -> None:
    limit = 300000
    # It takes at least as long; how much longer is the machine's affair.
    assert run(place, bandwidth_limit=limit)["elapsed"] >= len(place.data) / limit > 1
    assert place.is_complete()


def test_file_attributes_count_as_a_change(place: Place) -> None:
    run(place)
    seen: List[str] = []

    def set_attributes(path: str) -> bool:
        seen.append(path)
        return True

    assert run(place, set_attributes=set_attributes)["changed"]
    assert seen == [str(place.dest)]


def test_file_attributes_are_not_compared_before_the_file_exists(place: Place) -> None:
    run(place, check_mode=True, set_attributes=lambda path: pytest.fail("there is no such file"))


@pytest.mark.parametrize(
    "head, what",
    [
        (b"XBSTCK01", "physical backup"),
        (b"qpress10", "physical backup"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\0" * 5000, "starts with zeros"),
        (b"{}", "JSON"),
        (b"\x7fELF", "of an unknown kind"),
    ],
)
def test_wrong_files_are_refused_at_their_first_bytes(place: Place, head: bytes, what: str) -> None:
    size = 4 << 20
    place.store(head + noise(size, 3))
    place.server.rate = 2e6
    with pytest.raises(Failure, match=what):
        run(place, connections=1)
    assert place.left() == []
    assert place.server.sent < size


def test_cut_archive_never_gets_the_final_name(place: Place) -> None:
    place.store(place.data[: len(place.data) // 2])
    with pytest.raises(Failure, match="exact copy of the object and is kept in"):
        run(place)
    assert "backup.tar" not in place.left()


def test_lone_dump_is_a_backup_too(place: Place) -> None:
    place.store(gzip.compress(b"-- MySQL dump\n-- " + noise(100000, 3).hex().encode()), NAME)
    assert run(place)["verified_by"] == ["size", "crc64", "structure"]


def test_wrapped_dump_is_fetched_with_a_warning(place: Place) -> None:
    place.store(b"PK\x03\x04" + noise(100000, 3))
    assert run(place)["verified_by"] == ["size", "crc64"]
    assert any("zip" in warning for warning in place.warnings)


@pytest.mark.parametrize(
    "wrong, what",
    [
        ({"connections": 0}, "connections is 0"),
        ({"connections": 33}, "connections is 33"),
        ({"part_size": 1000}, "part_size is 1000"),
        ({"timeout": 0.0}, "timeout"),
        ({"retries": -1}, "retries"),
        ({"bandwidth_limit": -1}, "bandwidth_limit"),
        ({"checksum": "sha256:1"}, "checksum has an unknown format"),
        ({"url": "backup.tar?Signature=geheim"}, "url is not an http or https URL"),
        ({"internal_url": "backup.tar?Signature=geheim"}, "internal_url is not an http or https URL"),
    ],
)
def test_wrong_options_are_reported_before_the_first_request(place: Place, wrong: Dict[str, Any], what: str) -> None:
    with pytest.raises(Failure, match=what) as caught:
        run(place, **wrong)
    assert "geheim" not in str(caught.value)
    assert place.server.seen == []

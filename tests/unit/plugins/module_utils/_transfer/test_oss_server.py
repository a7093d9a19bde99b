# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loopback OSS behaves as the real one is known to; otherwise tests against it would prove nothing."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Optional

import pytest
import requests
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import crc64
from ansible_collections.apsaradb.mysql.tests.support.faulty_oss import oss
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, SIZE, Place


def ask(url: str, method: str = "GET", **headers: str) -> "requests.Response":
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=10)


def test_whole_object(place: Place) -> None:
    answer = ask(place.url().in_full())
    assert crc64.update is not None
    assert (answer.status_code, answer.content) == (200, place.data)
    assert answer.headers["x-oss-hash-crc64ecma"] == str(crc64.update(place.data, 0))


@pytest.mark.parametrize(
    "asked, status, first, last",
    [
        ("bytes=0-0", 206, 0, 0),
        ("bytes=10-19", 206, 10, 19),
        ("bytes=10-", 206, 10, SIZE - 1),
        ("bytes=-5", 206, SIZE - 5, SIZE - 1),
        ("bytes={0}-{1}".format(SIZE - 2, SIZE + 50), 206, SIZE - 2, SIZE - 1),
        ("bytes={0}-".format(SIZE), 200, 0, SIZE - 1),
        ("bytes=9-3", 200, 0, SIZE - 1),
        ("bytes=0-1,5-6", 200, 0, SIZE - 1),
        ("lines=1-2", 200, 0, SIZE - 1),
    ],
)
def test_ranges(place: Place, asked: str, status: int, first: int, last: int) -> None:
    answer = ask(place.url().in_full(), Range=asked)
    assert (answer.status_code, answer.content) == (status, place.data[first : last + 1])
    if status == 206:
        assert answer.headers["Content-Range"] == "bytes {0}-{1}/{2}".format(first, last, SIZE)


def test_the_url_is_signed_for_get_alone(place: Place) -> None:
    url = place.url().in_full()
    assert ask(url, "HEAD").status_code == 403
    assert ask(url, "HEAD").content == b""


@pytest.mark.parametrize(
    "headers, code",
    [
        ({"x_oss_process": "x"}, "SignatureDoesNotMatch"),
        ({"Content_Type": "text/plain"}, "SignatureDoesNotMatch"),
        ({"Content_MD5": "x"}, "SignatureDoesNotMatch"),
        ({"Authorization": "Basic x"}, "SignatureDoesNotMatch"),
        ({"User_Agent": "x", "Accept_Encoding": "identity"}, None),
    ],
)
def test_headers_that_are_part_of_the_signature(place: Place, headers: Dict[str, str], code: Optional[str]) -> None:
    answer = ask(place.url().in_full(), **headers)
    assert answer.status_code == (403 if code else 200)
    assert code is None or "<Code>{0}</Code>".format(code) in answer.text


def test_errors_are_xml(place: Place) -> None:
    url = place.url().in_full()
    for wrong, status, code in (
        (place.url(lifetime=-5).in_full(), 403, "Request has expired."),
        (url[:-3] + "abc", 403, "SignatureDoesNotMatch"),
        (url.partition("?")[0], 403, "AccessDenied"),
        (url.replace("LTAI", "LTAJ"), 403, "InvalidAccessKeyId"),
        (place.url(name="nothing").in_full(), 404, "NoSuchKey"),
    ):
        answer = ask(wrong)
        assert (answer.status_code, code in answer.text, answer.text.startswith("<?xml")) == (status, True, True), wrong


def test_nothing_outside_of_the_root_is_served(place: Place) -> None:
    (place.folder / "secret").write_bytes(b"secret")
    assert place.server.find("../restore/secret") is None
    assert place.server.find(str(place.folder / "secret")) is None
    (place.root / "link").symlink_to(place.folder / "secret")
    assert place.server.find("link") is None


def test_if_match(place: Place) -> None:
    url = place.url().in_full()
    etag = ask(url, Range="bytes=0-0").headers["ETag"]
    assert ask(url, If_Match=etag).status_code == 200
    assert ask(url, If_Match='"other"').status_code == 412
    place.store(b"x" * SIZE)
    assert ask(url, If_Match=etag).status_code == 412


def test_as_a_playbook_starts_and_stops_it(place: Place, tmp_path: Path) -> None:
    urls, pid = tmp_path / "urls", tmp_path / "pid"
    command = [
        sys.executable,
        str(oss.__file__),
        "--root",
        str(place.root),
        "--object",
        NAME,
        "--url-file",
        str(urls),
        "--pid-file",
        str(pid),
        "--detach",
        "--idle",
        "60",
    ]
    subprocess.run(command, check=True, timeout=30)
    assert stat.S_IMODE(urls.stat().st_mode) == 0o600
    url = urls.read_text().strip()
    place.signed(url)
    assert ask(url, Range="bytes=5-9").content == place.data[5:10]
    number = int(pid.read_text())
    command_line = Path("/proc/{0}/cmdline".format(number)).read_text()
    assert not [secret for secret in place.secrets if secret in command_line]
    os.kill(number, signal.SIGTERM)
    end = time.time() + 10
    while (pid.exists() or urls.exists()) and time.time() < end:
        time.sleep(0.01)
    assert not pid.exists() and not urls.exists()


def test_a_missing_object_is_reported_at_the_start(place: Place) -> None:
    done = subprocess.run(
        [sys.executable, str(oss.__file__), "--root", str(place.root), "--object", "nothing", "--detach"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1 and b"nothing" in done.stderr

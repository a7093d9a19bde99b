# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module leaves in the log of its host: that it was called, and how, but no secret of a URL or an account."""

from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
from ansible_collections.apsaradb.mysql.tests.support import backups
from ansible_collections.apsaradb.mysql.tests.support.modules import Module
from ansible_collections.apsaradb.mysql.tests.support.transfers import Place, Served

# Both ways in which Ansible writes to the log, into a file that the test can read.
_BEFORE = """
import syslog
from ansible.module_utils import basic

def write(*words, **fields):
    with open({log!r}, "a") as stream:
        stream.write(" ".join(map(str, words)) + " ".join(map(str, fields.values())) + "\\n")

syslog.syslog = write
basic.has_journal = {journal!r}
basic.journal = type("Journal", (), {{"send": staticmethod(write)}})
"""


@pytest.fixture(name="place")
def fixture_place(tmp_path: Path) -> Iterator[Place]:
    with Served(tmp_path) as place:
        place.store(backups.tar({"hins42/shop/schema.sql": backups.SCHEMA_SQL, "hins42/shop/data.sql": backups.DATA_SQL}))
        yield place


def called(place: Place, journal: bool, lifetime: float = 3600, **rest: Any) -> Dict[str, Any]:
    account = {"alicloud_secret_key": "KeyOfTheLogTest0001", "alicloud_security_token": "TokenOfTheLogTest0002"}
    place.secrets += account.values()
    account["alicloud_access_key"] = place.server.key_id
    # Two URLs, for one that is blackened everywhere would cover up for the other one.
    url, internal_url = (place.url(lifetime - seconds, **rest).in_full() for seconds in (0, 5))
    options = dict(account, url=url, internal_url=internal_url, dest=str(place.dest), retries=0)
    process = Module("rds_backup_fetch", options, _BEFORE.format(log=str(place.folder / "log"), journal=journal))
    answer = process.answer()
    log = (place.folder / "log").read_text()
    place.told += [process.said, log]
    assert "Invoked with" in log and str(place.dest) in log
    return answer


@pytest.mark.parametrize("journal", [False, True])
def test_of_a_success(place: Place, journal: bool) -> None:
    answer = called(place, journal)
    assert answer["changed"] and answer["databases"] == ["shop"]


@pytest.mark.parametrize("journal", [False, True])
def test_of_a_failure(place: Place, journal: bool) -> None:
    answer = called(place, journal, name="custins7/gone.tar")
    assert answer["failed"] and "NoSuchKey" in answer["msg"]


@pytest.mark.parametrize("journal", [False, True])
def test_of_a_url_that_has_expired(place: Place, journal: bool) -> None:
    answer = called(place, journal, lifetime=-60)
    assert answer["failed"] and answer["expired"]

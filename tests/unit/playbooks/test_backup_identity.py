# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks name directories and snapshots after everything that distinguishes a backup: also its bucket."""

from pathlib import Path

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

ROOT = Path(__file__).parents[3]


def variables(name):
    return yaml.safe_load((ROOT / "playbooks" / "vars" / (name + ".yml")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name, url", [("provision", "provision_backup"), ("drill", "drill_backup"), ("restore_here", "restore_here_given")])
def test_the_host_is_part_of_the_identity(name, url):
    assert url + " | apsaradb.mysql.object_identity if" in variables(name)[name + "_object"]


@pytest.mark.parametrize("name", ["drill", "restore_here"])
def test_the_directory_depends_on_the_identity(name):
    assert "({0}_object | hash('sha256'))".format(name) in variables(name)[name + "_path"]


def test_a_snapshot_depends_on_the_backup_and_on_the_version_of_the_collection():
    identity = variables("provision")["provision_identity"]
    assert identity["backup"] == "{{ provision_object }}" and identity["collection"] == "{{ provision_collection_version }}"
    found = yaml.safe_load((ROOT / "playbooks" / "tasks" / "provision_find.yml").read_text(encoding="utf-8"))[-1]
    assert (
        "'object': (provision_newest.download_url or provision_newest.internal_url) | apsaradb.mysql.object_identity"
        in found["ansible.builtin.set_fact"]["provision_found"]
    )


@pytest.mark.parametrize(
    "asked, note, is_replaced",
    [
        ({"etag": "B", "crc64": "2"}, {"etag": "A", "crc64": "1"}, True),
        # Without a checksum of the server, or with that of a part of the backup.
        ({"etag": "B", "crc64": None}, {"etag": "A", "crc64": None}, True),
        ({"etag": "A", "crc64": "2"}, {"etag": "A", "crc64": "1"}, False),
        # The same contents, uploaded again.
        ({"etag": "B", "crc64": "1"}, {"etag": "A", "crc64": "1"}, False),
        # The URL has expired, or the server sends no ETag.
        ({"msg": "expired"}, {"etag": "A", "crc64": "1"}, False),
        ({"etag": None, "crc64": "2"}, {"etag": "A", "crc64": "1"}, False),
        ({"etag": "B", "crc64": "2"}, {"etag": None, "crc64": "1"}, False),
        ({"etag": "B", "crc64": "2"}, {}, False),
    ],
)
def test_an_object_that_was_overwritten_is_recognised(asked, note, is_replaced):
    expression = NativeEnvironment().from_string(variables("provision")["provision_is_replaced"])
    assert expression.render(provision_asked=asked, provision_note=note) is is_replaced


def test_a_snapshot_is_compared_before_it_is_used_and_notes_the_object():
    plays = (ROOT / "playbooks" / "provision.yml").read_text(encoding="utf-8")
    assert 0 < plays.index("tasks/provision_ask.yml") < plays.index("claim.py") < plays.index("Start a server with a copy")
    tasks = (ROOT / "playbooks" / "tasks" / "provision_load.yml").read_text(encoding="utf-8")
    assert (
        tasks.index("provision_ask.yml")
        < tasks.index("find_base.py")
        < tasks.index("provision_asked | default({})).etag")
        < tasks.index("Start a server for the load")
        < tasks.index("etag: ")
    )

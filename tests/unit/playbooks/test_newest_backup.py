# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backup of an instance the playbooks and the role choose: the newest, also if RDS does not report its databases, as after a refused call."""

from pathlib import Path

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

ROOT = Path(__file__).parents[3]
UNREPORTED, BLOG, SHOP = {"id": "9", "databases": None}, {"id": "8", "databases": ["blog"]}, {"id": "7", "databases": ["blog", "shop"]}


def tasks(items):
    for item in items:
        yield item
        yield from tasks(item.get("block", []))


def choose(file, prefix, choice, listed, names, backups, wanted):
    """The IDs of the backups that the task in ``file`` leaves. ``listed`` and ``names`` are the variables with all backups and the wanted databases."""
    (task,) = [task for task in tasks(yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))) if prefix + "lacking" in task.get("vars", {})]
    environment = NativeEnvironment()
    environment.tests["superset"] = lambda held, some: set(held) >= set(some)
    root, _dot, key = listed.partition(".")
    known = {root: {key: backups} if key else backups, names: wanted}
    for name in (prefix + "lacking", choice):
        known[name] = environment.from_string(dict(task["ansible.builtin.set_fact"], **task["vars"])[name]).render(known)
    return [each["id"] for each in known[choice]]


@pytest.mark.parametrize(
    "of",
    [
        ("playbooks/tasks/drill_fetch.yml", "drill_", "drill_choice", "drill_listed.backups", "drill_names"),
        ("playbooks/tasks/provision_find.yml", "provision_", "provision_choice", "provision_listed.backups", "provision_names"),
        ("roles/restore/tasks/find_backup.yml", "restore__", "restore__suitable", "restore__backups", "restore__names"),
    ],
    ids=["drill", "provision", "role"],
)
def test_a_backup_is_left_out_only_if_it_is_known_to_lack_a_database(of):
    backups = [UNREPORTED, BLOG, SHOP]
    assert choose(*of, backups, []) == ["9", "8", "7"]
    assert choose(*of, backups, ["shop"]) == ["9", "7"]
    assert choose(*of, [BLOG, SHOP, UNREPORTED], ["shop"]) == ["7", "9"]
    assert choose(*of, [BLOG], ["shop", "blog"]) == choose(*of, [], ["shop"]) == []

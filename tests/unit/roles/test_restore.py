# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of the role restore, evaluated by Ansible without running a play."""

import pathlib

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:
    # Before ansible-core 2.19, every string is a template.
    def trust_as_template(value):
        return value


ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "restore"


def trusted(value):
    if isinstance(value, dict):
        return {name: trusted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [trusted(each) for each in value]
    return trust_as_template(value) if isinstance(value, str) else value


def loaded(path):
    return trusted(yaml.safe_load(path.read_text(encoding="utf-8")))


def evaluated(expression, path="roles/restore/vars/main.yml", **variables):
    """The value of ``expression`` with the defaults of the role, the variables in ``path`` and ``variables``."""
    known = {**loaded(ROLE / "defaults" / "main.yml"), **loaded(ROOT / path), **trusted(variables)}
    return Templar(DataLoader(), variables=known).template(trust_as_template("{{ " + expression + " }}"))


def task(file, name):
    (found,) = [task for task in loaded(ROLE / "tasks" / file) if task["name"] == name]
    return found


class TestFindBackup:
    """The check that a backup was found."""

    CHECK = task("find_backup.yml", "Check that a backup was found")
    MADE = {"id": "9", "databases": ["crm", "shop"]}
    REQUEST = {"instance_id": "rm-1", "end_time": ""}

    def found(self, *, dry, created, backup):
        variables = dict(self.CHECK["vars"], restore__is_dry=dry, restore__backup=backup, restore__request=self.REQUEST, restore_instance_id="rm-1")
        variables.update(restore_databases=["shopp"], restore_max_age="1d")
        variables["restore__created"] = {"results": [dict(created, restore__item=self.REQUEST)]}
        variables["restore__listed_by_rds"] = {"results": [{"restore__item": self.REQUEST, "skipped": True}]}
        passes = evaluated(self.CHECK["ansible.builtin.assert"]["that"], **variables)
        created_later = evaluated("restore__is_not_created", **variables)
        return passes, created_later, evaluated("text", text=self.CHECK["ansible.builtin.assert"]["fail_msg"], **variables)

    def test_a_created_backup_without_the_database_is_an_error(self):
        passes, created_later, message = self.found(dry=False, created={"changed": True, "backup": self.MADE}, backup={})
        assert not passes and not created_later
        assert message == "The instance rm-1 has no logical backup with shopp. The newest, 9, has crm, shop: check restore_databases."

    def test_check_mode_accepts_a_backup_that_would_be_created(self):
        assert self.found(dry=True, created={"changed": True, "backup": None}, backup={})[:2] == (True, True)

    @pytest.mark.parametrize("dry", [False, True])
    def test_a_suitable_backup_is_accepted(self, dry):
        assert self.found(dry=dry, created={"changed": not dry, "backup": self.MADE}, backup=self.MADE)[:2] == (True, False)

    @pytest.mark.parametrize("dry", [False, True])
    def test_the_message_of_the_api_is_shown(self, dry):
        passes, _later, message = self.found(dry=dry, created={"changed": False, "failed": True, "msg": "CreateBackup was refused"}, backup={})
        assert not passes and message.startswith("CreateBackup was refused")


@pytest.mark.parametrize(
    "wanted, held, divisible",
    [
        (["shop"], ["blog", "shop"], True),
        ({"shop": "copy"}, ["shop"], True),
        ([], ["blog", "shop"], False),
        # A single dump, which is named after its file, and files without a table of contents.
        ({"shop": "copy"}, ["nightly"], False),
        (["my db"], ["my_db"], False),
        (["shop"], None, False),
    ],
)
def test_a_host_gets_its_databases_of_a_shared_download(wanted, held, divisible):
    shared = {"restore__fetched_by_controller": {"databases": held}, "restore__fetched_by_host": {}, "restore__is_shared": True}
    assert evaluated("restore__is_divisible", restore_databases=wanted, **shared) is divisible


NAMES = [
    ([], []),
    ("", []),
    (None, []),
    (" ", []),
    ("shop", ["shop"]),
    ("shop, blog,", ["shop", "blog"]),
    (["shop", "blog"], ["shop", "blog"]),
    ([2024], ["2024"]),
]


@pytest.mark.parametrize("given, names", NAMES)
def test_names_of_databases_in_a_list_or_a_string(given, names):
    """An empty field of a survey of AWX is an empty string; a name of digits is a number in YAML."""
    assert evaluated("restore__names", restore_databases=given) == {name: name for name in names}
    for playbook in "drill", "provision":
        assert evaluated(playbook + "_names", "playbooks/vars/{0}.yml".format(playbook), restore_databases=given) == names


def test_names_of_databases_in_a_map():
    assert evaluated("restore__names", restore_databases={"shop": "copy"}) == {"shop": "copy"}


@pytest.mark.parametrize(
    "origin, packed, expected",
    [
        ({"path": "/b.tar", "version": "1", "whole": True}, {"changed": True}, {"path": "/b.tar", "version": "1", "whole": False}),
        ({"path": "/b.tar", "version": "1", "whole": False}, {"changed": True}, {"path": "/b.tar", "version": "1", "whole": False}),
        # A copy of the whole download, or a link to it.
        ({"path": "/b.tar", "version": "1", "whole": True}, {"changed": False, "skipped": True}, {"path": "/b.tar", "version": "1", "whole": True}),
        ({"path": "/b.tar", "version": "1", "whole": True}, {}, {"path": "/b.tar", "version": "1", "whole": True}),
        (None, {}, ""),
    ],
)
def test_a_part_for_a_host_is_not_the_whole_backup(origin, packed, expected):
    """Otherwise the import would refuse tables of databases that only other hosts restore, as those of a database that the backup lacks."""
    fetched = {"restore__fetched_by_controller": {"origin": origin}, "restore__is_shared": True, "restore__packed": packed}
    assert evaluated("restore__archive_origin", **fetched) == expected
    for file, name in ("import.yml", "Import the databases"), ("steps.yml", "Drop the ledger entries of the databases"):
        assert "restore__archive_origin" in task(file, name)["apsaradb.mysql.mysql_sql_import"]["origin"]


def test_nothing_was_fetched():
    assert evaluated("restore__archive_origin", restore__fetched_by_host={}, restore__is_shared=False, restore__packed={}) == ""


def test_hosts_of_the_playbook_wait_for_each_other():
    """With another strategy, a shared download may be removed before a slow host begins."""
    (play,) = loaded(ROOT / "playbooks" / "restore.yml")
    assert play["strategy"] == "linear"


def test_hosts_share_the_download_of_the_same_object():
    """Not that of the same path in another bucket. The filter object_identity has its own test."""
    assert "apsaradb.mysql.object_identity" in loaded(ROLE / "vars" / "main.yml")["restore__object"]

    def folder(identity):
        return evaluated("restore__shared_folder", restore_controller_workdir="/c", restore__object=identity, restore__name="shop.tar")

    assert folder("prod.oss/dumps/shop.tar") != folder("stage.oss/dumps/shop.tar")
    assert folder("prod.oss/dumps/shop.tar").startswith("/c/") and folder("prod.oss/dumps/shop.tar").endswith(".shop.tar")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/provisioning.md names existing variables, all of them."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "provisioning.md").read_text(encoding="utf-8")


def test_variables_of_the_playbook() -> None:
    text = (ROOT / "playbooks" / "vars" / "provision.yml").read_text(encoding="utf-8")
    of_users, derived = (set(yaml.safe_load(part)) for part in text.split("# Derived variables."))
    named = set(re.findall(r"`((?:provision|snapshot_store)\w*)`", TEXT))
    # These two are chosen by environment variables, and the place of the software is the same in all playbooks.
    assert named | {"provision_backup", "provision_instance_id", "provision_software_path", "restore_databases", "restore_after_sql"} == of_users
    assert not named & derived

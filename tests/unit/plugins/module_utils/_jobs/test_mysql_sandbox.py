# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others placed where a sandbox or its software should be is refused before any of it is read or run.
tests/servers/test_sandbox.py has the rest."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sandbox import job
from ansible_collections.apsaradb.mysql.tests.support.other_users import give_away


@pytest.mark.parametrize("name", ["path", "software_path"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_link_of_another_user_in_a_shared_folder_is_not_followed(tmp_path, monkeypatch, name, check_mode):
    shared = tmp_path / "shared"
    shared.mkdir()
    (tmp_path / "target").mkdir()
    link = shared / "link"
    link.symlink_to(tmp_path / "target")
    give_away(monkeypatch, link)
    shared.chmod(0o1777)
    params = dict({"path": str(tmp_path / "one"), "software_path": None, "source": "system", "version": None, "state": "started"}, **{name: str(link)})
    with pytest.raises(Failure, match="link belongs to another user .*link.*Remove it"):
        job(JobContext(dict(params, settings=None, port=None, snapshot=None), check_mode, print))
    assert not (tmp_path / "one").exists() and list((tmp_path / "target").iterdir()) == []

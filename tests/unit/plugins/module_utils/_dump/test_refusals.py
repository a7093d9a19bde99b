# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refused statements are reported together, with their places."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support.plans import END, HEAD, TABLE, refused, whole


def test_all_refusals_are_reported_together_with_their_lines():
    said = refused(whole(TABLE + b"GRANT x ON y TO z;\nSHUTDOWN;\n"), whole(b"USE mysql;\n"))
    assert said.startswith("3 statement(s)") and "GRANT" in said and "SHUTDOWN" in said and "USE" in said and "file1.sql, line 8" in said


def test_all_refusals_are_counted_and_a_thousand_are_kept():
    planner = Planner(Choices(target=b"copy", server_version=90704))
    planner.read(DumpSource("bad.sql", io.BytesIO(HEAD + b"GRANT ALL ON *.* TO x;\n" * 3000 + END)))
    with pytest.raises(Failure, match=r"^3000 statement\(s\).*and 2980 more") as caught:
        planner.plan()
    assert len(caught.value.facts["refused"]) == 1000

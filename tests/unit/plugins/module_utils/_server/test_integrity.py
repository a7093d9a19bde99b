# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the rows of CHECK TABLE become one result; which tables servers find damaged is tested in tests/servers/test_restore_verify.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.integrity import _summary


@pytest.mark.parametrize(
    "answers, ok, text",
    [
        ([("status", "OK")], True, "OK"),
        ([("note", "The storage engine for the table doesn't support check")], True, "The storage engine for the table doesn't support check"),
        # The last message decides about an intact table.
        ([("note", "Found an old temporary file"), ("status", "OK")], True, "OK"),
        # A warning is shown, but the table passes.
        (
            [("warning", "1 client is using or hasn't closed the table properly"), ("status", "OK")],
            True,
            "1 client is using or hasn't closed the table properly",
        ),
        ([("error", "Corrupt"), ("status", "Operation failed")], False, "Corrupt"),
        (
            [("warning", "Size is 0"), ("error", "Record is lost"), ("error", "Record is lost"), ("error", "Corrupt")],
            False,
            "Size is 0; Record is lost; Corrupt",
        ),
        ([], True, ""),
    ],
)
def test_messages_of_check_table(answers, ok, text):
    assert _summary(answers) == (text, ok)

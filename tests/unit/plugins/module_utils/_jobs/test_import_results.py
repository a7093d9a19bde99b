# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that several databases have together; what needs a server is in tests/servers/test_import_several.py."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_results import _common
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def test_the_transactions_that_all_dumps_contain() -> None:
    assert _common([A + ":1-9", "{0}:3-20,{1}:1".format(A, B)]) == A + ":3-9"
    assert _common([A + ":1-9", ""]) == "" and _common([A + ":1-9", None]) is None and _common([]) is None

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that several databases have together; what needs a server is in tests/servers/test_import_several.py."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_results import _common, import_request
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.tests.support.gtids import A, B


def test_the_transactions_that_all_dumps_contain() -> None:
    assert _common([A + ":1-9", "{0}:3-20,{1}:1".format(A, B)]) == A + ":3-9"
    assert _common([A + ":1-9", ""]) == "" and _common([A + ":1-9", None]) is None and _common([]) is None


@pytest.mark.parametrize(
    "options, own",
    [
        ({"tables": ["a"], "database": "shop"}, True),
        ({"tables": ["a"], "databases": {"shop": "copy"}}, True),
        ({"tables": {"shop": ["a"]}}, True),
        ({"tables": ["a"], "databases": ["shop", "crm"]}, False),
        ({"tables": ["a"]}, False),
    ],
)
def test_the_patterns_of_one_database_should_all_match(options, own) -> None:
    params = {name: spec.get("default") for name, spec in dict(IMPORT_SPEC, **LOGIN_SPEC).items()}
    params.update(database=None, databases=None, source_database=None, workers=None, analyze=True, durability="server", ledger="keep")
    choices = import_request(JobContext(dict(params, **options), False, pytest.fail), (), "copy", "shop").choices
    assert (choices.tables, choices.tables_are_own) == (("a",), own)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of mysql_sql_import that are refused before a server is asked."""

from typing import Any, Dict

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sql_import import job

OWN: Dict[str, Any] = dict.fromkeys(("src", "origin", "databases", "archive", "source_database", "workers"))


def run(**given: Any) -> Dict[str, Any]:
    defaults = {name: option.get("default") for spec in (LOGIN_SPEC, IMPORT_SPEC, URL_SPEC) for name, option in spec.items()}
    options = dict(defaults, **OWN, database="shop", analyze=True, scan=True, durability="server", ledger="keep", login_unix_socket="/nonexistent/mysql.sock")
    return job(JobContext(dict(options, **given), False, pytest.fail))


@pytest.mark.parametrize(
    "given,message",
    [
        ({"database": ""}, "database is empty"),
        ({"database": None, "src": ["/a.sql"]}, "database is empty"),
        ({"database": None, "archive": "/a.tar", "source_database": "shop"}, "source_database needs database"),
        ({}, "There is nothing to load.*Give src, archive, url or internal_url"),
        ({"src": []}, "There is nothing to load"),
        ({"src": ["/a.sql"], "source_database": "shop"}, "source_database needs database, and archive, url, internal_url or origin"),
        ({"src": ["/a.sql"], "definer": "root"}, "definer has the invalid value root"),
        ({"src": ["/a.sql"], "workers": 0}, "workers is 0"),
        ({"src": ["/nonexistent.sql"]}, "/nonexistent.sql"),
        ({"archive": "https:/bucket.example/backup.tar?Signature=s3cret"}, "archive is a URL"),
    ],
)
def test_options_that_are_refused(given: Dict[str, Any], message: str) -> None:
    with pytest.raises(Failure, match=message) as caught:
        run(**given)
    assert "s3cret" not in str(caught.value)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of mysql_sql_import that are refused before a server is asked, and which databases of a backup are loaded into which."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.manifest import DIRECTORIES, FLAT, BackupDatabase, Manifest, Member
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sql_import import _wanted, job

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


def manifest(*names: str, offset: int = 512, notes: Sequence[str] = ()) -> Manifest:
    """A backup of these databases with one file each; a single dump file begins at byte 0."""
    databases = tuple(BackupDatabase(name, (Member(name + ".sql", "all", False, offset, 10, 0, 1024),)) for name in names)
    return Manifest(DIRECTORIES if offset else FLAT, "", None, None, databases, (), tuple(notes))


def wanted(backup: Manifest, databases: Any, warned: Optional[List[str]] = None) -> List[Tuple[str, str]]:
    call = JobContext({"databases": databases}, False, pytest.fail if warned is None else warned.append)
    return [(database.name, target) for database, target in _wanted(call, backup)]


SEVERAL = manifest("blog", "mysql", "shop")


@pytest.mark.parametrize(
    "databases,pairs",
    [
        # All but the system schemas, which must be named.
        (None, [("blog", "blog"), ("shop", "shop")]),
        (["shop"], [("shop", "shop")]),
        ("shop, blog", [("blog", "blog"), ("shop", "shop")]),
        ({"shop": "copy"}, [("shop", "copy")]),
        ({"shop": "blog", "blog": "shop"}, [("blog", "shop"), ("shop", "blog")]),
        ({"mysql": "mysql_copy"}, [("mysql", "mysql_copy")]),
    ],
)
def test_databases_of_a_backup_and_their_targets(databases: Any, pairs: List[Tuple[str, str]]) -> None:
    assert sorted(wanted(SEVERAL, databases)) == pairs


@pytest.mark.parametrize("databases", [["ship"], ["shop", "ship"], {"ship": "shop"}])
def test_a_database_that_the_backup_lacks(databases: Any) -> None:
    with pytest.raises(Failure, match="ship") as caught:
        wanted(SEVERAL, databases)
    assert caught.value.facts["missing"] == ["ship"]


def test_a_backup_of_system_schemas_alone() -> None:
    with pytest.raises(Failure, match="only system schemas.*Name the databases to load in databases"):
        wanted(manifest("mysql", "sys"), None)


def test_a_single_dump_needs_a_target_because_its_file_name_is_not_its_database() -> None:
    single = manifest("shop_monday", offset=0)
    with pytest.raises(Failure, match="does not reliably name its database.*in databases"):
        wanted(single, None)
    assert wanted(single, ["shop"]) == [("shop_monday", "shop")] and wanted(single, {"shop": "copy"}) == [("shop_monday", "copy")]
    with pytest.raises(Failure, match="blog"):
        wanted(single, ["shop", "blog"])


def test_notes_about_the_backup_become_warnings() -> None:
    warned: List[str] = []
    assert wanted(manifest("shop", notes=["shop occurs twice"]), None, warned) == [("shop", "shop")] and warned == ["shop occurs twice"]

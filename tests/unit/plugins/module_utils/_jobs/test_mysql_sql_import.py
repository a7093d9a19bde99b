# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of mysql_sql_import that are refused before a server is asked, and which databases of a backup are loaded into which."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.manifest import DIRECTORIES, FLAT, BackupDatabase, Manifest, Member
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import mysql_sql_import
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import IMPORT_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._url_options import URL_SPEC
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.mysql_sql_import import _wanted, job
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import ImportRequest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult
from ansible_collections.apsaradb.mysql.tests.support import backups

OWN: Dict[str, Any] = dict.fromkeys(("src", "origin", "databases", "archive", "source_database", "workers", "preflight"))


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
        ({}, "There is nothing to load.*Specify src, archive, url or internal_url"),
        ({"src": []}, "There is nothing to load"),
        ({"src": ["/a.sql"], "source_database": "shop"}, "source_database needs database, and archive, url, internal_url or origin"),
        ({"src": ["/a.sql"], "definer": "root"}, "definer has the invalid value root"),
        ({"src": ["/a.sql"], "workers": 0}, "workers is 0"),
        ({"src": ["/nonexistent.sql"]}, "/nonexistent.sql"),
        ({"src": ["/a.sql"], "tables": {"shpo": ["t"]}}, "tables limits the database shpo.*It has: shop"),
        ({"archive": "https:/bucket.example/backup.tar?Signature=s3cret"}, "archive is a URL"),
    ],
)
def test_options_that_are_refused(given: Dict[str, Any], message: str) -> None:
    with pytest.raises(Failure, match=message) as caught:
        run(**given)
    assert "s3cret" not in str(caught.value)


@pytest.fixture(name="requests_of")
def fixture_requests_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The requests that an import with these options hands to the loader."""
    seen: List[ImportRequest] = []

    def load(request: ImportRequest) -> LoadResult:
        seen.append(request)
        return LoadResult(changed=True)

    def requests_of(**given: Any) -> List[ImportRequest]:
        run(**given)
        return seen

    monkeypatch.setattr(mysql_sql_import, "loaded_before", lambda _call, _identity: None)
    monkeypatch.setattr(mysql_sql_import, "_loader", lambda: load)
    for needs_a_server in ("_refuse_targets", "note_backup"):
        monkeypatch.setattr(mysql_sql_import, needs_a_server, lambda *_arguments: None)
    monkeypatch.setattr(mysql_sql_import, "with_gtid", lambda _call, result: result)
    return requests_of


@pytest.mark.parametrize(
    "given,tables",
    [
        ({"tables": {"shop": ["orders"]}}, ("orders",)),
        ({"tables": {"shop": ["orders"]}, "source_database": "shop"}, ("orders",)),
        ({"tables": {"crm": ["orders"]}, "source_database": "shop"}, ()),
        ({"tables": ["orders"], "source_database": "shop"}, ("orders",)),
    ],
)
@pytest.mark.parametrize("database", ["shop", "copy"])
def test_tables_are_limited_by_the_name_in_the_backup(given: Any, tables: Any, database: str, requests_of: Any, tmp_path: Any) -> None:
    names = ["shop", "crm"] if "source_database" in given else ["shop"]
    path = str(backups.make(tmp_path, {name: (backups.SCHEMA_SQL, backups.DATA_SQL) for name in names}))
    (request,) = requests_of(archive=path, database=database, **given)
    assert (request.target, request.choices.tables) == (database, tables)


def test_a_misspelled_limit_is_refused_unless_the_file_is_a_part_of_the_backup(requests_of: Any, tmp_path: Any) -> None:
    path = str(backups.make(tmp_path, {"shop": (backups.SCHEMA_SQL, backups.DATA_SQL)}))
    given = {"archive": path, "tables": {"crm": ["orders"]}}
    for database in "shop", None:
        with pytest.raises(Failure, match="tables limits the database crm.*It has: shop"):
            requests_of(database=database, **given)
    # Hosts that restore different databases of a backup may share the option.
    (request,) = requests_of(database="shop", origin={"path": "/b.tar", "version": "1", "whole": False}, **given)
    assert request.choices.tables == ()


def test_a_single_dump_has_the_name_of_the_target(requests_of: Any, tmp_path: Any) -> None:
    (tmp_path / "monday.sql").write_bytes(backups.SCHEMA_SQL)
    (request,) = requests_of(archive=str(tmp_path / "monday.sql"), database="shop", tables={"shop": ["orders"]})
    assert request.choices.tables == ("orders",)
    with pytest.raises(Failure, match="tables limits the database crm.*It has: shop"):
        requests_of(archive=str(tmp_path / "monday.sql"), database="shop", tables={"crm": ["orders"]})


def test_a_single_dump_has_the_name_in_databases(requests_of: Any, tmp_path: Any) -> None:
    """Also in the ledger, where the next run looks for it."""
    (tmp_path / "monday.sql").write_bytes(backups.SCHEMA_SQL)
    given = {"archive": str(tmp_path / "monday.sql"), "database": None, "databases": {"shop": "copy"}}
    with pytest.raises(Failure, match="tables limits the database crm.*It has: shop"):
        requests_of(tables={"crm": ["orders"]}, **given)
    (request,) = requests_of(tables={"shop": ["orders"]}, **given)
    assert request.choices.tables == ("orders",) and request.origin is not None and request.origin.source == "shop"


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
    assert wanted(single, ["shop"]) == [("shop", "shop")] and wanted(single, {"shop": "copy"}) == [("shop", "copy")]
    with pytest.raises(Failure, match="blog"):
        wanted(single, ["shop", "blog"])


def test_notes_about_the_backup_become_warnings() -> None:
    warned: List[str] = []
    assert wanted(manifest("shop", notes=["shop occurs twice"]), None, warned) == [("shop", "shop")] and warned == ["shop occurs twice"]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a backup without extracting it."""

import contextlib
import gzip
import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import (
    inspect_archive,
    inspect_files,
    inspect_url,
    known_dump,
    summarise_file,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import on_disk
from ansible_collections.apsaradb.mysql.tests.support import backups
from ansible_collections.apsaradb.mysql.tests.support.transfers import Served

SQL = b"-- MySQL dump 10.13\nCREATE TABLE `t` (`a` int);\n-- Dump completed on 2026-01-01\n"


def summary_of(tmp_path, content):
    path = tmp_path / "a.sql"
    path.write_bytes(content)
    return summarise_file(on_disk(str(path)))


def test_a_small_file_is_read_completely(tmp_path):
    for content in (SQL, gzip.compress(SQL), gzip.compress(SQL[:30]) + gzip.compress(SQL[30:]) + bytes(99)):
        found = summary_of(tmp_path, content)
        assert found.whole and found.text == SQL and found.sql_bytes == len(SQL) and found.failure is None and found.header.completed


def test_the_ends_of_a_large_file_are_read(tmp_path):
    large = SQL[:50] + b"INSERT INTO `t` VALUES (" + os.urandom(400000).hex().encode() + b");\n-- Dump completed on 2026-01-01\n"
    plain, packed = summary_of(tmp_path, large), summary_of(tmp_path, gzip.compress(large))
    assert not plain.whole and plain.header.completed and plain.sql_bytes == len(large)
    assert not packed.whole and packed.header.completed is None and packed.sql_bytes == len(large)


@pytest.mark.parametrize(
    "content, what", [(gzip.compress(SQL)[:-9], "truncated"), (gzip.compress(SQL)[:-8] + bytes(8), "damaged")], ids=["truncated", "damaged"]
)
def test_a_file_that_cannot_be_decompressed_has_a_failure_instead_of_text(tmp_path, content, what):
    found = summary_of(tmp_path, content)
    assert found.failure is not None and what in found.failure.what and not found.whole


def backup_at(folder, databases=("shop", "mysql")):
    return backups.make(folder, {name: (backups.SCHEMA_SQL, backups.DATA_SQL) for name in databases})


def test_a_local_archive(tmp_path):
    found = inspect_archive(str(backup_at(tmp_path)), {"shop": "shop_copy"})
    (shop,) = found.databases
    assert (shop.source, shop.target, found.present, found.local) == ("shop", "shop_copy", ("mysql", "shop"), True)
    assert [path for path, size in shop.extracted] == ["shop/schema.sql.gz", "shop/data.sql.gz"] and all(size > 0 for path, size in shop.extracted)
    assert shop.sql_bytes == len(backups.SCHEMA_SQL) + len(backups.DATA_SQL) and all(summary.whole for summary in shop.summaries)
    assert found.cost() == {}


def test_a_named_system_schema_is_noted(tmp_path):
    found = inspect_archive(str(backup_at(tmp_path)), {"mysql": "mysql_copy"})
    assert "mysql is a system schema" in found.notes


def test_a_remote_archive_reports_its_requests(tmp_path):
    with Served(tmp_path) as place, contextlib.ExitStack() as closing:
        place.store(backup_at(tmp_path).read_bytes())
        params = {"url": place.url().in_full(), "internal_url": None, "timeout": 5.0, "retries": 3, "validate_certs": True, "ca_path": None}
        found = inspect_url(params, None, closing)
        assert not found.local and [database.source for database in found.databases] == ["shop"]
        cost = found.cost()
        assert cost["source"] == "external" and cost["requests"] == len(place.server.seen) and 0 < cost["bytes_downloaded"]


def test_a_url_as_archive_is_refused():
    with pytest.raises(Failure, match="archive is a URL.*Use url instead"):
        inspect_archive("https:/bucket.example/backup.tar", None)


def test_files_are_of_one_database(tmp_path):
    (tmp_path / "a.sql").write_bytes(backups.SCHEMA_SQL)
    files = [on_disk(str(tmp_path / "a.sql"))]
    assert inspect_files(files, {"shop": "shop_copy"}).databases[0].target == "shop_copy"
    with pytest.raises(Failure, match="do not name their database.*Name the target in databases"):
        inspect_files(files, None)
    with pytest.raises(Failure, match="databases names 2"):
        inspect_files(files, {"a": "a", "b": "b"})


def test_known_dump_needs_every_file_to_be_whole(tmp_path):
    large = backups.DATA_SQL.replace(b"-- Dump completed", (b"INSERT INTO `t` VALUES (1); -- " + b"x" * 1000 + b"\n") * 550 + b"-- Dump completed")
    (tmp_path / "a.sql").write_bytes(backups.SCHEMA_SQL)
    (tmp_path / "b.sql").write_bytes(large)
    (database,) = inspect_files([on_disk(str(tmp_path / name)) for name in ("a.sql", "b.sql")], {"shop": "shop"}).databases
    seen, scanned = (known_dump(database, Choices(b"shop"), scan=scan) for scan in (False, True))
    assert not seen.whole and scanned.whole
    assert seen.plan is not None and scanned.plan is not None and scanned.plan.statements > seen.plan.statements


def test_a_backup_that_is_replaced_before_its_scan(tmp_path):
    large = backups.DATA_SQL + os.urandom(300_000).hex().encode()
    path = backups.make(tmp_path, {"shop": (backups.SCHEMA_SQL, large)})
    (database,) = inspect_archive(str(path), None).databases
    backups.make(tmp_path, {"blog": (backups.SCHEMA_SQL, large), "shop": (backups.SCHEMA_SQL, large)})
    with pytest.raises(Failure, match="The backup was replaced or changed while the task was reading it"):
        known_dump(database, Choices(b"shop"), scan=True)


def test_a_lone_dump_is_the_database_that_the_user_names(tmp_path):
    path = tmp_path / "nightly.sql"
    path.write_bytes(backups.SCHEMA_SQL)
    found = inspect_archive(str(path), {"shop": "shop_copy"})
    assert found.present == ("shop",) and [(each.source, each.target) for each in found.databases] == [("shop", "shop_copy")]
    with pytest.raises(Failure, match="has no database blog, shop. It has: nightly"):
        inspect_archive(str(path), {"blog": "a", "shop": "b"})

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a database in a backup looks like to an import: the same files as those that are taken out of it."""

import gzip
import os
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._archived_backup import ArchivedBackup, BackupIdentity, one_database
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs.rds_backup_extract import job as extract
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import DumpFile, on_disk
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.resume import fingerprint_of, identity
from ansible_collections.apsaradb.mysql.tests.support import backups, faulty_oss

DUMPS = tuple(b"-- MySQL dump 10.13\nSELECT %d, '%s';\n-- Dump completed\n" % (number, os.urandom(40000).hex().encode()) for number in range(12))
FLAT = {"shop-{0}_datafull_202601010330_1767209400_{1}.sql".format(name, part): DUMPS[part] for name in "ab" for part in range(1, 12)}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[faulty_oss.FaultyServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with faulty_oss.FaultyServer(tmp_path) as server:
        yield server


class Opened(NamedTuple):
    """A backup, and the files of one of its databases."""

    backup: ArchivedBackup
    files: Tuple[DumpFile, ...]

    @property
    def cost(self) -> Dict[str, Any]:
        return self.backup.cost


def opened(warnings: List[str], database: str = "target", **params: Any) -> Opened:
    given: Dict[str, Any] = dict.fromkeys(("archive", "origin", "url", "internal_url", "source_database", "ca_path"))
    given.update(timeout=5.0, retries=2, validate_certs=True, database=database, **params)
    call = JobContext(given, False, warnings.append)
    backup = ArchivedBackup(call, BackupIdentity(given))
    return Opened(backup, backup.files(one_database(call, backup.manifest)))


def ways(server: faulty_oss.FaultyServer, path: Path) -> List[Dict[str, str]]:
    return [{"archive": str(path)}, {"url": server.sign(path.name, 3600)}]


def sql(archive: Opened) -> List[bytes]:
    content = []
    for file in archive.files:
        with file.open() as stream:
            stored = stream.read()
        assert len(stored) == file.size
        content.append(gzip.decompress(stored) if file.compressed else stored)
    return content


def put(folder: Path, files: Dict[str, bytes], name: str = "hins1_data.tar") -> Path:
    path = folder / name
    path.write_bytes(backups.tar(files))
    return path


LAYOUTS = {
    "directories": {"r/config.txt": b"x", "r/shop/data.sql.gz": backups.packed(DUMPS[1]), "r/shop/schema.sql.gz": backups.packed(DUMPS[0])},
    "plain": {"r/shop/data.sql": DUMPS[1], "r/shop/schema.sql": DUMPS[0]},
    "named gzip": {"shop/data.sql.gz": DUMPS[1], "shop/schema.sql.gz": backups.packed(DUMPS[0])},
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_the_same_files_as_extracted(server: faulty_oss.FaultyServer, tmp_path: Path, layout: str) -> None:
    path = put(tmp_path, dict(LAYOUTS[layout], **{"r/mysql/schema.sql.gz": backups.packed(DUMPS[3]), "r/mysql/data.sql.gz": b""}))
    words = []
    for way in ways(server, path):
        archive = opened([], source_database="shop", **way)
        assert sql(archive) == [DUMPS[0], DUMPS[1]]
        words.append(fingerprint_of([identity(file, None) for file in archive.files]))
    if layout != "named gzip":
        params = dict(src=str(path), dest=str(tmp_path / "out"), databases=["shop"], exclude=[], decompress=False, max_ratio=250)
        files = extract(JobContext(params, False, print))["databases"][0]["files"]
        words.append(fingerprint_of([identity(on_disk(file["path"]), None) for file in files]))
    assert len(set(words)) == 1


def test_parts_in_their_order_not_in_the_archive_s(server: faulty_oss.FaultyServer, tmp_path: Path) -> None:
    path = put(tmp_path, {name: FLAT[name] for name in sorted(FLAT, reverse=True)})
    for way in ways(server, path):
        assert sql(opened([], source_database="shop-b", **way)) == list(DUMPS[1:12])


@pytest.mark.parametrize("name", ["shop.sql", "shop.sql.gz", "shop.sql.gz?"])
def test_a_lone_dump_whatever_it_is_called(server: faulty_oss.FaultyServer, tmp_path: Path, name: str) -> None:
    path = tmp_path / name.strip("?")
    path.write_bytes(backups.packed(DUMPS[0]) if name.endswith("gz") else DUMPS[0])
    for way in ways(server, path):
        for wanted in ({}, {"source_database": "another"}):
            assert sql(opened([], **wanted, **way)) == [DUMPS[0]]


def test_which_database_where_none_is_named(server: faulty_oss.FaultyServer, tmp_path: Path) -> None:
    path = put(tmp_path, backups.plain_backup(("shop", "mysql", "sys")))
    for way in ways(server, path):
        assert "shop/schema" in opened([], **way).files[0].name
        assert "sys/schema" in opened([], database="sys", **way).files[0].name
    path = put(tmp_path, backups.plain_backup(("shop", "blog", "mysql")))
    for way in ways(server, path):
        assert "blog/schema" in opened([], database="blog", **way).files[0].name
        with pytest.raises(Failure, match="no database target.*in source_database: blog, mysql, shop"):
            opened([], **way)
        with pytest.raises(Failure, match="no database ship. It has: blog, mysql, shop"):
            opened([], source_database="ship", database="shop", **way)


def test_a_member_without_a_checksum_causes_a_warning_if_only_it_is_read(server: faulty_oss.FaultyServer, tmp_path: Path) -> None:
    path = put(tmp_path, dict(LAYOUTS["plain"], **{"r/shop/data_1.sql.gz": backups.packed(DUMPS[2])}))
    lone = tmp_path / "lone.sql"
    lone.write_bytes(DUMPS[0])
    for at, way, told in ((path, 0, False), (path, 1, True), (lone, 1, False)):
        warnings: List[str] = []
        opened(warnings, source_database="shop", **ways(server, at)[way])
        assert len(warnings) == told and all("were verified only by size" in warning for warning in warnings)
        assert not warnings or warnings[0].endswith("for the whole backup: r/shop/schema.sql, r/shop/data.sql")


def test_half_a_database_causes_a_note(server: faulty_oss.FaultyServer, tmp_path: Path) -> None:
    files = backups.plain_backup(("shop", "blog"))
    del files["hins1/shop/data.sql.gz"], files["hins1/blog/schema.sql.gz"]
    for way in ways(server, put(tmp_path, files)):
        warnings: List[str] = []
        opened(warnings, source_database="shop", **way)
        assert warnings == ["The database shop has a schema file and no data file"]


@pytest.mark.parametrize(
    "content, said",
    [(b"XBSTCK01" + bytes(2000), "physical backup"), (backups.tar({"ibdata1": b"x"}), "physical backup"), (b"", "empty"), (b"<html>" * 200, "HTML")],
)
def test_files_that_are_not_logical_backups(server: faulty_oss.FaultyServer, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "backup.tar"
    path.write_bytes(content)
    for way in ways(server, path):
        with pytest.raises(Failure, match=said):
            opened([], source_database="shop", **way)


def test_only_needed_bytes_are_read(server: faulty_oss.FaultyServer, tmp_path: Path) -> None:
    files = {"r/{0}/{1}.sql.gz".format(name, role): backups.packed(os.urandom(300000)) for name in "abcdef" for role in ("schema", "data")}
    archive = opened([], source_database="c", url=server.sign(put(tmp_path, files).name, 3600))
    words = [identity(file, None) for file in archive.files]
    assert archive.cost["source"] == "external" and archive.cost["bytes_downloaded"] == server.sent - 1 < 400000
    before = server.sent
    sql(archive)
    assert len(words) == 2 and server.sent - before == sum(file.size for file in archive.files)


def test_a_url_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="Use url instead") as caught:
        opened([], archive="https://host/backup.tar?Expires=1&OSSAccessKeyId=hush&Signature=hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("how", ["replaced", "extended in place"])
def test_rows_of_a_file_that_was_replaced_are_not_read(tmp_path: Path, how: str) -> None:
    """rds_backup_fetch replaces its file when it adds databases, which moves the members."""
    mine = {"r/b/schema.sql.gz": backups.packed(DUMPS[0]), "r/b/data.sql.gz": backups.packed(DUMPS[1])}
    path = put(tmp_path, mine)
    archive = opened([], source_database="b", archive=str(path))
    more = backups.tar(dict({"r/a/schema.sql.gz": backups.packed(DUMPS[2]), "r/a/data.sql.gz": backups.packed(DUMPS[3])}, **mine))
    if how == "replaced":
        (tmp_path / "new").write_bytes(more)
        (tmp_path / "new").rename(path)
    else:
        path.write_bytes(more)
    for file in archive.files:
        with pytest.raises(Failure, match="The backup was replaced or changed while the task was reading it .*hins1_data.tar.*Run the task again"):
            file.open()


def test_a_file_that_is_replaced_before_its_contents_are_read(tmp_path: Path) -> None:
    """The ledger would record the new rows under the identity of the previous file."""
    given: Dict[str, Any] = dict.fromkeys(("origin", "url", "internal_url"), None)
    given["archive"] = str(put(tmp_path, {"r/b/data.sql.gz": backups.packed(DUMPS[1])}))
    before = BackupIdentity(given)
    put(tmp_path, {"r/b/data.sql.gz": backups.packed(DUMPS[2]), "r/c/data.sql.gz": backups.packed(DUMPS[2])})
    with pytest.raises(Failure, match="was replaced or changed"):
        ArchivedBackup(JobContext(given, False, print), before)

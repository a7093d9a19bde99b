# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of file is recognised by its content and refused with its own message."""

import gzip
import pathlib
import tarfile

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.layout import read_manifest
from ansible_collections.apsaradb.mysql.plugins.module_utils._backup.recognise import recognise, require_usable
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import backups
from ansible_collections.apsaradb.mysql.tests.support.backups import BytesReader, packed, tar

OSS_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>AccessDenied</Code>\n  <Message>Request has expired.</Message>\n'
    b"  <Signature>c2VjcmV0</Signature>\n</Error>\n"
)
XTRABACKUP_TAR = tar({"xtrabackup_checkpoints": b"backup_type = full-backuped\n", "ibdata1": bytes(4096)})

USABLE = [
    ("tar", tar(backups.plain_backup())),
    ("tar", backups.archive([backups.entry(b"hins1/shop/schema.sql.gz", packed(b"-- x\n"), magic=b"")])),
    ("sql", b"-- MySQL dump 10.13\n"),
    ("sql", b"-- MariaDB dump 10.19\n"),
    ("sql", b"/*!40101 SET NAMES utf8 */;\n"),
    ("sql", b"/*M!999999\\- enable the sandbox mode */ \n"),
    ("sql", b"\xef\xbb\xbf\r\n\tcreate table t (a int);"),
    ("sql.gz", packed(b"-- MySQL dump 10.13\n")),
    ("sql.gz", packed(backups.DATA_SQL) + packed(backups.DATA_SQL)),
]

REFUSED = [
    ("empty", b"", "empty"),
    ("empty", packed(b""), "an empty gzip"),
    ("xbstream", b"XBSTCK01\0\0\0\0\x07ibdata1", "physical backup (xbstream)"),
    ("qpress", b"qpress10" + bytes(50), "physical backup (qpress)"),
    ("xbstream.gz", packed(b"XBSTCK01" + bytes(5000)), "physical backup (xbstream inside gzip)"),
    ("qpress.gz", packed(b"qpress10" + bytes(5000)), "physical backup (qpress inside gzip)"),
    ("physical tar.gz", packed(XTRABACKUP_TAR), "physical backup (a .tar.gz with xtrabackup_checkpoints)"),
    ("tar.gz", packed(tar(backups.plain_backup())), "tar inside gzip"),
    ("zstd", b"\x28\xb5\x2f\xfd" + bytes(100), "zstd"),
    ("zip", b"PK\x03\x04" + bytes(100), "zip"),
    ("zip", b"PK\x05\x06" + bytes(18), "empty zip"),
    ("bzip2", b"BZh91AY&SY", "bzip2"),
    ("xz", b"\xfd7zXZ\0\0\x04", "compressed with xz"),
    ("7z", b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
    ("binlog", b"\xfebin\0\0\0\0", "binary log"),
    ("utf-16", "-- MySQL dump".encode("utf-16"), "UTF-16"),
    ("utf-32", "-- MySQL dump".encode("utf-32"), "UTF-32"),
    ("program message", b"mysqldump: [Warning] Using a password.\n-- MySQL dump 10.13\n", "Line 1 is a message of a program, not SQL: mysqldump: [Warning]"),
    ("program message", packed(b"mysqldump: Got error: 1045\n"), "mysqldump: Got error"),
    ("log", b"2026-11-28T10:00:00 0 [Note] ready\n" * 30, "is a log"),
    ("mysqlbinlog", b"DELIMITER /*!*/;\n# at 4\n", "mysqlbinlog"),
    ("csv", packed(b"id,name\n1,anna\n"), "CSV"),
    ("sqlite", b"SQLite format 3\0", "SQLite"),
    ("sqlite", b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "SQLite dump"),
    ("postgresql", b"PGDMP\1", "its custom format"),
    ("postgresql", b"-- PostgreSQL database dump\n\nSET statement_timeout = 0;\n", "PostgreSQL dump"),
    ("http answer", b"HTTP/1.1 200 OK\r\n\r\n", "curl -i"),
    ("xml", b'<?xml version="1.0"?>\n<mysqldump>\n', "XML export"),
    ("lz4", b"\x04\x22\x4d\x18", "compressed with lz4"),
    ("rar", b"Rar!\x1a\x07\0", "RAR"),
    ("encrypted", b"Salted__", "openssl"),
    ("encrypted", b"-----BEGIN PGP MESSAGE-----", "PGP"),
    ("error page", OSS_ERROR, "error response of the object storage (AccessDenied)"),
    ("error page", b"<!DOCTYPE html><html><body>Log in</body></html>", "HTML or XML page"),
    ("error page", b"\n <html><body>502 Bad Gateway</body></html>", "HTML or XML page"),
    ("error page", packed(OSS_ERROR), "error response"),
    ("error page", b'{"Code": "Forbidden"}', "JSON"),
    ("zeros", bytes(100000), "starts with zeros"),
    ("damaged tar", b"x" + tar(backups.plain_backup())[1:], "first header is damaged"),
    ("damaged gzip", b"\x1f\x8b" + bytes(100), "damaged gzip"),
    ("cut gzip", packed(backups.DATA_SQL)[:15], "truncated in its first block"),
    ("gzip in gzip", packed(packed(b"-- MySQL dump\n")), "gzip inside a gzip"),
    ("unknown gzip", packed(b"\x7fELF\2\1\1"), "not SQL"),
    ("unknown", b"hello", "only 5 bytes"),
    ("unknown", b"\x7fELF" + bytes(range(256)) * 4, "of an unknown kind"),
]


@pytest.mark.parametrize("kind,content", USABLE)
def test_a_logical_backup_is_taken(kind: str, content: bytes) -> None:
    assert require_usable(BytesReader(content)) == kind


@pytest.mark.parametrize("kind,content,words", REFUSED, ids=["{0}-{1}".format(row[0], number) for number, row in enumerate(REFUSED)])
def test_a_wrong_file_gets_its_own_sentence(kind: str, content: bytes, words: str) -> None:
    with pytest.raises(Failure) as caught:
        require_usable(BytesReader(content))
    assert caught.value.facts == {"recognised": kind}
    assert words in caught.value.what
    assert caught.value.cure and caught.value.where == "memory"
    # The message is one line of text that can be shown anywhere.
    assert str(caught.value).isprintable()


def test_no_two_kinds_share_a_sentence() -> None:
    sentences = {}
    for kind, content, _words in REFUSED:
        problem = recognise(BytesReader(content)).problem
        assert sentences.setdefault(problem, kind) == kind


def test_the_table_in_the_documentation_is_what_users_see() -> None:
    table = (pathlib.Path(__file__).resolve().parents[5] / "docs" / "recognised_files.md").read_text(encoding="utf-8")
    for kind, content, _words in REFUSED:
        finding = recognise(BytesReader(content))
        if kind != "unknown":
            assert "| {0} | {1}. |".format(kind, finding.problem) in table
        assert str(finding.cure) in table


def test_a_physical_backup_names_the_tool_and_the_guide() -> None:
    for content in (b"XBSTCK01", b"qpress10", packed(XTRABACKUP_TAR), XTRABACKUP_TAR):
        with pytest.raises(Failure) as caught:
            read_manifest(BytesReader(content))
        assert "XtraBackup" in str(caught.value) and "rds_backup_create" in str(caught.value) and "physical backup file" in str(caught.value)


@pytest.mark.parametrize("name", ["xtrabackup_info", "root/xtrabackup_logfile.qp", "ibdata1", "shop/t.ibd", "shop/t.frm", "x/ibdata1.gz", "./backup-my.cnf"])
def test_a_tar_with_a_physical_backup_is_recognised_by_its_members(name: str) -> None:
    with pytest.raises(Failure, match="physical backup"):
        read_manifest(BytesReader(tar({"a/readme": b"", name: b"x"})))


@pytest.mark.parametrize("root", ["BZh_backup", "qpress10", "XBSTCK01", "PK", "<html", "-- MySQL dump", "{", "7z"])
def test_a_root_folder_may_be_called_as_another_file_begins(root: str) -> None:
    content = tar(backups.plain_backup(root=root))
    assert require_usable(BytesReader(content)) == "tar" and read_manifest(BytesReader(content)).root == root
    assert recognise(BytesReader(packed(content))).kind == "tar.gz"


@pytest.mark.parametrize("name", ["xtrabackup_info", "ibdata1", "backup-my.cnf", "shop.ibd", "x.qp"])
def test_a_folder_may_be_called_as_a_file_of_a_physical_backup(name: str) -> None:
    blocks = [backups.entry("r/{0}/".format(name).encode(), kind=b"5")]
    blocks += [backups.entry("r/{0}/{1}.sql".format(name, half).encode(), b"-- x\n") for half in ("schema", "data")]
    content = backups.archive(blocks)
    assert [database.name for database in read_manifest(BytesReader(content)).databases] == [name]
    assert recognise(BytesReader(packed(content))).kind == "tar.gz"


def test_nothing_secret_of_an_error_page_is_shown() -> None:
    finding = recognise(BytesReader(OSS_ERROR))
    assert "c2VjcmV0" not in str(finding)


def test_a_large_file_is_recognised_from_its_start() -> None:
    reader = BytesReader(packed(b"-- MySQL dump\n" + bytes(range(256)) * 40000))
    assert recognise(reader).kind == "sql.gz"
    assert reader.bytes_read <= 300000


def test_a_bomb_is_recognised_without_unpacking_it() -> None:
    assert recognise(BytesReader(gzip.compress(b"-- " + bytes(50000000), 9))).kind == "sql.gz"


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_of_each_format_is_a_tar(form: int) -> None:
    assert recognise(BytesReader(tar({"r/shop/{0}.sql.gz".format("é" * 20): b"x"}, form))).kind == "tar"

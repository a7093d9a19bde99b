# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are not SQL, and messages of other programs in a dump, are named with file, line and cure; honest dumps are not mistaken for them."""

import gzip
import re

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._inspect import inspect_archive, inspect_files, known_dump
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import on_disk
from ansible_collections.apsaradb.mysql.plugins.module_utils._not_sql import wrong_file, wrong_statement
from ansible_collections.apsaradb.mysql.tests.support import backups
from ansible_collections.apsaradb.mysql.tests.support.plans import END, HEAD, ROWS, TABLE, plan, refused, whole

DUMP = whole(TABLE + ROWS)
TEXT = "CREATE TABLE t (w VARCHAR(9));\nINSERT INTO t VALUES ('O\\'Hara');\n"
LOST = b"Error 2013: Lost connection to MySQL server during query when dumping table `t` at row: 3\n"

# What a file is from its first bytes, and words of the message.
FILES = [
    (TEXT.encode("utf-16"), "utf-16", "text in UTF-16"),
    (TEXT.encode("utf-16-le"), "utf-16", "text in UTF-16"),
    (TEXT.encode("utf-16-be"), "utf-16", "text in UTF-16"),
    (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16", "text in UTF-16"),
    (TEXT.encode("utf-32"), "utf-32", "text in UTF-32"),
    (TEXT.encode("utf-32-le"), "utf-32", "text in UTF-32"),
    (TEXT.encode("utf-32-be"), "utf-32", "text in UTF-32"),
    (
        b"mysqldump: [Warning] Using a password on the command line interface can be insecure.\n" + DUMP,
        "program message",
        "Line 1 .*: mysqldump: .Warning. Using.*warning: r",
    ),
    (b"Warning: Using a password on the command line interface can be insecure.\n" + DUMP, "program message", "Line 1 .*Warning: Using"),
    (b"\n\nmysqlpump.exe: [ERROR] unknown variable 'x'\n", "program message", "Line 3 .*mysqlpump.exe: .*incomplete"),
    (b"/usr/bin/mariadb-dump: Got error: 1045: Access denied for user\n", "program message", "mariadb-dump: Got error: 1045"),
    (b"C:\\Program Files\\MySQL\\mysqldump.exe: Got error: 2003\n", "program message", "Got error: 2003"),
    (b"ERROR 1045 (28000): Access denied for user 'a'@'b'\n", "program message", "ERROR 1045"),
    (b"-bash: mysqldump: command not found\n", "program message", "command not found"),
    (b"sh: 1: mysqldump: not found\n", "program message", "not found"),
    (b"Enter password: \r\n" + DUMP, "program message", "Enter password"),
    (b"** (mydumper:12): CRITICAL **: Error connecting to database\n", "program message", "mydumper"),
    (b"2026-11-28T10:00:00.123456Z 0 [Note] it's a log\n", "log", "is a log"),
    (b"261128 10:00:00 [Note] mysqld: ready\n", "log", "is a log"),
    (b"[2026-11-28 10:00:00] dump started\n", "log", "is a log"),
    (b"Nov 28 10:00:00 db1 mysqld[12]: ready\n", "log", "is a log"),
    (b"/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community). started with:\nTcp port: 3306\n", "log", "is a log"),
    (b"# Time: 2026-11-28T10:00:00\n# User@Host: root[root] @ localhost\nSET timestamp=1;\nDELETE FROM t;\n", "log", "is a log"),
    (b"/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/;\nDELIMITER /*!*/;\n# at 4\n#261128 10:00:00\n", "mysqlbinlog", "output of mysqlbinlog"),
    (b"Warning: Permanently added 'db1' (ED25519) to the list of known hosts.\r\n" + DUMP, "program message", "Permanently added"),
    (b"bash: warning: setlocale: LC_ALL: cannot change locale (de_DE.UTF-8)\n" + DUMP, "program message", "setlocale.*is a warning"),
    (b"kubectl: error: pod not found\n", "program message", "kubectl"),
    (b"Started dump at: 2026-11-28 10:00:00\nSHOW MASTER STATUS:\n", "log", "is a log"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\n\r\nabc", "http answer", "curl -i"),
    (b'<?xml version="1.0"?>\n<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n', "xml", "XML export.*without --xml"),
    (b'<?xml version="1.0" encoding="utf-8"?>\n<!--\n- phpMyAdmin XML Dump\n-->\n\n<pma_xml_export version="1.0">\n', "xml", "XML export"),
    (b"<!DOCTYPE html><html><body>Log in, it's late</body></html>", "error page", "HTML or XML page"),
    (b"<html><head><title>502 Bad Gateway</title>", "error page", "HTML or XML page"),
    (b"<br />\n<b>Fatal error</b>: Maximum execution time", "error page", "HTML or XML page"),
    (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "error page", "object storage .AccessDenied"),
    (b'{"Code": "Forbidden"}', "error page", "is JSON"),
    (b'[\n  {"id": 1}\n]\n', "error page", "is JSON"),
    (b"id,name\n1,O'Hara\n", "csv", "CSV"),
    (b"1\tanna\n2\tbert\n", "csv", "CSV"),
    (b'"id";"full name"\n"1";"anna"\n', "csv", "CSV"),
    (b"+----+------+\n| id | name |\n", "csv", "CSV"),
    (b"\xef\xbb\xbfid,name\n1,anna\n", "csv", "CSV"),
    (b'\xef\xbb\xbf{"a": 1}', "error page", "is JSON"),
    (b"\xef\xbb\xbfmysqldump: Got error: 1045\n", "program message", "Got error: 1045"),
    (b"Traceback (most recent call last):\n  File\n", "program message", "Traceback"),
    (b"Unable to find image 'mysql:8' locally\n" + DUMP, "program message", "Unable to find image"),
    (b"\x04\x22\x4d\x18" + bytes(99), "lz4", "lz4"),
    (b"Rar!\x1a\x07\x01\x00", "rar", "RAR"),
    (b"\xfebin\x0f\0\0\0", "binlog", "binary log"),
    (b"SQLite format 3\0", "sqlite", "SQLite database"),
    (b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\n", "sqlite", "SQLite dump"),
    (b"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 16.1\n\nSET statement_timeout = 0;\n", "postgresql", "PostgreSQL dump"),
    (b"PGDMP\x01\x0e\0", "postgresql", "PostgreSQL dump"),
    (b"PK\x03\x04" + bytes(99), "zip", "is a zip"),
    (b"\x28\xb5\x2f\xfd" + bytes(99), "zstd", "zstd"),
    (b"BZh91AY&SY", "bzip2", "bzip2"),
    (backups.tar(backups.plain_backup()), "tar", "is a tar.*Use archive instead of src"),
    (gzip.compress(DUMP), "gzip in gzip", "gzip inside a gzip"),
    (b"Salted__" + bytes(99), "encrypted", "openssl"),
    (bytes(5000), "zeros", "starts with zeros"),
]


@pytest.mark.parametrize("content, kind, words", FILES, ids=["{1}-{0}".format(number, row[1]) for number, row in enumerate(FILES)])
def test_a_file_of_another_kind_is_named(content, kind, words, tmp_path):
    """The same sentence from the planner of an import, from a preflight check of src, plain and in gzip, and from contents_info."""
    said = wrong_file(content[:4096])
    assert said.kind == kind and re.search(words, "{0} {1}".format(said.what, said.cure))
    assert said.what in refused(content) and "(file0.sql)" in refused(content) and "Nothing was written" in refused(content)
    for packed in content, gzip.compress(content):
        if packed[:2] == b"\x1f\x8b" and packed is content:
            continue
        path = tmp_path / "dump.sql"
        path.write_bytes(packed)
        (summary,) = inspect_files([on_disk(str(path))], {"shop": "shop"}).databases[0].summaries
        assert summary.failure.what == said.what and summary.failure.where == str(path) and summary.failure.cure == said.cure
        with pytest.raises(Failure) as caught:
            inspect_files([on_disk(str(path))], None)
        assert caught.value.what == said.what
        if kind not in ("tar", "zip", "zstd", "bzip2", "lz4", "rar", "binlog", "sqlite", "postgresql", "encrypted", "zeros", "gzip in gzip"):
            with pytest.raises(Failure) as caught:
                inspect_archive(str(path), None)
            assert caught.value.what == said.what and caught.value.facts["recognised"] == kind


# A dump with something in it that another program wrote, and words of the message, which begins with its line.
PLACES = [
    (HEAD + TABLE + b"mysqldump: " + LOST + ROWS + END, "Line 14 is a message of a program.*: mysqldump: Error 2013"),
    (
        HEAD + TABLE + b"mysqldump: Couldn't execute 'SHOW CREATE TABLE `v`': View 'a.v' references invalid table(s) (1356)\n" + ROWS + END,
        "Line 14 .*Couldn't execute",
    ),
    (HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'x'),(2mysqldump: " + LOST, "Line 14 .*Error 2013"),
    (HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'x'),(2,'abmysqldump: " + LOST, "Line 14 .*Error 2013"),
    (HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'x'),(2,'abmysqldump: Couldn't execute 'SHOW FIELDS': x\n", "Line 14 .*Couldn't execute"),
    (HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'x'),(2,'abmysqldump: Couldn't find table: 'x'\n" + ROWS + END, "Line 14 .*Couldn't find"),
    (HEAD + TABLE + b"/*!40101 SET character_set_client = @saved_cs_clientmysqldump: " + LOST, "Line 14 .*Error 2013"),
    (HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'x');mysqldump: Got errno 28 on write\n", "Line 14 .*Got errno 28"),
    (HEAD + TABLE + b"Dump progress: 1/2 tables, 0/3 rows\n" + ROWS, "Line 14 .*Dump progress"),
    (HEAD + TABLE + b"PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted\n", "Line 14 .*Allowed memory"),
    (HEAD + TABLE + b"INSERT INTO `t` VALUES (1,'x'),\nmysqldump: " + LOST + b"(2,'y');\n" + END, "Line 15 .*Error 2013"),
    (HEAD + b"CREATE TABLE `t` (\n  `a` int,\nmysqldump: Couldn't execute 'x'\n  `b` int);\n" + ROWS + END, "Line 10 .*Couldn't execute"),
    (HEAD + TABLE + ROWS + b"mysqldump: Got error: 2013: Lost connection to MySQL server during query\n", "Line 20 .*Got error: 2013"),
    (DUMP + b"mysqldump: Couldn't execute 'SHOW EVENTS': Access denied (1044)\n", "Line 21 .*SHOW EVENTS"),
    (DUMP + b"mariadb-dump: Error 1194: Table 't' is marked as crashed", "Line 21 .*Error 1194"),
    (TABLE + b"<br />\n<b>Fatal error</b>:  Maximum execution time of 300 seconds exceeded\n", "Line 7 is HTML.*: Fatal error: Maximum"),
    (TABLE + b"INSERT INTO t VALUES (1,'a'),\n<br />\n<b>Fatal error</b>:  Maximum execution\n", "Line 8 is HTML.*: Fatal error: Maximum"),
    (DUMP + b"\xef\xbb\xbf" + DUMP, "Line 21 begins with a byte order mark.*List the original files in src"),
    (b"\xef\xbb\xbf\xef\xbb\xbfSET NAMES utf8;\n" + DUMP, "Line 1 begins with a byte order mark"),
    (DUMP + TEXT.encode("utf-16-le"), "From line 21 on, the file is text in UTF-16"),
    (DUMP + TEXT.encode("utf-16"), "From line 21 on, the file is text in UTF-16"),
    (
        TABLE + b"SELECT 'LOADING departments' AS 'INFO';\nsource load_departments.dump ;\nsource load_employees.dump ;\n",
        "Line 8 is a command of.*: source load_dep.*src after.*: first load_departments.dump",
    ),
    (TABLE + b"\\. load_a.sql\n", "Line 7 is a command of the mysql client.*first load_a.sql"),
    (TABLE + b"SOURCE /tmp/a.sql;\n", "Line 7 is a command of the mysql client.*first /tmp/a.sql"),
    (TABLE + b"\\! rm -rf x\n", "Line 7 is a command of the mysql client"),
    (TABLE + b"system ls;\n", "Line 7 is a command of the mysql client"),
]


@pytest.mark.parametrize("dump, words", PLACES, ids=range(len(PLACES)))
@pytest.mark.parametrize("allow", [(), ("SOURCE", "MYSQLDUMP", "SYSTEM")], ids=["", "allow"])
def test_text_of_another_program_in_a_dump_is_named_with_its_line(dump, words, allow):
    said = refused(dump, allow=allow)
    assert re.match(words, said), said
    line = re.search(r"[Ll]ine (\d+)", said).group(1)
    assert "(file0.sql, line {0}, byte ".format(line) in said and "Nothing was written" in said


def test_preflight_names_the_file_and_the_line(tmp_path):
    for packed in (lambda text: text), gzip.compress:
        path = tmp_path / "dump.sql"
        path.write_bytes(packed(HEAD + TABLE + b"mysqldump: " + LOST + ROWS))
        for scan in False, True:
            with pytest.raises(Failure, match=r"Line 14 is a message .*Error 2013.*dump.sql, line 14, byte 287"):
                known_dump(inspect_files([on_disk(str(path))], None).databases[0], Choices(target=b"shop", server_version=90704), scan=scan)


def test_preflight_names_the_last_line_of_a_large_file(tmp_path):
    path = tmp_path / "dump.sql"
    rows = ROWS * (300_000 // len(ROWS))
    for end, words in (
        (b"mysqldump: " + LOST, "last line is a message of a program, not SQL: mysqldump: Error 2013"),
        (b"INSERT INTO t VALUES (1,'\na: b');\n", None),
        (END, None),
        (b"", None),
    ):
        path.write_bytes(HEAD + TABLE + rows + end)
        (summary,) = inspect_files([on_disk(str(path))], {"shop": "shop"}).databases[0].summaries
        assert not summary.whole and (summary.failure is None if words is None else words in summary.failure.what)


HONEST = [
    DUMP,
    b"\xef\xbb\xbf" + DUMP,
    b"\n\n" + DUMP,
    b"BEGIN;\nCOMMIT;\n" + TABLE,
    b"STOP SLAVE;\nSET NAMES utf8;\n" + TABLE,
    b"SHOW WARNINGS;\nSHOW WARNINGS;\n" + TABLE,
    b"SHOW WARNINGS; -- a, b\nSHOW WARNINGS;\n" + TABLE,
    b"INSERT INTO t (a, b)\nVALUES (1, 2);\n",
    b"CREATE\tTABLE\nt\t(a int);\nINSERT\tINTO t\nVALUES\t(1);\n",
    b"LOCK TABLES a WRITE,\nb WRITE;\nUNLOCK TABLES;\n",
    b"-- a, b\n-- c, d\n" + TABLE,
    b"# a,b\n# c,d\n" + TABLE,
    b"/* id,name\n1,2 */\n" + TABLE,
    b"-- PostgreSQL database dump, converted\n" + TABLE,
    b"-- mysqldump: [Warning] Using a password\n" + TABLE,
    b"-- Warning: column statistics not supported by the server.\n" + TABLE,
    whole(TABLE + b"INSERT INTO t VALUES (1,'mysqldump: " + LOST.strip() + b"'),(2,'\nsource x\n\\\\. y\n<br />\n<b>Fatal error</b>');\n"),
    whole(TABLE + b"UPDATE t SET b = 'mysqldump: Error 2013';\n"),
    whole(TABLE + b"UPDATE t SET b = 'mysqldump: it''s an error' WHERE a = 'it\\'s';\n"),
    TABLE + b"UPDATE t SET b = 'mysqldump: Error 2013'",
    whole(b"CREATE TABLE `mysqldump: Error 1` (a int);\n/* mysqldump: Error 2013 */\n" + TABLE),
    b"/* a: b */\n" + TABLE,
    whole(TABLE + b"DELIMITER ;;\nCREATE PROCEDURE p() mysqldump: BEGIN mysqlpump: LOOP LEAVE mysqlpump; END LOOP; END;;\nDELIMITER ;\n"),
    whole(TABLE + b"DELIMITER ;;\nCREATE PROCEDURE p() BEGIN\nSELECT 'a\nmysqldump: Couldn''t x';\n/*\nsource x\n*/ END;;\nDELIMITER ;\n"),
]


@pytest.mark.parametrize("dump", HONEST, ids=range(len(HONEST)))
def test_an_honest_dump_is_not_mistaken_for_another_file(dump):
    plan(dump)


@pytest.mark.parametrize(
    "text",
    [
        b"SET NAMES utf8",
        b"INSERT INTO t VALUES (1)",
        b"sourced",
        b"statusx",
        b"CREATE TABLE source (a int)",
        b"UPDATE system SET a = 1",
        b"twice: LOOP LEAVE twice",
    ],
)
def test_a_statement_is_not_mistaken_for_a_message(text):
    assert wrong_statement(text, 1) is None


@pytest.mark.parametrize(
    "first", [TABLE, b"ALTER TABLE t ADD x INT;\n", b"INSERT INTO t SELECT 1, 2;\n", b"DROP VIEW IF EXISTS v;\n", b"UPDATE t SET a = 1;\n"]
)
def test_a_database_named_after_statements_is_another_one(first):
    said = refused(first + b"USE other;\n" + TABLE)
    assert "USE names the database other after statements for another one; use one file for each database" in said
    plan(b"SELECT 1;\nUSE other;\n" + first)


def test_a_dump_of_several_databases_is_refused_with_a_way_out():
    said = refused(HEAD + b"CREATE DATABASE shop;\nUSE shop;\n" + TABLE + b"CREATE DATABASE other;\nUSE other;\n" + TABLE + ROWS)
    assert "USE reaches outside the database shop; use one file for each database: dump each database without --databases" in said
    assert "line 17, byte 320: USE other" in said or "USE other)" in said

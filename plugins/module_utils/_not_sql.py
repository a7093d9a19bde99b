# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise input that is not MySQL's SQL: files of other kinds by their first bytes, and text that other programs wrote into a dump.

Everything here is certain: no server and no client accepts such a text as a statement.
"""

import re
from typing import Match, NamedTuple, Optional

PHYSICAL_CURE = (
    "Make a logical backup with apsaradb.mysql.rds_backup_create, or restore this one with Percona XtraBackup "
    "(2.4 for MySQL 5.6 and 5.7, 8.0 for MySQL 8.0), following the vendor's guide \"Restore the data of an ApsaraDB RDS for MySQL "
    'instance from a physical backup file to a self-managed MySQL database".'
)
HOLDS_FILES = "it holds InnoDB's files, not SQL, and cannot be imported"
LOGICAL_CURE = "Use the .tar of a logical backup, or a .sql or .sql.gz file; apsaradb.mysql.rds_backup_create makes a logical backup."
FRESH_CURE = "Fetch the backup again with a fresh URL (a URL is valid for an hour); apsaradb.mysql.rds_backup_fetch refuses such pages."
_RESULT_FILE = "Make the dump again with mysqldump --result-file=FILE, which writes UTF-8 and nothing else into the file."
_OTHER_SERVER = "Convert it with a migration tool: only dumps made by mysqldump can be restored here."


class NotSql(NamedTuple):
    """``kind`` is a short name; ``what`` is a sentence, ``cure`` what to do."""

    kind: str
    what: str
    cure: str


_MAGIC = (
    (b"XBSTCK01", NotSql("xbstream", "The file is a physical backup (xbstream): " + HOLDS_FILES, PHYSICAL_CURE)),
    (b"qpress10", NotSql("qpress", "The file is a physical backup (qpress): " + HOLDS_FILES, PHYSICAL_CURE)),
    (
        b"\x28\xb5\x2f\xfd",
        NotSql(
            "zstd",
            "The file is compressed with zstd, like exports of instances with cloud disks, and is not a logical backup",
            "If `zstd -dc FILE | head` shows SQL, unpack it and use the .sql file; otherwise make a logical backup with apsaradb.mysql.rds_backup_create.",
        ),
    ),
    (
        b"PK\x03\x04",
        NotSql(
            "zip",
            "The file is a zip, like downloads of single databases, and cannot be read in place",
            "Unzip it; if it contains a .sql or .sql.gz file, use that; otherwise make a logical backup with apsaradb.mysql.rds_backup_create.",
        ),
    ),
    (b"PK\x05\x06", NotSql("zip", "The file is an empty zip", LOGICAL_CURE)),
    (b"BZh", NotSql("bzip2", "The file is compressed with bzip2, which RDS does not use", "Run bzip2 -d on it and use the result.")),
    (b"\xfd7zXZ\0", NotSql("xz", "The file is compressed with xz, which RDS does not use", "Run xz -d on it and use the result.")),
    (
        b"7z\xbc\xaf\x27\x1c",
        NotSql("7z", "The file is a 7z archive, which RDS does not create", "Unpack it and use the .tar, .sql or .sql.gz file inside."),
    ),
    (b"\x04\x22\x4d\x18", NotSql("lz4", "The file is compressed with lz4, which RDS does not use", "Run lz4 -d on it and use the result.")),
    (b"Rar!\x1a\x07", NotSql("rar", "The file is a RAR archive, which RDS does not create", "Unpack it and use the .tar, .sql or .sql.gz file inside.")),
    (b"\x1f\x8b", NotSql("gzip in gzip", "The file is a gzip inside a gzip", "Run gzip -d on it once and use the result.")),
    (b"\xfebin", NotSql("binlog", "The file is a binary log, not a backup", LOGICAL_CURE)),
    (b"SQLite format 3\0", NotSql("sqlite", "The file is an SQLite database", _OTHER_SERVER)),
    (b"PGDMP", NotSql("postgresql", "The file is a PostgreSQL dump in its custom format", _OTHER_SERVER)),
    (b"Salted__", NotSql("encrypted", "The file is encrypted with openssl", "Decrypt it and use the result.")),
    (b"-----BEGIN PGP MESSAGE", NotSql("encrypted", "The file is encrypted with PGP", "Decrypt it and use the result.")),
)
_XML_DUMP = re.compile(rb"\s*<\?xml [^>]*>\s*(?:<!--.*?-->\s*)?<(?:mysqldump|resultset|pma_xml_export)\b", re.S)
_HTTP = re.compile(rb"HTTP/[\d.]+ \d{3}\b")
_BOM = b"\xef\xbb\xbf"
_PAGE = re.compile(rb"\s*<[?!/a-z]", re.I)
_OSS_CODE = re.compile(rb"<Code>([A-Za-z]{1,64})</Code>")
_POSTGRESQL = re.compile(rb"\s*(?:--[^\n]*\n\s*)*-- PostgreSQL database (?:cluster )?dump(?=.*(?:\nSET statement_timeout|\n\\restrict|pg_catalog))", re.S)
_SQLITE = re.compile(rb"\s*PRAGMA foreign_keys ?= ?\w+;\s*BEGIN TRANSACTION;", re.I)
_MYSQLBINLOG = re.compile(rb"^DELIMITER /\*!\*/;\r?\n(?:.*\r?\n){0,4}?# at \d+", re.M)
_LOG = re.compile(
    rb"\s*(?:\[?\d{4}-\d\d-\d\d[ T]\d\d?:\d\d|\d{6} +\d\d?:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
    rb"|[^\r\n]*mysqld[^\r\n]*, Version: [^\r\n]* started with:|Started dump at: |# Time: [\d-]+[^\r\n]*\r?\n# User@Host: )"
)
# First words of statements (MySQL manual, "SQL Statements").
_VERBS = (
    b"ALTER ANALYZE BEGIN BINLOG CALL CHANGE CHECK CHECKSUM CLONE COMMIT CREATE DEALLOCATE DELETE DELIMITER DESC DESCRIBE DO DROP EXECUTE EXPLAIN FLUSH GET "
    b"GRANT HANDLER HELP IMPORT INSERT INSTALL KILL LOAD LOCK OPTIMIZE PREPARE PURGE RELEASE RENAME REPAIR REPLACE RESET RESIGNAL RESTART REVOKE ROLLBACK "
    b"SAVEPOINT SELECT SET SHOW SHUTDOWN SIGNAL START STOP TABLE TRUNCATE UNINSTALL UNLOCK UPDATE USE VALUES WITH XA"
)
# Two lines with the same separator. The first has no verb of a statement and does not end like a statement.
_CSV = re.compile(
    rb"\s*(?!(?:--|/\*|\#|(?:" + _VERBS.replace(b" ", b"|") + rb")(?:[\s;`]|\Z)))(?:\"[^\"]*\"|[^\"',;()`\r\n\t]+)(?P<by>[,;\t])[^\r\n(]*[^\r\n(;\s]\s*\r?\n"
    rb"(?:\"[^\"]*\"|[^\"',;()`\r\n\t]*)(?P=by)|\+-[-+]+\+\r?\n\|",
    re.I,
)
_WIDE = (
    ("UTF-32", re.compile(rb"\xff\xfe\0\0|\0\0\xfe\xff|(?:[\t\n\r -~]\0\0\0){4}|(?:\0\0\0[\t\n\r -~]){4}")),
    ("UTF-16", re.compile(rb"\xff\xfe|\xfe\xff|(?:[\t\n\r -~]\0){4}|(?:\0[\t\n\r -~]){4}")),
)
_PROGRAM = rb"(?:mysqldump|mariadb-dump|mysqlpump|mydumper|mysqlsh|mysql|mariadb)(?:\.exe)?: "
_MESSAGE = re.compile(
    rb"\s*((?:[A-Za-z]:\\[^\r\n:]*\\|[^\s'\"`;]*/)?" + _PROGRAM + rb"[^\r\n]*"
    rb"|(?:\[?(?:Warning|Error|Note)\]?:|ERROR \d+ \(|Enter password:|Error response from daemon|Defaulted container|Unable to find image"
    rb"|the input device is not|Traceback \(most|(?:PHP )?(?:Warning|Notice|Deprecated|Fatal error|Parse error): |Dump (?:progress: |completed in )"
    rb"|\*\* ?\(?[a-zA-Z])[^\r\n]*"
    rb"|[\w./-]+: (?!(?:LOOP|WHILE|REPEAT|BEGIN)\b)[^\r\n]*)",
    re.I,
)
# Inside a statement: not a label of a stored program.
_MESSAGE_INSIDE = re.compile(
    rb"(?:mysqldump|mariadb-dump|mysqlpump)(?:\.exe)?: (?!(?:LOOP|WHILE|REPEAT|BEGIN)\b)[^\r\n]*"
    rb"|<br ?/?>\s*<b>(?:Fatal error|Parse error|Warning|Notice|Deprecated)</b>[^\r\n]*"
)
_HARMLESS = re.compile(rb"\bwarning\b|\bnote\b|^Enter password:", re.I)
_COMMAND = re.compile(rb"(?:source|tee|notee|system|connect|pager|nopager|prompt|status|exit|quit)(?:[ \t;]|\s*\Z)|\\[a-zA-Z.!#]", re.I)
_SOURCE = re.compile(rb"(?:source\s+|\\\.\s*)([^\s;]+)", re.I)


def wrong_file(head: bytes) -> Optional[NotSql]:
    """What a file that begins with ``head`` is, None if it may be SQL. A tar is recognised only by the ustar magic."""
    if head[257:262] == b"ustar" and b"\0" in head[:257]:
        return NotSql("tar", "The file is a tar, not SQL", "Use archive instead of src for a .tar (run gzip -d on a .tar.gz first).")
    if head and not head.strip(b"\0"):
        what = "The file starts with zeros: an unfinished download into a preallocated file, or an archive without members"
        return NotSql("zeros", what, FRESH_CURE)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    return wrong_text(head)


def wrong_text(head: bytes) -> Optional[NotSql]:
    """Like :func:`wrong_file`, but only for text files."""
    head = head[len(_BOM) :] if head.startswith(_BOM) else head
    wide = _wide(head)
    if wide is not None:
        return NotSql(wide.lower(), "The file is text in {0}, as written by > in PowerShell, which damages dumps".format(wide), _RESULT_FILE)
    if _HTTP.match(head):
        return NotSql("http answer", "The file begins with the headers of an HTTP response, as written by curl -i", FRESH_CURE)
    if _XML_DUMP.match(head):
        return NotSql("xml", "The file is an XML export", "Make the dump again without --xml, or export it as SQL.")
    if _PAGE.match(head):
        return _page(head)
    if _POSTGRESQL.match(head):
        return NotSql("postgresql", "The file is a PostgreSQL dump", _OTHER_SERVER)
    if _SQLITE.match(head):
        return NotSql("sqlite", "The file is an SQLite dump", _OTHER_SERVER)
    if _MYSQLBINLOG.search(head):
        return NotSql("mysqlbinlog", "The file is the output of mysqlbinlog, not a backup", "Restore a backup, then run this with the mysql client.")
    message = message_at(head, 1 + head[: len(head) - len(head.lstrip())].count(b"\n"))
    if message is not None:
        return message
    if _LOG.match(head):
        return NotSql("log", "The file is a log of a server or a program, not a backup", LOGICAL_CURE)
    if head.lstrip()[:1] in (b"{", b"["):
        return NotSql("error page", "The file is JSON, most likely the response of a service saved instead of a backup", FRESH_CURE)
    if _CSV.match(head):
        return NotSql("csv", "The file is tabular data (such as CSV), not SQL", "Load it with LOAD DATA or mysqlimport, or export the table as SQL.")
    return None


def message_at(text: bytes, line: int) -> Optional[NotSql]:
    """The program message at the beginning of ``text``; ``line`` is the line in the file."""
    found = _MESSAGE.match(text)
    return _message(found.group(1), line) if found is not None else None


def message_at_end(end: bytes) -> Optional[NotSql]:
    """The message of a dump program in the last line of a file; ``end`` is the end of the file."""
    last = end.rstrip().rpartition(b"\n")[2]
    return _message(last, None) if _MESSAGE_INSIDE.match(last) else None


def message_inside(text: bytes) -> Optional[Match[bytes]]:
    """Where ``text`` may contain a program message; a string may contain such words as well."""
    return _MESSAGE_INSIDE.search(text)


def message_found(found: Match[bytes], line: int) -> NotSql:
    """The description of what :func:`message_inside` found."""
    text = found.group()
    return _html(text, line) if text[:1] == b"<" else _message(text, line)


def wrong_statement(text: bytes, line: int) -> Optional[NotSql]:
    """Describe a statement that no server accepts, because another program wrote it or the ``mysql`` client runs it itself. None for all others."""
    message = message_at(text, line)
    if message is not None:
        return message
    if text[:1] == b"<":
        return _html(text, line)
    if text.startswith(_BOM):
        what = "Line {0} begins with a byte order mark in the middle of the file, as in concatenated files".format(line)
        return NotSql("byte order mark", what, "List the original files in src, or remove the three bytes EF BB BF there.")
    wide = _wide(text)
    if wide is not None:
        return NotSql(wide.lower(), "From line {0} on, the file is text in {1}, as appended by >> in PowerShell".format(line, wide), _RESULT_FILE)
    if _COMMAND.match(text):
        return _command(text, line)
    return None


def _wide(text: bytes) -> Optional[str]:
    return next((name for name, pattern in _WIDE if pattern.match(text)), None)


def _shown(text: bytes) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:200].decode("utf-8", "replace").strip())


def _page(head: bytes) -> NotSql:
    code = _OSS_CODE.search(head)
    if code:
        what = "The file is an error response of the object storage ({0}), saved instead of the backup".format(code.group(1).decode("ascii"))
    else:
        what = "The file is an HTML or XML page (an error or a login form), saved instead of the backup"
    return NotSql("error page", what, FRESH_CURE)


def _html(text: bytes, line: int) -> NotSql:
    shown = _shown(b" ".join(re.sub(rb"<[^>]*>", b"", text[:400]).split())[:200])
    what = "Line {0} is HTML, as written by a web application when a dump fails: {1}".format(line, shown)
    return NotSql("program message", what, "The dump is incomplete: make it again.")


def _message(text: bytes, line: Optional[int]) -> NotSql:
    cure = "Make the dump again without 2>&1, which writes messages into the file; after an error the dump is incomplete."
    if _HARMLESS.search(text):
        cure = "It is a warning: remove the line, or make the dump again without 2>&1, which writes messages into the file."
    which = "The last line" if line is None else "Line {0}".format(line)
    return NotSql("program message", "{0} is a message of a program, not SQL: {1}".format(which, _shown(text).rstrip(".")), cure)


def _command(text: bytes, line: int) -> NotSql:
    what = "Line {0} is a command of the mysql client, not SQL: {1}".format(line, _shown(text.partition(b"\n")[0]))
    source = _SOURCE.match(text)
    if source is not None:
        cure = "Remove such lines, and list the files that they name in src after this file, in the same order: first {0}.".format(_shown(source.group(1)))
        return NotSql("source", what, cure)
    return NotSql("client command", what, "Remove the line.")

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases that are hard to restore, on the real servers, and their dumps by mysqldump."""

import enum
import gzip
import os
import re
import subprocess
import typing
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import Policy
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import on_disk
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.staging import Staging
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.request import ImportRequest
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Connection, Login, ServerError, connect

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sql")
_EVERYWHERE = ("foreign_key_cycles", "column_types", "odd_names", "table_engines", "views", "stored_programs", "text_like_sql", "character_sets")
IDEAS = {
    "9.7": _EVERYWHERE + ("json_documents", "generated_columns", "newer_columns", "merged_tables"),
    # mariadb-dump gives values to generated columns, which MySQL refuses, and dumps the rows of a MERGE table twice.
    "5.7": _EVERYWHERE + ("json_documents",),
    "5.6": _EVERYWHERE,
}
# Lines of a dump that depend on where and when it was made.
_VARYING = re.compile(rb"^-- (?:Host: |Dump completed|Current Database|Dumping (?:events|routines) for).*\n", re.M)


def login(entry: Dict[str, Any], **changes: Any) -> Login:
    """The login of root at a server of the tests."""
    return Login(user="root", unix_socket=entry["socket"])._replace(**changes)


def connection(entry: Dict[str, Any]) -> Connection:
    """A connection as root."""
    return connect(login(entry))


def run(entry: Dict[str, Any], sql: bytes, database: Optional[str] = None, *options: str) -> bytes:
    """The output of the ``mysql`` client for ``sql``; an AssertionError with its errors if it fails."""
    return _run(list(entry["mysql"]) + ["--binary-mode", "--batch", *options] + ([database] if database else []), sql)


def _run(argv: Sequence[str], stdin: bytes = b"") -> bytes:
    done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]
    return done.stdout


def make(entry: Dict[str, Any], database: str, ideas: Sequence[str], options: str = "CHARACTER SET utf8mb4") -> None:
    """Create a database with these ideas (files of ``sql/``), replacing any of the same name."""
    drop(entry, database)
    run(entry, "CREATE DATABASE {0} {1};\n".format(quoted(database), options).encode())
    # The old client handles ``DELIMITER`` correctly only at the start of a session, so each file gets a session.
    for idea in ideas:
        with open(os.path.join(FOLDER, idea + ".sql"), "rb") as stream:
            run(entry, b"SET sql_mode = '';\n" + stream.read(), database)


def drop(entry: Dict[str, Any], *names: str) -> None:
    """Remove databases, their staging databases, and their entries in the ledger."""
    control = connection(entry)
    for name in names:
        for database in (name, *Staging.of(name)[:2]):
            control.run("DROP DATABASE IF EXISTS " + quoted(database))
    if control.rows("SHOW DATABASES LIKE 'apsaradb\\_mysql'") and not control.rows("SHOW TABLES FROM apsaradb_mysql LIKE 'made'"):
        # The ledger of an earlier version.
        control.run("DROP DATABASE apsaradb_mysql")
    elif control.rows("SHOW DATABASES LIKE 'apsaradb\\_mysql'"):
        for table in ("import", "chunk", "piece", "made"):
            for name in names:
                _retry_deadlocks(
                    lambda table=table, name=name: control.execute("DELETE FROM apsaradb_mysql.`{0}` WHERE target = %s".format(table), (name.encode(),))
                )
    control.close()


def _retry_deadlocks(action: Callable[[], Any]) -> None:
    """Run ``action``, again after a deadlock with an import of another test that writes to the same ledger."""
    for attempt in range(10):
        try:
            action()
            return
        except ServerError as error:
            if error.code != 1213 or attempt == 9:
                raise


def quoted(name: str) -> str:
    return "`{0}`".format(name.replace("`", "``"))


def dump(entry: Dict[str, Any], database: str, *options: str) -> bytes:
    """A dump with routines and events, like those of RDS."""
    return _run(list(entry["mysqldump"]) + ["--routines", "--events", "--single-transaction=0", "--lock-tables=0", "--skip-lock-tables", *options, database])


def pair(entry: Dict[str, Any], database: str, *options: str) -> Tuple[bytes, bytes]:
    """schema.sql and data.sql, both with the triggers, as RDS's."""
    schema = dump(entry, database, "--no-data", *options)
    data = _run(list(entry["mysqldump"]) + ["--no-create-info", "--skip-lock-tables", *options, database])
    return schema, data


def comparable(made: bytes) -> List[bytes]:
    """The lines of a dump that must be the same for the same content."""
    return _VARYING.sub(b"", made).split(b"\n")


def content(entry: Dict[str, Any], database: str) -> List[bytes]:
    """The lines of a dump of all that is in a database, without what the ledger of an import added."""
    options = ["--hex-blob"] + (["--set-gtid-purged=OFF"] if entry["name"] == "9.7" else [])
    options += ["--ignore-table={0}.__apsaradb_{1}".format(database, name) for name in ("import", "chunk", "setting")]
    return comparable(dump(entry, database, *options))


def content_by_sql(entry: Dict[str, Any], database: str) -> List[str]:
    """The same by queries, where no dump can be had (mariadb-dump asks 5.6 for what it does not know)."""
    control = connection(entry)
    control.run("SET NAMES utf8mb4")
    control.use(database.encode())
    found = []
    names = [str(row[0]) for row in control.rows("SHOW TABLES") if not str(row[0]).startswith("__apsaradb_")]
    for name in names:
        found.append(str(control.rows("SHOW CREATE TABLE " + quoted(name))[0][:2]))
        found.extend(sorted(map(str, control.rows("SELECT * FROM " + quoted(name)))) if "ENGINE" in found[-1] else [])
    for what, query, columns in (
        ("TRIGGER", "SHOW TRIGGERS", (0,)),
        ("PROCEDURE", "SHOW PROCEDURE STATUS WHERE Db = DATABASE()", (1,)),
        ("FUNCTION", "SHOW FUNCTION STATUS WHERE Db = DATABASE()", (1,)),
        ("EVENT", "SHOW EVENTS", (1,)),
    ):
        for row in control.rows(query):
            for column in columns:
                made = control.rows("SHOW CREATE {0} {1}".format(what, quoted(str(row[column]))))[0]
                # The time a trigger was made is in the last column of newer servers alone.
                found.append(str(made[:6]))
    control.close()
    # Views show the name of the database in theirs.
    return [line.replace(quoted(database) + ".", "`the database`.") for line in found]


def write(folder: Any, *dumps: bytes, packed: bool = False) -> List[str]:
    """Files with these contents in ``folder``; their paths."""
    paths = []
    for number, made in enumerate(dumps):
        path = os.path.join(str(folder), "{0}_{1}.sql{2}".format(len(os.listdir(str(folder))), number, ".gz" if packed else ""))
        with open(path, "wb") as stream:
            stream.write(gzip.compress(made) if packed else made)
        paths.append(path)
    return paths


def request(entry: Dict[str, Any], target: str, paths: Sequence[str], **changes: Any) -> ImportRequest:
    """An import as the module asks for it; options of Choices and Policy are separated from those of Request."""
    policy = Policy(**{key: changes.pop(key) for key in list(changes) if key in Policy._fields})
    choices = Choices(target.encode(), policy=policy, **{key: changes.pop(key) for key in list(changes) if key in Choices._fields})
    return ImportRequest(login(entry), tuple(on_disk(path) for path in paths), target, choices)._replace(**as_enums(changes))


def as_enums(changes: Dict[str, Any]) -> Dict[str, Any]:
    """Options of an import as the request has them: a word becomes a member of the option's Enum."""
    kinds = {name: kind for name, kind in typing.get_type_hints(ImportRequest).items() if isinstance(kind, type) and issubclass(kind, enum.Enum)}
    return {name: kinds[name](value or "auto") if name in kinds else value for name, value in changes.items()}

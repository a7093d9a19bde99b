# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove the leftovers of a table that a server before 8.0 was creating or moving when it crashed.

On such a server, a table is a file of the server, created first and moved last, and a file of the engine. The two steps are not
atomic (MySQL 8.0 manual, "Atomic Data Definition Statement Support").
"""

import re
import threading
from typing import Callable, List, Optional, Set

from .._identifiers import OWN_PREFIX, quote
from .connection import Connection, ServerError

_HALF_A_FILE = 1033
# 1696 is the code of a partitioned table on 5.6.
_BROKEN = frozenset((1017, 1146, 1812, 1814, 1696, 1932))
# Error of 5.7 for a partitioned table with missing engine files (HA_ERR_INTERNAL_ERROR).
_OF_THE_ENGINE, _PARTITIONS_MISSING = 1030, "error 122 "
_FILE_IN_THE_WAY = 1813
_PARTITION = re.compile(r"/\* Partition `([^`]+)`(?:, Subpartition `([^`]+)`)? \*/")
# After this prefix a table's name is a file name (MySQL 5.7 manual, "Mapping of Identifiers to File Names").
_AS_FILE = "#mysql50#"
# The helper table of unobstructed; a killed run leaves it behind.
HELPER = OWN_PREFIX + "file"
# Tables are created on several connections.
_ONE_HELPER = threading.Lock()


def broken_tables(connection: Connection, database: str, names: Set[str]) -> Optional[List[str]]:
    """The tables among ``names`` that are missing, or exist only in name after a crash.

    None if the server's file is half-written: only DROP DATABASE removes that.
    """
    found = []
    for name in sorted(names):
        try:
            # LIMIT 0 would not access the engine, which may have only the name of an emptied table.
            connection.rows(b"SELECT 1 FROM " + quote(database, name) + b" LIMIT 1")
        except ServerError as error:
            if error.code == _HALF_A_FILE:
                return None
            if error.code not in _BROKEN and not (error.code == _OF_THE_ENGINE and _PARTITIONS_MISSING in error.message):
                raise
            found.append(name)
    return found


def drop_broken_tables(connection: Connection, database: str, names: Set[str]) -> Optional[List[str]]:
    """Drop what :func:`broken_tables` finds, and return it."""
    found = broken_tables(connection, database, names)
    for name in found or []:
        connection.run(b"DROP TABLE IF EXISTS " + quote(database, name))
    return found


def unobstructed(connection: Connection, database: str, name: str, make: Callable[[], object]) -> None:
    """Call ``make`` to create the table ``name``; if a leftover file of the engine blocks it, remove the file and call it again.

    The file may belong to the table or to one of its partitions; the engine does not know it, and no statement drops it. But
    when a table without its file is renamed, InnoDB deletes a file with the table's new file name
    (dict_table_rename_in_cache of MySQL 5.6 and 5.7).
    """
    removed: Set[str] = set()
    while True:
        try:
            make()
            return
        except ServerError as error:
            file = _named_like_file(name, error.message)
            if error.code != _FILE_IN_THE_WAY or file in removed:
                raise
            removed.add(file)
        with _ONE_HELPER:
            _remove_file(connection, quote(database, file), quote(database, HELPER))


def _remove_file(connection: Connection, table: bytes, helper: bytes) -> None:
    connection.run(b"DROP TABLE IF EXISTS " + helper)
    connection.run(b"CREATE TABLE " + helper + b" (a INT) ENGINE=InnoDB")
    connection.run(b"ALTER TABLE " + helper + b" DISCARD TABLESPACE")
    connection.run(b"RENAME TABLE " + helper + b" TO " + table)
    connection.run(b"RENAME TABLE " + table + b" TO " + helper)
    connection.run(b"DROP TABLE " + helper)


def _named_like_file(name: str, message: str) -> str:
    """The name of a table whose file would be the leftover one: the file of ``name``, or of the partition in the message."""
    found = _PARTITION.search(message)
    if found is None:
        return name
    partition, below = found.groups()
    return _AS_FILE + file_name_of(name) + "#P#" + file_name_of(partition) + ("#SP#" + file_name_of(below) if below else "")


def file_name_of(name: str) -> str:
    """The name as encoded in a file name. Some non-ASCII letters are encoded differently (MySQL manual, "Mapping of Identifiers to File Names")."""
    return re.sub(r"[^0-9A-Za-z_]", lambda sign: "@{0:04x}".format(ord(sign.group())), name)


def name_of_file(file: str) -> str:
    """The name that :func:`file_name_of` has encoded."""
    return re.sub(r"@([0-9a-f]{4})", lambda sign: chr(int(sign.group(1), 16)), file)

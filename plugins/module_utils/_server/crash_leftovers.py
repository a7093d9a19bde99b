# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a crash of a server before 8.0 leaves of a table it was making or moving.

There a table is a file of the server, which is made first and moved last, and one of the engine, and doing both is not
atomic (MySQL 8.0 manual, "Atomic Data Definition Statement Support").
"""

import re
from typing import Callable, List, Optional, Set

from .._identifiers import quote
from .connection import Connection, ServerError

_HALF_A_FILE = 1033
# The second to last one is of a partitioned table of 5.6.
_BROKEN = frozenset((1017, 1146, 1812, 1814, 1696, 1932))
# What 5.7 says of a partitioned table of which the engine misses something (HA_ERR_INTERNAL_ERROR).
_OF_THE_ENGINE, _PARTITIONS_MISSING = 1030, "error 122 "
_FILE_IN_THE_WAY = 1813
_PARTITION = re.compile(r"/\* Partition `([^`]+)`(?:, Subpartition `([^`]+)`)? \*/")
# A name of which the rest is that of the file (MySQL 5.7 manual, "Mapping of Identifiers to File Names").
_AS_FILE = "#mysql50#"
# Left behind where a run was killed while it did what unobstructed does.
HELPER = "__apsaradb_file"


def broken_tables(connection: Connection, database: str, names: Set[str]) -> Optional[List[str]]:
    """Tables of which a crash has left a name and no table, or that are not there.

    None where even the server's file is half-written: no statement but DROP DATABASE removes it.
    """
    found = []
    for name in sorted(names):
        try:
            # Of no row nobody asks the engine, which may have nothing but the name of an emptied table.
            connection.rows(b"SELECT 1 FROM " + quote(database, name) + b" LIMIT 1")
        except ServerError as error:
            if error.code == _HALF_A_FILE:
                return None
            if error.code not in _BROKEN and not (error.code == _OF_THE_ENGINE and _PARTITIONS_MISSING in error.message):
                raise
            found.append(name)
    return found


def drop_broken_tables(connection: Connection, database: str, names: Set[str]) -> Optional[List[str]]:
    """What :func:`broken` finds, and drops the names."""
    found = broken_tables(connection, database, names)
    for name in found or []:
        connection.run(b"DROP TABLE IF EXISTS " + quote(database, name))
    return found


def unobstructed(connection: Connection, database: str, name: str, make: Callable[[], object]) -> None:
    """``make`` the table; again where the engine's file of it, or of one of its partitions, is in the way, which the engine itself knows
    nothing of.

    No statement drops such a file. But InnoDB, when a table without its file is renamed, deletes what is where that file
    would be (dict_table_rename_in_cache of MySQL 5.6 and 5.7).
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
        table, helper = quote(database, file), quote(database, HELPER)
        connection.run(b"DROP TABLE IF EXISTS " + helper)
        connection.run(b"CREATE TABLE " + helper + b" (a INT) ENGINE=InnoDB")
        connection.run(b"ALTER TABLE " + helper + b" DISCARD TABLESPACE")
        connection.run(b"RENAME TABLE " + helper + b" TO " + table)
        connection.run(b"RENAME TABLE " + table + b" TO " + helper)
        connection.run(b"DROP TABLE " + helper)


def _named_like_file(name: str, message: str) -> str:
    """The name of a table whose file is the one that is in the way: of the table ``name``, or of the partition in the message."""
    found = _PARTITION.search(message)
    if found is None:
        return name
    partition, below = found.groups()
    return _AS_FILE + _encoded(name) + "#P#" + _encoded(partition) + ("#SP#" + _encoded(below) if below else "")


def _encoded(name: str) -> str:
    """As it stands in the name of a file; of letters beyond ASCII not each is written so, and such a file stays."""
    return re.sub(r"[^0-9A-Za-z_]", lambda sign: "@{0:04x}".format(ord(sign.group())), name)

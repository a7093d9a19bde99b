# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of databases, tables and columns: quoted for SQL, decoded for messages, and the names that belong to the server."""

from typing import Union

# Every MySQL server has these schemas, and they mean the same on each.
SYSTEM_SCHEMAS = frozenset(("mysql", "sys", "information_schema", "performance_schema"))
# RDS backups also contain __recycle_bin__, where RDS keeps dropped tables. A ledger describes one server and is useless on another.
# Databases and tables that the loader makes for itself.
OWN_DATABASE, OWN_PREFIX = "apsaradb_mysql", "__apsaradb_"
SCHEMAS_NOT_RESTORED = SYSTEM_SCHEMAS | {"__recycle_bin__", OWN_DATABASE}


def quote(*names: Union[bytes, str]) -> bytes:
    """The names as one identifier in backticks: ``quote("db", b"t")`` is `` b"`db`.`t`" ``."""
    return b".".join(b"`" + _encoded(name).replace(b"`", b"``") + b"`" for name in names)


def quote_text(*names: Union[bytes, str]) -> str:
    """As :func:`quote`, for SQL written as text. A name in bytes must be UTF-8."""
    return quote(*names).decode("utf-8")


def hex_literal(text: Union[bytes, str]) -> str:
    """The bytes as a literal that means the same in every character set and sql_mode of a connection."""
    return "X'{0}'".format(_encoded(text).hex())


def unquoted(name: bytes) -> bytes:
    """The identifier without its backticks, if it has some."""
    return name[1:-1].replace(b"``", b"`") if name[:1] == b"`" else name


def name_text(name: bytes) -> str:
    """A name for messages, results and information_schema; bytes that are not UTF-8 become U+FFFD."""
    return name.decode("utf-8", "replace")


def folded(name: bytes) -> bytes:
    """The name in lower case, as a server with lower_case_table_names = 1 stores it. Bytes that are not UTF-8 are kept."""
    return name.decode("utf-8", "surrogateescape").lower().encode("utf-8", "surrogateescape")


def is_system_schema(name: Union[bytes, str]) -> bool:
    """Whether the name, in any case, is one of :data:`SYSTEM_SCHEMAS`."""
    return name_text(_encoded(name)).lower() in SYSTEM_SCHEMAS


def is_own(name: Union[bytes, str]) -> bool:
    """Whether the loader keeps its ledger or staging tables under a database or table of this name, in any case."""
    lower = name_text(_encoded(name)).lower()
    return lower == OWN_DATABASE or lower.startswith(OWN_PREFIX)


def _encoded(name: Union[bytes, str]) -> bytes:
    return name.encode("utf-8") if isinstance(name, str) else name

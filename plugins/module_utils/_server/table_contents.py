# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the rows of a table, and compute a checksum that is the same on servers of different versions for the same data.

CHECKSUM TABLE is not suitable: it differs between versions for the same JSON (measured: 5.7 and 9.7), and the manual guarantees nothing
across versions or row formats. Here each row is hashed and the hashes are added, so the order of rows does not matter.

A value is hashed as a dump can represent it: numbers, dates and times as text, timestamps in UTC; text and bytes as
stored, text of different character sets converted to utf8mb4; JSON as the server writes it; geometries as SRID and
WKB; DOUBLE exactly; FLOAT with the six digits that MySQL shows, because a dump has no more.
"""

from typing import Dict, Iterable, NamedTuple, Optional, Sequence

from .._identifiers import quote_text
from .connection import LOST, Connection, ServerError
from .existing import ExistingColumn

_PLAIN = frozenset(("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "date", "time", "datetime", "timestamp"))
# Whether a small or large number is shown with an exponent depends on the version (from 1e-15 to 1e15, measured); a DECIMAL never
# has one. 30 decimals keep 17 digits down to 1e-13; below 1e-10 the number is multiplied by 2**64, which is exact.
_DOUBLE = (
    "CASE WHEN {0} = 0 OR ABS({0}) BETWEEN 1e-10 AND 1e30 THEN CAST(CONCAT({0}) AS DECIMAL(65,30))"
    " WHEN ABS({0}) BETWEEN 1e-28 AND 1e-10 THEN CONCAT('*', CAST(CONCAT({0} * 18446744073709551616e0) AS DECIMAL(65,30)))"
    " ELSE CONCAT({0}) END"
)
_FLOAT = "IF({0} = 0 OR ABS({0}) BETWEEN 1e-15 AND 1e20, CAST(CONCAT({0}) AS DECIMAL(65,30)), CONCAT({0}))"
# Sixty bits of a row's SHA-256, so that sums stay exact in DECIMAL. 9.6 removed MD5() and SHA1(). CRC32() is not faster, and
# combined by XOR it misses values that were swapped between rows.
_ROWS = "SELECT COUNT(*), SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {0}), 256), 15), 16, 10) AS UNSIGNED)) FROM {1}"


class TableContents(NamedTuple):
    """``checksum`` is None if none was requested. ``error`` is set if the table could not be read."""

    rows: Optional[int]
    checksum: Optional[str] = None
    error: Optional[str] = None


def settle(connection: Connection) -> None:
    """Make values independent of the server's settings, and allow pauses.

    information_schema needs this too: 5.6 and 5.7 cannot read it under PAD_CHAR_TO_FULL_LENGTH (errors 1102, 1728).
    """
    connection.run("SET SESSION sql_mode = '', time_zone = '+00:00', wait_timeout = 31536000, net_read_timeout = 3600, net_write_timeout = 3600")


def begin_snapshot(connection: Connection) -> None:
    """Start a consistent snapshot: from here on this connection reads transactional tables as they are now."""
    connection.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.run("START TRANSACTION WITH CONSISTENT SNAPSHOT")


def forms_of(columns: Sequence[ExistingColumn], others: Sequence[ExistingColumn]) -> Dict[str, str]:
    """For each column, an SQL expression whose value can be compared with that of the column with the same name in ``others``."""
    charsets = {other.name.lower(): _charset(other) for other in others}
    return {column.name: _form(column, same_charset=_charset(column) == charsets.get(column.name.lower(), "")) for column in columns}


def _charset(column: ExistingColumn) -> str:
    """Since 8.0.28 utf8 is named utf8mb3."""
    return "utf8mb3" if column.charset == "utf8" else column.charset or ""


def _form(column: ExistingColumn, *, same_charset: bool) -> str:
    name = quote_text(column.name)
    if column.type in _PLAIN:
        form = name
    elif column.type == "bit":
        form = "HEX({0})".format(name)
    elif column.type == "float":
        form = _FLOAT.format(name)
    elif column.type in ("double", "real"):
        form = _DOUBLE.format(name)
    elif column.type == "json":
        form = "SHA2(CAST({0} AS CHAR), 256)".format(name)
    elif column.charset is not None and not same_charset:
        form = "SHA2(CONVERT({0} USING utf8mb4), 256)".format(name)
    else:
        # Text, bytes, geometries and anything else: hashed, so that no row exceeds max_allowed_packet.
        form = "SHA2(CAST({0} AS BINARY), 256)".format(name)
    return "IFNULL({0}, 'N')".format(form)


def rows_query(database: str, table: str, forms: Iterable[str]) -> str:
    """The query for the number of rows and the sum of their hashes, which depends on the order of ``forms``."""
    return _ROWS.format(", ".join(forms), quote_text(database, table))


def count(connection: Connection, database: str, table: str) -> TableContents:
    """The number of rows."""
    return _contents(connection, "SELECT COUNT(*) FROM {0}".format(quote_text(database, table)))


def count_and_sum(connection: Connection, database: str, table: str, forms: Sequence[str]) -> TableContents:
    """Rows and the sum of their hashes, in hexadecimal digits."""
    found = _contents(connection, rows_query(database, table, forms))
    if found.error is None and connection.warning_count():
        return found._replace(checksum=None, error="; ".join(connection.warnings(1)))
    return found


def count_and_server_checksum(connection: Connection, database: str, table: str) -> TableContents:
    """Rows and CHECKSUM TABLE, in decimal digits."""
    found = count(connection, database, table)
    if found.error is not None:
        return found
    checksum = connection.rows("CHECKSUM TABLE {0}".format(quote_text(database, table)))[0][1]
    return found._replace(checksum=None if checksum is None else str(checksum))


def _contents(connection: Connection, query: str) -> TableContents:
    try:
        row = connection.rows(query)[0]
    except ServerError as error:
        if error.code in LOST:
            raise
        return TableContents(rows=None, checksum=None, error="MySQL error {0}: {1}".format(error.code, error.message))
    return TableContents(int(row[0]), "{0:x}".format(int(row[1] or 0)) if len(row) > 1 else None)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the rows that the overlap of a roll-forward has corrected: rows that differ before and after it."""

from typing import Any, Dict, Iterable, List, Optional, Tuple

from .._identifiers import quote_text
from .._load.schema.created import created_keys
from .._server.connection import Connection

# In total, the smallest tables first. More rows are applied too, but not compared: the digests of a million take some 200 MB.
MOST_ROWS = 1000000
Table = Tuple[str, str]
# Of the contents of each row, by the values of its primary key.
Digests = Dict[Tuple[Any, ...], str]


class MendedRows:
    """The rows of the tables that the overlap changes, by primary key.

    ``without_key`` are tables without a primary key. The overlap leaves them out, because it would duplicate their rows.
    """

    def __init__(self, connection: Connection, tables: Iterable[Table]) -> None:
        self._connection = connection
        self._keys: Dict[Table, List[str]] = {}
        self.without_key: List[Table] = []
        self._before: Dict[Table, Digests] = {}
        self._uncounted: List[Table] = []
        self._mended: Optional[Dict[Table, int]] = None
        for table in sorted(set(tables)):
            columns = self._key(table)
            if columns:
                self._keys[table] = columns
            elif self._exists(table):
                self.without_key.append(table)

    def remember(self) -> None:
        """Read the rows before the overlap."""
        counts = [(int(self._connection.value("SELECT COUNT(*) FROM {0}".format(quote_text(*table))) or 0), table) for table in self._keys]
        total = 0
        for count, table in sorted(counts):
            total += count
            if total > MOST_ROWS:
                self._uncounted.append(table)
            else:
                self._before[table] = self._digests(table)

    def compare(self) -> None:
        """Read the rows after the overlap."""
        self._mended = {}
        for table, before in self._before.items():
            after = self._digests(table) if self._exists(table) else {}
            self._mended[table] = _differing(before, after)

    def result(self) -> Optional[Dict[str, Any]]:
        """For the module's result; None if the overlap was not compared."""
        if self._mended is None:
            return None
        return {
            "total": sum(self._mended.values()),
            "tables": {"{0}.{1}".format(*table): count for table, count in sorted(self._mended.items()) if count},
            "not_counted": ["{0}.{1}".format(*table) for table in self._uncounted],
            "without_key": ["{0}.{1}".format(*table) for table in self.without_key],
        }

    def _exists(self, table: Table) -> bool:
        query = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
        return bool(self._connection.rows(query, table))

    def _key(self, table: Table) -> List[str]:
        schema, name = table
        keys = created_keys(self._connection, schema, (name,)).get(name, ())
        return [str(part.column) for key in keys if key.name == "PRIMARY" for part in key.parts]

    def _digests(self, table: Table) -> Digests:
        query = "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION"
        columns = [str(row[0]) for row in self._connection.rows(query, table)]
        forms = ", ".join("IFNULL(SHA2(CAST({0} AS BINARY), 256), 'N')".format(quote_text(name)) for name in columns)
        key = ", ".join("HEX({0})".format(quote_text(name)) for name in self._keys[table])
        rows = self._connection.rows("SELECT {0}, SHA2(CONCAT_WS(',', {1}), 256) FROM {2}".format(key, forms, quote_text(*table)))
        return {tuple(row[:-1]): str(row[-1]) for row in rows}


def _differing(before: Digests, after: Digests) -> int:
    """The number of rows that were changed, added or removed."""
    return sum(before.get(key) != after.get(key) for key in set(before) | set(after))

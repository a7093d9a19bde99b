# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PARTITION BY clause of a CREATE TABLE, and why servers refuse it. They check it only when they create the table, and never for a temporary one.

Measured on 5.6, 5.7 and 9.7, which agree; in doubt a clause is accepted.
"""

from typing import FrozenSet, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._identifiers import name_text
from .lexer import Token
from .partition_values import FUNCTIONS, PartitionedBy, WrongPartitions, may_be_column, wrong_values
from .table_clauses import closing_of, parts_of
from .table_definition import KeyDefinition, TableDefinition

_MOST_PARTITIONS, _LONGEST_NAME = 8192, 64
_NOT_INTEGER = frozenset("CHAR VARCHAR BINARY VARBINARY DATE DATETIME TIME TIMESTAMP DECIMAL NUMERIC FLOAT DOUBLE REAL ENUM SET".split())
_LONG = frozenset("TINYTEXT TEXT MEDIUMTEXT LONGTEXT TINYBLOB BLOB MEDIUMBLOB LONGBLOB JSON".split())
_GEOMETRIES = frozenset("GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION GEOMCOLLECTION".split())


class Method(NamedTuple):
    """How rows are assigned to partitions. ``name`` is RANGE, LIST, HASH or KEY; ``columns``: the tokens are a list of columns, not an expression."""

    name: str
    columns: bool
    tokens: Tuple[Token, ...]


class Partition(NamedTuple):
    """``values`` are the tokens between the parentheses of its VALUES, or MAXVALUE; None without VALUES."""

    name: bytes
    values: Optional[Tuple[Token, ...]]


class Partitioning(NamedTuple):
    """``numbers`` are those after PARTITIONS and SUBPARTITIONS, 1 if not written. ``partitions`` includes subpartitions."""

    method: Method
    sub: Optional[Method]
    numbers: Tuple[int, int]
    partitions: Tuple[Partition, ...]


def partitioning_of(found: List[Token]) -> Optional[Partitioning]:
    """The PARTITION BY clause of a CREATE TABLE that :func:`clauses_of` understands; None if it has none."""
    at = next((at for at in range(len(found) - 1) if found[at].upper == b"PARTITION" and found[at + 1].upper == b"BY" and found[at].kind == "word"), None)
    if at is None:
        return None
    method = _method(found, at + 2)
    sub_at = next((index for index in range(at, len(found) - 1) if found[index].upper == b"SUBPARTITION" and found[index + 1].upper == b"BY"), None)
    numbers = (_number_after(found, at, b"PARTITIONS"), _number_after(found, at, b"SUBPARTITIONS"))
    return Partitioning(method, _method(found, sub_at + 2) if sub_at is not None else None, numbers, tuple(_partitions(found, at + 2)))


def _method(found: List[Token], at: int) -> Method:
    at += found[at].upper == b"LINEAR"
    opening = next(index for index in range(at, len(found)) if found[index].text == b"(")
    closing = closing_of(found, opening) or opening + 1
    name = found[at].upper.decode("ascii", "replace")
    return Method(name, name == "KEY" or found[at + 1].upper == b"COLUMNS", tuple(found[opening + 1 : closing]))


def _number_after(found: List[Token], at: int, word: bytes) -> int:
    number = next((found[index + 1].text for index in range(at, len(found) - 1) if found[index].upper == word), b"1")
    return int(number) if number.isdigit() and len(number) < 9 else 1


def _partitions(found: List[Token], at: int) -> Iterator[Partition]:
    for index in range(at, len(found) - 1):
        name = found[index + 1].identifier
        if found[index].upper in (b"PARTITION", b"SUBPARTITION") and found[index - 1].text in (b"(", b",") and name is not None:
            after = index + 2
            if [token.upper for token in found[after : after + 3]] == [b"VALUES", b"LESS", b"THAN"]:
                after += 3
            elif [token.upper for token in found[after : after + 2]] == [b"VALUES", b"IN"]:
                after += 2
            closing = closing_of(found, after) if after > index + 2 and found[after].text == b"(" else None
            values = found[after + 1 : closing] if closing is not None else found[after : after + 1]
            yield Partition(name, tuple(values) if after > index + 2 else None)


def wrong_partitions(table: TableDefinition, partitioning: Partitioning, version: int) -> Optional[WrongPartitions]:
    """Why the server refuses this clause; None if it does not, or if that is not certain."""
    methods = [method for method in (partitioning.method, partitioning.sub) if method is not None]
    wrong = _wrong_kind(table, version) or _wrong_names(partitioning)
    for method in methods:
        wrong = wrong or _wrong_columns(table, method)
    wrong = wrong or _wrong_values(table, partitioning)
    return wrong or _wrong_keys(table, methods)


def _wrong_kind(table: TableDefinition, version: int) -> Optional[WrongPartitions]:
    if any(column.type in _GEOMETRIES for column in table.columns):
        return WrongPartitions(1178, "has a geometry, which a partitioned table cannot have")
    if any(key.kind == "fulltext" for key in table.keys):
        return WrongPartitions(1757 if version < 50700 else 1214, "has a FULLTEXT key, which a partitioned table cannot have")
    engines = {engine.upper() for engine in (table.engine, *table.partition_engines)}
    if len(engines) > 1:
        return WrongPartitions(1497, "has partitions with different engines")
    return None


def _wrong_names(partitioning: Partitioning) -> Optional[WrongPartitions]:
    names = [partition.name.lower() for partition in partitioning.partitions]
    if any(len(name.decode("utf-8", "replace")) > _LONGEST_NAME for name in names):
        return WrongPartitions(1059, "has a partition with a name of more than {0} characters".format(_LONGEST_NAME))
    if any(name.endswith(b" ") for name in names):
        return WrongPartitions(1567, "has a partition whose name ends in a space")
    if len(set(names)) < len(names):
        return WrongPartitions(1517, "has two partitions with the same name")
    if max(partitioning.numbers[0] * partitioning.numbers[1], len(names)) > _MOST_PARTITIONS:
        return WrongPartitions(1499, "has more than {0} partitions".format(_MOST_PARTITIONS))
    if partitioning.sub is not None and partitioning.method.name in ("HASH", "KEY"):
        return WrongPartitions(1500, "has subpartitions, but no partitions by RANGE or LIST")
    return None


def _named(method: Method) -> List[Token]:
    """The tokens that are names of columns."""
    found = method.tokens
    if method.columns:
        return [found[start] for start, end in parts_of(list(found), 0, len(found)) if start < end]
    begin = next((index for index, token in enumerate(found) if token.upper == b"FROM"), 0) if found[:1] and found[0].upper == b"EXTRACT" else 0
    after = [token.text for token in found[1:]] + [b""]
    return [token for token, next_one in zip(found[begin:], after[begin:]) if may_be_column(token) and next_one != b"("]


def _wrong_columns(table: TableDefinition, method: Method) -> Optional[WrongPartitions]:
    types = {column.name.lower(): column.type for column in table.columns}
    functions = [token.upper for token, after in zip(method.tokens, method.tokens[1:]) if after.text == b"(" and may_be_column(token)]
    if not method.columns and (any(name not in FUNCTIONS for name in functions) or any(token.text == b"/" for token in method.tokens)):
        return WrongPartitions(1564, "has a function in PARTITION BY that is not allowed there")
    names = [(token.identifier or b"").lower() for token in _named(method)]
    for name in names:
        if name not in types and max(name, default=0) < 0x80:
            return WrongPartitions(1488 if method.columns else 1054, "is partitioned by the column {0}, which it does not have".format(name.decode("ascii")))
    used = [types.get(name, "") for name in names]
    if method.columns:
        if len(set(names)) < len(names):
            return WrongPartitions(1652, "is partitioned by a column twice")
        return WrongPartitions(1502, "is partitioned by a BLOB, TEXT or JSON column") if _LONG.intersection(used) else None
    if not names:
        return WrongPartitions(1486, "is partitioned by a constant")
    if len(method.tokens) == 1 and used[0] in _NOT_INTEGER:
        return WrongPartitions(1659, "is partitioned by a column of the type {0}".format(used[0]))
    if any(
        (kind == "TIMESTAMP") != (functions == [b"UNIX_TIMESTAMP"]) for kind in used if functions and (kind == "TIMESTAMP" or b"UNIX_TIMESTAMP" in functions)
    ):
        return WrongPartitions(1486, "is partitioned by an expression that depends on the time zone")
    return None


def _wrong_values(table: TableDefinition, partitioning: Partitioning) -> Optional[WrongPartitions]:
    method = partitioning.method
    if method.name not in ("RANGE", "LIST"):
        return None
    columns = {column.name.lower(): column for column in table.columns}
    named = _names(method) if method.columns or len(method.tokens) == 1 else []
    by = PartitionedBy(method.name == "RANGE", method.columns, tuple(columns.get(name) for name in named))
    with_values = [partition for partition in partitioning.partitions if partition.values is not None]
    wrong = wrong_values(table, by, [partition.values or () for partition in with_values])
    if wrong is None or wrong.row is None:
        return wrong
    return wrong._replace(what="{0} (partition {1})".format(wrong.what, name_text(with_values[wrong.row].name)))


def _wrong_keys(table: TableDefinition, methods: Sequence[Method]) -> Optional[WrongPartitions]:
    unique = [key for key in table.keys if key.kind in ("primary", "unique")]
    used = frozenset(name for method in methods for name in (_key_of(table, unique) if method.columns and not method.tokens else _names(method)))
    if not used and any(method.columns and not method.tokens for method in methods):
        return WrongPartitions(1488, "is partitioned by its primary key, which it does not have")
    for key in unique:
        if not used <= _whole_columns(key):
            return WrongPartitions(1503, "has a {0} key without all columns that it is partitioned by".format(key.kind))
    return None


def _names(method: Method) -> List[bytes]:
    return [(token.identifier or b"").lower() for token in _named(method)]


def _key_of(table: TableDefinition, unique: List[KeyDefinition]) -> FrozenSet[bytes]:
    """The columns of PARTITION BY KEY (): those of the primary key, or of a unique key without NULL."""
    required = {column.name.lower() for column in table.columns if column.options.nullable is False}
    for key in sorted(unique, key=lambda key: key.kind):
        names = frozenset(name.lower() for name in key.columns)
        if key.kind == "primary" or names <= required:
            return names
    return frozenset()


def _whole_columns(key: KeyDefinition) -> FrozenSet[bytes]:
    """The columns that a key contains whole, not only a prefix."""
    whole = [part.column for part in key.key_parts if part.prefix is None and part.column is not None] if key.key_parts else key.columns
    return frozenset(name.lower() for name in whole)

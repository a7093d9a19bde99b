# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the server accepts the tables of the dump: row formats under innodb_strict_mode, AUTOEXTEND_SIZE, partitions, names of constraints, and primary
keys that are required or added."""

from typing import Dict, List, Optional

from ..._dump.lexer import Token, scanned
from ..._dump.partitioning import Partitioning, partitioning_of, wrong_partitions
from ..._dump.plan import Definition, LoadPlan, PlannedTable
from ..._dump.table_clauses import clauses_of
from ..._dump.table_definition import TableDefinition
from ..._dump.tokens import tokens
from ..._finding import Finding
from ..._identifiers import name_text
from ..request import OnExisting
from . import messages
from .subject import CheckSubject
from .table_shapes import charset_of_target

_SHOWN, _LONGEST_NAME = 5, 64
_PARTITIONING = ("INNODB", "NDB", "NDBCLUSTER")
_SIZE = "AUTOEXTEND_SIZE"
_FORMAT_OPTIONS = (b"ROW_FORMAT", b"KEY_BLOCK_SIZE", b"COMPRESSION", b"AUTOEXTEND_SIZE")
_LEAST_SIZE, _MOST_SIZE = 4 << 20, 4 << 30
_BLOCK_SIZES = ("", "0", "1", "2", "4", "8", "16")
_NOT_COMPRESSED = ("REDUNDANT", "COMPACT", "DYNAMIC")
_COMPRESSIONS = ("", "NONE", "ZLIB", "LZ4")
# Row formats of the default file format of 5.6 (MySQL 5.7 manual, "InnoDB File-Format Management").
_BARRACUDA = ("DYNAMIC", "COMPRESSED")


def check_row_formats(subject: CheckSubject) -> List[Finding]:
    """InnoDB accepts the row format, compression and AUTOEXTEND_SIZE of each of its tables. Without innodb_strict_mode it uses other formats, with a
    warning."""
    plan, found = subject.known.plan, []
    for planned in plan.tables if plan is not None else ():
        if planned.create is not None and planned.table is not None and planned.table.engine.upper() == "INNODB":
            options, variables = _options(subject, planned.create), subject.server.variables
            size, table = options.pop(_SIZE, None), name_text(planned.name)
            what = _refused_format(options, variables) if _is_strict(subject, planned.create) else None
            if what is not None:
                found.append(messages.ROW_FORMAT.found(str(planned.create.place), table=table, what=what))
            why = _refused_size(size, variables) if size is not None else None
            if why is not None:
                found.append(messages.AUTOEXTEND_SIZE.found(str(planned.create.place), table=table, size=size, why=why))
    return found


def _is_strict(subject: CheckSubject, create: Definition) -> bool:
    own = create.session.get(b"innodb_strict_mode")
    strict = own.decode("ascii", "replace").strip("'\"") if own is not None else subject.server.variables.get("innodb_strict_mode", "OFF")
    return strict.upper() in ("ON", "1")


def _options(subject: CheckSubject, create: Definition) -> Dict[str, str]:
    """The options for the format of rows and the growth of the file, in upper case."""
    if not any(option in create.text.upper() for option in _FORMAT_OPTIONS):
        return {}
    clauses = clauses_of(tokens(create.text, create.session.dialect(subject.server.version.number)))
    options = clauses.options if clauses is not None else ()
    return {
        option.name.decode(): option.text.decode("ascii", "replace").upper() for option in options if option.name in _FORMAT_OPTIONS and not option.partition
    }


def _refused_format(options: Dict[str, str], variables: Dict[str, str]) -> Optional[str]:
    """The options that InnoDB refuses in strict mode (errors 1031, 1478; measured: 5.7 and 9.7). None if it accepts them."""
    row_format, block, compression = (options.get(name, "") for name in ("ROW_FORMAT", "KEY_BLOCK_SIZE", "COMPRESSION"))
    compressed = row_format == "COMPRESSED" or block not in ("", "0")
    page = int(variables.get("innodb_page_size", "16384")) >> 10
    wrong = row_format == "FIXED"
    wrong = wrong or block not in _BLOCK_SIZES or int(block or "0") > page or (block not in ("", "0") and row_format in _NOT_COMPRESSED)
    wrong = wrong or compression not in _COMPRESSIONS or (compressed and compression not in ("", "NONE"))
    wrong = wrong or (compressed and (variables.get("innodb_file_per_table") == "OFF" or page > 16))
    wrong = wrong or ((compressed or row_format in _BARRACUDA) and variables.get("innodb_file_format", "").upper() == "ANTELOPE")
    return " ".join("{0}={1}".format(name, value) for name, value in sorted(options.items(), reverse=True)) if wrong else None


def _refused_size(size: str, variables: Dict[str, str]) -> Optional[str]:
    """Why InnoDB refuses this AUTOEXTEND_SIZE, in any mode (measured: 9.7); None if it accepts it. The parser refuses other forms."""
    number = int(size.rstrip("KMG")) if size.rstrip("KMG").isdigit() and len(size) < 20 else 0
    number <<= {"K": 10, "M": 20, "G": 30}.get(size[-1:], 0)
    page = int(variables.get("innodb_page_size", "16384"))
    if number and variables.get("innodb_file_per_table") == "OFF":
        return "innodb_file_per_table is OFF (error 1478)"
    if number and not _LEAST_SIZE <= number <= _MOST_SIZE:
        return "it must be between 4M and 4096M (error 4025)"
    return "it must be a multiple of 4M (error 4023)" if number // page * page % _LEAST_SIZE else None


def check_partitions(subject: CheckSubject) -> List[Finding]:
    """The engine of each partitioned table can partition it (since 8.0 the server itself no longer does: MySQL 8.0 release notes), and the server accepts
    its partitions."""
    plan, server = subject.known.plan, subject.server
    names: Dict[str, List[str]] = {}
    found: List[Finding] = []
    for planned in plan.tables if plan is not None and not server.version.mariadb else ():
        if planned.table is None or planned.dumped is None or not planned.table.partitioned:
            continue
        if server.version.number >= 80000 and planned.table.engine.upper() not in _PARTITIONING:
            names.setdefault(planned.table.engine, []).append(name_text(planned.name))
            continue
        partitioning = partitioning_of(list(scanned(planned.dumped.text, planned.dumped.session.dialect(server.version.number))))
        table = _with_charset(subject, plan, planned.table, partitioning) if plan is not None and partitioning is not None else planned.table
        wrong = wrong_partitions(table, partitioning, server.version.number) if partitioning is not None else None
        if wrong is not None:
            found.append(messages.WRONG_PARTITIONS.found(str(planned.dumped.place), table=name_text(planned.name), code=wrong.code, what=wrong.what))
    engines = [messages.PARTITIONS.found(engine=engine, count=len(tables), tables=", ".join(tables[:_SHOWN])) for engine, tables in sorted(names.items())]
    return engines + found[:_SHOWN]


def _with_charset(subject: CheckSubject, plan: LoadPlan, table: TableDefinition, partitioning: Partitioning) -> TableDefinition:
    """The table with the character set and collation of its database, if it names none and its ranges may be those of strings."""
    if table.charset or table.collation or not partitioning.method.columns or partitioning.method.name != "RANGE":
        return table
    words = charset_of_target(subject, plan).decode("ascii", "replace").replace("`", "").replace("'", "").upper().split()
    names = {word: name.lower() for word, name in zip(words, words[1:])}
    return table._replace(charset=names.get("SET") or names.get("CHARSET"), collation=names.get("COLLATE"))


def check_constraint_names(subject: CheckSubject) -> List[Finding]:
    """The names of CHECK constraints are unique in the database, since 8.0.16, and those that the server gives are not too long."""
    plan, server = subject.known.plan, subject.server
    if plan is None or server.version.number < 80016 or server.version.mariadb:
        return []
    taken = _existing_constraints(subject, plan) if subject.request.on_existing is OnExisting.MERGE else {}
    found: List[Finding] = []
    for planned in plan.tables:
        create, table = planned.dumped, name_text(planned.name)
        if create is None or b"CHECK" not in create.text.upper():
            continue
        read = tokens(create.text, create.session.dialect(server.version.number))
        names = _constraint_names(read)
        for name in names:
            other = taken.get(name.lower())
            taken.setdefault(name.lower(), table)
            if other is not None:
                found.append(messages.CONSTRAINT_NAME.found(str(create.place), name=name, table=table, other=other))
        unnamed = sum(token.upper == b"CHECK" and after.text == b"(" for token, after in zip(read, read[1:])) - len(names)
        given = "{0}_chk_{1}".format(table, unnamed)
        if unnamed > 0 and len(given) > _LONGEST_NAME:
            found.append(messages.CONSTRAINT_GIVEN_NAME.found(str(create.place), table=table, name=given))
    return found[:_SHOWN]


def _constraint_names(found: List[Token]) -> List[str]:
    named = zip(found, found[1:], found[2:])
    return [name_text(name.identifier or b"") for word, name, check in named if word.upper == b"CONSTRAINT" and check.upper == b"CHECK" and name.identifier]


def _existing_constraints(subject: CheckSubject, plan: LoadPlan) -> Dict[str, str]:
    """The CHECK constraints of tables of the target that the dump does not create, with their tables."""
    created = {name_text(planned.name) for planned in plan.tables if planned.create is not None}
    query = "SELECT CONSTRAINT_NAME, TABLE_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %s AND CONSTRAINT_TYPE = 'CHECK'"
    return {str(name).lower(): str(table) for name, table in subject.connection.rows(query, (subject.request.target,)) if str(table) not in created}


def check_primary_keys(subject: CheckSubject) -> List[Finding]:
    """Tables without a primary key are created as in the dump. The loader turns these settings off for its sessions, if it may."""
    plan, variables = subject.known.plan, subject.server.variables
    if plan is None or subject.server.may_choose_binlog:
        return []
    keyless = [planned for planned in plan.tables if planned.table is not None and not any(key.kind == "primary" for key in planned.table.keys)]
    adds = variables.get("sql_generate_invisible_primary_key") == "ON"
    inno = [planned for planned in keyless if adds and planned.table is not None and planned.table.engine.upper() == "INNODB"]
    refused = [planned for planned in inno if _takes_no_key(planned)]
    required = [planned for planned in keyless if variables.get("sql_require_primary_key") == "ON" and planned not in inno]
    return [
        kind.found(count=len(tables), tables=", ".join(name_text(planned.name) for planned in tables[:_SHOWN]))
        for kind, tables in (
            (messages.KEY_REQUIRED, required),
            (messages.KEY_IMPOSSIBLE, refused),
            (messages.KEY_ADDED, [planned for planned in inno if planned not in refused]),
        )
        if tables
    ]


def _takes_no_key(planned: PlannedTable) -> bool:
    """Whether the server cannot add a primary key (errors 4109 and 1235)."""
    table = planned.table
    return table is not None and (table.partitioned or any(column.auto_increment for column in table.columns))

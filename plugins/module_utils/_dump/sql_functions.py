# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions that a statement of a dump may call: built-in functions that only return a value. Stored and loadable functions are unknown."""

from typing import Dict, List, Optional

from .._identifiers import name_text, quote
from .lexer import Token
from .table_clauses import clauses_of
from .tokens import QualifiedName, after_if_exists, name_at

# Functions of 5.6 to 9.x (sql/item_create.cc, sql/lex.h, sql/sql_yacc.yy). Not among them: locks, waits, files, state of the connection.
# Only LAST_INSERT_ID(), which is refused, sees the effect of LAST_INSERT_ID(expression).
_FUNCTIONS = frozenset(
    b"ABS ACOS ADDDATE ADDTIME AES_DECRYPT AES_ENCRYPT ANY_VALUE ASCII ASIN ATAN ATAN2 AVG BIN BIN_TO_UUID BIT_AND BIT_COUNT BIT_LENGTH BIT_OR BIT_XOR "
    b"CAST CEIL CEILING CHAR CHARACTER_LENGTH CHARSET CHAR_LENGTH COALESCE COERCIBILITY COLLATION COMPRESS CONCAT CONCAT_WS CONNECTION_ID CONV CONVERT "
    b"CONVERT_TZ COS COT COUNT CRC32 CUME_DIST CURDATE CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURTIME DATABASE DATE "
    b"DATEDIFF DATE_ADD DATE_FORMAT DATE_SUB DAY DAYNAME DAYOFMONTH DAYOFWEEK DAYOFYEAR DECODE DEFAULT DEGREES DENSE_RANK DES_DECRYPT DES_ENCRYPT ELT "
    b"ENCODE ENCRYPT EXP EXPORT_SET EXTRACT EXTRACTVALUE FIELD FIND_IN_SET FIRST_VALUE FLOOR FORMAT FORMAT_BYTES FORMAT_PICO_TIME FROM_BASE64 FROM_DAYS "
    b"FROM_UNIXTIME FROM_VECTOR GEOMETRYCOLLECTION GEOMFROMTEXT GEOMFROMWKB GET_FORMAT GREATEST GROUPING GROUP_CONCAT GTID_SUBSET GTID_SUBTRACT HEX HOUR "
    b"IF IFNULL INET6_ATON INET6_NTOA INET_ATON INET_NTOA INSERT INSTR INTERVAL ISNULL IS_IPV4 IS_IPV4_COMPAT IS_IPV4_MAPPED IS_IPV6 IS_UUID JSON_ARRAY "
    b"JSON_ARRAYAGG JSON_ARRAY_APPEND JSON_ARRAY_INSERT JSON_CONTAINS JSON_CONTAINS_PATH JSON_DEPTH JSON_EXTRACT JSON_INSERT JSON_KEYS JSON_LENGTH "
    b"JSON_MERGE JSON_MERGE_PATCH JSON_MERGE_PRESERVE JSON_OBJECT JSON_OBJECTAGG JSON_OVERLAPS JSON_PRETTY JSON_QUOTE JSON_REMOVE JSON_REPLACE "
    b"JSON_SCHEMA_VALID JSON_SEARCH JSON_SET JSON_STORAGE_FREE JSON_STORAGE_SIZE JSON_TABLE JSON_TYPE JSON_UNQUOTE JSON_VALID JSON_VALUE LAG LAST_DAY "
    b"LAST_INSERT_ID LAST_VALUE LCASE LEAD LEAST LEFT LENGTH LINEFROMTEXT LINESTRING LN LOCALTIME LOCALTIMESTAMP LOCATE LOG LOG10 LOG2 LOWER LPAD LTRIM "
    b"MAKEDATE MAKETIME MAKE_SET MATCH MAX MBRCONTAINS MBRCOVEREDBY MBRCOVERS MBRDISJOINT MBREQUALS MBRINTERSECTS MBROVERLAPS MBRTOUCHES MBRWITHIN MD5 "
    b"MICROSECOND MID MIN MINUTE MOD MONTH MONTHNAME MULTILINESTRING MULTIPOINT MULTIPOLYGON NAME_CONST NOW NTH_VALUE NTILE NULLIF OCT OCTET_LENGTH "
    b"OLD_PASSWORD ORD PASSWORD PERCENT_RANK PERIOD_ADD PERIOD_DIFF PI POINT POINTFROMTEXT POLYFROMTEXT POLYGON POLYGONFROMTEXT POSITION POW POWER "
    b"QUARTER QUOTE RADIANS RAND RANDOM_BYTES RANK REGEXP_INSTR REGEXP_LIKE REGEXP_REPLACE REGEXP_SUBSTR REPEAT REPLACE REVERSE RIGHT ROUND ROW_NUMBER "
    b"RPAD RTRIM SCHEMA SECOND SEC_TO_TIME SESSION_USER SHA SHA1 SHA2 SIGN SIN SOUNDEX SPACE SQRT STD STDDEV STDDEV_POP STDDEV_SAMP STRCMP "
    b"STRING_TO_VECTOR STR_TO_DATE ST_ASBINARY ST_ASGEOJSON ST_ASTEXT ST_ASWKB ST_ASWKT ST_BUFFER ST_CENTROID ST_COLLECT ST_CONTAINS ST_DISTANCE "
    b"ST_DISTANCE_SPHERE ST_ENVELOPE ST_EQUALS ST_GEOHASH ST_GEOMCOLLFROMTEXT ST_GEOMETRYCOLLECTIONFROMTEXT ST_GEOMETRYFROMTEXT ST_GEOMETRYFROMWKB "
    b"ST_GEOMETRYTYPE ST_GEOMFROMGEOJSON ST_GEOMFROMTEXT ST_GEOMFROMWKB ST_INTERSECTION ST_INTERSECTS ST_ISVALID ST_LATFROMGEOHASH ST_LATITUDE ST_LENGTH "
    b"ST_LINEFROMTEXT ST_LINEFROMWKB ST_LINESTRINGFROMTEXT ST_LONGFROMGEOHASH ST_LONGITUDE ST_MLINEFROMTEXT ST_MPOINTFROMTEXT ST_MPOLYFROMTEXT "
    b"ST_MULTILINESTRINGFROMTEXT ST_MULTIPOINTFROMTEXT ST_MULTIPOLYGONFROMTEXT ST_POINTFROMGEOHASH ST_POINTFROMTEXT ST_POINTFROMWKB ST_POLYFROMTEXT "
    b"ST_POLYFROMWKB ST_POLYGONFROMTEXT ST_POLYGONFROMWKB ST_SIMPLIFY ST_SRID ST_SWAPXY ST_TRANSFORM ST_UNION ST_VALIDATE ST_WITHIN ST_X ST_Y SUBDATE "
    b"SUBSTR SUBSTRING SUBSTRING_INDEX SUBTIME SUM SYSDATE SYSTEM_USER TAN TIME TIMEDIFF TIMESTAMP TIMESTAMPADD TIMESTAMPDIFF TIME_FORMAT TIME_TO_SEC "
    b"TO_BASE64 TO_DAYS TO_SECONDS TO_VECTOR TRIM TRUNCATE UCASE UNCOMPRESS UNCOMPRESSED_LENGTH UNHEX UNIX_TIMESTAMP UPDATEXML UPPER USER UTC_DATE "
    b"UTC_TIME UTC_TIMESTAMP UUID UUID_SHORT UUID_TO_BIN VALUES VARIANCE VAR_POP VAR_SAMP VECTOR_DIM VECTOR_TO_STRING VERSION WEEK WEEKDAY WEEKOFYEAR "
    b"WEIGHT_STRING YEAR YEARWEEK".split()
)
# Words that are not functions, but may stand before a parenthesis.
_WORDS = frozenset(
    b"AGAINST ALL AND ANY AS BETWEEN BINARY BY CASE COLUMNS DATETIME DECIMAL DISTINCT DISTINCTROW DIV DO DOUBLE ELSE EXCEPT EXISTS FLOAT FROM HAVING IN "
    b"INDEX INT INTERSECT JOIN KEY LATERAL LIKE LIMIT NCHAR NOT OF ON OR OVER PARTITION REGEXP RLIKE ROW SELECT SET SOME SQL_CALC_FOUND_ROWS "
    b"SQL_NO_CACHE STRAIGHT_JOIN THEN UNION UPDATE USING VALUE VARCHAR WHEN WHERE XOR".split()
)
_WITH_EFFECTS = frozenset(
    b"BENCHMARK GET_LOCK IS_FREE_LOCK IS_USED_LOCK LOAD_FILE MASTER_POS_WAIT RELEASE_ALL_LOCKS RELEASE_LOCK SLEEP SOURCE_POS_WAIT "
    b"WAIT_FOR_EXECUTED_GTID_SET WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS".split()
)
_QUERIES = (b"INSERT", b"REPLACE", b"UPDATE", b"DELETE", b"SELECT", b"DO")
# A name with a list of columns may follow.
_BEFORE_NAMES = (b"AS", b"WITH", b"RECURSIVE")
_OF_DATABASE = (b"DATABASE", b"SCHEMA")


def call_with_effects(found: List[Token], name: Optional[QualifiedName]) -> Optional[str]:
    """The function in a barrier that may do more than return a value, or None. ``name`` is the table of the barrier.

    In statements that define tables or keys, the server accepts only its own functions without side effects, and names before
    parentheses are types and keys, so only functions that are known to have effects count there.
    """
    verb = found[0].upper if found else b""
    start = 0 if verb in _QUERIES else _query_of(found) if verb == b"CREATE" else None
    skipped = _after_name(found, name) - 1 if verb in _QUERIES else -1
    for index in range(len(found) - 1):
        token = found[index]
        if token.identifier is None or found[index + 1].text != b"(" or index == skipped or (index and found[index - 1].text in (b"@", b"@@")):
            continue
        word = token.identifier.upper()
        dotted = index > 0 and found[index - 1].text == b"."
        if start is None or index < start:
            if token.kind == "word" and not dotted and word in _WITH_EFFECTS:
                return name_text(token.identifier)
        elif dotted or not (word in _FUNCTIONS or token.upper in _WORDS or (index and found[index - 1].upper in _BEFORE_NAMES)):
            return name_text(token.identifier)
    return None


def functions_of_view(found: List[Token], database: bytes) -> Dict[bytes, bytes]:
    """The names in the query of a view that may be functions of ``database``, and how each is written: without quotes it may be a word of the grammar."""
    start = next((index for index, token in enumerate(found) if token.upper == b"AS"), len(found))
    names: Dict[bytes, bytes] = {}
    for index in range(start + 1, len(found) - 1):
        name, before = found[index].identifier, found[index - 1]
        if name is None or found[index + 1].text != b"(" or found[index].upper in _WORDS or name.upper() in _FUNCTIONS or before.upper in _BEFORE_NAMES:
            continue
        if before.text not in (b".", b"@", b"@@") or (before.text == b"." and found[index - 2].identifier == database):
            names[name] = quote(name) if before.text == b"." else found[index].text
    return names


def asks_for_database(found: List[Token]) -> bool:
    """Whether a statement calls DATABASE() or SCHEMA(), so that its result depends on where it runs."""
    return any(token.upper in _OF_DATABASE and after.text == b"(" for token, after in zip(found, found[1:]))


def _query_of(found: List[Token]) -> Optional[int]:
    """The index of the first token of a CREATE TABLE that belongs to its query; None for other statements."""
    at = next((index for index, token in enumerate(found[:3]) if token.upper == b"TABLE"), None)
    if at is None:
        return None
    after = name_at(found, after_if_exists(found, at + 1))[1]
    clauses = clauses_of(found)
    if clauses is None or found[clauses.parts[0][0]].upper in (b"SELECT", b"VALUES", b"TABLE", b"WITH", b"("):
        return after
    return clauses.rest


def _after_name(found: List[Token], name: Optional[QualifiedName]) -> int:
    """The index after the first ``name`` among the tokens; 0 if there is none."""
    if name is not None:
        for index in range(min(len(found), 8)):
            if name_at(found, index)[0] == name:
                return name_at(found, index)[1]
    return 0

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the tokens that the checks read in random statements with those that a real server reads.

  make fuzz FUZZ=lexer SECONDS=600
  PYTHONPATH=<collections> python tests/support/fuzz_lexer.py --seconds 600 [--seed N]

An account that may do nothing sends each statement. The server parses it, refuses it, and leaves its digest text in
performance_schema: its own list of names, keywords and signs, without literals. A word that only the server reads is
hidden from every check of what a statement names. A word that only the checks read is imagined. Statements that the
server cannot parse do nothing, and are not compared.
"""

import argparse
import collections
import concurrent.futures
import io
import os
import random
import re
import sys
import tempfile
import time
from typing import Any, Counter, Dict, Iterator, List, NamedTuple, Optional, Tuple

import pymysql
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect, Token
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import Splitter
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.tokens import tokens
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.tests.support import servers

ACCOUNT = "apsaradb_lexer"
# What a server of the comparison needs: events of statements, and no others.
SETTINGS = {"performance_schema": True, "performance_schema_instrument": "%=OFF"}
# Python's names of the character sets in which statements are sent. Those in which half a character may look like a backslash are refused with rows.
CODECS = {"utf8mb4": "utf-8", "latin1": "cp1252", "gb2312": "gb2312", "ujis": "euc_jp", "euckr": "cp949", "cp1251": "cp1251", "tis620": "tis_620"}
SQL_MODES = ("", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT,IGNORE_SPACE")
STATEMENTS = [
    b"UPDATE t , other.x y SET y.v = 666 , t.a = 'p' WHERE t.b IN (1 , 2.5)",
    b"DELETE t , y FROM t JOIN other.x y ON t.a = y.v",
    b'INSERT INTO t (a , b) SELECT v , "q" FROM other.x',
    b"INSERT INTO `t` VALUES (1,'a',NULL),(2,'b',-3.5),(0x1f,_latin1'x',1e5)",
    b"REPLACE INTO t SET a = 1 , b = 'it''s'",
    b"SELECT COUNT(*) , @x , @@session.sql_mode FROM other.x y GROUP BY v HAVING v > 2",
    b"SELECT a INTO OUTFILE 'f' FROM t",
    b"CREATE TABLE u (a int NOT NULL , b varchar(20) DEFAULT 'x' , PRIMARY KEY (a)) ENGINE=MyISAM COMMENT='c'",
    b"CREATE TABLE m (v int) ENGINE=MRG_MyISAM UNION=(a , other.x)",
    b"CREATE TABLE u LIKE other.x",
    b"CREATE TABLE u (a char(3) , b dec(5,2) , c integer , d bool , e int1 , f bigint , g year , h bit , i real , j int2 , k int3 , l int4 , m int8)",
    b"CREATE VIEW w AS SELECT x.v FROM other.x WHERE x.v = 1",
    b"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 1",
    b"CREATE EVENT e ON SCHEDULE EVERY 1 DAY ENABLE DO DELETE FROM other.x",
    b"CREATE FUNCTION f RETURNS STRING SONAME 'udf.so'",
    b"ALTER TABLE t ADD COLUMN c int , DROP KEY k",
    b"ALTER TABLE t RENAME TO other.t",
    b"DROP TABLE IF EXISTS t , other.x",
    b"SET @old = @@sql_mode , @@session.sql_mode = ''",
    b"SET GLOBAL max_connections = 7",
    b"TRUNCATE TABLE other.x",
]
FRAGMENTS = [
    b"/* c */", b"/**/", b"/*/ */", b"/* ' */", b"/*' */ /* '*/", b"/*!*/", b"/*!50000 */", b"/*!99999 x */", b"/*!99999 /* x */ */",
    b"/*!99999 /* /* */ */", b"/*!99999 ' */", b"/*!999999 x */", b"/*!080000 */", b"/*!80000 */", b"/*!100000 x */", b"/*!5 */", b"/*!90704*/",
    b"/*!500001x */", b"/*!100000,other.x */", b"/*!999999\\- */",
    b"/*M! */", b"/*M!100100 x */", b"/*+ x */", b"/*+ ' */", b"-- c\n", b"--\x01\n", b"--\x1f'\n", b"--\xa0\n", b"--c\n", b"#\n", b"# '\n",
    b"/*!99999 /*! x */ */", b"/*!50000 /* c */ */", b"/*!50000 /*!99999 x */ */", b"/*!50000 -- */\n*/", b"/*!50000 '*/' */", b"*/", b"/*", b"/*!",
    b"/*!50000 ", b"/*!99999 ", b"'", b'"', b"`", b"\\", b"''", b"``", b"'a'", b'"a"', b"`a`", b"'\\'", b"\"'\"", b"N'a'", b"_utf8'a'",
    b"_latin1'\xa0'", b"x'00'", b"0x1f", b"0xg", b"0b01", b"0b2", b"0X1F", b"1.", b".1", b"1e5", b"1e", b"1.e", b"1.e.", b"1e+5", b".5e3", b".5e3x",
    b"1e5x", b"1x", b"1.x", b"1.1.1", b"1e5JOIN", b"..", b".", b"$", b"$$", b"$a$", b"a$b", b"$a", b"@", b"@@", b"@a", b"@'a'", b"@`a`", b"@a.b",
    b"@ a", b"\\N", b":=", b"->", b"||", b"{", b"}", b"(", b")", b",", b" ", b"\n", b"\x00", b"\x0b", b"\x1a", b"\x7f", b"\xa0", b"\xff", b"\xc2\xa0",
    b"\xe2\x80\x83", b"\xef\xbb\xbf", b"\xe4", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"NULL", b"DEFAULT", b"n", b"X", b"JOIN", b"UNION", b"INTO",
    b"other.x", b".x", b"e", b"0", b"5",
]  # fmt: skip
_DIGEST = re.compile(
    rb"(?P<left_out>/\* , \.\.\. \*/|/\*\+.*?\*/|\.\.\.|\?)|`(?P<name>(?:[^`]|``)*)`|(?P<system>@@)|(?P<at>@)\s*(?:\?|`(?:[^`]|``)*`|[\w$.\x80-\xff]+)?"
    rb"|(?P<introducer>\(_charset\))|(?P<word>[\w$\x80-\xff]+)|(?P<other>.)",
    re.S,
)
_LITERALS = frozenset((b"null", b"true", b"false"))


class Difference(NamedTuple):
    """What only one of the two reads in a statement."""

    statement: bytes
    hidden: List[bytes]
    imagined: List[bytes]
    digest: bytes
    charset: str
    sql_mode: str

    def __str__(self) -> str:
        text = "{statement!r} ({charset}, {sql_mode!r}): only the server reads {hidden}, only the checks {imagined}; {digest!r}"
        return text.format(**self._asdict())


def random_statements(seed: int) -> Iterator[bytes]:
    """Statements of dumps with random fragments put in or bytes taken out, the same for the same seed."""
    chance = random.Random(seed)
    while True:
        text = chance.choice(STATEMENTS)
        for _try in range(chance.choice((1, 1, 1, 2, 2, 3))):
            places = [found.start() for found in re.finditer(rb"(?<![\w$])(?=[\w$])|(?<=[\w$])(?![\w$])", text)] or [0]
            begin = chance.choice(places)
            end = begin
            how = chance.random()
            if how < 0.15:
                end = min(len(text), begin + chance.randrange(1, 4))
            fragment = b"" if how < 0.1 else bytes([chance.randrange(256)]) if how > 0.95 else chance.choice(FRAGMENTS)
            blank = chance.choice((b"", b"", b" "))
            text = text[:begin] + blank + fragment + blank + text[end:]
        yield text


class Comparison:
    """An account on the server at ``socket`` (root without a password), dropped again on leaving."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._admin = self._connect("root", "")
        cursor = self._admin.cursor()
        cursor.execute("SELECT VERSION()")
        numbers = [int(part) for part in re.findall(r"\d+", str(cursor.fetchone()[0]))[:3]]
        self.version = numbers[0] * 10000 + numbers[1] * 100 + numbers[2]
        self.parsed = 0
        self._state: Optional[Tuple[str, str]] = None
        self._connection: Any = None
        self._thread = 0
        self._last_event = 0
        self._same: Dict[bytes, bytes] = {}

    def __enter__(self) -> "Comparison":
        cursor = self._admin.cursor()
        self._drop()
        cursor.execute("UPDATE performance_schema.setup_instruments SET ENABLED = 'YES' WHERE NAME LIKE 'statement/%'")
        cursor.execute("UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME LIKE 'events_statements_%' OR NAME = 'statements_digest'")
        cursor.execute("CREATE USER {0}@localhost IDENTIFIED BY 'a-b-C-1'".format(ACCOUNT))
        cursor.execute("CREATE DATABASE {0}".format(ACCOUNT))
        cursor.execute("GRANT SELECT ON {0}.* TO {0}@localhost".format(ACCOUNT))
        self._learn()
        return self

    def __exit__(self, *_error: object) -> None:
        self._drop()
        self._admin.close()

    def _drop(self) -> None:
        cursor = self._admin.cursor()
        cursor.execute("DROP DATABASE IF EXISTS {0}".format(ACCOUNT))
        cursor.execute("SELECT COUNT(*) FROM mysql.user WHERE User = %s", (ACCOUNT,))
        if cursor.fetchone()[0]:
            cursor.execute("DROP USER {0}@localhost".format(ACCOUNT))

    def _connect(self, user: str, password: str) -> Any:
        database = ACCOUNT if user == ACCOUNT else None
        return pymysql.connect(unix_socket=self._socket, user=user, password=password, database=database, charset="utf8mb4", autocommit=True, read_timeout=20)

    def _learn(self) -> None:
        """What the server calls each keyword: INTEGER for int, SCHEMA for database."""
        for statement in STATEMENTS:
            theirs = server_words(self._digest(statement, "utf8mb4", "") or b"")
            ours = own_words(tokens(statement, Dialect(self.version, charset="utf8mb4")), "utf-8")
            if len(theirs) == len(ours):
                self._same.update((one, other) for one, other in zip(ours, theirs, strict=True) if one != other)

    def _digest(self, statement: bytes, charset: str, sql_mode: str) -> Optional[bytes]:
        """The digest text, None where the server cannot parse the statement."""
        if self._state != (charset, sql_mode):
            if self._connection is not None:
                self._connection.close()
            self._connection = self._connect(ACCOUNT, "a-b-C-1")
            cursor = self._admin.cursor()
            cursor.execute("SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = %s", (self._connection.thread_id(),))
            self._thread = cursor.fetchone()[0]
            cursor = self._connection.cursor()
            cursor.execute("SET SESSION sql_mode = %s", (sql_mode,))
            cursor.execute("SET NAMES " + charset)
            self._last_event = 0
            while "NAMES" not in (self._next_event() or ""):
                pass
            self._state = (charset, sql_mode)
        try:
            self._connection.query(statement)
        except pymysql.err.MySQLError as error:
            code = error.args[0] if error.args and isinstance(error.args[0], int) else 2013
            if code in (2006, 2013):
                self._connection = self._state = None
            if code in (1064, 1065, 1149, 2006, 2013):
                return None
        except UnicodeError:
            pass
        else:
            # It may have changed its session.
            self._state = None
        row = self._next_event()
        # Longer ones are cut.
        return row.encode() if row and len(row) < 900 else None

    def _next_event(self) -> Optional[str]:
        """The digest text of the statement that was sent last. Its event arrives shortly after the answer."""
        for _try in range(200):
            cursor = self._admin.cursor()
            cursor.execute(
                "SELECT EVENT_ID, DIGEST_TEXT FROM performance_schema.events_statements_history WHERE THREAD_ID = %s ORDER BY EVENT_ID DESC LIMIT 1",
                (self._thread,),
            )
            row = cursor.fetchone()
            if row and row[0] > self._last_event:
                self._last_event = row[0]
                return str(row[1]) if row[1] else None
            time.sleep(0.0005)
        return None

    def difference(self, statement: bytes, charset: str = "utf8mb4", sql_mode: str = "", reading: Optional[bytes] = None) -> Optional[Difference]:
        """What only one of the two reads, None where they agree. ``reading`` is read by the checks instead of ``statement``."""
        digest = self._digest(statement, charset, sql_mode)
        if digest is None:
            return None
        self.parsed += 1
        dialect = Dialect(self.version, charset=charset).under(b"'" + sql_mode.encode() + b"'")
        ours: Counter[bytes] = collections.Counter()
        found = tokens(statement if reading is None else reading, dialect)
        if any(b"`" in (token.identifier or b"") for token in found):
            # A digest does not double them.
            return None
        for word in own_words(found, CODECS[charset]):
            ours[self._same.get(word, word)] += 1
        theirs: Counter[bytes] = collections.Counter()
        for word in server_words(digest):
            theirs[self._same.get(word, word)] += 1
        # An INSERT of many rows is read up to its first one, and its digest names what rows have in common once.
        hidden, imagined = [word for word in theirs if word not in ours], [word for word in ours if word not in theirs]
        return Difference(statement, hidden, imagined, digest, charset, sql_mode) if hidden or imagined else None

    def differences(self, statements: Iterator[bytes], count: int, seconds: Optional[float] = None) -> Iterator[Difference]:
        """The differences among the next ``count`` statements, or as many as there is time for."""
        end = time.monotonic() + seconds if seconds is not None else None
        for number, text in enumerate(statements):
            if number >= count if end is None else time.monotonic() > end:
                return
            charset = tuple(CODECS)[number // 50 % len(CODECS)]
            sql_mode = SQL_MODES[number // 100 % len(SQL_MODES)]
            splitter = Splitter(io.BytesIO(text + b";\n"), dollar_quotes=self.version >= 90000)
            dialect = Dialect(self.version).under(b"'" + sql_mode.encode() + b"'")
            splitter.backslash, splitter.ansi_quotes, splitter.version, splitter.charset = dialect.backslash, dialect.ansi_quotes, self.version, charset
            try:
                found = list(splitter)
            except Failure:
                continue
            for statement in found if splitter.open_at_end is None else found[:-1]:
                difference = self.difference(statement.text, charset, sql_mode)
                if difference is not None:
                    yield difference


def server_words(digest: bytes) -> List[bytes]:
    """The names and keywords of a digest text in lower case, without literals and user variables."""
    result = []
    for found in _DIGEST.finditer(digest):
        word = found.group("name") if found.lastgroup == "name" else found.group("word")
        if word is not None and not word.isdigit():
            result.append(_lower(word, "utf-8"))
    return [word for word in result if word and word not in _LITERALS]


def own_words(found: List[Token], codec: str) -> List[bytes]:
    """The same of our tokens."""
    result = []
    for index, token in enumerate(found):
        word = token.identifier
        after = found[index + 1] if index + 1 < len(found) else None
        if word is None or (index and found[index - 1].text == b"@" and found[index - 1].kind == "sign") or word.isdigit():
            continue
        if token.kind == "word" and after is not None and after.kind == "string" and (word[:1] == b"_" or word.upper() in (b"N", b"X", b"B")):
            continue
        result.append(_lower(word, codec))
    return [word for word in result if word and word not in _LITERALS]


def _lower(word: bytes, codec: str) -> bytes:
    text = word.decode(codec, "replace")
    # A digest leaves out a name with a character of four bytes.
    return b"" if any(ord(character) > 0xFFFF or character == "\ufffd" for character in text) else text.lower().encode()


def main() -> int:
    """Compare until the time is up; 1 if a difference was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lexer-") as folder, concurrent.futures.ThreadPoolExecutor() as pool:
        numbers = list(pool.map(lambda name: _compare(name, folder, options.seed, options.seconds), servers.NAMES))
    return 1 if any(numbers) else 0


def _compare(name: str, folder: str, seed: int, seconds: float) -> int:
    number = 0
    path = os.path.join(folder, name)
    entry = servers.start(name, path, **SETTINGS)
    with Comparison(entry["socket"]) as comparison:
        for difference in comparison.differences(random_statements(seed), sys.maxsize, seconds):
            number += 1
            print(difference, flush=True)
        print("MySQL {0}, seed {1}: {2} statements parsed by the server, {3} differences".format(name, seed, comparison.parsed, number), flush=True)
    servers.stop(path)
    return number


if __name__ == "__main__":
    sys.exit(main())

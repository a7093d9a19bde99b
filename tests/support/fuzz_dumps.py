# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change dumps at random, and compare what an import makes of them with what the ``mysql`` client makes.

  make fuzz FUZZ=dumps SECONDS=600
  PYTHONPATH=<collections> python tests/support/fuzz_dumps.py --servers DIR/servers.json --seconds 600 [--seed N]

Statements of a dump are removed, moved, written twice, spelled differently or put into version comments, and other statements are added. An import that
succeeds must make the same database as the client, or return a warning that names the difference. It may refuse what the client runs.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases
from ansible_collections.apsaradb.mysql.tests.support.fuzz_arguments import fuzz_arguments

CLIENT, IMPORTED = "fuzz_dumps_client", "fuzz_dumps_import"
# Errors of settings that the import does not need: a saved value at the end of a file that was not saved, variables that the server lacks or does not let
# a session set; and what a server with GTIDs or a binary log by statements refuses of a connection that writes to the binary log. 1452: rows before those
# of their parents, while foreign keys are checked; the import checks them when all rows are there.
_TOLERATED = re.compile(r"ERROR (?:1193|1231|1238|1452|1665|1785|1786) ")
# Warnings that explain no difference: rows that are not counted, values that the server changed for the client too, rows without a parent.
_EXPLAINS_NOTHING = re.compile(r"the number of rows in |(?:table \w+: )?(?:Warning|Note) [0-9]+: |[0-9]+ row\(s\) of ")
# The time at which a row was written.
_NOW = re.compile(r"datetime\.datetime\({0},[^)]*\)".format(time.gmtime().tm_year))
_SAVED = [
    "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */",
    "/*!40101 SET NAMES utf8 */",
    "/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */",
    "/*!40103 SET TIME_ZONE='+00:00' */",
    "/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */",
    "/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */",
    "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
]
_RESTORED = [
    "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */",
    "/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */",
    "/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */",
    "/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */",
    "/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */",
]
_PARENT = [
    "DROP TABLE IF EXISTS `p`",
    "CREATE TABLE `p` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `n` varchar(20) DEFAULT NULL,\n  `d` decimal(5,2) DEFAULT '1.50',\n"
    "  `at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `n` (`n`)\n"
    ") ENGINE=InnoDB AUTO_INCREMENT=9 DEFAULT CHARSET=utf8",
    "LOCK TABLES `p` WRITE",
    "/*!40000 ALTER TABLE `p` DISABLE KEYS */",
    "INSERT INTO `p` VALUES (1,'a',1.00,'2020-01-01 00:00:00'),(2,'b',NULL,'2020-01-02 00:00:00'),(5,NULL,3.25,'2020-06-01 12:00:00')",
    "/*!40000 ALTER TABLE `p` ENABLE KEYS */",
    "UNLOCK TABLES",
]
_CHILD = [
    "DROP TABLE IF EXISTS `k`",
    "CREATE TABLE `k` (\n  `id` int NOT NULL,\n  `p` int DEFAULT NULL,\n  `e` enum('x','y') DEFAULT 'x',\n  `b` varbinary(10) DEFAULT NULL,\n"
    "  `f` double DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  KEY `p` (`p`),\n"
    "  CONSTRAINT `k_p` FOREIGN KEY (`p`) REFERENCES `p` (`id`) ON DELETE CASCADE\n) ENGINE=InnoDB DEFAULT CHARSET=latin1",
    "LOCK TABLES `k` WRITE",
    "INSERT INTO `k` VALUES (1,1,'x','a',1.5),(2,2,'y',0x00ff,NULL)",
    "INSERT INTO `k` (`id`,`p`,`f`) VALUES (3,5,1e3),(4,NULL,-0)",
    "UNLOCK TABLES",
]
_OTHER = [
    "CREATE TABLE `m` (\n  `a` char(3) NOT NULL,\n  `i` int DEFAULT NULL,\n  KEY `a` (`a`)\n) ENGINE=MyISAM DEFAULT CHARSET=utf8",
    "INSERT INTO `m` VALUES ('one',1),('two',2)",
]
_OBJECTS = [
    [
        "/*!50001 CREATE VIEW `v` AS SELECT 1 AS `id`,1 AS `n` */",
        "/*!50001 DROP VIEW IF EXISTS `v`*/",
        "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n"
        "/*!50001 VIEW `v` AS select `p`.`id` AS `id`,`p`.`n` AS `n` from `p` */",
    ],
    [
        "DELIMITER ;;",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `g` BEFORE INSERT ON `k` FOR EACH ROW SET NEW.f = NEW.f + 1 */;;",
        "DELIMITER ;",
    ],
    [
        "DELIMITER ;;",
        "CREATE DEFINER=`root`@`localhost` FUNCTION `fn`(x int) RETURNS int DETERMINISTIC\nBEGIN\n  RETURN x + 1; -- ;;\nEND;;",
        "CREATE DEFINER=`root`@`localhost` PROCEDURE `pr`()\nSELECT 1;;",
        "DELIMITER ;",
    ],
    ["/*!50106 CREATE EVENT `ev` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO SELECT 1 */"],
]
_WORDS = ("ENGINE=InnoDB", " NOT NULL", "AUTO_INCREMENT", "DEFAULT ", "'", "`", ";", "IF EXISTS", "/*", "*/", ",", "(", ")")
_VERSIONS = ("40000", "50600", "50700", "80000", "99999", "")


class Difference(NamedTuple):
    """A dump that the import and the client treat differently. ``changes`` is what was changed at random."""

    server: str
    seed: int
    what: str
    changes: List[str]

    def __str__(self) -> str:
        return "MySQL {0}, seed {1}: {2}\n  {3}".format(self.server, self.seed, self.what, "\n  ".join(self.changes))


def random_dump(seed: int) -> Tuple[bytes, List[str]]:
    """A dump, and how it was changed."""
    chance = random.Random(seed)
    tables = [_PARENT, _CHILD, _OTHER]
    if chance.random() < 0.5:
        chance.shuffle(tables)
    locks = chance.random() < 0.3
    statements = [statement for part in tables for statement in part if locks or "LOCK TABLES" not in statement]
    statements += [statement for part in _OBJECTS if chance.random() < 0.5 for statement in part]
    changes = [_change(chance, statements) for _number in range(chance.choice((1, 1, 2, 2, 3, 4)))]
    if chance.random() < 0.8:
        statements = _SAVED + statements + _RESTORED
    return _text(statements), changes


def _change(chance: random.Random, statements: List[str]) -> str:
    """Change the list of statements at random; what was done."""
    at, kind = chance.randrange(len(statements)), chance.random()
    shown = "statement {0}, {1!r}".format(at, statements[at][:60])
    if kind < 0.55:
        # Rather where tables and rows are.
        at = max(at, chance.randrange(len(statements)), chance.randrange(len(statements) + 1))
        statements.insert(at, chance.choice(added_statements()))
        return "before statement {0}: {1!r}".format(at, statements[at])
    if kind < 0.65:
        del statements[at]
        return "without " + shown
    if kind < 0.75:
        to = chance.randrange(len(statements))
        statements.insert(to, statements.pop(at))
        return "{0} is now number {1}".format(shown, to)
    if kind < 0.8:
        statements.insert(chance.randrange(at, len(statements)), statements[at])
        return shown + " is there twice"
    if kind < 0.85:
        statements[at] = re.sub(r"`(\w+)`", r"\1", statements[at])
        return shown + " without quotes"
    if kind < 0.9:
        statements[at] = chance.choice((str.upper, str.lower))(statements[at])
        return shown + " in another case"
    if kind < 0.95:
        word = chance.choice(_WORDS)
        statements[at] = statements[at].replace(word, "", 1)
        return "{0} without its first {1!r}".format(shown, word)
    statements[at] = "/*!{0} {1} */".format(chance.choice(_VERSIONS), statements[at])
    return shown + " in a version comment"


def added_statements() -> List[str]:
    """Statements to add, one in each line of a file."""
    with open(os.path.join(databases.FOLDER, "added_statements.txt"), encoding="utf-8") as handle:
        return [line.rstrip("\n") for line in handle if line.strip()]


def _text(statements: List[str]) -> bytes:
    lines, delimiter = [], ";"
    for statement in statements:
        command = re.match(r"(?i)DELIMITER (\S+)", statement)
        if command is not None:
            delimiter = command.group(1)
        lines.append(statement if command is not None or statement.endswith(";;") else statement + delimiter)
    return ("\n".join([*lines, "-- Dump completed", ""])).encode("latin-1")


def _content(entry: Dict[str, Any], database: str) -> List[str]:
    return [_NOW.sub("now", line).replace(database, CLIENT) for line in databases.content_by_sql(entry, database)]


def compare(entry: Dict[str, Any], seed: int, folder: str) -> Tuple[str, Optional[Difference]]:
    """Load one dump in both ways; a word for what happened, and the difference, if there is one that the import did not name."""
    dump, changes = random_dump(seed)
    databases.make(entry, CLIENT, ())
    databases.drop(entry, IMPORTED)
    words = [*entry["mysql"], "--binary-mode", "--comments", "--default-character-set=utf8mb4", CLIENT]
    done = subprocess.run(words, input=dump, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    error = done.stderr.decode("utf-8", "replace").strip()
    (path,) = databases.write(folder, dump)
    try:
        outcome = load(databases.request(entry, IMPORTED, [path], charset="utf8mb4", events="keep"))
    except Failure:
        return "refused by both" if done.returncode else "refused by the import", None
    finally:
        os.remove(path)
    if outcome.differences or not all(_EXPLAINS_NOTHING.match(warning) for warning in outcome.warnings):
        return "warned of", None
    if done.returncode:
        if _TOLERATED.search(error):
            return "stopped at a setting or a parent", None
        return "different", Difference(entry["name"], seed, "the client stops, the import succeeds: " + error.splitlines()[-1], changes)
    made, imported = _content(entry, CLIENT), _content(entry, IMPORTED)
    if made != imported:
        lines = ["- " + line for line in made if line not in imported] + ["+ " + line for line in imported if line not in made]
        return "different", Difference(entry["name"], seed, "\n".join(lines), changes)
    return "the same", None


def main() -> int:
    """The command line; return its exit code."""
    entries, end, first = fuzz_arguments("Compare what an import and the mysql client make of dumps that are changed at random.")
    seed = first
    found: List[Difference] = []
    counted: "Counter[str]" = Counter()
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end and len(found) < 5:
            what, difference = compare(entries[seed % len(entries)], seed, folder)
            counted[what] += 1
            found += [difference] if difference is not None else []
            seed += 1
    print("seeds {0} to {1}: {2}".format(first, seed - 1, ", ".join("{0} {1}".format(number, what) for what, number in counted.most_common())))
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

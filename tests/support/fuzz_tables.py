# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare tables that an import makes with those that the ``mysql`` client makes of the same dump.

  make fuzz FUZZ=tables SECONDS=600
  PYTHONPATH=<collections> python tests/support/fuzz_tables.py --servers DIR/servers.json --seconds 600 [--seed N]

The tables are random, and so is their layout: commas first or last, comments and version comments anywhere, upper and lower
case. SHOW CREATE TABLE must print the same for both, and the import must find no difference between the server and the dump.
"""

import random
import sys
import tempfile
import time
from typing import Any, Dict, List, NamedTuple, Tuple

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import load
from ansible_collections.apsaradb.mysql.tests.support import databases
from ansible_collections.apsaradb.mysql.tests.support.fuzz_arguments import fuzz_arguments

CLIENT, IMPORTED = "fuzz_tables_client", "fuzz_tables_import"
# Tables of one dump. A start of the client costs more than a table.
PER_DUMP = 50
_BREAKS = ("\n", " ", "  ", "\n  ", "\t")
_COMMENTS = ("/* c */", "/* a, b */", "/* ) */", "/* ' */", "-- c\n", "-- it's, one\n", "# , KEY x (a)\n", "#`\n", "/*!99999 KEY x (a), */", "/**/", "--\n")
_PARENT = "CREATE TABLE parent (id int NOT NULL PRIMARY KEY, u int NOT NULL, UNIQUE KEY uu (u)) ENGINE=InnoDB;\n"


class Difference(NamedTuple):
    """A table that the two made differently. ``create`` is its statement in the dump."""

    server: str
    create: str
    client: str
    imported: str

    def __str__(self) -> str:
        return "MySQL {server}: {create}\n--- client\n{client}\n--- import\n{imported}".format(**self._asdict())


class _Layout:
    """How one table is written. ``comments`` is the share of gaps with a comment."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.comments = chance.choice((0, 0, 0.1, 0.4))
        self.marks = chance.choice((0, 0, 0.15))
        self.comma_first = chance.random() < 0.4
        self.case = chance.choice((str.upper, str.lower, str.title))

    def gap(self) -> str:
        text = self.chance.choice(_BREAKS)
        while self.chance.random() < self.comments:
            text += self.chance.choice(_COMMENTS) + self.chance.choice(_BREAKS)
        return text

    def join(self, *words: str) -> str:
        """Words with gaps between; one in upper case is a keyword, and gets the case of this table."""
        return self.gap().join(self.case(word) if word.isupper() and word.isalpha() and len(word) > 1 else word for word in words if word)

    def marked(self, text: str) -> str:
        """``text``, perhaps in a version comment."""
        if self.chance.random() >= self.marks or "/*" in text or "*/" in text:
            return text
        return self.chance.choice(("/*!50100 {0} */", "/*! {0} */", "/*!40000 {0}\n*/")).format(text)

    def comma(self) -> str:
        return "\n, " if self.comma_first else self.gap() + "," + self.gap() if self.comments else ",\n  "


def random_table(chance: random.Random, name: str, version: int, *, plain: bool = False) -> str:
    """A CREATE TABLE that a server of this version accepts. ``plain``: its foreign keys may be added later."""
    layout = _Layout(chance)
    partitioned = chance.random() < 0.25
    # InnoDB before 8.0 reads foreign keys in the text of the statement again, and takes version comments for comments.
    foreign = not partitioned and not (plain and version < 80000 and (layout.comments or layout.marks))
    numbered = chance.random() < 0.4
    if numbered:
        # No expression may use the numbered column.
        version = min(version, 50700)
    columns = [layout.join("id", "int", "NOT", "NULL", "AUTO_INCREMENT" if numbered else "")]
    names: List[Tuple[str, str]] = [("id", "int")]
    for number in range(chance.randrange(1, 6)):
        kind = chance.choice(("int", "varchar(40)", "text", "date", "decimal(9,2)", "enum('a,b',')')", "char(3)", "bigint"))
        column = chance.choice(("c{0}", "`c{0}`", "`C, {0}`", "`c) {0}`")).format(number)
        default = {"int": "DEFAULT '5'", "varchar(40)": "DEFAULT ', KEY k (a)'", "char(3)": "DEFAULT ')'"}.get(kind, "") if chance.random() < 0.4 else ""
        comment = layout.join("COMMENT", "'it''s -- , a /* comment'") if chance.random() < 0.2 else ""
        columns.append(layout.join(column, kind, "NOT NULL" if chance.random() < 0.3 else "", default, comment))
        names.append((column, kind))
    if version >= 50706 and chance.random() < 0.2:
        columns.append(layout.join("g", "int", "GENERATED ALWAYS", "AS", "(`id` + 1)", chance.choice(("VIRTUAL", "STORED"))))
    keys = _keys(chance, layout, names, version, partitioned) + (_foreign_keys(chance, layout, names, plain) if foreign else [])
    chance.shuffle(keys)
    # An AUTO_INCREMENT column needs a key.
    primary = layout.join("PRIMARY", "KEY", "(id)") if numbered or chance.random() < 0.8 else ""
    parts = columns + [primary] * bool(primary) + keys
    if chance.random() < 0.2:
        parts = keys[:1] + columns + [primary] * bool(primary) + keys[1:]
    text = layout.comma().join(part if part in columns else layout.marked(part) for part in parts)
    if chance.random() < layout.marks and len(keys) > 1 and parts[-2:] == keys[-2:] and "/*" not in "".join(keys[-2:]):
        # Several definitions in one version comment.
        text = layout.comma().join(parts[:-2]) + "/*!50100 , " + keys[-2] + " , " + keys[-1] + "\n*/"
    head = layout.join("CREATE", "TABLE", "IF NOT EXISTS" if chance.random() < 0.1 else "", name)
    return head + layout.gap() + "(" + layout.gap() + text + layout.gap() + ")" + layout.gap() + _options(chance, layout, partitioned)


def _keys(chance: random.Random, layout: _Layout, names: List[Tuple[str, str]], version: int, partitioned: bool) -> List[str]:
    keys = []
    for number in range(chance.randrange(0, 5)):
        chosen = chance.sample(names, min(len(names), chance.choice((1, 1, 2))))
        columns = layout.gap() + (layout.gap() + "," + layout.gap()).join(
            column + ("(3)" if kind == "text" or (kind.startswith("varchar") and chance.random() < 0.5) else "") for column, kind in chosen
        )
        kind = chance.choice(("KEY", "KEY", "INDEX", "UNIQUE KEY", "CONSTRAINT q{0} UNIQUE".format(number), "FULLTEXT KEY"))
        texts = [column for column, type_ in names if type_ in ("text", "varchar(40)")]
        if kind == "FULLTEXT KEY" and not partitioned and texts:
            columns = chance.choice(texts)
        elif kind not in ("KEY", "INDEX") and partitioned or kind == "FULLTEXT KEY":
            kind = "KEY"
        label = "" if chance.random() < 0.15 else chance.choice(("k{0}", "`k{0}`", "`k, {0}`")).format(number)
        using = "USING BTREE" if chance.random() < 0.15 and "FULL" not in kind else ""
        comment = layout.join("COMMENT", "'a ) key, -- '") if chance.random() < 0.15 else ""
        keys.append(layout.join(kind, label, using, "(" + columns + layout.gap() + ")", comment))
    if version >= 80016 and chance.random() < 0.2:
        keys.append(layout.join("CONSTRAINT", "`{0}`".format(chance.getrandbits(40)), "CHECK", "((`id` , 1) <> (2 , 3))"))
    if version >= 80013 and chance.random() < 0.15:
        keys.append(layout.join("KEY", "expr", "((cast((`id`,1) in ((1,2),(3,4)) as char(1))))"))
    return keys


def _foreign_keys(chance: random.Random, layout: _Layout, names: List[Tuple[str, str]], plain: bool) -> List[str]:
    keys = []
    columns = [column for column, kind in names if kind == "int"]
    for column in chance.sample(columns, min(len(columns), chance.choice((0, 0, 1, 2)))):
        constraint = layout.join("CONSTRAINT", "`{0}`".format(chance.getrandbits(40))) if plain or chance.random() < 0.5 else ""
        index = "" if plain else chance.choice(("", "", "f{0}".format(chance.getrandbits(20))))
        match = "" if plain else chance.choice(("", "", "MATCH FULL", "MATCH SIMPLE"))
        rule = chance.choice(("", "ON DELETE CASCADE", "ON UPDATE CASCADE"))
        keys.append(layout.join(constraint, "FOREIGN", "KEY", index, "(" + column + ")", "REFERENCES", "parent", "(id)", match, rule))
    return keys


def _options(chance: random.Random, layout: _Layout, partitioned: bool) -> str:
    options = [layout.join("ENGINE", "=", chance.choice(("InnoDB", "InnoDB", "InnoDB", "'InnoDB'", "MyISAM" if not partitioned else "InnoDB")))]
    for option in ("DEFAULT CHARSET=latin1", "COMMENT = 'a, b) -- '", "AVG_ROW_LENGTH 7", "STATS_PERSISTENT=0", "MAX_ROWS=9", "AUTO_INCREMENT=7"):
        if chance.random() < 0.15:
            options.append(layout.marked(option))
    text = (chance.choice((layout.gap(), " , "))).join(options)
    if not partitioned:
        return text
    how = chance.choice(
        (
            "PARTITION BY HASH (id) PARTITIONS 3",
            "PARTITION BY KEY (id)",
            "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10) COMMENT = 'a, b' ENGINE = InnoDB, PARTITION p1 VALUES LESS THAN MAXVALUE)",
            "PARTITION BY LIST (id) (PARTITION p0 VALUES IN (1,2,3,4) MAX_ROWS = 4, PARTITION p1 VALUES IN (5) ENGINE = InnoDB)",
            "PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
        )
    )
    return text + layout.gap() + layout.marked(how)


def differences(entry: Dict[str, Any], seed: int, count: int) -> Tuple[List[Difference], int]:
    """Make ``count`` random tables in both ways; those that differ, and how many the client has made.

    A table that the client cannot make is left out, because then an import fails too.
    """
    chance = random.Random(seed)
    version = _version(entry)
    plain = chance.random() < 0.6
    creates = {"t{0}".format(number): random_table(chance, "t{0}".format(number), version, plain=plain) for number in range(count)}
    databases.drop(entry, CLIENT, IMPORTED)
    databases.run(entry, "CREATE DATABASE {0} CHARACTER SET utf8mb4;".format(CLIENT).encode())
    head = "SET foreign_key_checks=0, sql_mode='';\n" + _PARENT
    databases.run(entry, (head + "".join(text + "\n;\n" for text in creates.values())).encode(), CLIENT, "--force")
    made = _shown(entry, CLIENT)
    creates = {name: text for name, text in creates.items() if name in made}
    dump = head + "".join(text + "\n;\n" for text in creates.values()) + "-- Dump completed\n"
    with tempfile.TemporaryDirectory() as folder:
        paths = databases.write(folder, dump.encode())
        wanted = databases.request(entry, IMPORTED, paths, charset="utf8mb4", defer_indexes=chance.choice(("always", "always", "auto")))
        try:
            outcome = load(wanted)
        except Failure as refusal:
            return [Difference(entry["name"], "the dump of seed {0}".format(seed), "all tables", str(refusal))], len(creates)
    imported = _shown(entry, IMPORTED)
    found = [Difference(entry["name"], creates[name], made[name], imported.get(name, "")) for name in creates if made[name] != imported.get(name)]
    for each in outcome.differences:
        # MyISAM ignores foreign keys, and InnoDB before 8.0 those in version comments.
        lost = "ENGINE=MyISAM" in made.get(each.table, "") or version < 80000 and "/*!" in creates.get(each.table, "")
        if each.what != "foreign key" or not lost:
            found.append(Difference(entry["name"], creates.get(each.table, ""), made.get(each.table, ""), each.text))
    databases.drop(entry, CLIENT, IMPORTED)
    return found, len(creates)


def _version(entry: Dict[str, Any]) -> int:
    major, minor, patch = (int(part) for part in entry["version"].split("-")[0].split(".")[:3])
    return major * 10000 + minor * 100 + patch


def _shown(entry: Dict[str, Any], database: str) -> Dict[str, str]:
    control = databases.connection(entry)
    control.use(database.encode())
    shown = {str(name): str(control.rows("SHOW CREATE TABLE `{0}`".format(name))[0][1]) for (name,) in control.rows("SHOW TABLES")}
    control.close()
    return shown


def main() -> int:
    """The command line; return its exit code."""
    entries, end, first = fuzz_arguments("Compare random tables of an import with those of the mysql client.")
    seed, tables = first, 0
    found: List[Difference] = []
    while time.monotonic() < end and not found:
        for entry in entries:
            more, count = differences(entry, seed, PER_DUMP)
            found.extend(more)
            tables += count
        seed += 1
    print("{0} tables, seeds {1} to {2}, {3} differences".format(tables, first, seed - 1, len(found)))
    for difference in found[:5]:
        print(difference)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

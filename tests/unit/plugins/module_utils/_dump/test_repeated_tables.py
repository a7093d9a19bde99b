# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of the same form are read once, and the plan is the one that reading each makes."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump import classify, lexer, statement_splitter, tokens
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.repeated_tables import RepeatedTables, form_of
from ansible_collections.apsaradb.mysql.tests.support import plans

TABLE = (
    b"DROP TABLE IF EXISTS `%(n)s`;\n/*!40101 SET @saved_cs_client     = @@character_set_client */;\n/*!50503 SET character_set_client = utf8mb4 */;\n"
    b"CREATE TABLE `%(n)s` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `name` varchar(80) DEFAULT NULL COMMENT 'AUTO_INCREMENT=5 ',\n  PRIMARY KEY (`id`),\n"
    b"  KEY `name` (`name`)\n) ENGINE=InnoDB%(a)s DEFAULT CHARSET=utf8mb4%(c)s;\n/*!40101 SET character_set_client = @saved_cs_client */;\n\n"
    b"LOCK TABLES `%(n)s` WRITE;\n/*!40000 ALTER TABLE `%(n)s` DISABLE KEYS */;\nINSERT INTO `%(n)s` VALUES (1,'a');\n"
    b"/*!40000 ALTER TABLE `%(n)s` ENABLE KEYS */;\nUNLOCK TABLES;\n"
)


def dump(*tables):
    return plans.whole(b"".join(TABLE % {b"n": name, b"a": number and b" AUTO_INCREMENT=" + number, b"c": more} for name, number, more in tables))


def read_one_by_one(monkeypatch, content, **choices):
    with monkeypatch.context() as patched:
        for module in classify, statement_splitter:
            patched.setattr(module, "form_of", lambda _text: None)
        patched.setattr(RepeatedTables, "get", lambda *_arguments: None)
        return plans.plan(content, **choices)


PLAIN = [(b"t%d" % number, number and b"%d" % (number * 7), b"") for number in range(1, 30)]


@pytest.mark.parametrize(
    "tables",
    [
        PLAIN,
        [(b"a", b"", b""), (b"b", b"5", b""), (b"c", b"0", b""), (b"d", b"007", b""), (b"e", b"9" * 30, b""), (b"f", b"12", b"")],
        # The number of a comment is none of the table.
        [(name, number, b" COMMENT=' AUTO_INCREMENT=%s '" % (number or b"1")) for name, number, _more in PLAIN],
        [(name, b"", b" COMMENT=' AUTO_INCREMENT=%s '" % number) for name, number, _more in PLAIN],
        [(name, b"", b" AUTO_INCREMENT %s COMMENT=' AUTO_INCREMENT=%s '" % (number, number)) for name, number, _more in PLAIN],
        # The names of the dump's database and of the one that is loaded.
        [(b"shop", b"", b""), (b"copy", b"", b""), (b"tool", b"", b""), (b"xxxx", b"", b""), (b"also", b"", b"")],
        [(name, number, b" ENCRYPTION='Y'") for name, number, _more in PLAIN],
        [(name, number, b" ROW_FORMAT=DYNAMIC DATA DIRECTORY='/x'") for name, number, _more in PLAIN],
    ],
)
@pytest.mark.parametrize("choices", [{}, {"engines": True}, {"defer_indexes": "always"}, {"server_version": 50600, "lower_case": True}])
def test_the_plan_is_the_one_of_reading_each_table(monkeypatch, tables, choices):
    if choices.get("engines"):
        choices = {"policy": repeated_policy()}
    content = dump(*tables)
    assert plans.plan(content, **choices) == read_one_by_one(monkeypatch, content, **choices)


def repeated_policy():
    return plans.Choices(target=b"copy").policy._replace(engines=(("INNODB", "InnoDB"),), encryption="strip")


def test_another_end_of_a_form_is_refused_as_it_is_alone():
    assert "missing" in plans.refused(dump(*PLAIN, (b"u", b"", b"")) + b"DROP TABLE IF EXISTS `t9` SELECT 1;\n" + plans.END)
    assert "unknown clause" in plans.refused(dump(*PLAIN, (b"u", b"3", b" NONSENSE")))


def test_each_form_is_scanned_once(monkeypatch):
    texts = []
    scan = lexer.scan
    for cached in lexer.is_clear, lexer._short, lexer._long, tokens._short, tokens._long, classify._repeated:
        cached.cache_clear()
    monkeypatch.setattr(lexer, "scan", lambda text, dialect: texts.append(text) or scan(text, dialect))
    made = plans.plan(dump(*PLAIN))
    assert [planned.table.name for planned in made.tables] == [name for name, _number, _more in PLAIN]
    assert [planned.table.next_number for planned in made.tables] == [int(number) for _name, number, _more in PLAIN]
    # A DROP TABLE, whose names are read, and few for all tables.
    assert len([text for text in texts if text.startswith(b"DROP TABLE")]) <= len(PLAIN) + 3
    assert len([text for text in texts if not text.startswith(b"DROP TABLE")]) < 30


@pytest.mark.parametrize(
    "text",
    [b"CREATE TABLE `a-b` (a int)", b"CREATE TABLE t (a int)", b"CREATE TABLE `t", b"CREATE TABLE `\xe4` (a int)", b"LOCK TABLES `t``u` WRITE", b"x" * 99],
)
def test_what_has_no_form(text):
    form = form_of(text)
    assert form is None or form.name == b"t" and b"`x``u`" in form.text

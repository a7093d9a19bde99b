# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small dumps, and what the planner makes of them."""

import io

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Choices
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.planner import DumpSource, Planner
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.rewrite import edited
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.steps import Barrier, digest_of
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure

HEAD = b"-- MySQL dump 10.13  Distrib 5.7.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: shop\n-- ------\n-- Server version\t5.7.36-log\n\n/*!40101 SET NAMES utf8mb4 */;\n"  # noqa: E501
END = b"-- Dump completed on 2026-01-01\n"
TABLE = b"DROP TABLE IF EXISTS `t`;\nCREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` varchar(9),\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB;\n"
ROWS = b"LOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO `t` VALUES (1,'x'),(2,NULL);\nINSERT INTO `t` VALUES (3,'y');\n/*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\n"  # noqa: E501
TRIGGER = b"DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.b = ';' */;;\nDELIMITER ;\n"
SET = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"


def plan(*files, **choices):
    planner = Planner(Choices(**dict({"target": b"copy", "server_version": 90704}, **choices)))
    for number, content in enumerate(files):
        planner.read(DumpSource("file{0}.sql".format(number), io.BytesIO(content)))
    made = planner.plan()
    return made._replace(steps=tuple(made.steps))


def sent(dump, **choices):
    """What the barriers of a dump are to the server, as the loader reads them again."""
    barriers = [step for step in plan(dump, **choices).steps if isinstance(step, Barrier)]
    texts = [dump[step.offset : step.offset + step.size] for step in barriers]
    assert [digest_of(text) for text in texts] == [step.digest for step in barriers]
    assert [dump.count(b"\n", 0, step.offset) + 1 for step in barriers] == [step.line for step in barriers]
    return [edited(dump[step.offset : step.offset + step.size], step.edits) for step in barriers]


def refused(*files, **choices):
    with pytest.raises(Failure) as caught:
        plan(*files, **choices)
    return str(caught.value)


def whole(middle):
    return HEAD + middle + END

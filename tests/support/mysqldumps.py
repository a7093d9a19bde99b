# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One small database as each mysqldump version from 5.5 to 8.4 writes it. Only the newest version is available to run.

What differs between them is what a reader of dumps has to know: character sets, how bytes are marked, what stands in for a
view, how much of a program hides in version comments, where the GTID set is.
"""

from typing import Dict, List, NamedTuple

VERSIONS = ("5.5.62", "5.6.51", "5.7.30", "5.7.44", "8.0.40", "8.4.3")
GTID_SET = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,4350f323-7565-4e59-8763-4b1b83a0ce0e:1-77"


class _Form(NamedTuple):
    """The differences of one mysqldump version. ``number`` is the version as in 50744."""

    version: str
    number: int

    @property
    def charset(self) -> str:
        return "utf8mb4" if self.number >= 80000 else "utf8"

    @property
    def mark(self) -> str:
        """The version comment around the statement that sets the character set."""
        return "50503" if self.number >= 80000 else "40101"

    @property
    def collation(self) -> str:
        return "utf8mb4_0900_ai_ci" if self.number >= 80000 else "utf8_general_ci"


def sample(version: str, schema: bool = True, data: bool = True) -> bytes:
    """The whole dump, or the part with ``--no-data`` (no ``data``) or ``--no-create-info`` (no ``schema``)."""
    major, minor, patch = (int(part) for part in version.split("."))
    form = _Form(version, major * 10000 + minor * 100 + patch)
    parts = [_head(form)]
    for name, columns, rows, histogram in _tables(form):
        parts.append(_table(form, name, columns) if schema else "")
        parts.append(_rows(name, rows) + histogram if data else "")
        parts.append(_trigger(form) if name == "orders" else "")
    if schema:
        # mysqldump writes the placeholders of views in the order of all names, and the views themselves last.
        parts[3:3] = [_placeholder(form, name, columns) for name, columns in (("early", "id name"), ("late", "id"))]
        parts.extend((_event(form), _routines(form), _view(form, "early", _EARLY), _view(form, "late", _LATE)))
    return ("".join(parts) + _foot(form)).encode("utf-8").replace(b"<RAW>", b"\\0\xff\xfe\\'\\\\\\n")


def without_gtids(dump: bytes) -> bytes:
    """The dump without its GTID set, so that the ``mysql`` client can load it on a server with executed GTIDs."""
    for form in _GTID_FORMS.values():
        dump = dump.replace(_gtid(form).encode("ascii"), b"")
    return dump


_EARLY = "select `customer`.`id` AS `id`,`customer`.`name` AS `name` from `customer` where (`customer`.`id` > 1)"
_LATE = "select `early`.`id` AS `id` from (`early` join `orders` on((`orders`.`customer` = `early`.`id`)))"

_HEAD = """-- MySQL dump 10.13  Distrib {form.version}, for Linux (x86_64)
--
-- Host: rm-x.mysql.rds.aliyuncs.com    Database: shop
-- ------------------------------------------------------
-- Server version\t{form.version}-log

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!{form.mark} SET NAMES {form.charset} */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
"""

_FOOT = """/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2020-05-07 20:23:43
"""

# The plain form of 5.6, the form with the '+' of 8.0, at the end of the dump, and in a comment, where a semicolon ends no statement.
_GTID_FORMS = {
    "5.6.51": "SET @@GLOBAL.GTID_PURGED='{0}';\n",
    "5.7.30": "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{0}';\n",
    "5.7.44": "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{0}';\n",
    "8.0.40": "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{0}';\n",
    "8.4.3": "/* SET @@GLOBAL.GTID_PURGED='+{0}';*/\n",
}
_AT_END = ("5.7.44",)


def _gtid(form: str) -> str:
    return form.format(GTID_SET.replace(",", ",\n"))


def _head(form: _Form) -> str:
    text = _HEAD.format(form=form)
    if form.version not in _GTID_FORMS:
        return text
    text += "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\n"
    if form.version in _AT_END:
        return text
    return text + "\n--\n-- GTID state at the beginning of the backup \n--\n\n" + _gtid(_GTID_FORMS[form.version])


def _foot(form: _Form) -> str:
    if form.version not in _GTID_FORMS:
        return _FOOT
    text = "SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;\n"
    if form.version in _AT_END:
        text = "\n--\n-- GTID state at the end of the backup \n--\n\n" + _gtid(_GTID_FORMS[form.version]) + text
    return text + _FOOT


class _Table(NamedTuple):
    name: str
    columns: str
    rows: str
    histogram: str = ""


def _tables(form: _Form) -> List[_Table]:
    new = form.number >= 80000
    widths = {"int": "int" if new else "int(11)", "year": "year" if new else "year(4)", "options": "DEFAULT CHARSET=" + form.charset}
    if new:
        widths["options"] += " COLLATE=" + form.collation
    # 5.7 and later mark bytes; before, they look like text.
    raw = ("_binary " if form.number >= 50700 else "") + "'<RAW>'"
    bit = ("_binary " if form.number >= 50700 else "") + "'\\0'"
    customer = (
        "  `id` {int} NOT NULL AUTO_INCREMENT,\n  `name` varchar(60) NOT NULL DEFAULT '',\n  `code` binary(7) DEFAULT NULL,\n"
        "  `flag` bit(1) NOT NULL DEFAULT b'0',\n"
        "  `born` {year} DEFAULT NULL,\n  `kind` enum('a','it''s','ü') DEFAULT NULL,\n  `since` date NOT NULL DEFAULT '0000-00-00',\n"
        "  `balance` decimal(10,2) DEFAULT NULL,\n  `ratio` double DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `name` (`name`),\n"
        "  KEY `kind` (`kind`,`since`)\n) ENGINE=InnoDB AUTO_INCREMENT=8 {options}"
    )
    row = "({0},'{1}',{2},{3},{4},{5},'{6}',{7},{8})".format
    customers = [
        row(1, 'O\\\'Neil; -- \\"x\\"', raw, bit, 1999, "'it\\'s'", "2001-02-03", "-1.50", "1e100"),
        row(2, "Zoë\\nä),(\\\\", "NULL", bit, "0000", "'ü'", "0000-00-00", "NULL", "-0.000001"),
        row(7, "", raw, bit, "NULL", "''", "2018-07-26", "0.00", "NULL"),
    ]
    orders = (
        "  `no` {int} NOT NULL,\n  `customer` {int} DEFAULT NULL,\n  `at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,\n"
        "  `note` text,\n  PRIMARY KEY (`no`),\n  KEY `of` (`customer`),\n"
        "  CONSTRAINT `bought_by` FOREIGN KEY (`customer`) REFERENCES `customer` (`id`) ON DELETE CASCADE\n"
        ") ENGINE=InnoDB {options}"
    )
    log = "  `what` varchar(200) DEFAULT NULL\n) ENGINE=MyISAM {options}"
    days = (
        "  `day` date NOT NULL,\n  `n` {int} DEFAULT NULL,\n  PRIMARY KEY (`day`)\n) ENGINE=InnoDB {options}\n/*!50100 PARTITION BY RANGE (YEAR(`day`))\n"
        "(PARTITION p0 VALUES LESS THAN (2000) ENGINE = InnoDB,\n PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */"
    )
    found = [
        _Table("customer", customer.format(**widths), ",".join(customers)),
        _Table("days", days.format(**widths), "('1999-12-31',NULL),('2020-01-01',3)"),
        _Table("log", log.format(**widths), "('one'),('CREATE TABLE `x` (\\r\\n);')"),
        _Table("orders", orders.format(**widths), "(10,1,'2018-07-26 05:37:00',NULL),(11,7,'2018-07-26 05:37:01','SET @@GLOBAL.GTID_PURGED=\\'\\';\\n')"),
    ]
    if new:
        newer = (
            "  `id` int NOT NULL,\n  `doubled` int GENERATED ALWAYS AS ((`id` * 2)) STORED,\n  `hidden` int DEFAULT '7' /*!80023 INVISIBLE */,\n"
            "  `made` varchar(40) DEFAULT (concat(_utf8mb4'a,',`id`)),\n  PRIMARY KEY (`id`),\n  KEY `low` ((lower(`made`))),\n"
            "  KEY `h` (`hidden` DESC) /*!80000 INVISIBLE */,\n"
            "  CONSTRAINT `positive` CHECK ((`id` > 0)) /*!80016 NOT ENFORCED */\n) ENGINE=InnoDB {options}"
        )
        histogram = "/*!80002 ANALYZE TABLE `newer` UPDATE HISTOGRAM ON `made` WITH 100 BUCKETS */;\n"
        found.append(_Table("newer", newer.format(**widths), "(`id`, `hidden`, `made`) VALUES (1,7,'a,1'),(2,NULL,'x')", histogram))
    return found


def _table(form: _Form, name: str, columns: str) -> str:
    words = "\n--\n-- Table structure for table `{0}`\n--\n\nDROP TABLE IF EXISTS `{0}`;\n/*!40101 SET @saved_cs_client     = @@character_set_client */;\n"
    words += "/*!{2} SET character_set_client = {3} */;\nCREATE TABLE `{0}` (\n{1};\n/*!40101 SET character_set_client = @saved_cs_client */;\n"
    return words.format(name, columns, form.mark, form.charset)


def _rows(name: str, rows: str) -> str:
    words = "\n--\n-- Dumping data for table `{0}`\n--\n\nLOCK TABLES `{0}` WRITE;\n/*!40000 ALTER TABLE `{0}` DISABLE KEYS */;\nINSERT INTO `{0}` {1};\n"
    words += "/*!40000 ALTER TABLE `{0}` ENABLE KEYS */;\nUNLOCK TABLES;\n"
    return words.format(name, rows if rows.startswith("(`") else "VALUES " + rows)


def _placeholder(form: _Form, name: str, columns: str) -> str:
    """The placeholder of a view: a table of its columns up to 5.6, then a view of constants."""
    table = form.number < 50700
    text = "\n--\n-- Temporary {0} structure for view `{1}`\n--\n\nDROP TABLE IF EXISTS `{1}`;\n/*!50001 DROP VIEW IF EXISTS `{1}`*/;\n".format(
        "table" if table else "view", name
    )
    text += "SET @saved_cs_client     = @@character_set_client;\n"
    text += "/*!50503 SET character_set_client = utf8mb4 */;\n" if form.number >= 80000 else "SET character_set_client = utf8;\n"
    words, each = ("TABLE `{0}` (\n{1}\n) ENGINE=MyISAM ", "  `%s` tinyint NOT NULL") if table else ("VIEW `{0}` AS SELECT \n{1}", " 1 AS `%s`")
    text += "/*!50001 CREATE {0}*/;\n".format(words.format(name, ",\n".join(each % column for column in columns.split())))
    return text + "SET character_set_client = @saved_cs_client;\n"


def _view(form: _Form, name: str, query: str) -> str:
    drop = "/*!50001 DROP TABLE IF EXISTS `{0}`*/;\n".format(name) if form.number < 50700 else ""
    session = (
        ("character_set_client", "@saved_cs_client", form.charset),
        ("character_set_results", "@saved_cs_results", form.charset),
        ("collation_connection", "@saved_col_connection", form.collation),
    )
    text = "\n--\n-- Final view structure for view `{0}`\n--\n\n{1}/*!50001 DROP VIEW IF EXISTS `{0}`*/;\n".format(name, drop)
    text += "".join("/*!50001 SET {0:24} = @@{1} */;\n".format(saved, variable) for variable, saved, _value in session)
    text += "".join("/*!50001 SET {0:25} = {1} */;\n".format(variable, value) for variable, _saved, value in session)
    text += "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n"
    text += "/*!50001 VIEW `{0}` AS {1} */;\n".format(name, query)
    return text + "".join("/*!50001 SET {0:25} = {1} */;\n".format(variable, saved) for variable, saved, _value in session)


def _within(form: _Form, statement: str, end: str, more: Dict[str, str]) -> str:
    """A stored object between the statements that change and restore its session; ``end`` is the delimiter."""
    names = {"character_set_client": "@saved_cs_client", "character_set_results": "@saved_cs_results", "collation_connection": "@saved_col_connection"}
    values = {"character_set_client": form.charset, "character_set_results": form.charset, "collation_connection": form.collation}
    names.update(sql_mode="@saved_sql_mode", **{name: "@saved_" + name for name in more})
    values.update(sql_mode="'{0}STRICT_TRANS_TABLES'".format("NO_AUTO_CREATE_USER," if form.number < 80000 else ""), **more)
    text = ""
    for name, saved in names.items():
        text += "/*!50003 SET {0:20} = @@{1} */ {2}\n".format(saved, name, end)
    for name, value in values.items():
        text += "/*!50003 SET {0:21} = {1} */ {2}\n".format(name, value, end)
    return text + statement + "".join("/*!50003 SET {0:21} = {1} */ {2}\n".format(name, saved, end) for name, saved in names.items())


def _trigger(form: _Form) -> str:
    body = "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `noted` AFTER INSERT ON `orders`\nFOR EACH ROW BEGIN\n"
    body += "  INSERT INTO log VALUES (CONCAT('order; ', NEW.no)); -- ;;\nEND */;;\n"
    return _within(form, "DELIMITER ;;\n{0}DELIMITER ;\n".format(body), ";", {})


def _event(form: _Form) -> str:
    made = "/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`localhost`*/ /*!50106 EVENT `nightly` ON SCHEDULE EVERY 1 DAY STARTS '2018-01-01 03:00:00'"
    made += " ON COMPLETION NOT PRESERVE DISABLE DO DELETE FROM log */ ;;\n"
    text = "\n--\n-- Dumping events for database 'shop'\n--\n/*!50106 SET @save_time_zone= @@TIME_ZONE */ ;\n"
    text += "/*!50106 DROP EVENT IF EXISTS `nightly` */;\nDELIMITER ;;\n"
    return text + _within(form, made, ";;", {"time_zone": "'SYSTEM'"}) + "DELIMITER ;\n/*!50106 SET TIME_ZONE= @save_time_zone */ ;\n"


def _routines(form: _Form) -> str:
    """The second one was created when the database had another collation. Up to 5.5 a version comment hides a routine from 4.1."""
    old = form.number < 50600
    text = "\n--\n-- Dumping routines for database 'shop'\n--\n"
    tidy = "`tidy`(IN days INT)\nBEGIN\n  /* ;; */ DELETE FROM log WHERE what LIKE 'order;%'; #\n  SELECT 'ü';\nEND"
    vat = "`vat`(a decimal(10,2)) RETURNS decimal(10,2)\n    DETERMINISTIC\nRETURN a * 1.19"
    for what, name, rest in (("FUNCTION", "vat", vat), ("PROCEDURE", "tidy", tidy)):
        text += "/*!50003 DROP {0} IF EXISTS `{1}` */;\n".format(what, name)
        lead = "/*!50003 CREATE*/ /*!50020 DEFINER=`root`@`localhost`*/ /*!50003 {0} {1} */;;\n" if old else "CREATE DEFINER=`root`@`localhost` {0} {1} ;;\n"
        made = _within(form, "DELIMITER ;;\n{0}DELIMITER ;\n".format(lead.format(what, rest)), ";", {})
        if name == "tidy":
            own = "CHARACTER SET {0} COLLATE {1}".format(form.charset, form.collation)
            made = "ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\n{0}ALTER DATABASE `shop` {1} ;\n".format(made, own)
        text += made
    return text

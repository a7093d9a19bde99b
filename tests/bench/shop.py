# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generate the dump of a shop of any size: four tables with secondary keys, JSON, ENUM, quotes and backslashes, a foreign key."""

import json
import os
import random
from typing import Callable, Dict, List, Tuple

HEAD = """-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: localhost    Database: bench
-- ------------------------------------------------------
-- Server version\t9.7.4

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;

"""
TAIL = "\nSET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;\n/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n-- Dump completed on 2026-01-01  3:00:00\n"
SCHEMA = """
CREATE TABLE `customer` (`id` int NOT NULL AUTO_INCREMENT, `email` varchar(80) NOT NULL, `name` varchar(80) NOT NULL,
 `tier` enum('free','pro','it''s') NOT NULL, `created` datetime NOT NULL, `note` text, PRIMARY KEY (`id`), UNIQUE KEY `email` (`email`),
 KEY `name` (`name`), KEY `created` (`created`,`tier`)) ENGINE=InnoDB AUTO_INCREMENT={customer} DEFAULT CHARSET=utf8mb4;
CREATE TABLE `orders` (`id` int NOT NULL AUTO_INCREMENT, `customer_id` int NOT NULL, `state` enum('new','paid','sent') NOT NULL,
 `at` datetime NOT NULL, `total` decimal(10,2) NOT NULL, `doc` json, `note` varchar(500), PRIMARY KEY (`id`), KEY `customer` (`customer_id`),
 KEY `state` (`state`,`at`), KEY `total` (`total`), CONSTRAINT `bought_by` FOREIGN KEY (`customer_id`) REFERENCES `customer` (`id`))
 ENGINE=InnoDB AUTO_INCREMENT={orders} DEFAULT CHARSET=utf8mb4;
CREATE TABLE `visit` (`id` bigint NOT NULL AUTO_INCREMENT, `who` int DEFAULT NULL, `kind` varchar(20) NOT NULL, `at` timestamp NULL,
 `payload` json, PRIMARY KEY (`id`), KEY `who` (`who`), KEY `kind` (`kind`,`at`)) ENGINE=InnoDB AUTO_INCREMENT={visit} DEFAULT CHARSET=utf8mb4;
CREATE TABLE `item` (`id` int NOT NULL AUTO_INCREMENT, `sku` varchar(20) NOT NULL, `title` varchar(200) NOT NULL, `price` decimal(8,2) DEFAULT NULL,
 `described` text, PRIMARY KEY (`id`), KEY `sku` (`sku`), KEY `price` (`price`), KEY `title` (`title`(40)))
 ENGINE=InnoDB AUTO_INCREMENT={item} DEFAULT CHARSET=utf8mb4;
"""
SHARES = {"customer": 0.15, "orders": 0.4, "visit": 0.25, "item": 0.2}
_STATEMENT = 1_010_000


def escaped(text: str) -> str:
    """The value as mysqldump writes it."""
    return text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')


def _rows(chance: random.Random) -> Dict[str, Callable[[int], str]]:
    """For each table, a function from a row number to the row."""
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10))) for _number in range(3000)]
    joints = [" ", " ", "'s ", "\\ ", '" ']
    sentences = [" ".join(chance.choices(words, k=chance.randint(2, 9))).replace(" ", chance.choice(joints), 2) for _number in range(4000)]
    texts = [escaped(sentence) for sentence in sentences]
    titles = [escaped(sentence[:40]) for sentence in sentences]
    documents = [escaped(json.dumps({"sku": chance.randrange(10**6), "q": chance.randrange(9), "tag": chance.choice(words)})) for _number in range(3000)]
    times = ["2023-{0:02d}-{1:02d} {2:02d}:{3:02d}:00".format(1 + n % 12, 1 + n % 28, n % 24, n % 60) for n in chance.sample(range(100000), 5000)]
    one, below, real = chance.choice, chance.randrange, chance.random
    return {
        "customer": lambda n: "({0},'u{0}@{1}.example','{2} {3}','{4}','{5}',{6})".format(
            n, one(words), one(words), one(words), one(["free", "pro", "it\\'s"]), one(times), "NULL" if real() < 0.3 else "'{0}'".format(one(texts))
        ),
        "orders": lambda n: "({0},{1},'{2}','{3}',{4}.{5:02d},'{6}','{7}')".format(
            n, 1 + below(50000), one(["new", "paid", "sent"]), one(times), below(9999), below(100), one(documents), one(texts)
        ),
        "visit": lambda n: "({0},{1},'{2}','{3}','{4}')".format(n, "NULL" if real() < 0.1 else below(100000), one(words), one(times), one(documents)),
        "item": lambda n: "({0},'SKU-{1:06d}','{2} {3}',{4}.{5:02d},'{6}')".format(
            n, below(10**6), one(words), one(titles), below(999), below(100), one(texts)
        ),
    }


def write(folder: str, megabytes: int) -> Tuple[List[str], int]:
    """Write schema.sql and data.sql of about this size into ``folder``, identical in every run; return their paths and the number of rows."""
    rows = _rows(random.Random(7))
    paths = [os.path.join(folder, name) for name in ("schema.sql", "data.sql")]
    counts: Dict[str, int] = {}
    with open(paths[1], "w", encoding="utf-8") as out:
        out.write(HEAD)
        for table, share in SHARES.items():
            out.write("LOCK TABLES `{0}` WRITE;\n/*!40000 ALTER TABLE `{0}` DISABLE KEYS */;\n".format(table))
            number, left = 0, int(megabytes * 1e6 * share)
            while left > 0:
                held: List[str] = []
                size = 0
                while size < min(_STATEMENT, max(left, 1)):
                    number += 1
                    held.append(rows[table](number))
                    size += len(held[-1]) + 1
                left -= out.write("INSERT INTO `{0}` VALUES {1};\n".format(table, ",".join(held)))
            counts[table] = number
            out.write("/*!40000 ALTER TABLE `{0}` ENABLE KEYS */;\nUNLOCK TABLES;\n".format(table))
        out.write(TAIL)
    with open(paths[0], "w", encoding="utf-8") as out:
        out.write(HEAD + SCHEMA.format(**{table: number + 1 for table, number in counts.items()}) + TAIL)
    return paths, sum(counts.values())

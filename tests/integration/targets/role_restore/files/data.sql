-- Copyright (c) 2026, the apsaradb.mysql contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- The rows of a small shop as mysqldump --no-create-info --skip-triggers writes them.
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
LOCK TABLES `audit` WRITE;
/*!40000 ALTER TABLE `audit` DISABLE KEYS */;
INSERT INTO `audit` VALUES ('an order; again'),('an order; again'),('an order; again');
/*!40000 ALTER TABLE `audit` ENABLE KEYS */;
UNLOCK TABLES;
LOCK TABLES `customer` WRITE;
/*!40000 ALTER TABLE `customer` DISABLE KEYS */;
INSERT INTO `customer` VALUES (0,'nobody'),(1,'Zoë 🍊'),(2,'O\'Neill'),(3,'set @@session.sql_log_bin= 0;');
/*!40000 ALTER TABLE `customer` ENABLE KEYS */;
UNLOCK TABLES;
LOCK TABLES `order-line` WRITE;
/*!40000 ALTER TABLE `order-line` DISABLE KEYS */;
INSERT INTO `order-line` VALUES (1,1,'SET @@GLOBAL.GTID_PURGED=\'no statement\';\n-- Dump completed\r\n',NULL),(2,3,NULL,'\0\Z\\\'\"'),(3,2,'DELIMITER ;;','x');
/*!40000 ALTER TABLE `order-line` ENABLE KEYS */;
UNLOCK TABLES;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;

-- Dump completed on 2026-01-01  3:30:01

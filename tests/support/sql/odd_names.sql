-- Names that look like something else, of tables, columns, keys and foreign keys.
SET NAMES utf8mb4;
CREATE TABLE `a``b` (`c``d` INT NOT NULL, `'` INT, `"` INT, PRIMARY KEY (`c``d`), KEY `k``ey` (`'`, `"`)) ENGINE=InnoDB;
INSERT INTO `a``b` VALUES (1, 2, 3), (4, NULL, 6);
CREATE TABLE `semi;colon` (`a;b` INT NOT NULL PRIMARY KEY, `);` VARCHAR(20), `) VALUES (` INT) ENGINE=InnoDB;
INSERT INTO `semi;colon` VALUES (1, ');', 2), (2, NULL, NULL);
CREATE TABLE `new
line` (`x
y` INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO `new
line` VALUES (1), (2);
CREATE TABLE `hy-phen` (`a-b` INT NOT NULL PRIMARY KEY, `c-d` INT, KEY `e-f` (`c-d`), CONSTRAINT `to-itself` FOREIGN KEY (`c-d`) REFERENCES `hy-phen` (`a-b`)) ENGINE=InnoDB;
INSERT INTO `hy-phen` VALUES (1, 1);
CREATE TABLE `<script>alert("1")</script>` (`<b>` INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO `<script>alert("1")</script>` VALUES (7);
CREATE TABLE `-- Dump completed` (`-- x` INT, `#` INT, `/*` INT, `*/` INT) ENGINE=InnoDB;
INSERT INTO `-- Dump completed` VALUES (1, 2, 3, 4);
CREATE TABLE `DELIMITER ;;` (`delimiter` INT) ENGINE=InnoDB;
INSERT INTO `DELIMITER ;;` VALUES (1);
CREATE TABLE `select` (`from` INT, `values` INT, `key` INT NOT NULL, `primary` INT, `engine` INT, `generated` INT, PRIMARY KEY (`key`), KEY `foreign` (`primary`)) ENGINE=InnoDB;
INSERT INTO `select` VALUES (1, 2, 3, 4, 5, 6);
CREATE TABLE `a.b` (`t.c` INT) ENGINE=InnoDB;
INSERT INTO `a.b` VALUES (1);
CREATE TABLE `$tag$` (`a$$b` INT, `1st` INT, `2` INT, `%s` INT, `{0}` INT) ENGINE=InnoDB;
INSERT INTO `$tag$` VALUES (1, 2, 3, 4, 5);
CREATE TABLE `表` (`列` INT NOT NULL PRIMARY KEY, `é` INT) ENGINE=InnoDB;
INSERT INTO `表` VALUES (1, 2);
CREATE TABLE `SQL_LOG_BIN= 0` (`@@GLOBAL.GTID_PURGED` INT) ENGINE=InnoDB;
INSERT INTO `SQL_LOG_BIN= 0` VALUES (1);
CREATE TABLE `back\\slash\'` (`a\\` INT, `b'` INT) ENGINE=InnoDB;
INSERT INTO `back\\slash\'` VALUES (1, 2);

-- Dump created by MySQL pump utility, version: 8.0.30, linux-glibc2.12 (x86_64)
-- Dump start time: Sat Nov 28 03:00:01 2026
-- Server version: 8.0.30

SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0;
SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0;
SET @OLD_SQL_MODE=@@SQL_MODE;
SET SQL_MODE="NO_AUTO_VALUE_ON_ZERO";
SET @OLD_TIME_ZONE=@@TIME_ZONE;
SET TIME_ZONE='+00:00';
SET NAMES utf8mb4;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `library` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci */;
CREATE TABLE `library`.`author` (
`id` int NOT NULL,
`name` varchar(40) COLLATE utf8mb4_general_ci NOT NULL,
PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci
;
INSERT INTO `library`.`author` (`id`,`name`) VALUES (1,"Ann"),(2,"B. \"C\"");
INSERT INTO `library`.`author` (`name`,`id`) VALUES ("Dot",3);
CREATE VIEW `library`.`names` AS select `library`.`author`.`name` AS `name` from `library`.`author`;
SET TIME_ZONE=@OLD_TIME_ZONE;
SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS;
SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS;
SET SQL_MODE=@OLD_SQL_MODE;
-- Dump end time: Sat Nov 28 03:00:02 2026

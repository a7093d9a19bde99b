-- Adminer 4.8.1 MySQL 8.0.36 dump

SET NAMES utf8;
SET time_zone = '+00:00';
SET foreign_key_checks = 0;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';

SET NAMES utf8mb4;

DROP DATABASE IF EXISTS `library`;
CREATE DATABASE `library` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `library`;

DELIMITER ;;

DROP FUNCTION IF EXISTS `answer`;;
CREATE FUNCTION `answer`() RETURNS int(11)
    DETERMINISTIC
RETURN 42;;

DELIMITER ;

DROP TABLE IF EXISTS `author`;
CREATE TABLE `author` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(40) NOT NULL,
  `raw` blob,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

TRUNCATE `author`;
INSERT INTO `author` (`id`, `name`, `raw`) VALUES
(1,	'Zoë',	UNHEX('00FF')),
(2,	'O\'Hara',	NULL)
ON DUPLICATE KEY UPDATE `id` = VALUES(`id`), `name` = VALUES(`name`), `raw` = VALUES(`raw`);

DROP TABLE IF EXISTS `book`;
CREATE TABLE `book` (
  `id` int(11) NOT NULL,
  `author` int(11) DEFAULT NULL,
  `raw` blob,
  PRIMARY KEY (`id`),
  KEY `author` (`author`),
  CONSTRAINT `book_ibfk_1` FOREIGN KEY (`author`) REFERENCES `author` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO `book` (`id`, `author`, `raw`) VALUES
(1,	2,	UNHEX('00FF')),
(2,	NULL,	NULL);

DROP VIEW IF EXISTS `names`;
CREATE TABLE `names` (`name` varchar(40));


DROP TABLE IF EXISTS `names`;
CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW `names` AS select `author`.`name` AS `name` from `author`;

-- 2026-11-28 03:00:01

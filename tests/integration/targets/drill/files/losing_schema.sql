-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Server version	8.0.36
SET NAMES utf8mb4;
CREATE TABLE customer (a INT PRIMARY KEY, b VARCHAR(20)) ENGINE=InnoDB;
DELIMITER ;;
CREATE EVENT forget ON SCHEDULE EVERY 1 SECOND STARTS '2020-01-01 00:00:00' DO DELETE FROM customer WHERE a = 3;;
DELIMITER ;
-- Dump completed

-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Server version	8.0.36
SET NAMES utf8mb4;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED='3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,
4e11fa47-71ca-11e1-9e33-c80aa9429562:1-77';
CREATE TABLE `<script>alert(1)</script>` (a INT PRIMARY KEY, b VARCHAR(20)) ENGINE=InnoDB;
CREATE TABLE `</td></table><img src=x onerror="alert(2)">` (a INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE `{{ 7 * 191 }}` (a INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE `a"b'&amp;{% raw %}` (a INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE `订单` (a INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE `a_name_as_long_as_the_server_takes_it_which_is_64_characters_ok` (a INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE customer (a INT PRIMARY KEY, b VARCHAR(20)) ENGINE=InnoDB;
CREATE VIEW names AS SELECT b FROM customer;
-- Dump completed

-- Sakila Sample Database Schema
-- Version 1.2

SET NAMES utf8mb4;
SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0;
SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0;
SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='TRADITIONAL';

DROP SCHEMA IF EXISTS `library`;
CREATE SCHEMA `library`;
USE `library`;

--
-- Table structure for table `shop`
--
-- The place is in MySQL 5.7.5 and later alone.
--

CREATE TABLE shop (
  shop_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
  street VARCHAR(50) NOT NULL,
  -- Add GEOMETRY column for MySQL 5.7.5 and higher
  -- Also include SRID attribute for MySQL 8.0.3 and higher
  /*!50705 place GEOMETRY */ /*!80003 SRID 0 */ /*!50705 NOT NULL,*/
  last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY  (shop_id),
  /*!50705 SPATIAL KEY `idx_place` (place),*/
  KEY idx_street (street)
)ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE novel (
  novel_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
  title VARCHAR(128) NOT NULL,
  rating ENUM('G','PG') DEFAULT 'G',
  extras SET('Maps','Notes') DEFAULT NULL,
  price DECIMAL(5,2) NOT NULL DEFAULT 4.99,
  shop_id SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY  (novel_id),
  CONSTRAINT fk_novel_shop FOREIGN KEY (shop_id) REFERENCES shop (shop_id) ON DELETE RESTRICT ON UPDATE CASCADE
)ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

--
-- InnoDB added FULLTEXT support in 5.6.10. If you use an earlier version, then consider upgrading (recommended)
--
SET @old_default_storage_engine = @@default_storage_engine;
SET @@default_storage_engine = 'MyISAM';
/*!50610 SET @@default_storage_engine = 'InnoDB'*/;

CREATE TABLE words (
  word_id SMALLINT NOT NULL,
  word VARCHAR(80) NOT NULL,
  PRIMARY KEY  (word_id),
  FULLTEXT KEY idx_word (word)
) DEFAULT CHARSET=utf8mb4;

SET @@default_storage_engine = @old_default_storage_engine;

--
-- View structure for view `cheap`
--

CREATE VIEW cheap
AS
SELECT n.novel_id AS ID, CONCAT(n.title, _utf8mb4' (', n.rating, _utf8mb4')') AS name
FROM novel AS n JOIN shop AS s ON n.shop_id = s.shop_id WHERE n.price < 5;

CREATE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW rated
AS
SELECT rating, GROUP_CONCAT(title ORDER BY title SEPARATOR ', ') AS titles FROM novel GROUP BY rating;

DELIMITER $$

CREATE FUNCTION price_of(p_novel INT) RETURNS DECIMAL(5,2)
    DETERMINISTIC
    READS SQL DATA
BEGIN

       #OK, WE NEED TO FIND IT
  DECLARE v_price DECIMAL(5,2); #ITS PRICE
  SELECT IFNULL(SUM(price),0) INTO v_price FROM novel WHERE novel_id = p_novel;
  RETURN v_price;
END $$

DELIMITER ;

DELIMITER //

CREATE PROCEDURE in_shop(IN p_shop INT, OUT p_count INT)
READS SQL DATA
BEGIN
     SELECT COUNT(*) FROM novel WHERE shop_id = p_shop INTO p_count;
END //

DELIMITER ;

SET SQL_MODE=@OLD_SQL_MODE;
SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS;
SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS;

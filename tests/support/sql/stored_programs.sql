-- Triggers that would change or double restored rows, routines and events; of an account that is not there, under several modes and character sets.
SET NAMES utf8mb4;
CREATE TABLE watched (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50)) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE watched_log (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100)) ENGINE=InnoDB DEFAULT CHARSET=utf8;
INSERT INTO watched VALUES (1, 'kept'), (2, 'as it was');
INSERT INTO watched_log VALUES (1, 'one'), (2, 'two');
DELIMITER ;;
CREATE TRIGGER before_watched BEFORE INSERT ON watched FOR EACH ROW SET NEW.v = CONCAT('changed; ', NEW.v);;
CREATE DEFINER=`nobody`@`nowhere` TRIGGER after_watched AFTER INSERT ON watched FOR EACH ROW
BEGIN
  -- a comment; with a semicolon and a 'quote
  INSERT INTO watched_log (what) VALUES (CONCAT('DELIMITER ;;', NEW.v, "--"));
  IF NEW.id > 3 THEN SET @x = '*/ ;'; END IF;
END;;
CREATE TRIGGER `odd``;trigger` BEFORE DELETE ON watched FOR EACH ROW /* a comment */ INSERT INTO watched_log (what) VALUES ('ON');;
CREATE DEFINER=`nobody`@`nowhere` PROCEDURE fill(IN n INT, OUT m INT)
    MODIFIES SQL DATA
    COMMENT 'DEFINER=`a`@`b`; it''s'
BEGIN
  DECLARE i INT DEFAULT 0;
  WHILE i < n DO
    INSERT INTO watched_log (what) VALUES (CONCAT('SET @@GLOBAL.GTID_PURGED=', i)); # another comment ;
    SET i = i + 1;
  END WHILE;
  SET m = i;
END;;
CREATE FUNCTION `do;uble`(n INT) RETURNS INT DETERMINISTIC SQL SECURITY INVOKER RETURN n * 2;;
CREATE DEFINER=`nobody`@`%` FUNCTION umlaut() RETURNS VARCHAR(10) CHARSET utf8 DETERMINISTIC RETURN 'ü';;
CREATE PROCEDURE nothing() BEGIN END;;
SET NAMES latin1;;
CREATE FUNCTION in_latin1() RETURNS VARCHAR(10) CHARSET latin1 DETERMINISTIC RETURN 'x';;
SET NAMES utf8mb4;;
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';;
CREATE FUNCTION ansi_mode() RETURNS VARCHAR(10) CHARSET utf8 DETERMINISTIC RETURN 'a\' || 'b';;
CREATE PROCEDURE "quoted name"() SELECT "id" FROM "watched";;
SET SESSION sql_mode = '';;
CREATE EVENT every_day ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'ENABLE; it''s' DO INSERT INTO watched_log (what) VALUES ('ENABLE');;
CREATE DEFINER=`nobody`@`nowhere` EVENT `once;` ON SCHEDULE AT '2035-01-01 00:00:00' DO BEGIN SET @a = 1; SET @b = 'DISABLE'; END;;
CREATE EVENT hourly ON SCHEDULE EVERY 1 HOUR STARTS '2030-01-01 00:00:00' ENABLE DO SET @c = 1;;
DELIMITER ;

-- Rows whose text is what careless tools take for SQL of the dump itself.
SET NAMES utf8mb4;
CREATE TABLE texts (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, t LONGTEXT, b LONGBLOB) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO texts (t) VALUES
 ('SET @@GLOBAL.GTID_PURGED=/*!80000 ''+''*/ ''3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'';'),
 ('\nSET @@GLOBAL.GTID_PURGED=''3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'';\n'),
 ('\nset @@session.sql_log_bin= 0;\n'), ('\nDELIMITER ;;\nDROP DATABASE mysql;;\nDELIMITER ;\n'),
 ('-- not a comment'), ('\n-- not a comment\n'), ('# nor this'), ('/* nor this'), ('*/'), ('/*!50003 nor this */;'),
 ('\n-- Dump completed on 2020-01-01'), ('\n-- Host: x    Database: y\n'),
 ('\n/*!50017 DEFINER=`root`@`localhost`*/\n'), ('CREATE DEFINER=`root`@`localhost` PROCEDURE x()'), (' ENGINE=InnoDB ENCRYPTION=''Y'' '),
 ('USE mysql;'), ('\nUSE mysql;\n'), ('),('), ('),\n('), (');\n'), (''');\n'), (';'), (';\n'), (');\nINSERT INTO `texts` VALUES (1,''x'',NULL);\n'),
 (''), (NULL), ('NULL'), ('\\N'), ('\\'), ('\\\\'), ('\\'''), (''''), (''''''), ('"'), ('`'), ('\\"'), ('\r\n'), ('a\r\nb\rc\nd'), ('\0'), ('a\0b'), (0x1A), ('\t'), ('\b'), ('%'), ('\\%\\_'), ('%s {0} $$ $tag$'),
 ('表 誠 能 ソ 十 ü é 😀'), (' '), ('  leading and trailing  '), ('$tag$ ; $tag$'), ('\\''; DROP TABLE texts; -- ');
UPDATE texts SET b = t;
INSERT INTO texts (t, b) SELECT REPEAT('it''s a \\ long text; ', 20000), REPEAT(0x00275C0A, 10000);
INSERT INTO texts (t) SELECT REPEAT('''', 300000);
INSERT INTO texts (t) SELECT REPEAT('\\', 300001);
CREATE TABLE many (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a VARCHAR(100), b INT, KEY by_a (a), UNIQUE KEY by_b (b)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO many (a, b) VALUES ('it''s),(', 1), ('\\', 2), (NULL, 3), ('ü', NULL), ('NULL', NULL), ('', NULL), (');\n', NULL), ('0', NULL);
INSERT INTO many (a) SELECT x.a FROM many x, many y, many z, many v;
INSERT INTO many (a) SELECT CONCAT(x.a, 'longer than the others so that several chunks are needed ''', x.id) FROM many x, many y WHERE y.id < 9;

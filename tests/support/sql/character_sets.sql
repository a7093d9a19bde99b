-- Tables in other character sets, with characters whose last byte looks like a backslash.
SET NAMES utf8mb4;
CREATE TABLE in_latin1 (id INT NOT NULL PRIMARY KEY, t VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_german1_ci) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_german1_ci;
INSERT INTO in_latin1 VALUES (1, 'äöüß'), (2, 'é''\\');
CREATE TABLE in_gbk (id INT NOT NULL PRIMARY KEY, t VARCHAR(50), KEY by_t (t)) ENGINE=InnoDB DEFAULT CHARSET=gbk;
INSERT INTO in_gbk VALUES (1, '誠'), (2, '中文''誠\\'), (3, '誠''');
CREATE TABLE in_sjis (id INT NOT NULL PRIMARY KEY, t VARCHAR(50)) ENGINE=InnoDB DEFAULT CHARSET=sjis;
INSERT INTO in_sjis VALUES (1, '表'), (2, 'ソ十能''');
CREATE TABLE in_utf16 (id INT NOT NULL PRIMARY KEY, t VARCHAR(50)) ENGINE=InnoDB DEFAULT CHARSET=utf16;
INSERT INTO in_utf16 VALUES (1, '中'), (2, '😀');
CREATE TABLE in_binary (id INT NOT NULL PRIMARY KEY, t VARCHAR(50) CHARACTER SET binary, c VARCHAR(10) CHARACTER SET ascii, m VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) ENGINE=InnoDB DEFAULT CHARSET=latin2;
INSERT INTO in_binary VALUES (1, 0xD55C, 'abc', '😀');

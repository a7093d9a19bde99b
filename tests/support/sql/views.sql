-- Views on views, in an order that is not the alphabet's, with every clause, and of an account that is not there.
SET NAMES utf8mb4;
CREATE TABLE viewed (id INT NOT NULL PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB DEFAULT CHARSET=utf8;
INSERT INTO viewed VALUES (1, 'a'), (2, 'b');
CREATE VIEW z_base AS SELECT id, v, id * 2 AS `dou``ble` FROM viewed;
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW m_middle AS SELECT * FROM z_base WHERE v <> ';' WITH CASCADED CHECK OPTION;
CREATE ALGORITHM=TEMPTABLE VIEW a_top AS SELECT m.id, COUNT(*) AS `SELECT ';'` FROM m_middle m JOIN z_base z ON m.id = z.id GROUP BY m.id;
CREATE DEFINER=`nobody`@`nowhere` SQL SECURITY DEFINER VIEW `view-of-nobody` AS SELECT 'GTID_PURGED' AS `DEFINER=x`, v FROM viewed;
CREATE VIEW `view``;--` AS SELECT 1 AS `a;b`, '/*!50001 x */' AS `c`;
CREATE VIEW ünïcode AS SELECT 'ü' AS ü, _latin1'é' AS é;

-- What 8.0 and later know: invisible columns and keys, keys over expressions, CHECK, DEFAULT (expression), descending keys, SRIDs.
CREATE TABLE hidden (id INT NOT NULL, seen VARCHAR(10), unseen VARCHAR(10) INVISIBLE DEFAULT 'x', PRIMARY KEY (id), KEY k (seen) /*!80000 INVISIBLE */) ENGINE=InnoDB;
INSERT INTO hidden (id, seen, unseen) VALUES (1, 'a', 'A'), (2, NULL, 'B'), (3, 'c', NULL);
CREATE TABLE hidden_key (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, v INT) ENGINE=InnoDB;
INSERT INTO hidden_key (v) VALUES (3), (1), (2);
CREATE TABLE expressions (id INT PRIMARY KEY, name VARCHAR(30) DEFAULT (CONCAT('a', ',', 'b')), doc JSON DEFAULT (JSON_ARRAY(1, 2)), n INT CHECK (n > 0), m INT,
  CONSTRAINT m_over_n CHECK (m > n) NOT ENFORCED, KEY by_lower ((LOWER(name))), KEY by_both (id DESC, (n + m)), UNIQUE KEY tags ((CAST(doc AS UNSIGNED ARRAY)), id)) ENGINE=InnoDB;
INSERT INTO expressions VALUES (1, 'Ä', '[1, 2]', 1, 0), (2, 'b', '[3]', NULL, NULL);
CREATE TABLE places (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, SPATIAL KEY (p)) ENGINE=InnoDB;
INSERT INTO places VALUES (1, ST_SRID(POINT(120.15, 30.28), 4326)), (2, ST_SRID(POINT(0, 0), 4326));
CREATE TABLE text_search (id INT PRIMARY KEY, t TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs, FULLTEXT KEY words (t)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_as_cs;
INSERT INTO text_search VALUES (1, 'the quick brown fox'), (2, NULL), (3, 'GTID_PURGED');

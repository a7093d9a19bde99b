-- Foreign keys that no order of creation satisfies: a circle of two, a table that points at itself, several columns.
SET foreign_key_checks = 0;
CREATE TABLE chicken (id INT NOT NULL AUTO_INCREMENT, egg_id INT, PRIMARY KEY (id), CONSTRAINT hatched_from FOREIGN KEY (egg_id) REFERENCES egg (id)) ENGINE=InnoDB;
CREATE TABLE egg (id INT NOT NULL AUTO_INCREMENT, chicken_id INT, PRIMARY KEY (id), CONSTRAINT laid_by FOREIGN KEY (chicken_id) REFERENCES chicken (id) ON DELETE CASCADE ON UPDATE SET NULL) ENGINE=InnoDB;
CREATE TABLE person (id INT NOT NULL, boss INT, PRIMARY KEY (id), KEY who_leads (boss), CONSTRAINT led_by FOREIGN KEY (boss) REFERENCES person (id)) ENGINE=InnoDB;
CREATE TABLE parent (a INT NOT NULL, b VARCHAR(10) NOT NULL, c INT, PRIMARY KEY (a, b), UNIQUE KEY only_c (c), KEY second_half (b, a)) ENGINE=InnoDB;
CREATE TABLE child (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(10), c INT,
  CONSTRAINT both_halves FOREIGN KEY (a, b) REFERENCES parent (a, b), CONSTRAINT by_c FOREIGN KEY (c) REFERENCES parent (c)) ENGINE=InnoDB;
INSERT INTO chicken VALUES (1, 2), (2, 3), (3, 1);
INSERT INTO egg VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO person VALUES (1, 3), (2, 1), (3, 2), (4, 4), (5, NULL);
INSERT INTO parent VALUES (1, 'one', 10), (2, 'two', NULL), (3, 'three', 30);
INSERT INTO child VALUES (1, 1, 'one', 30), (2, 3, 'three', 10), (3, NULL, NULL, NULL);

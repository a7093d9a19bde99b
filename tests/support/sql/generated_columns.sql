-- Generated columns take no value in an INSERT: mysqldump then names the columns it gives values for.
CREATE TABLE invoice (id INT NOT NULL PRIMARY KEY, net DECIMAL(10,2) NOT NULL, label VARCHAR(30), gross DECIMAL(12,4) GENERATED ALWAYS AS (net * 1.19) STORED,
  half DECIMAL(10,4) GENERATED ALWAYS AS (net / 2) VIRTUAL, shout VARCHAR(40) AS (CONCAT(UPPER(label), '),(', ';')) VIRTUAL, KEY by_gross (gross), KEY by_half (half)) ENGINE=InnoDB;
INSERT INTO invoice (id, net, label) VALUES (1, 10, 'ten'), (2, 0.01, NULL), (3, 12345678.9, 'it''s');
CREATE TABLE generated_in_the_middle (a INT NOT NULL, b INT GENERATED ALWAYS AS (a + 1) STORED, c BLOB, PRIMARY KEY (a)) ENGINE=InnoDB;
INSERT INTO generated_in_the_middle (a, c) VALUES (1, 0x00), (2, NULL), (3, 'text');

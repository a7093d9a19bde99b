-- JSON since 5.7: quotes and backslashes twice over.
SET NAMES utf8mb4;
CREATE TABLE documents (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, doc JSON, other JSON NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO documents VALUES (1, NULL, 'null'), (2, '{"a": "it''s \\"quoted\\" \\\\ and \\n new", "b": [1, 2.5, true, null]}', '[]'), (3, '"),("', '{"k),(": ";\\n"}'), (4, '"\\u0000 \\u4e2d"', '"😀"');

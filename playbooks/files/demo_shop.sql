-- Copyright (c) 2026, the apsaradb.mysql contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- The shop of the demo: two databases with the same rows every time, generated in the server because that is fastest.
-- It contains what is hard to restore: a trigger that would count every order line twice, text that looks like SQL,
-- binary data, generated columns, views on views, a cycle of foreign keys, an event.

SET NAMES utf8mb4;
SET SESSION cte_max_recursion_depth = 1000000, sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
SET SESSION time_zone = '+00:00', unique_checks = 0, foreign_key_checks = 0;

CREATE DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;
USE `shop`;

CREATE TABLE category (
  id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id SMALLINT UNSIGNED NULL,
  name VARCHAR(60) NOT NULL,
  UNIQUE KEY uk_name (name),
  CONSTRAINT fk_category_parent FOREIGN KEY (parent_id) REFERENCES category (id)
);

CREATE TABLE product (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  category_id SMALLINT UNSIGNED NOT NULL,
  sku CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(120) NOT NULL,
  price DECIMAL(10,2) NOT NULL,
  stock INT NOT NULL DEFAULT 0,
  attributes JSON NOT NULL,
  colour VARCHAR(20) GENERATED ALWAYS AS (attributes ->> '$.colour') STORED,
  price_with_tax DECIMAL(10,2) GENERATED ALWAYS AS (price * 1.19) VIRTUAL,
  UNIQUE KEY uk_sku (sku),
  KEY k_colour (colour),
  FULLTEXT KEY ft_name (name),
  CONSTRAINT fk_product_category FOREIGN KEY (category_id) REFERENCES category (id)
);

CREATE TABLE picture (
  product_id INT UNSIGNED NOT NULL PRIMARY KEY,
  mime VARCHAR(30) NOT NULL,
  content MEDIUMBLOB NOT NULL,
  CONSTRAINT fk_picture_product FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

CREATE TABLE customer (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(120) NOT NULL,
  name VARCHAR(80) NOT NULL,
  city VARCHAR(60) NOT NULL,
  newsletter BIT(1) NOT NULL DEFAULT b'0',
  address JSON NULL,
  last_order_id INT UNSIGNED NULL,
  registered_at DATETIME(3) NOT NULL,
  UNIQUE KEY uk_email (email),
  KEY k_city_name (city, name),
  KEY k_last_order (last_order_id)
);

CREATE TABLE orders (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  status ENUM('open','paid','sent','returned') NOT NULL DEFAULT 'open',
  total DECIMAL(12,2) NOT NULL DEFAULT 0 COMMENT 'kept by the trigger order_line_total',
  placed_at TIMESTAMP NOT NULL,
  note TEXT NULL,
  KEY k_customer_placed (customer_id, placed_at),
  KEY k_status (status),
  CONSTRAINT fk_order_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
);

-- A cycle: a customer references the last order, an order references its customer.
ALTER TABLE customer ADD CONSTRAINT fk_customer_last_order FOREIGN KEY (last_order_id) REFERENCES orders (id);

CREATE TABLE order_line (
  order_id INT UNSIGNED NOT NULL,
  line TINYINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL,
  price DECIMAL(10,2) NOT NULL,
  PRIMARY KEY (order_id, line),
  KEY k_product (product_id),
  CONSTRAINT fk_line_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT fk_line_product FOREIGN KEY (product_id) REFERENCES product (id)
);

CREATE TABLE review (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NOT NULL,
  stars TINYINT UNSIGNED NOT NULL,
  body TEXT NOT NULL,
  written_at DATETIME NOT NULL,
  KEY k_product_stars (product_id, stars),
  KEY k_customer (customer_id),
  CONSTRAINT fk_review_product FOREIGN KEY (product_id) REFERENCES product (id),
  CONSTRAINT fk_review_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
);

CREATE TABLE visit (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  day DATE NOT NULL,
  customer_id INT UNSIGNED NULL,
  address VARBINARY(16) NOT NULL,
  PRIMARY KEY (id, day)
) PARTITION BY RANGE COLUMNS (day) (
  PARTITION p2024 VALUES LESS THAN ('2025-01-01'),
  PARTITION p2025 VALUES LESS THAN ('2026-01-01'),
  PARTITION later VALUES LESS THAN (MAXVALUE)
);

CREATE TABLE store (
  id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  city VARCHAR(60) NOT NULL,
  place POINT NOT NULL SRID 4326,
  SPATIAL KEY k_place (place)
);

CREATE TABLE setting (
  name VARCHAR(40) NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) ENGINE=MyISAM;

START TRANSACTION;

INSERT INTO category (id, parent_id, name) VALUES
  (1, NULL, 'Küche'), (2, NULL, 'Büro'), (3, NULL, '服装'), (4, NULL, 'Игрушки'), (5, 1, 'Messer'), (6, 1, 'Töpfe'),
  (7, 2, 'Stühle'), (8, 2, 'Lampen 💡'), (9, 3, '帽子'), (10, 3, '鞋'), (11, 4, 'Мячи'), (12, 4, 'Puzzles 🧩');

INSERT INTO product (id, category_id, sku, name, price, stock, attributes)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
SELECT i, 1 + i % 12, CONCAT('SKU', LPAD(i, 9, '0')),
  CONCAT(ELT(1 + i % 7, 'Großes', 'Kleines', 'Altes', 'Neues', 'Schönes', '漂亮的', 'Красивый'), ' ', ELT(1 + i % 11, 'Messer', 'Sieb', 'Regal', 'Lampe', 'Hut',
    'Ball', 'Kissen', 'Tisch', 'Uhr', 'Vase', 'Brett'), ' No. ', i),
  ROUND(1 + (i * 7919 % 20000) / 100, 2), i * 31 % 500,
  JSON_OBJECT('colour', ELT(1 + i % 6, 'red', 'green', 'blue', 'black', 'white', 'orange 🍊'), 'weight_g', i * 37 % 9000,
    'sizes', JSON_ARRAY('S', 'M', 'L'), 'quote', CONCAT('12" \\ ', i, '''s'), 'nested', JSON_OBJECT('a', NULL, 'b', i % 2 = 0))
FROM n;

INSERT INTO picture (product_id, mime, content)
SELECT id, 'image/x-noise', REPEAT(CONCAT(UNHEX('0027225C0A0D1A0900'), UNHEX(SHA2(id, 512)), UNHEX(SHA2(CONCAT('b', id), 512))), 4 + id % 12)
FROM product WHERE id % 2 = 0;

-- Children first: the totals come from the lines, and a customer's last order from the orders.
INSERT INTO order_line (order_id, line, product_id, quantity, price)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000), l (line) AS (SELECT 1 UNION ALL SELECT line + 1 FROM l WHERE line < 4)
SELECT i, line, 1 + (i * 31 + line * 977) % 3000, 1 + (i + line) % 5, ROUND(1 + ((i + line) * 7919 % 20000) / 100, 2)
FROM n JOIN l ON line <= 1 + i % 4;

INSERT INTO orders (id, customer_id, status, total, placed_at, note)
WITH n (i, total) AS (SELECT order_id, SUM(quantity * price) FROM order_line GROUP BY order_id)
SELECT i, 1 + i * 7919 % 25000, ELT(1 + i % 4, 'open', 'paid', 'sent', 'returned'), total, TIMESTAMPADD(SECOND, i * 601 % 62000000, '2024-01-02 03:04:05'),
  CASE i % 20
    WHEN 0 THEN 'Bitte klingeln; \r\nnicht werfen! 🙏'
    WHEN 1 THEN 'SET @@GLOBAL.GTID_PURGED= ''not a statement''; set @@session.sql_log_bin= 0;'
    WHEN 2 THEN '-- Dump completed\nDELIMITER ;;\n/*!50017 DEFINER=`nobody`@`%`*/'
    WHEN 3 THEN 'back\\slash, "double", ''single'', `tick`, tab\t, nul \0, ctrl-z \Z'
    ELSE NULL
  END
FROM n;

INSERT INTO customer (id, email, name, city, newsletter, address, last_order_id, registered_at)
WITH n (i, last_order) AS (SELECT customer_id, MAX(id) FROM orders GROUP BY customer_id)
SELECT i, CONCAT('customer', i, '@example.com'),
  CONCAT(ELT(1 + i % 8, 'Anna', 'Jürgen', '伟', 'Zoë', 'Björn', 'Иван', 'O''Neill', 'Mária'), ' ', ELT(1 + i % 9, 'Müller', 'Schmidt', '王', 'Łukasik', 'Ng', 'Петров',
    'D\\Angelo', 'Øre', 'Smith')),
  ELT(1 + i % 7, 'Köln', '杭州', 'Москва', 'São Paulo', 'Łódź', 'Reykjavík', 'Hamburg'), IF(i % 3 = 0, b'1', b'0'),
  IF(i % 10 = 0, NULL, JSON_OBJECT('street', CONCAT('Straße ', i % 300), 'zip', LPAD(i % 99999, 5, '0'))), last_order,
  TIMESTAMPADD(SECOND, i * 997 % 60000000, '2024-01-01 00:00:00.123')
FROM n;

INSERT INTO review (id, product_id, customer_id, stars, body, written_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 110000)
SELECT i, 1 + i * 13 % 3000, 1 + i * 17 % 25000, 1 + i % 5,
  CONCAT(ELT(1 + i % 5, 'Schrecklich 😡. ', 'Naja. ', '还可以。', 'Хорошо! ', 'Wunderbar 🎉! '),
    REPEAT(CONCAT(ELT(1 + i % 6, 'Das Paket kam schnell', '包装很好', 'La qualité est là', 'Отличное качество', 'It''s fine; really', 'Bien "emballé"'), ', ',
      ELT(1 + i % 4, 'gerne wieder', '推荐', 'я доволен', 'would buy again'), '. '), 2 + i % 6)),
  TIMESTAMPADD(MINUTE, i * 7 % 1000000, '2024-01-05 06:07:08')
FROM n;

INSERT INTO visit (id, day, customer_id, address)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000)
SELECT i, DATE_ADD('2024-01-01', INTERVAL i % 900 DAY), IF(i % 3 = 0, NULL, 1 + i % 25000), INET6_ATON(CONCAT('10.', i % 256, '.', i % 199, '.', i % 97))
FROM n;

INSERT INTO store (id, city, place)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
SELECT i, ELT(1 + i % 3, 'Köln', '杭州', 'Łódź'), ST_SRID(POINT(i * 4 % 180, i * 7 % 90), 4326) FROM n;

COMMIT;
INSERT INTO setting VALUES ('currency', 'EUR'), ('motto', 'Alles muss raus; -- wirklich alles'), ('empty', ''), ('delimiter', 'DELIMITER //');
SET SESSION unique_checks = 1, foreign_key_checks = 1;

CREATE VIEW paid_order AS SELECT id, customer_id, total, placed_at FROM orders WHERE status IN ('paid', 'sent');
CREATE VIEW customer_revenue AS
  SELECT c.id, c.name, c.city, COUNT(p.id) AS paid_orders, SUM(p.total) AS revenue FROM customer AS c JOIN paid_order AS p ON p.customer_id = c.id GROUP BY c.id;
CREATE VIEW city_revenue AS SELECT city, COUNT(*) AS customers, SUM(revenue) AS revenue FROM customer_revenue GROUP BY city;

DELIMITER //
CREATE TRIGGER order_line_total AFTER INSERT ON order_line FOR EACH ROW
BEGIN
  UPDATE orders SET total = total + NEW.quantity * NEW.price WHERE id = NEW.order_id;
END//
CREATE FUNCTION order_count(which INT UNSIGNED) RETURNS INT READS SQL DATA
  RETURN (SELECT COUNT(*) FROM orders WHERE customer_id = which)//
CREATE PROCEDURE close_old_orders(IN days INT)
BEGIN
  -- A body that is hard to split: ; and '//' and "DELIMITER ;".
  UPDATE orders SET status = 'returned', note = CONCAT_WS('; ', note, 'closed // by DELIMITER ;') WHERE status = 'open' AND placed_at < NOW() - INTERVAL days DAY;
END//
CREATE EVENT nightly_close ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 03:00:00' DO CALL close_old_orders(365)//
DELIMITER ;

-- A second, small database, because a backup holds several. RDS allows hyphens in names.
CREATE DATABASE `shop-blog` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;
USE `shop-blog`;

CREATE TABLE post (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  title VARCHAR(120) NOT NULL,
  body MEDIUMTEXT NOT NULL,
  KEY k_title (title)
);
INSERT INTO post (title, body)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
SELECT CONCAT('Post ', i, ' ✍'), REPEAT(CONCAT('Paragraph ', i, ': it''s new.\n'), 20) FROM n;
CREATE VIEW title AS SELECT id, title FROM post;

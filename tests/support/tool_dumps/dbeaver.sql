CREATE TABLE author (
  id int NOT NULL AUTO_INCREMENT,
  name varchar(40) DEFAULT NULL,
  born date DEFAULT NULL,
  active tinyint(1) DEFAULT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4;
INSERT INTO `library`.author (name,born,active) VALUES
	 ('Zoe','1970-01-02',1),
	 ('O''Hara; one
more line',NULL,0);
INSERT INTO `library`.author (name,born,active) VALUES
	 (NULL,NULL,NULL);

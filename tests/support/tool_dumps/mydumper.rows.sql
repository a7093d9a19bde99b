/*!40101 SET NAMES binary*/;
/*!40014 SET FOREIGN_KEY_CHECKS=0*/;
/*!40103 SET TIME_ZONE='+00:00' */;
INSERT INTO `author` VALUES
(1,"Zoë",NULL),
(2,"O'Hara said \"no\"\n","\0\Z'"),
(3,NULL,"");
INSERT INTO `book` VALUES
(1,"It's (1), \"two\",
(2"),
(2,NULL),
(3,"Zoë");

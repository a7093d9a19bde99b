/*
 Navicat Premium Data Transfer

 Source Server         : local
 Source Server Type    : MySQL
 Source Server Version : 50744
 Source Host           : localhost:3306
 Source Schema         : library

 Target Server Type    : MySQL
 Target Server Version : 50744
 File Encoding         : 65001

 Date: 28/11/2026 03:00:01
*/

SET NAMES utf8mb4;
SET FOREIGN_KEY_CHECKS = 0;

-- ----------------------------
-- Table structure for author
-- ----------------------------
DROP TABLE IF EXISTS `author`;
CREATE TABLE `author`  (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL DEFAULT NULL,
  `born` datetime(0) NULL DEFAULT NULL,
  PRIMARY KEY (`id`) USING BTREE,
  INDEX `name`(`name`) USING BTREE
) ENGINE = InnoDB AUTO_INCREMENT = 3 CHARACTER SET = utf8mb4 COLLATE = utf8mb4_general_ci ROW_FORMAT = Dynamic;

-- ----------------------------
-- Records of author
-- ----------------------------
BEGIN;
INSERT INTO `author` VALUES (1, 'Zoë', '1970-01-02 03:04:05');
INSERT INTO `author` VALUES (2, 'O\'Hara', NULL);
COMMIT;

-- ----------------------------
-- Table structure for book
-- ----------------------------
DROP TABLE IF EXISTS `book`;
CREATE TABLE `book`  (
  `id` int(11) NOT NULL,
  `author` int(11) NULL DEFAULT NULL,
  `raw` blob NULL,
  PRIMARY KEY (`id`) USING BTREE,
  INDEX `author`(`author`) USING BTREE,
  CONSTRAINT `book_author` FOREIGN KEY (`author`) REFERENCES `author` (`id`) ON DELETE RESTRICT ON UPDATE RESTRICT
) ENGINE = InnoDB CHARACTER SET = utf8mb4 COLLATE = utf8mb4_general_ci ROW_FORMAT = Dynamic;

-- ----------------------------
-- Records of book
-- ----------------------------
BEGIN;
INSERT INTO `book` (`id`, `author`, `raw`) VALUES (1, 2, 0x00FF), (2, NULL, NULL);
COMMIT;

-- ----------------------------
-- View structure for names
-- ----------------------------
DROP VIEW IF EXISTS `names`;
CREATE ALGORITHM = UNDEFINED SQL SECURITY DEFINER VIEW `names` AS select `author`.`name` AS `name` from `author`;

-- ----------------------------
-- Procedure structure for touch
-- ----------------------------
DROP PROCEDURE IF EXISTS `touch`;
delimiter ;;
CREATE PROCEDURE `touch`()
BEGIN
  UPDATE author SET born = NULL;
END
;;
delimiter ;

SET FOREIGN_KEY_CHECKS = 1;

-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
SET NAMES utf8mb4;
INSERT INTO `customer` VALUES (1,'Ada'),(2,'Grace'),(3,'Edsger');
-- Dump completed

/*******************************************************************************
   Chinook Database - Version 1.4.5
   Script: Chinook_MySql_AutoIncrementPKs.sql
   DB Server: MySql
********************************************************************************/

/*******************************************************************************
   Drop database if it exists
********************************************************************************/
DROP DATABASE IF EXISTS `library`;


/*******************************************************************************
   Create database
********************************************************************************/
CREATE DATABASE `library`;


USE `library`;


CREATE TABLE `Artist`
(
    `ArtistId` INT NOT NULL AUTO_INCREMENT,
    `Name` NVARCHAR(120),
    CONSTRAINT `PK_Artist` PRIMARY KEY  (`ArtistId`)
);

CREATE TABLE `Album`
(
    `AlbumId` INT NOT NULL AUTO_INCREMENT,
    `Title` NVARCHAR(160) NOT NULL,
    `ArtistId` INT NOT NULL,
    `Made` DATETIME,
    CONSTRAINT `PK_Album` PRIMARY KEY  (`AlbumId`)
);


/*******************************************************************************
   Create Foreign Keys
********************************************************************************/
ALTER TABLE `Album` ADD CONSTRAINT `FK_AlbumArtistId`
    FOREIGN KEY (`ArtistId`) REFERENCES `Artist` (`ArtistId`) ON DELETE NO ACTION ON UPDATE NO ACTION;

CREATE INDEX `IFK_AlbumArtistId` ON `Album` (`ArtistId`);


/*******************************************************************************
   Populate Tables
********************************************************************************/
INSERT INTO `Artist` (`Name`) VALUES
    (N'AC/DC'),
    (N'Antônio Carlos Jobim'),
    (NULL);

INSERT INTO `Album` (`Title`, `ArtistId`, `Made`) VALUES
    (N'Let There Be Rock; (Live)', 1, '1977/3/21'),
    (N'It''s (2), (3', 2, NULL);
INSERT INTO `Album` (`Title`, `ArtistId`, `Made`) VALUES (N'Last', 3, '2026-11-28 00:00:00');

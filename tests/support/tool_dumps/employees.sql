--  Sample employee database
--  See changelog table for details

DROP DATABASE IF EXISTS `library`;
CREATE DATABASE IF NOT EXISTS `library`;
USE `library`;

SELECT 'CREATING DATABASE STRUCTURE' as 'INFO';

DROP TABLE IF EXISTS staff,
                     novels;

/*!50503 set default_storage_engine = InnoDB */;
/*!50503 select CONCAT('storage engine: ', @@default_storage_engine) as INFO */;

CREATE TABLE staff (
    emp_no      INT             NOT NULL,
    birth_date  DATE            NOT NULL,
    gender      ENUM ('M','F')  NOT NULL,
    PRIMARY KEY (emp_no)
);

CREATE OR REPLACE VIEW staff_latest_date AS
    SELECT emp_no, MAX(birth_date) AS from_date
    FROM staff
    GROUP BY emp_no;

flush /*!50503 binary */ logs;

SELECT 'LOADING staff' as 'INFO';
source load_staff.dump ;
SELECT 'LOADING novels' as 'INFO';
source load_novels.dump ;

source show_elapsed.sql ;

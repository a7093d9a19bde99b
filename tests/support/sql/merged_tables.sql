-- A MERGE table shows the rows of others; a dump has none of its own.
CREATE TABLE merged (id INT NOT NULL, KEY (id)) ENGINE=MERGE UNION=(merge_one, merge_two) INSERT_METHOD=LAST;

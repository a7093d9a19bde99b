# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the ``mysql`` client splits a file into statements: unit tests compare the splitter with this list, tests on servers the client itself."""

import re
from typing import Iterable, List, Tuple

# (rule, file, statements the server receives)
CONFORMANCE: List[Tuple[str, bytes, List[bytes]]] = [
    ("a semicolon ends a statement", b"select 1;select 2;\nselect 3 ;", [b"select 1", b"select 2", b"select 3"]),
    ("nothing between two delimiters is no statement", b";;select 1;;\n;\n ;", [b"select 1"]),
    ("text after the last delimiter is a statement", b"select 1;\nselect 2", [b"select 1", b"select 2"]),
    ("not in single quotes", b"select ';';select 2;", [b"select ';'", b"select 2"]),
    ("not in double quotes", b'select ";";select 2;', [b'select ";"', b"select 2"]),
    ("not in backticks", b"select 1 as `;`;select 2;", [b"select 1 as `;`", b"select 2"]),
    ("a doubled quote does not end a string", b"select 'a'';';select \"b\"\";\";select 1 `c``;`;", [b"select 'a'';'", b'select "b"";"', b"select 1 `c``;`"]),
    ("nor does one after a backslash", b"select 'a\\';';select \"b\\\";\";", [b"select 'a\\';'", b'select "b\\";"']),
    ("but a backslash may itself be escaped", b"select 'a\\\\';select 'b\\\\\\';';", [b"select 'a\\\\'", b"select 'b\\\\\\';'"]),
    ("backticks know no backslash", b"select 1 `a\\`;select 2;", [b"select 1 `a\\`", b"select 2"]),
    (
        "other quotes are plain in a string",
        b"select '\"';select \"'\";select '`';select 1 `'\"`;",
        [b"select '\"'", b'select "\'"', b"select '`'", b"select 1 `'\"`"],
    ),
    ("a string may go over lines", b"select 'a\n;\n-- b\ndelimiter //\n';select 2;", [b"select 'a\n;\n-- b\ndelimiter //\n'", b"select 2"]),
    ("any byte may be in a string", b"select '\x00\r\n\x1a\xff;';select 2;", [b"select '\x00\r\n\x1a\xff;'", b"select 2"]),
    ("-- before white space is a comment", b"select 1 -- ; '\n;select 2;", [b"select 1 -- ; '", b"select 2"]),
    ("-- at the end of a line is one", b"select 1 --\n;select 2;", [b"select 1 --", b"select 2"]),
    ("-- before a tab is one", b"select 1 --\t;\n;select 2;", [b"select 1 --\t;", b"select 2"]),
    ("-- before anything else is two signs", b"select 1 --2;select 3;", [b"select 1 --2", b"select 3"]),
    ("# is a comment wherever it stands", b"select 1#;'\n;select#x;\n2;\n#;'", [b"select 1#;'", b"select#x;\n2"]),
    ("an empty one ends with its line", b"#\nselect 1 #\n+1;\n#\n#\n-- \nselect 2;", [b"select 1 #\n+1", b"select 2"]),
    ("/* */ is a comment", b"select 1/* ; ' -- */;select 2;", [b"select 1/* ; ' -- */", b"select 2"]),
    ("over lines too", b"/* a;\n'b;\n*/select 1;", [b"select 1"]),
    ("comments do not nest", b"/* /* ; */ select 1;", [b"select 1"]),
    ("/*+ */ is one for the delimiter", b"select /*+ ; ' */ 1;select 2;", [b"select /*+ ; ' */ 1", b"select 2"]),
    ("and is sent", b"/*+ ; */ select 1;", [b"/*+ ; */ select 1"]),
    ("/*! */ is not: a delimiter in it ends the statement", b"/*!50001 select 1; select 2 */;select 3;", [b"/*!50001 select 1", b"select 2 */", b"select 3"]),
    ("quotes count in /*! */", b"/*!50001 select ';' */;/*!50001 select \";\" as `;` */;", [b"/*!50001 select ';' */", b'/*!50001 select ";" as `;` */']),
    ("comments are none in strings", b"select '/*';select '*/';select '-- ';select '#';", [b"select '/*'", b"select '*/'", b"select '-- '", b"select '#'"]),
    ("a lone slash or minus is a sign", b"select 4/2;select 4-2;select 4 / 2 - 1;", [b"select 4/2", b"select 4-2", b"select 4 / 2 - 1"]),
    ("DELIMITER changes the delimiter", b"delimiter //\nselect 1;select 2//\nselect 3//", [b"select 1;select 2", b"select 3"]),
    ("in any case, with white space before and after", b"  DeLiMiTeR \t //  \nselect 1//", [b"select 1"]),
    ("and back", b"DELIMITER ;;\nselect 1;;\nDELIMITER ;\nselect 2;", [b"select 1", b"select 2"]),
    ("its line ends it, whatever else stands there", b"delimiter // select 9\nselect 1//", [b"select 1"]),
    ("any white space before it", b"delimiter\v //\nselect 1//\ndelimiter\r ;\nselect 2;", [b"select 1", b"select 2"]),
    ("a carriage return belongs to it", b"delimiter //\r\nselect 1//\nselect 2//\r\ndelimiter ;\r\nselect 3;\r\n", [b"select 1//\nselect 2", b"select 3"]),
    ("but not after a blank or a quote", b"delimiter // \r\nselect 1//\ndelimiter ';'\r\nselect 2;", [b"select 1", b"select 2"]),
    ("and back with semicolons between", b"delimiter ;\r\nselect 1;\nselect 2;\r\nselect 3;\r\n", [b"select 1;\nselect 2", b"select 3"]),
    ("its argument takes a semicolon along", b"delimiter //;\nselect 1//;\n", [b"select 1"]),
    ("and may be quoted", b"delimiter '//'\nselect 1//\ndelimiter \"$$$\"\nselect 2$$$\ndelimiter `;`\nselect 3;", [b"select 1", b"select 2", b"select 3"]),
    ("after a comment it is still a command", b"/* x */ delimiter //\nselect 1//\n-- x\ndelimiter ;\nselect 2;", [b"select 1", b"select 2"]),
    ("in a statement it is a word", b"select 1\ndelimiter;\nselect 2 as delimiter;", [b"select 1\ndelimiter", b"select 2 as delimiter"]),
    ("a delimiter of letters counts in any place, in its own case", b"delimiter end\nselect 1 end select 2 END end", [b"select 1", b"select 2 END"]),
    ("but not in strings and comments", b"delimiter x\nselect 'x' \"x\" `x` /* x */ -- x\n 1x", [b"select 'x' \"x\" `x` /* x */ -- x\n 1"]),
    ("a delimiter goes before a comment", b"delimiter --\nselect 1--\nselect 2-- ;", [b"select 1", b"select 2", b";"]),
    ("carriage returns are white space", b"select 1\r\n;\r\nselect 2;\r\n", [b"select 1", b"select 2"]),
    ("a byte order mark is no part of the first statement", b"\xef\xbb\xbfselect 1;", [b"select 1"]),
    ("the client's other commands are none in a file", b"exit;\nsource x;\nsystem ls;\nselect 1;", [b"exit", b"source x", b"system ls", b"select 1"]),
    ("dollar quotes hold anything", b"select $$;'$$;select $tag$ ; $$ ; $tag$;", [b"select $$;'$$", b"select $tag$ ; $$ ; $tag$"]),
    ("but not after a letter", "select a$b$;select ü$$;select 2;".encode(), [b"select a$b$", "select ü$$".encode(), b"select 2"]),
    ("an open dollar quote goes to the end", b"select 1;select $$ ; 1;", [b"select 1", b"select $$ ; 1;"]),
    ("an open string goes to the end", b"select 1;select ' ; 1;", [b"select 1", b"select ' ; 1;"]),
    (
        "rows on a line",
        b"INSERT INTO `t` VALUES (1,'a;\\'b'),(2,NULL);\nINSERT INTO `t` VALUES (3,';');",
        [b"INSERT INTO `t` VALUES (1,'a;\\'b'),(2,NULL)", b"INSERT INTO `t` VALUES (3,';')"],
    ),
    (
        "a row's text that ends a line as rows end",
        b"INSERT INTO `t` VALUES (1,'a);\nb'),(2,'');\nselect 1;",
        [b"INSERT INTO `t` VALUES (1,'a);\nb'),(2,'')", b"select 1"],
    ),
    ("rows and more on a line", b"INSERT INTO `t` VALUES (1); select 1;\nselect 2;", [b"INSERT INTO `t` VALUES (1)", b"select 1", b"select 2"]),
    ("DELIMITER behind a comment", b"-- x\nDELIMITER //\nselect 1;//\n", [b"select 1;"]),
    ("DELIMITER behind a comment behind a comment", b"/* a */\n-- x\nDELIMITER ;\nselect 2;", [b"DELIMITER", b"select 2"]),
    ("DELIMITER behind a comment behind a blank", b" -- x\nDELIMITER ;\nselect 2;", [b"DELIMITER", b"select 2"]),
    ("rows, then a comment", b"INSERT INTO `t` VALUES (1) -- ;\n;select 2;\n", [b"INSERT INTO `t` VALUES (1) -- ;", b"select 2"]),
]

# Text before a statement: the client sends comments, the splitter does not.
_BEFORE = re.compile(rb"(?:[\s\0]+|--(?:[^\S\n][^\n]*)?(?:\n|\Z)|#[^\n]*(?:\n|\Z)|/\*(?![!+]).*?(?:\*/|\Z))+", re.S)


def bare(texts: Iterable[bytes]) -> List[bytes]:
    """Statements without comments before them and white space around them; empty ones are left out."""
    found = []
    for text in texts:
        before = _BEFORE.match(text)
        found.append(text[before.end() if before else 0 :].strip())
    return [text for text in found if text]


# Tests that compare splitters build files from these pieces. Each piece is complete, so most files are.
PIECES = [
    b"INSERT INTO `t` VALUES (1,'a b'),(2,NULL);\n",
    b"INSERT INTO `t` VALUES (1,'a\n');\n",
    b";\n",
    b";\n",
    b" ;\n",
    b"\n",
    b" ",
    b"\t",
    b"\r\n",
    b"a",
    b"B1",
    b"(",
    b")",
    b",",
    b"-",
    b"/",
    b"*",
    b"!",
    b"1",
    b"=",
    b"@x",
    b"x$y",
    b"select 1",
    b"set names utf8mb4;\n",
    b"'a;b'",
    b"'it''s'",
    b"'\\''",
    b"'\\\\'",
    b'"a;"',
    b'"\\""',
    b"`a;`",
    b"`a``\\`",
    b"''",
    b"'\n;\n'",
    b"';\n'",
    b"'\ndelimiter //\n'",
    b"'/*'",
    b"'-- '",
    b"'\0\xff'",
    b"-- x;'\n",
    b"--\n",
    b"--5",
    b"# y;'\n",
    b"#\n",
    b"/* z;' */",
    b"/* a\n;b */",
    b"/* longer than what is looked ahead ; ' */ 1",
    b"/*!50001 x ';' */ 1",
    b"/*!50001 x;\n1 */ y",
    b"/*+ ;' */ 1",
    b"/*!80000 '+'*/ 1",
    b"/**/ 1",
    b"\ndelimiter //\n",
    b"\nDELIMITER ;;\n",
    b"\nDELIMITER ;\n",
    b"\nDELIMITER ;\n",
    b";;",
    b"//",
    b"$$ ; $$",
    b"$t$ ' $t$",
    b"\nINSERT INTO `t` VALUES (1,'a\\'b;\n'),(2,NULL);\n",
    b"INSERT INTO t VALUES ",
    b"(1,'x')",
    b"(0x1F,_binary 'a')",
    b"INSERT INTO `t` VALUES (1,now());\n",
    "表ü".encode(),
]

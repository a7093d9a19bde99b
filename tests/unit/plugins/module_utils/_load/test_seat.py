# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent of a chunk: the INSERTs the plan counted, and nothing else that its bytes may hold."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.plan import Chunk
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.seat import statements_of

ONE, TWO = b"INSERT INTO `t` VALUES (1,'a;')", b"REPLACE INTO t (a) VALUES (2)"


def chunk(data, statements, first=None):
    return Chunk(0, 0, len(data), 7, 0, statements, 0, statements, len(data) - 1 if first is None else first, True, b"")


def found(data, statements, table=b"t", first=None):
    return [bytes(text) for text, _start in statements_of(chunk(data, statements, first), table, data)]


def test_the_inserts_of_a_chunk():
    assert found(ONE + b";", 1) == [ONE]
    assert found(ONE + b"  ;", 1, first=len(ONE)) == [ONE]
    assert found(ONE + b";\n" + TWO + b";", 2) == [ONE, TWO]
    assert found(b"INSERT INTO `T` VALUES (1);", 1) == [b"INSERT INTO `T` VALUES (1)"]


@pytest.mark.parametrize(
    "data, statements",
    [
        (ONE + b";" + TWO + b";" + TWO + b";", 2),
        (ONE + b";", 2),
        (ONE + b"; COMMIT; " + TWO + b";", 2),
        (ONE + b"; COMMIT; " + TWO + b";", 3),
        (ONE + b"; DROP DATABASE shop;", 2),
        (b"INSERT INTO `u` VALUES (1);", 1),
        (b"INSERT INTO `s`.`t` VALUES (1);", 1),
        (ONE + b"; INSERT INTO s.t VALUES (1);", 2),
        (b"DELETE FROM t;", 1),
        (b"xINSERT INTO `t` VALUES (1);", 1),
    ],
)
def test_anything_else_stops_the_chunk(data, statements):
    with pytest.raises(Failure, match=r"Something else than the . INSERT\(s\) into t.*line 7"):
        found(data, statements)

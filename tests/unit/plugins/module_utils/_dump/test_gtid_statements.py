# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GTID set of a dump is read; the statements that name it are stripped."""

import io

from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.classify import classify
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.gtid_statements import GtidStatements, joined_gtid
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.lexer import Dialect
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.statement_splitter import ClientSplitter

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
SET = b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '" + A.encode() + b":1-5,\n" + A.encode() + b":7';\n"
BOTH = A + ":1-5," + A + ":7"


def test_gtid_sets_of_several_files_are_joined():
    def said(sql):
        (statement,) = ClientSplitter(io.BytesIO(sql))
        return classify(statement, Dialect(90704))

    one = joined_gtid(None, said(SET))
    assert one == BOTH and joined_gtid(one, said(SET)) == BOTH
    assert joined_gtid(one, said(b"SET @@GLOBAL.GTID_PURGED='+x:1';")) == BOTH + ",x:1"
    assert joined_gtid(one, said(b"SET @@GLOBAL.GTID_PURGED='';")) == BOTH
    assert joined_gtid(None, said(b"SET @@GLOBAL.GTID_PURGED='';")) == "" and joined_gtid("", said(SET)) == BOTH


def test_stripped_statements_are_counted_by_kind_and_the_set_is_kept():
    gtid = GtidStatements()
    stripped = []
    for statement in ClientSplitter(io.BytesIO(b"SET @@SESSION.SQL_LOG_BIN= 0;\n" + SET + b"\nSET SQL_LOG_BIN=1;")):
        before = gtid.purged
        stripped.append((gtid.strip(classify(statement, Dialect(90704))), before))
    assert stripped == [("sql_log_bin", None), ("gtid_purged", None), ("sql_log_bin", BOTH)]

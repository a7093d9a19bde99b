# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A compressed dump that is cut is told from a whole one."""

import gzip

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.files import SqlStream, on_disk

SQL = b"-- MySQL dump\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1),(2);\n-- Dump completed\n"


def test_wherever_it_is_cut(tmp_path):
    packed = gzip.compress(SQL[:50]) + gzip.compress(SQL[50:])
    between = len(gzip.compress(SQL[:50]))
    path = tmp_path / "dump.sql.gz"
    path.write_bytes(packed)
    with SqlStream(on_disk(str(path))) as stream:
        assert stream.read() + stream.read() == SQL
    # Each piece costs a process: the ends of headers, members and trailers, and some between.
    edges = {2, 9, 10, 11, between - 8, between - 1, between, between + 1, between + 10, len(packed) - 8, len(packed) - 4, len(packed) - 1}
    for size in sorted(edges | set(range(12, len(packed), 23))):
        path.write_bytes(packed[:size])
        with SqlStream(on_disk(str(path))) as stream:
            if size == between:
                # A whole member: what is missing then is the dump's last line.
                assert stream.read() + stream.read() == SQL[:50]
                continue
            with pytest.raises(Failure, match="cut|damaged"):
                while stream.read(64):
                    pass

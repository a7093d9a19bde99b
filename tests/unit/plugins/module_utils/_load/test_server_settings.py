# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server settings a load wants; that they are put back is tested on servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.server_settings import wanted_settings

GIB = 1 << 30
DEFAULTS = {"innodb_redo_log_capacity": str(100 << 20), "local_infile": "OFF", "innodb_flush_log_at_trx_commit": "1", "log_bin": "ON", "sync_binlog": "1"}


def wanted(size, own=None, **asked):
    return wanted_settings(DEFAULTS if own is None else own, size, **dict({"load_data": False, "relaxed": False, "log_binary": True}, **asked))


@pytest.mark.parametrize("size, capacity", [(0, None), (25 << 20, None), (26 << 20, GIB), (GIB, GIB), (4 * GIB, 2 * GIB), (100 * GIB, 4 * GIB)])
def test_the_redo_log_grows_with_the_load(size, capacity):
    assert wanted(size).get("innodb_redo_log_capacity") == (None if capacity is None else str(capacity))


def test_a_redo_log_that_is_large_or_fixed_stays():
    assert wanted(100 * GIB, dict(DEFAULTS, innodb_redo_log_capacity=str(8 * GIB))) == {} == wanted(100 * GIB, {})


def test_local_infile_only_for_load_data():
    assert wanted(0, load_data=True) == {"local_infile": "ON"} and wanted(0) == {} == wanted(0, dict(DEFAULTS, local_infile="ON"), load_data=True)


def test_durability_is_relaxed_only_if_asked():
    assert wanted(0, relaxed=True) == {"innodb_flush_log_at_trx_commit": "2", "sync_binlog": "0"}
    assert wanted(0, relaxed=True, log_binary=False) == {"innodb_flush_log_at_trx_commit": "2"}
    assert wanted(0, dict(DEFAULTS, innodb_flush_log_at_trx_commit="0", log_bin="OFF"), relaxed=True) == {}

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a load is written to the binary log."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.binlog_choice import choose_binlog, logs_load
from ansible_collections.apsaradb.mysql.tests.support.subjects import request, server


@pytest.mark.parametrize(
    "binlog, version, grants, logs",
    [
        (None, "8.0.36", ("SUPER",), False),
        (None, "8.0.36", ("SESSION_VARIABLES_ADMIN",), False),
        (None, "8.0.36", (), True),
        (None, "5.7.29", ("SESSION_VARIABLES_ADMIN",), True),
        ("on", "8.0.36", ("SUPER",), True),
        ("off", "8.0.36", ("SUPER",), False),
    ],
)
def test_who_may_keep_a_load_out_of_the_binary_log(binlog, version, grants, logs):
    assert logs_load(request(binlog=binlog).binlog, server(version, grants=grants)) is logs


@pytest.mark.parametrize("binlog, log_bin, warns", [(None, "ON", True), (None, "OFF", False), ("on", "ON", False), ("off", "ON", False)])
def test_a_load_that_reaches_replicas_unasked_is_a_warning(binlog, log_bin, warns):
    logged, warnings = choose_binlog(request(binlog=binlog), None, server(variables={"log_bin": log_bin}, grants=()))
    assert logged and bool(warnings) is warns

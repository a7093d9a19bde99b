# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a load refuses before it has a connection; all else is tested on servers, by most files of tests/servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.load import already_loaded, load
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import LoadResult
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Login
from ansible_collections.apsaradb.mysql.tests.support.subjects import request


@pytest.mark.parametrize("target", ["mysql", "SYS", "information_schema", "performance_schema", "apsaradb_mysql", "__apsaradb_new_shop"])
def test_a_system_schema_is_refused_before_a_connection_is_opened(target, tmp_path):
    asked = request(target=target, login=Login(unix_socket=str(tmp_path / "nobody")))
    with pytest.raises(Failure, match="choose another target database.*Nothing was written") as caught:
        load(asked)
    assert target in str(caught.value)


@pytest.mark.parametrize("begin", [load, lambda asked: already_loaded(asked, LoadResult(False))])
def test_a_server_that_does_not_answer_is_named_and_the_password_is_not(begin, tmp_path):
    asked = request(login=Login(unix_socket=str(tmp_path / "nobody"), user="dba", password="hunter2"))
    with pytest.raises(Failure) as caught:
        begin(asked)
    assert str(tmp_path / "nobody") in str(caught.value) and "hunter2" not in repr(caught.value)

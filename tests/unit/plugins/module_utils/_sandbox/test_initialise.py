# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input of bootstrap mode, and the failure that carries the server's log. Real servers are initialised in tests/servers/test_sandbox.py."""

import os

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import initialise
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.software import Software

NAMES = ("mysql_system_tables.sql", "mysql_system_tables_data.sql", "fill_help_tables.sql")


def software(share, version="5.6.24", mysqld="/bin/false"):
    return Software("", version, (mysqld,), "/b", share, None, None)


def test_bootstrap_statements(tmp_path):
    """The system tables in their order, and at the end no account but root@localhost."""
    for name in NAMES:
        (tmp_path / name).write_text("-- " + name)
    lines = initialise.bootstrap_statements(software(str(tmp_path))).decode().splitlines()
    assert lines[:4] == ["USE mysql;", *("-- " + name for name in NAMES)]
    assert lines[4] == "DELETE FROM user WHERE user <> 'root' OR host <> 'localhost';"
    assert lines[-1] == "DELETE FROM db;"


def test_software_without_system_tables(tmp_path):
    with pytest.raises(Failure, match="share directory.*is missing.*complete distribution of MySQL 5.6.24"):
        initialise.bootstrap_statements(software(None))
    with pytest.raises(Failure, match="cannot be read: No such file.*mysql_system_tables.sql"):
        initialise.bootstrap_statements(software(str(tmp_path)))


@pytest.mark.parametrize(("log", "advice"), [("[ERROR] Permission denied", True), ("OS errno: 13", True), ("[ERROR] no memory", False), ("", False)])
def test_log_failure(tmp_path, log, advice):
    path = tmp_path / "mysqld.log"
    path.write_text("earlier\n" + log)
    failure = initialise.log_failure("It failed", str(path), 8)
    assert "It failed. Its log ends: {0}".format(log or "(nothing)") in str(failure) and "earlier" not in str(failure)
    assert ("AppArmor" in str(failure)) is advice
    assert failure.facts["log_tail"] == ([log] if log else [])


def test_failed_initialisation_leaves_no_data(tmp_path):
    (tmp_path / "data.part").mkdir()
    with pytest.raises(Failure, match="cannot be initialised"):
        initialise.initialise(str(tmp_path), software(None, "8.0.36"))
    assert os.listdir(str(tmp_path)) == ["mysqld.log"]


def test_data_directory_gets_its_name_last(tmp_path):
    """A fake mysqld shows the arguments; real servers show the data."""
    script = tmp_path / "mysqld"
    script.write_text('#!/bin/sh\necho "$@"\nls -d ../data 2>&1\ntouch ibdata1\n')
    script.chmod(0o755)
    initialise.initialise(str(tmp_path), software(None, "8.0.36", str(script)))
    assert os.listdir(str(tmp_path / "data")) == ["ibdata1"]
    log = (tmp_path / "mysqld.log").read_text()
    assert "--initialize-insecure" in log and "--datadir={0}/data.part".format(tmp_path) in log and "No such file" in log

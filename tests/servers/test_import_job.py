# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mysql_sql_import as Ansible runs it: a process that gets its options as JSON and answers with JSON, whatever happens."""

import json
import os

import pytest
from ansible_collections.apsaradb.mysql.tests.support import databases, fixtures
from ansible_collections.apsaradb.mysql.tests.support.modules import Module

pytestmark = pytest.mark.servers(1)

SOURCE, TARGET = "job_source", "job_target"


@pytest.fixture(scope="module", params=["9.7", "5.7"])
def entry(request):
    entry = fixtures.server(request.param)
    databases.make(entry, SOURCE, ["foreign_key_cycles", "stored_programs", "odd_names"])
    yield entry
    databases.drop(entry, SOURCE, TARGET)


@pytest.fixture
def folder(entry, tmp_path):
    """A database's folder as rds_backup_extract leaves it."""
    databases.drop(entry, TARGET)
    schema, data = databases.pair(entry, SOURCE)
    (tmp_path / "schema.sql").write_bytes(schema)
    os.rename(databases.write(tmp_path, data, packed=True)[0], str(tmp_path / "data.sql.gz"))
    return str(tmp_path)


def run(entry, check=False, **options):
    options = dict({"login_user": "root", "database": TARGET}, **options)
    options.update(login_unix_socket=entry["socket"], config_file="/dev/null", _ansible_check_mode=check)
    return Module("mysql_sql_import", options).answer()


def test_a_folder_and_again(entry, folder):
    told = run(entry, True, src=[folder])
    assert told["changed"] and {table["name"]: table["rows_expected"] for table in told["tables"]}["egg"] == 3
    done = run(entry, src=[folder], events="keep")
    assert done["changed"] and done["database"] == TARGET and done["objects"]["triggers"] == 3 and done["rewritten"].get("sql_log_bin", 0) in (0, 4)
    assert {table["name"]: table["rows"] for table in done["tables"]} == {table["name"]: table["rows_expected"] for table in done["tables"]}
    assert any("nobody@nowhere" in str(warning) for warning in done["warnings"]), done["warnings"]
    assert databases.content(entry, TARGET) == databases.content(entry, SOURCE)
    again = run(entry, src=[folder], events="keep")
    assert not again["changed"] and [table["rows"] for table in again["tables"]] == [table["rows"] for table in done["tables"]]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"src": ["/nothing/here.sql"]}, "cannot be read"),
        ({"src": ["/dev"]}, "contains no .sql or .sql.gz"),
        ({"login_user": "nobody-at-all", "login_password": "hush-hush"}, "1045"),
        ({"gtid": "sometimes"}, "value of gtid must be one of"),
        ({"definer": "nobody"}, "definer"),
        ({"workers": -1}, "workers"),
        ({"charset": "x y"}, "no character set x y, which the option charset names"),
        ({"database": ""}, "database is empty"),
        ({"database": "information_schema"}, "is a system schema"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_messages_of_failures(entry, folder, options, said):
    answer = run(entry, **dict({"src": [folder]}, **options))
    assert answer.get("failed") and said in answer["msg"] and "defect" not in answer["msg"], answer["msg"]
    assert "hush-hush" not in json.dumps({key: value for key, value in answer.items() if key != "invocation"})
    control = databases.connection(entry)
    assert control.rows("SHOW DATABASES LIKE 'job\\_target'") == []
    control.close()

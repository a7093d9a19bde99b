# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of an import to a request."""

import gzip

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._import_options import (
    IMPORT_SPEC,
    check_options,
    files_of,
    refuse_unknown_tables,
    request_of,
    tables_of,
    targets_of,
)
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC


def params(**given):
    specs = {**LOGIN_SPEC, **IMPORT_SPEC}
    assert set(given) <= set(specs)
    return dict({name: option.get("default") for name, option in specs.items()}, **given)


def test_targets_from_lists_maps_and_strings():
    assert targets_of(None) is None and targets_of([]) is None and targets_of("") is None and targets_of(" ") is None
    assert targets_of("a, b,") == {"a": "a", "b": "b"} and targets_of([2024]) == {"2024": "2024"}
    assert targets_of(["a", "b"]) == {"a": "a", "b": "b"} and targets_of({"a": "x"}) == {"a": "x"} and targets_of("a, b") == {"a": "a", "b": "b"}
    for wrong in ({"a": "x", "b": "x"}, 5, {"a": None}, {"a": 1}, [""], [True]):
        with pytest.raises(Failure, match="databases"):
            targets_of(wrong)


@pytest.mark.parametrize(
    "tables,of_shop,of_blog",
    [
        (None, [], []),
        (["a", "b*"], ["a", "b*"], ["a", "b*"]),
        ("a, b*", ["a", "b*"], ["a", "b*"]),
        ("a, b*,", ["a", "b*"], ["a", "b*"]),
        (" ", [], []),
        ({"shop": ["a", "b"]}, ["a", "b"], []),
        ({"shop": "a,b", "blog": ["c"]}, ["a", "b"], ["c"]),
    ],
)
def test_tables_for_all_databases_or_for_some(tables, of_shop, of_blog):
    assert tables_of(params(tables=tables), "shop") == of_shop and tables_of(params(tables=tables), "blog") == of_blog


def test_a_limit_for_a_database_that_the_backup_lacks_is_refused():
    for tables in (None, [], ["shpo"], "shpo", {}, {"shop": ["a"]}):
        refuse_unknown_tables(params(tables=tables), ["shop", "blog"])
    with pytest.raises(Failure, match="tables limits the database shpo, which the backup does not have. It has: shop, blog\\."):
        refuse_unknown_tables(params(tables={"shpo": ["a"], "blog": ["b"]}), ["shop", "blog"])


def test_defaults():
    request = request_of(params(), (), "shop")
    assert (request.target, request.choices.target, request.create, request.choices.batch_bytes) == ("shop", b"shop", True, 1 << 20)
    assert (request.choices.policy.definer, request.choices.tables, request.choices.allow) == ("keep", (), ())


def test_lists_and_maps_become_immutable_values():
    request = request_of(params(tables=["a*"], exclude_tables=["ab"], allow=["SET GLOBAL"], engines={"TokuDB": "InnoDB", "aria": "MyISAM"}), (), "shop")
    assert (request.choices.tables, request.choices.exclude_tables, request.choices.allow) == (("a*",), ("ab",), ("SET GLOBAL",))
    assert request.choices.policy.engines == (("ARIA", "MyISAM"), ("TOKUDB", "InnoDB"))
    hash(request.choices)


@pytest.mark.parametrize("definer", ["keep", "current", "strip", "restore@localhost", "a@b@%"])
def test_definers(definer):
    check_options(params(definer=definer))


@pytest.mark.parametrize("wrong", [{"definer": "root"}, {"definer": "@host"}])
def test_invalid_values_fail_and_name_the_option(wrong):
    with pytest.raises(Failure, match="{0} has the invalid value {1}".format(*next(iter(wrong.items())))):
        check_options(params(**wrong))


def test_workers_are_checked_where_the_module_has_them():
    with pytest.raises(Failure, match="workers is 0"):
        check_options(dict(params(), workers=0))
    check_options(dict(params(), workers=None))


def test_files_of_a_folder_are_in_the_order_of_the_import(tmp_path):
    for name in ("data.sql.gz", "schema.sql.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"-- MySQL dump\n"))
    (tmp_path / "notes.txt").write_text("not a dump")
    lone = tmp_path / "lone.sql"
    files = files_of([str(tmp_path)])
    assert [file.name.rpartition("/")[2] for file in files] == ["schema.sql.gz", "data.sql.gz"] and all(file.compressed for file in files)
    lone.write_bytes(b"-- MySQL dump\n")
    assert [file.compressed for file in files_of([str(lone)])] == [False]


def test_a_folder_without_dumps_fails(tmp_path):
    with pytest.raises(Failure, match="contains no .sql or .sql.gz file"):
        files_of([str(tmp_path)])

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query for a checksum of a table, as text; that servers of different versions return the same is tested on servers."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._server.existing import ExistingColumn
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.table_contents import forms_of, rows_query

TEXT = ExistingColumn("t", "varchar", "latin1")


def test_names_are_quoted():
    form = forms_of([ExistingColumn("a`b{0}%s", "double", None)], [])["a`b{0}%s"]
    assert form.count("`a``b{0}%s`") == form.count("a``b") > 1
    assert rows_query("d`b", "t{1}", [form]).endswith(" FROM `d``b`.`t{1}`") and form in rows_query("d`b", "t{1}", [form])


def test_text_is_converted_only_where_character_sets_differ():
    assert "CONVERT" in forms_of([TEXT], [TEXT._replace(charset="utf8")])["t"]
    assert "CONVERT" in forms_of([TEXT], [ExistingColumn("t", "blob", None)])["t"]
    assert "AS BINARY" in forms_of([TEXT], [TEXT._replace(name="T")])["t"]
    assert "AS BINARY" in forms_of([TEXT._replace(charset="utf8")], [TEXT._replace(charset="utf8mb3")])["t"]
    assert "AS BINARY" in forms_of([ExistingColumn("t", "blob", None)], [TEXT])["t"]

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quoting, decoding and comparing the names of databases, tables and columns."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._identifiers import (
    SCHEMAS_NOT_RESTORED,
    SYSTEM_SCHEMAS,
    folded,
    is_system_schema,
    name_text,
    quote,
    quote_text,
)


def test_bytes_and_text_are_quoted_alike() -> None:
    assert quote(b"t") == quote("t") == b"`t`"
    assert quote("中") == quote("中".encode()) == b"`\xe4\xb8\xad`"


def test_a_backtick_in_a_name_is_doubled() -> None:
    assert quote(b"a`; DROP TABLE b; -- ") == b"`a``; DROP TABLE b; -- `"
    assert quote_text("`") == "````"


def test_several_names_are_joined_by_dots() -> None:
    assert quote("my.db", b"t") == b"`my.db`.`t`"
    assert quote_text("my.db", b"t") == "`my.db`.`t`"


def test_a_name_that_is_not_utf8_keeps_its_bytes_when_quoted() -> None:
    assert quote(b"\xff") == b"`\xff`"


def test_a_name_that_is_not_utf8_can_be_shown() -> None:
    assert name_text(b"caf\xe9") == "caf\ufffd"
    assert name_text("café".encode()) == "café"


def test_folding_covers_letters_beyond_ascii_and_keeps_other_bytes() -> None:
    assert folded("ÄB".encode()) == "äb".encode()
    assert folded(b"A\xff") == b"a\xff"


@pytest.mark.parametrize("name", [*sorted(SYSTEM_SCHEMAS), "MySQL", b"Performance_Schema"])
def test_system_schemas_are_recognised_in_any_case(name: "str | bytes") -> None:
    assert is_system_schema(name)


@pytest.mark.parametrize("name", ["mysql2", b"my", "__recycle_bin__", b"\xff"])
def test_other_schemas_are_not_system_schemas(name: "str | bytes") -> None:
    assert not is_system_schema(name)


def test_the_recycle_bin_and_a_ledger_may_be_in_backups_and_are_not_restored() -> None:
    assert SCHEMAS_NOT_RESTORED - SYSTEM_SCHEMAS == {"__recycle_bin__", "apsaradb_mysql"}

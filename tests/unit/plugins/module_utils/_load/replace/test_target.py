# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of character sets; where rows go is tested on servers."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.target import _word


@pytest.mark.parametrize("value", ["utf8mb4", "utf8mb4_0900_ai_ci", "latin1"])
def test_a_name_of_a_character_set(value):
    assert _word(value) == value


@pytest.mark.parametrize("value", ["", "x y", "utf8;", "utf8'", "`a`", None])
def test_anything_else_is_refused(value):
    with pytest.raises(Failure, match="is not a character set or collation"):
        _word(value)

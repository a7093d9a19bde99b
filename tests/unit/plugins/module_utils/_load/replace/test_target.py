# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options with which a target database is created."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.target import _database_options
from ansible_collections.apsaradb.mysql.tests.support.subjects import request

DUMPED = b"/*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='Y' */"
PLAIN = b"/*!40100 DEFAULT CHARACTER SET latin1 */"
REPLACED = b"CHARACTER SET `utf8` COLLATE `utf8_bin`"


@pytest.mark.parametrize("dumped, replaced, expected", [(DUMPED, REPLACED, DUMPED), (b"", REPLACED, REPLACED), (b"", b"", b"")])
def test_without_a_request_the_dump_decides_then_the_replaced_database(dumped, replaced, expected):
    assert _database_options(request(), dumped, replaced, 80036) == expected


@pytest.mark.parametrize(
    "asked, expected",
    [
        ({"charset": "utf8mb4"}, b"CHARACTER SET `utf8mb4`"),
        ({"collation": "utf8mb4_bin"}, b"COLLATE `utf8mb4_bin`"),
        ({"charset": "utf8mb4", "collation": "utf8mb4_bin"}, b"CHARACTER SET `utf8mb4` COLLATE `utf8mb4_bin`"),
    ],
)
def test_the_request_comes_first(asked, expected):
    assert _database_options(request(**asked), PLAIN, REPLACED, 80036).split() == expected.split()


def test_the_encryption_of_the_dump_is_kept():
    found = _database_options(request(charset="utf8mb4"), DUMPED, REPLACED, 80036)
    assert found.startswith(b"CHARACTER SET `utf8mb4` ") and found.endswith(b"ENCRYPTION = 'Y'") and b"latin1" not in found
    # Older servers do not read the version comment.
    assert b"ENCRYPTION" not in _database_options(request(charset="utf8mb4"), DUMPED, REPLACED, 50744)


def test_a_name_in_the_request_cannot_leave_its_quotes():
    assert _database_options(request(charset="x`; DROP DATABASE `y"), b"", b"", 80036).strip() == b"CHARACTER SET `x``; DROP DATABASE ``y`"

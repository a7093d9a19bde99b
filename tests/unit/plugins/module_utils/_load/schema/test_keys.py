# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which deferred keys are still to be added to a table, and how."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._dump.deferred_keys import Clause
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema.keys import _missing, drop_foreign_keys, set_next_number, without_restrict
from ansible_collections.apsaradb.mysql.tests.support.plans import plan, whole

NAMED, OTHER, NAMELESS = Clause(b"Ka", b"KEY Ka (a)"), Clause(b"kb", b"KEY kb (b)"), Clause(None, b"KEY (c)")


def test_keys_that_exist_in_any_case_are_not_added_again():
    assert _missing((NAMED, OTHER), frozenset([b"kA"])) == (OTHER,)


def test_keys_without_a_name_are_counted():
    assert _missing((NAMED, NAMELESS), frozenset([b"ka"])) == (NAMELESS,)
    assert _missing((NAMED, NAMELESS), frozenset([b"ka", b"c"])) == ()
    assert _missing((NAMELESS, NAMELESS), frozenset([b"c"])) == (NAMELESS, NAMELESS)


@pytest.mark.parametrize(
    "sql, sent",
    [
        (b" ON DELETE RESTRICT ON UPDATE RESTRICT", b""),
        (b" on delete restrict  ON UPDATE SET NULL", b"  ON UPDATE SET NULL"),
        (b" ON DELETE NO ACTION ON UPDATE\nRESTRICT ", b" ON DELETE NO ACTION "),
        (b" ON DELETE CASCADE", b" ON DELETE CASCADE"),
        (b"", b""),
    ],
)
def test_restrict_is_the_default(sql, sent):
    key = b"CONSTRAINT ` ON DELETE RESTRICT` FOREIGN KEY (`a`) REFERENCES `t` (` ON DELETE RESTRICT`)"
    assert without_restrict(Clause(b"k", key + sql)).sql == key + sent


class Loader:
    """Keeps the statements, each with the sql_mode under which it was sent."""

    def __init__(self):
        self.connection = self
        self.sent = []
        self._mode = b"the server's"

    def utf8_connection(self):
        return self

    def set_session(self, session):
        self._mode = session.get(b"sql_mode")
        return self

    def run(self, sql):
        self.sent.append((self._mode, sql))

    @staticmethod
    def texts(_sql, _parameters):
        return [("t", "FOREIGN KEY", "f")]


ZERO_DATE = (
    b"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\nCREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b DATETIME NOT NULL DEFAULT '0000-00-00') ENGINE=InnoDB"
)


@pytest.mark.parametrize("option, number", [(b"", 1), (b" AUTO_INCREMENT=9", 9)])
def test_the_next_number_is_set_under_the_sql_mode_of_the_table(option, number):
    """A server takes the number after the last row if that is greater."""
    (planned,) = plan(whole(ZERO_DATE + option + b";\n")).tables
    loader = Loader()
    set_next_number(loader, planned)
    assert loader.sent == [(b"'NO_AUTO_VALUE_ON_ZERO'", b"ALTER TABLE `t` AUTO_INCREMENT = %d" % number)]


def test_foreign_keys_are_dropped_under_the_sql_mode_of_the_table():
    (planned,) = plan(whole(ZERO_DATE + b";\n")).tables
    loader = Loader()
    drop_foreign_keys(loader, "shop", planned)
    assert loader.sent == [(b"'NO_AUTO_VALUE_ON_ZERO'", b"ALTER TABLE `t` DROP FOREIGN KEY `f`")]

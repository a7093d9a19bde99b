# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for the staging database; that it runs is tested on servers."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.replace.dry_run import dry_run_of
from ansible_collections.apsaradb.mysql.tests.support.subjects import TABLE, subject


def moved(sql):
    return dry_run_of(subject(sql).known.plan, b"shop", b"staging", 80036)


def test_objects_name_the_staging_database():
    found = moved(
        TABLE % b"t"
        + b"CREATE VIEW `v` AS SELECT shop.t.a FROM shop.t;\n"
        + b"CREATE TRIGGER `g` BEFORE INSERT ON `shop`.`t` FOR EACH ROW SET NEW.a = 1;\n"
        + b"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop.t;\n"
    )
    texts = [made.text for made in found.plan.objects + found.plan.triggers + found.plan.events]
    assert found.sure and len(texts) >= 3 and not any(b"shop" in text for text in texts) and any(b"staging" in text for text in texts)
    assert b"DISABLE" in found.plan.events[0].text.upper()


def test_a_table_named_like_the_database_makes_it_unsure():
    assert not moved(TABLE % b"shop" + b"CREATE VIEW `v` AS SELECT shop.a FROM shop;\n").sure


def test_foreign_keys_name_no_database():
    parent = b"CREATE TABLE `p` (`a` int, PRIMARY KEY (`a`)) ENGINE=InnoDB;\n"
    child = b"CREATE TABLE `c` (`a` int, CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `shop`.`p` (`a`)) ENGINE=InnoDB;\n"
    keys = [key.sql for planned in moved(parent + child).plan.tables for key in planned.deferred.foreign_keys]
    assert keys == [b"CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`a`)"]

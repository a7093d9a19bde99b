# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which definitions are tried on the server although others were accepted."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks import accepted_forms
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.checks.accepted_forms import AcceptedForms
from ansible_collections.apsaradb.mysql.tests.support import plans

DUMP = (
    b"CREATE TABLE `t1` (a int) ENGINE=InnoDB AUTO_INCREMENT=5 ;\nCREATE TABLE `t2` (a int) ENGINE=InnoDB AUTO_INCREMENT=66 ;\nCREATE TABLE `t3` (b int);\n"
    b"SET sql_mode = 'ANSI';\nCREATE TABLE `t4` (b int);\nCREATE TABLE t5 (b int);\nCREATE VIEW v AS SELECT 1;\n"
)


def test_another_form_or_session_is_tried(monkeypatch):
    plan = plans.plan(plans.whole(DUMP))
    made = [planned.create for planned in plan.tables] + list(plan.objects)
    accepted = AcceptedForms()
    accepted.add(made[0])
    assert [each in accepted for each in made] == [True, True, False, False, False, False]
    for each in made[2:]:
        accepted.add(each)
    # A name without backticks and a view have no form.
    assert [each in accepted for each in made] == [True, True, True, True, False, False]
    monkeypatch.setattr(accepted_forms, "_MOST_FORMS", 3)
    accepted.add(made[0])
    assert [each in accepted for each in made[:4]] == [True, True, False, False]

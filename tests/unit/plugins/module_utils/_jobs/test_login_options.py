# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the login options to a login."""

from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._login_options import LOGIN_SPEC, login_of


def test_every_option_is_in_the_login():
    values = {name: "{0}-value".format(name) for name in LOGIN_SPEC}
    assert sorted(login_of(values)) == sorted(values.values())


def test_the_password_is_the_only_secret():
    assert [name for name, option in LOGIN_SPEC.items() if option.get("no_log")] == ["login_password"]

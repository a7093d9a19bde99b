# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before a server is asked, and the source as the options name it; tests/servers/test_follow.py follows one."""

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._follow.live_channel import LiveSource
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs import _follow_job
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._follow_job import _login_at, follow_job, source_of, with_tls
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext

OPTIONS = {"databases": None, "database": None, "source_database": None, "until": None, "until_gtid": None, "before_statement": None}
FOLLOW = {"host": "rds.example", "port": 3307, "user": "rds", "password": None, "ca_cert": None}


@pytest.mark.parametrize("state", ["followed", "stopped", "promoted"])
def test_a_database_follows_under_its_own_name_only(state):
    params = dict(OPTIONS, databases={"shop": "shop2", "crm": "crm"}, state=state)
    with pytest.raises(Failure, match="A database that follows must keep its original name: shop\\. .*Nothing was changed"):
        follow_job(JobContext(params, False, pytest.fail))


@pytest.mark.parametrize("state", ["followed", "stopped", "promoted"])
@pytest.mark.parametrize("option", ["until", "until_gtid", "before_statement"])
def test_a_stop_point_of_databases_that_follow_is_refused(state, option, monkeypatch):
    def connect(_login):
        raise Failure("The server was asked")

    monkeypatch.setattr(_follow_job, "login_of", lambda _params: None)
    monkeypatch.setattr(_follow_job, "connect", connect)
    accepted = (option, state) == ("until_gtid", "promoted")
    message = "The server was asked" if accepted else "{0} has no effect with state: {1}.*state: rolled with binlogs".format(option, state)
    with pytest.raises(Failure, match=message):
        follow_job(JobContext(dict(OPTIONS, database="shop", state=state, **{option: "x"}), False, pytest.fail))


def test_the_source_of_the_options():
    assert source_of({"follow": FOLLOW}) == LiveSource("rds.example", 3307, "rds", "", tls=False, ca_cert=None)
    source = source_of({"follow": dict(FOLLOW, password="secret", ca_cert="/ca.pem")})
    assert (source.tls, source.password, source.address) == (True, "secret", "rds.example:3307")
    login = _login_at(source)
    assert (login.user, login.password, login.host, login.port, login.ca_cert) == ("rds", "secret", "rds.example", 3307, "/ca.pem")


class Asked:
    """A connection to a server of this version, with TLS or without."""

    def __init__(self, version, cipher):
        self.version, self.cipher = version, cipher

    def value(self, _sql):
        return self.version

    def rows(self, _sql):
        return [("Ssl_cipher", self.cipher)]


@pytest.mark.parametrize(
    "version, cipher, ca_cert, tls",
    [("8.0.36", "AES", None, True), ("8.0.36", "", None, False), ("5.7.44", "AES", None, False), ("5.7.44", "AES", "/ca.pem", True)],
)
def test_the_channel_uses_tls_if_the_connection_does(version, cipher, ca_cert, tls):
    assert with_tls(Asked(version, cipher), source_of({"follow": dict(FOLLOW, ca_cert=ca_cert)})).tls is tls

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases follow a live server: state followed, stopped and promoted of mysql_roll_forward."""

from contextlib import ExitStack
from typing import Any, Dict

from .._failure import Failure
from .._follow.live_channel import LiveSource
from .._server.connection import Connection, Login, connect
from .._server.server_info import version_of
from ._following import Following
from ._login_options import login_of
from ._promotion import promote
from ._roll_targets import databases_of
from ._run import JobContext
from ._stop_point import STOPS


def follow_job(call: JobContext) -> Dict[str, Any]:
    """Bring the databases into ``state``.

    :raises Failure: the state cannot be reached; completed work is kept, and the next run continues.
    """
    databases = databases_of(call.params)
    renamed = sorted(source for source, name in databases.items() if source != name)
    if renamed:
        what = "A database that follows must keep its original name: {0}. Under another name, MySQL's filters silently drop DDL statements with qualified names"
        cure = "Import the backup under the original name, on a separate server if necessary. Nothing was changed."
        raise Failure(what.format(", ".join(renamed)), "databases", cure)
    _refuse_stop_point(call.params)
    with ExitStack() as closing:
        control = connect(login_of(call.params))
        closing.callback(control.close)
        control.run("SET SESSION sql_mode = ''")
        following = Following(call, control, sorted(databases))
        if call.params["state"] == "stopped":
            return following.stop()
        source = source_of(call.params)
        connection = connect(_login_at(source))
        closing.callback(connection.close)
        source = with_tls(connection, source)
        if call.params["state"] == "promoted":
            return promote(following, source, connection)
        return following.follow(source, connection, lambda: connect(_login_at(source)))


def _refuse_stop_point(params: Dict[str, Any]) -> None:
    """Refuse a stop point that would have no effect: a channel that follows applies everything."""
    for name in STOPS:
        if params[name] and (name, params["state"]) != ("until_gtid", "promoted"):
            cure = "Omit it, or use state: rolled with binlogs to stop there. Nothing was changed."
            raise Failure("{0} has no effect with state: {1}".format(name, params["state"]), None, cure)


def source_of(params: Dict[str, Any]) -> LiveSource:
    """The source server in the parameters."""
    given = params["follow"]
    return LiveSource(given["host"], given["port"], given["user"], given["password"] or "", tls=bool(given["ca_cert"]), ca_cert=given["ca_cert"])


def with_tls(connection: Connection, source: LiveSource) -> LiveSource:
    """The channel uses TLS if this connection does. Without ``ca_cert``, 5.7 and older do not, because the source may reject their TLS versions."""
    uses = bool(source.ca_cert) or version_of(connection).number >= 80000 and bool(connection.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0][1])
    return source._replace(tls=uses)


def _login_at(source: LiveSource) -> Login:
    return Login(user=source.user, password=source.password, host=source.host, port=source.port, ca_cert=source.ca_cert)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stop following: wait for the source's transactions, compare the contents with the source, and remove the channel."""

import time
from typing import Any, Dict, List, NamedTuple, Tuple

from .._failure import Failure
from .._follow.live_channel import LiveSource, failure_of
from .._gtid_set import GtidSet
from .._server.connection import Connection
from .._server.gtid_state import executed
from .._server.server_info import version_of
from ._follow_checks import facts_of
from ._following import Following
from ._login_options import LOGIN_SPEC
from ._roll_checks import warnings_of_events
from ._roll_targets import PROMOTED, PROMOTING
from .mysql_restore_verify import job as verify

_POLL = 0.2
_SECONDS_A_LINE = 1.0
_SECONDS_TO_RECONNECT = 60.0
# information_schema shows whole seconds.
_SECONDS_OF_QUIET = 1
_TRIES = 4


class _SourceComparison(NamedTuple):
    """``problems`` prevent the promotion; ``warnings`` do not."""

    tables: int
    rows: int
    problems: List[str]
    warnings: List[str]


class _Change(NamedTuple):
    """``mark`` changes with each change of rows or definitions. ``is_past``: the last change is old enough that the next one gets a new mark."""

    mark: Tuple[Any, ...]
    is_past: bool


def promote(following: Following, source: LiveSource, connection: Connection) -> Dict[str, Any]:
    """Promote the databases. ``connection`` leads to the source.

    :raises Failure: they differ from the source. They still follow then.
    """
    noted = following.noted
    if not noted:
        raise Failure("The databases do not follow", "server {0}".format(following.login.address), "Run mysql_roll_forward with state: followed first.")
    if noted.get("state") == PROMOTED:
        return dict(following.facts(None), promoted=noted["promoted"], changed=False)
    if following.call.check_mode:
        return dict(following.facts(connection), changed=True)
    # If a killed run has not removed the channel, the databases may not have everything yet.
    if noted.get("state") != PROMOTING or following.channel.exists():
        promoted = _caught_up(following, source, connection)
        following.note(PROMOTING, promoted=promoted)
    following.channel.remove()
    following.release()
    following.note(PROMOTED)
    for warning in warnings_of_events(following.control, following.names):
        following.call.warn(warning)
    return dict(following.facts(None), promoted=following.noted["promoted"], changed=True)


def _caught_up(following: Following, source: LiveSource, connection: Connection) -> Dict[str, Any]:
    """Wait for the transactions and compare the contents; return the result keys about it."""
    _check_account(following, connection, source)
    given = following.call.params["until_gtid"]
    wanted = GtidSet.parse(given) if given else executed(connection)
    beyond = wanted.subtract(executed(connection))
    if beyond:
        what = "The source has not executed these transactions of until_gtid: {0}".format(beyond)
        raise Failure(what, "source {0}".format(source.address), "Correct until_gtid. Nothing was changed.")
    _wait_for(following, source, wanted)
    for _try in range(_TRIES):
        change = _last_change(connection, following.names)
        if change.is_past:
            reached = executed(connection)
            _wait_for(following, source, reached)
            found = _compare(following, source)
            if _last_change(connection, following.names) == change:
                return _agreed(following, source, found, reached)
        following.call.progress.phase("waiting for writes at the source to end")
        time.sleep(_SECONDS_OF_QUIET)
    if not given:
        cure = (
            "Stop the applications or set read_only at the source and run the task again, or give until_gtid to skip the comparison. "
            "The databases still follow."
        )
        raise Failure("The source is still being written to", "source {0}".format(source.address), cure)
    following.call.warn("The source is still being written to, so the contents were not compared.")
    return {"gtid_set": str(wanted), "compared": False, "tables": None, "rows": None}


def _agreed(following: Following, source: LiveSource, found: _SourceComparison, reached: GtidSet) -> Dict[str, Any]:
    if found.problems:
        what = "The databases differ from those of the source: {0}".format("; ".join(found.problems[:5]))
        cure = "Nothing was removed; they still follow. Import a newer backup if they cannot be corrected."
        raise Failure(what, "source {0}".format(source.address), cure, problems=found.problems)
    for warning in found.warnings:
        following.call.warn(warning)
    return {"gtid_set": str(reached), "compared": True, "tables": found.tables, "rows": found.rows}


def _check_account(following: Following, connection: Connection, source: LiveSource) -> None:
    """Check that the account may read the databases on the source, and sees all their objects."""
    grants = facts_of(connection).grants
    lacking = [name for name in following.names if not grants.has("SELECT", name) or grants.hidden_kinds(name)]
    if lacking:
        what = "The account {0} of the source cannot see everything in {1}, so the contents cannot be compared".format(source.user, ", ".join(lacking))
        raise Failure(what, "source {0}".format(source.address), "Grant it SELECT, SHOW VIEW, TRIGGER, EVENT and EXECUTE on them. Nothing was changed.")


def _wait_for(following: Following, source: LiveSource, wanted: GtidSet) -> None:
    """Wait until the server has executed ``wanted``, and report the lag.

    :raises Failure: the channel has stopped, or has not reached the source for a minute.
    """
    shown = ended = 0.0
    while True:
        missing = wanted.subtract(executed(following.control))
        if not missing:
            return
        state, now = following.channel.state(), time.monotonic()
        ended = 0.0 if state.running else ended or now
        if not state.applying or ended and now - ended > _SECONDS_TO_RECONNECT:
            if state.stopped and not state.code:
                raise Failure("The channel is stopped", "server {0}".format(following.login.address), "Run it with state: followed first.")
            raise failure_of(state, source)
        if now - shown > _SECONDS_A_LINE:
            shown = now
            lag = "" if state.lag is None else ", {0} s".format(state.lag)
            following.call.progress.phase("catching up: {0} transactions{1} behind".format(missing.transactions, lag))
        time.sleep(_POLL)


def _last_change(connection: Connection, names: List[str]) -> _Change:
    """The last change of the databases."""
    if version_of(connection).number >= 80000:
        connection.run("SET SESSION information_schema_stats_expiry = 0")
    latest = "GREATEST(IFNULL(MAX(UPDATE_TIME), '2000-01-01'), IFNULL(MAX(CREATE_TIME), '2000-01-01'))"
    query = "SELECT COUNT(*), MAX(UPDATE_TIME), MAX(CREATE_TIME), {0} < NOW() - INTERVAL {1} SECOND FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({2})"
    found = connection.rows(query.format(latest, _SECONDS_OF_QUIET, ", ".join(["%s"] * len(names))), tuple(names))[0]
    return _Change(found[:3], is_past=bool(found[3]))


def _compare(following: Following, source: LiveSource) -> _SourceComparison:
    """Compare every table, and count the other objects."""
    params = following.call.params
    login = {name: params[name] for name in LOGIN_SPEC}
    theirs = dict.fromkeys(LOGIN_SPEC)
    theirs.update(login_user=source.user, login_password=source.password, login_host=source.host, login_port=source.port, ca_cert=source.ca_cert)
    theirs.update(connect_timeout=params["connect_timeout"], database=None)
    tables = rows = 0
    problems: List[str] = []
    warnings: List[str] = []
    for name in following.names:
        more = dict(database=name, databases=None, source=theirs, checksum=True, expected=None, tables=None, exclude_tables=None, fail_on_problems=False)
        found = verify(following.call._replace(params=dict(login, ledger_database=None, **more)))
        tables += len(found["tables"])
        rows += sum(table["rows"] or 0 for table in found["tables"])
        differs = not all(table["ok"] for table in found["tables"]) or found["objects"] != found["objects_expected"] or found["unexpected"]
        said = found["problems"] + ["{0} does not exist at the source".format(each) for each in found["unexpected"]]
        (problems if differs else warnings).extend("{0}: {1}".format(name, text) for text in said)
    return _SourceComparison(tables, rows, problems, warnings)

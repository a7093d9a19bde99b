# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_restore_preflight: check a backup, a server, disks and binary logs, and change nothing."""

import contextlib
from typing import Any, Dict, Optional, Sequence

from .._failure import Failure
from .._finding import ERROR, OK, Finding
from .._follow.segments import history_of
from .._gtid_set import GtidSet
from .._load.checks import messages
from ._binlog_window import files_in
from ._dump_sets import dump_sets
from ._import_options import check_options
from ._import_results import restored_before
from ._inspect import WantedDatabase
from ._preflight import NO_FACTS, InspectedServer, Preflight, preflight
from ._roll_checks import replication_problems, server_problems
from ._roll_plan import RollRequest, plan_of
from ._run import JobContext
from ._stop_point import stop_point


def job(call: JobContext) -> Dict[str, Any]:
    """Run every check and return all findings. With ``unless_restored``, skip a backup that is already restored.

    :raises Failure: a finding is an error, unless ``fail`` is false.
    """
    params = call.params
    check_options(params)
    if params["unless_restored"]:
        # If the server does not answer, the checks report it.
        with contextlib.suppress(Failure):
            restored = restored_before(call)
            if restored is not None:
                return dict(restored, ok=True, findings=[], facts=NO_FACTS)

    def check_roll_forward(checks: Preflight, databases: Sequence[WantedDatabase], server: Optional[InspectedServer]) -> None:
        if params["binlogs"]:
            checks.attempt("binlogs", lambda: _check_binlogs(checks, databases, server))
        # With a plan, its problems include those of the server.
        if server is not None and checks.facts["roll_forward"] is None:
            checks.attempt("binlogs", lambda: _check_replication(checks, server, params))

    return preflight(call, check_roll_forward if params["binlogs"] or params["roll_forward"] else None)


def _check_replication(checks: Preflight, server: InspectedServer, params: Dict[str, Any]) -> None:
    problems = replication_problems(server.connection, server.server.version, set(), enables_gtid=params["gtid"] == "enable")
    _add_problems(checks, problems, server.connection.address)


def _add_problems(checks: Preflight, problems: Sequence[str], where: str) -> None:
    """Add problems that end with their cure as findings."""
    for problem in problems:
        what, _dot, cure = problem.rpartition(". ")
        checks.findings.append(Finding("binlogs", ERROR, what or cure, where, cure if what else None))


def _check_binlogs(checks: Preflight, databases: Sequence[WantedDatabase], server: Optional[InspectedServer]) -> None:
    """Check that the databases can be rolled forward to the stop point with the binlogs in a folder, as mysql_roll_forward will plan it.

    :raises Failure: the stop point cannot be reached, or a file cannot be read.
    """
    params = checks.call.params
    stop, where = stop_point(params), params["binlogs"]
    files = files_in(where)
    sets = dump_sets([database.gtid_set for database in databases])
    if sets is None:
        checks.findings.append(messages.BINLOGS_UNKNOWN.found(where))
        return
    dumps = {database.source: database.gtid_set or GtidSet() for database in databases}
    targets = {database.source: database.target for database in databases}
    plan = plan_of(RollRequest(targets, sets, stop, float(params["overlap"]), dumps=dumps), files)
    problems = list(plan.problems)
    if server is not None:
        executed = GtidSet.parse(server.state.executed)
        history = history_of(executed, sets.common, plan.gtids, None)
        problems += server_problems(server.connection, server.server.version, plan, history, dict(params, binlog="auto"))
    _add_problems(checks, problems, where)
    checks.facts["roll_forward"] = plan.result
    if not problems:
        last = plan.result["window"]["stop"]
        checks.findings.append(Finding("binlogs", OK, "the last transaction to apply is {0}, committed {1}".format(last["gtid"], last["committed"]), where))

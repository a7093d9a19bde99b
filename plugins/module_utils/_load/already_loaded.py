# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load that was complete once: nothing of it is to be done again, or little."""

from .._dump.plan import LoadPlan
from .checks import all_checks
from .context import LoadContext
from .gtid_purged import apply_gtid, decision, lacks_set
from .loader_connection import LoaderConnection
from .result import LoadResult, from_report
from .resume import ResumeState
from .schema.objects import make_objects


def unchanged(ground: LoadContext, outcome: LoadResult) -> LoadResult:
    """All is there already, but for a GTID set that was not wanted then and is now."""
    request, control, purged = ground.request, ground.control, outcome.gtid.get("dump")
    outcome = outcome._replace(changed=outcome.changed or request.ledger == "drop")
    wanting = bool(outcome.gtid) and lacks_set(request, purged, control)
    if wanting or outcome.gtid and request.gtid == "fail":
        problems = all_checks.gtid_problems(request, purged, ground.server, control, ground.log_binary)
        all_checks.refuse(problems, request.login.address, "What was loaded stays, and nothing was changed.")
    if request.check_only:
        return outcome._replace(changed=outcome.changed or wanting, gtid=decision(request, purged) if outcome.gtid else {})
    if outcome.gtid:
        gtid = apply_gtid(request, purged, ground.server, control, ground.log_binary)
        outcome = outcome._replace(changed=outcome.changed or wanting, gtid=gtid)
    if request.ledger == "drop":
        ground.drop_ledger()
    return outcome


def make_lost(ground: LoadContext, seat: LoaderConnection, plan: LoadPlan, where: ResumeState, filtered: bool) -> LoadResult:
    """Objects of it that are gone; killed here, the next run finds those that are still missing."""
    make_objects(seat, plan, True, filtered, where.present)
    names = ", ".join("{0} {1}".format(what.lower(), name) for what, name in sorted(where.lost))
    report = ground.entry.report if ground.entry is not None else {}
    if ground.request.ledger == "drop":
        ground.drop_ledger()
    return from_report(report)._replace(changed=True, resumed=True, warnings=("objects of the dump were gone and were made again: {0}".format(names),))

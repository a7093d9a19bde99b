# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import that is already complete: change only what other options ask for, or create only the missing objects."""

from .._dump.plan import LoadPlan
from .checks.gtid import refuse_gtid
from .checks.subject import KnownDump
from .context import LoadContext
from .gtid_purged import apply_gtid, decision, lacks_set
from .loader_connection import LoaderConnection
from .request import GtidPolicy, LedgerPolicy
from .result import LoadResult, from_report
from .resume import ResumeState, origin_of
from .schema.objects import make_absent_objects


def unchanged(context: LoadContext, result: LoadResult) -> LoadResult:
    """Finish an import whose data are already loaded: apply the dump's GTID set and remove the ledger's entry, if requested."""
    request = context.request
    result = result._replace(changed=result.changed or request.ledger is LedgerPolicy.DROP)
    if result.gtid:
        subject = context.subject(KnownDump.loaded(result.gtid.get("dump")))
        lacking = lacks_set(subject)
        if lacking or request.gtid is GtidPolicy.FAIL:
            refuse_gtid(subject, "The loaded data stays; nothing was changed.")
        gtid = decision(subject) if request.check_only else apply_gtid(subject)
        result = result._replace(changed=result.changed or lacking, gtid=gtid)
    if request.check_only:
        return result
    if request.ledger is LedgerPolicy.DROP:
        context.drop_ledger()
    elif context.entry is not None and request.origin is not None and origin_of(context.entry) != request.origin:
        # This time, the same files came from elsewhere.
        context.ledger.report(context.control, dict(context.entry.report, origin=request.origin))
    return result


def make_lost(context: LoadContext, connection: LoaderConnection, plan: LoadPlan, resume: ResumeState, *, filtered: bool) -> LoadResult:
    """Create the missing objects. If this run is killed, the next one finds those that are still missing."""
    make_absent_objects(connection, plan, resume.present, skip_without_table=filtered)
    names = ", ".join("{0} {1}".format(what.lower(), name) for what, name in sorted(resume.lost))
    report = context.entry.report if context.entry is not None else {}
    if context.request.ledger is LedgerPolicy.DROP:
        context.drop_ledger()
    warning = "objects of the dump were missing and were created again: {0}".format(names)
    return from_report(report)._replace(changed=True, resumed=True, warnings=(warning,))

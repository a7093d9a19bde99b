# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the dump's GTID set to the server, as the user chose, after everything else is loaded."""

from typing import Any, Dict, Sequence

from .._failure import Failure
from .._gtid_set import GtidSet
from .._server.connection import Connection, connect
from .._server.gtid_state import executed, reset
from .checks.gtid import refuse_gtid
from .checks.subject import CheckSubject, KnownDump
from .context import open_context
from .request import GtidPolicy, ImportRequest


def decision(subject: CheckSubject, applied: str = "") -> Dict[str, Any]:
    """For the result: the policy, the set in the dump, and what was added to the server's gtid_purged."""
    return {"policy": subject.request.gtid.value, "dump": subject.known.gtid_purged, "applied": applied}


def lacks_set(subject: CheckSubject) -> bool:
    """Whether the policy is to apply the dump's set, and a part of it is missing on the server."""
    purged = subject.known.gtid_purged
    if purged is None or subject.request.gtid_later or subject.request.gtid in (GtidPolicy.STRIP, GtidPolicy.FAIL):
        return False
    return not GtidSet.parse(purged).within(executed(subject.connection))


def apply_gtid(subject: CheckSubject) -> Dict[str, Any]:
    """Add the dump's set to the server's history, if the policy is to do so and the history lacks it.

    8.0 and later append the missing part. 5.6 and 5.7 accept only a whole set, and only while they have executed nothing
    (MySQL manual, "gtid_purged"); this was checked before the load and is checked again here.

    :raises Failure: the policy has become impossible during the load, or the server did not accept the set.
    """
    connection, version = subject.connection, subject.server.version
    if not lacks_set(subject):
        return decision(subject)
    refuse_gtid(subject, "The rows are loaded.")
    if subject.request.gtid is GtidPolicy.RESET and executed(connection):
        reset(connection, version)
    return decision(subject, str(_add(connection, GtidSet.parse(subject.known.gtid_purged or ""), appends=version.number >= 80000)))


def apply_together(request: ImportRequest, sets: Sequence[str]) -> Dict[str, Any]:
    """Apply the sets of several dumps once, after all of them are loaded; returns the same as :func:`apply_gtid`.

    :raises Failure: as :func:`apply_gtid`.
    """
    merged = GtidSet.parse(",".join(sets)) if sets else None
    control = connect(request.login)
    try:
        subject = open_context(request, control).subject(KnownDump.loaded(str(merged) if merged is not None else None))
        return decision(subject) if request.check_only else apply_gtid(subject)
    finally:
        control.close()


def _add(connection: Connection, wanted: GtidSet, *, appends: bool) -> GtidSet:
    """Add the missing part; returns what was added."""
    new = wanted.subtract(executed(connection))
    connection.run("SET @@GLOBAL.gtid_purged = '{0}{1}'".format("+" if appends else "", new))
    if not wanted.within(executed(connection)):
        raise Failure("The server did not accept the GTID set", "server {0}".format(connection.address), "See its error log.")
    return new

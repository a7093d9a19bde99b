# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the vendor's procedure would end in with this dump on this server, and what each choice of ``gtid`` would do instead."""

from typing import Any, Dict, List, Optional

from ..._server.gtid_set import GtidSet
from ..._server.gtid_state import GtidState, steps_to_on
from ..._server.server_info import Version
from .all_checks import errors_in, gtid_findings
from .subject import CheckSubject

CHOICES = ("strip", "apply", "reset", "enable", "fail")


def guide(purged: Optional[str], files: int, version: Version, mode: str, executed: GtidSet) -> Optional[str]:
    """The error number in which ``mysql target < schema.sql; mysql target < data.sql`` ends, None where it has no such end."""
    wanted = GtidSet.parse(purged or "")
    if purged is None or version.number < 50600:
        return None
    if version.number < 80000:
        if mode.upper() == "OFF" and version.number < 50700:
            return "1839"
        # The first file makes the history that is in the way of the second one.
        return "1840" if executed or (wanted and files > 1) else None
    return "3546" if wanted.intersect(executed) or (wanted and files > 1) else None


def outlook(scene: CheckSubject, state: GtidState, files: int) -> Dict[str, Any]:
    """For the result."""
    purged = scene.known.gtid_purged
    executed = GtidSet.parse(state.executed)
    return {
        "dump": purged,
        "dump_is_sure": scene.known.gtid_sure,
        "executed": state.executed,
        "purged": state.purged,
        "mode": state.mode,
        "guide": guide(purged, files, scene.server.version, state.mode, executed),
        "choices": {choice: _choice(scene, state, choice, GtidSet.parse(purged or ""), executed) for choice in CHOICES},
    }


def _choice(scene: CheckSubject, state: GtidState, choice: str, wanted: GtidSet, executed: GtidSet) -> Dict[str, Any]:
    request = scene.request._replace(gtid=choice)
    problems: List[str] = errors_in(gtid_findings(request, scene.known.gtid_purged, scene.server, scene.connection, scene.log_binary))
    return {"works": not problems, "effect": "; ".join(problems) if problems else _effect(choice, state, wanted, executed)}


def _effect(choice: str, state: GtidState, wanted: GtidSet, executed: GtidSet) -> str:
    missing = wanted.subtract(executed)
    if choice == "strip":
        return "the history stays as it is; the dump's set is left out" if wanted else "the history stays as it is; the dump names no set"
    if choice == "fail":
        return "goes on: the dump names no set"
    adds = "adds {0} to gtid_purged".format(missing) if missing else "adds nothing: all of the dump's set is in the history already"
    if choice == "reset" and missing and executed:
        return "gives up the history {0} and the binary logs, then sets gtid_purged to {1}".format(executed, wanted)
    steps = steps_to_on(state.mode) if choice == "enable" else ()
    return "sets gtid_mode to {0}, then {1}".format(", ".join(steps), adds) if steps else adds

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import in a separate process, which prints its phases so that a test can kill it in one of them.

``python -m ...import_process '{"socket": ..., "target": ..., "paths": [...]}'`` prints each phase when it begins, then
``outcome`` with the result, or ``failure`` with the message. In the phase named ``slow`` it waits before each statement,
or before each table's indexes, so that a test has time to kill it.
"""

import json
import sys
import time
from typing import Any, Dict

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.phase_timer import PhaseTimer
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.result import to_report
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.schema import keys
from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import Progress
from ansible_collections.apsaradb.mysql.plugins.module_utils._server.connection import Connection
from ansible_collections.apsaradb.mysql.tests.support import databases

_AFTER = {
    "scan": "preflight",
    "preflight": "database",
    "database": "tables",
    "tables": "rows",
    "indexes": "verify",
    "swap": "foreign_keys",
    "foreign_keys": "orphans",
    "orphans": "objects",
    "objects": "gtid",
    "gtid": "ledger",
}
_WAIT = 0.01
_WAIT_TO_INDEX = 0.2


class _Phase:
    """The current phase; each is printed once."""

    def __init__(self, slow: str) -> None:
        self.slow = slow
        self.phase = ""
        self._all = set()

    def begin(self, phase: str) -> None:
        self.phase = phase
        if phase not in self._all:
            self._all.add(phase)
            print(phase, flush=True)


def main(wanted: Dict[str, Any]) -> int:
    current = _Phase(wanted.get("slow", ""))
    end_phase, swap, build_indexes, send = PhaseTimer.end, loading._Load._swap, keys.build_indexes, Connection.run

    def end(self: Any, name: str, at: Any = None) -> None:
        end_phase(self, name, at)
        if name in _AFTER:
            current.begin(_AFTER[name])

    def replace(self: Any, plan: Any) -> bool:
        current.begin("swap" if self.target.staged else "foreign_keys")
        return swap(self, plan)

    def phase(_self: Any, name: str, *_sizes: Any) -> None:
        # The rows are there; the indexes of other tables are being built or are there too.
        if name == "indexes":
            current.begin(name)

    def build(*arguments: Any) -> None:
        if current.phase == current.slow:
            time.sleep(_WAIT_TO_INDEX)
        build_indexes(*arguments)

    def run(self: Any, sql: Any) -> int:
        if current.phase == current.slow:
            time.sleep(_WAIT)
        return send(self, sql)

    PhaseTimer.end = end  # type: ignore[method-assign]
    loading._Load._swap = replace  # type: ignore[method-assign]
    keys.build_indexes = build
    Progress.phase = phase  # type: ignore[method-assign]
    Connection.run = run  # type: ignore[method-assign]
    request = databases.request({"socket": wanted["socket"]}, wanted["target"], wanted["paths"], **wanted["options"])
    current.begin("scan")
    try:
        outcome = loading.load(request)
    except Failure as failure:
        print("failure " + json.dumps(str(failure)), flush=True)
        return 3
    print("outcome " + json.dumps(to_report(outcome)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))

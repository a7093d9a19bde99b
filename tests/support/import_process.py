# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import in a process of its own, which tells its phases, so that a test can kill it in one of them.

``python -m ...import_process '{"socket": ..., "target": ..., "paths": [...]}'`` prints a line a phase when it ends, then
``outcome`` with the result, or ``failure`` with the message.
"""

import json
import sys
from typing import Any, Dict

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._load import load as loading
from ansible_collections.apsaradb.mysql.plugins.module_utils._load.outcome import to_report
from ansible_collections.apsaradb.mysql.tests.support import databases


def main(wanted: Dict[str, Any]) -> int:
    told = loading._Load._end_phase

    def tell(self: Any, name: str, at: Any = None) -> None:
        told(self, name, at)
        print(name, flush=True)

    loading._Load._end_phase = tell  # type: ignore[method-assign]
    request = databases.request({"socket": wanted["socket"]}, wanted["target"], wanted["paths"], **wanted["options"])
    print("begun", flush=True)
    try:
        outcome = loading.load(request)
    except Failure as failure:
        print("failure " + json.dumps(str(failure)), flush=True)
        return 3
    print("outcome " + json.dumps(to_report(outcome)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real servers that ``servers.py start`` has started for the tests."""

import json
import os
from typing import Any, Dict, List

VARIABLE = "APSARADB_MYSQL_TEST_SERVERS"


def servers() -> List[Dict[str, Any]]:
    """The entries of the ``servers.json`` that the environment names. Without one the tests fail instead of being skipped.

    The environment may name several with the same servers, one for each process of parallel tests.
    """
    listings = os.environ.get(VARIABLE, "").split(os.pathsep)
    listing = listings[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % len(listings)]
    if not listing:
        raise RuntimeError("{0} is not set. Start the servers (tests/support/servers.py start --root DIR) and set it to DIR/servers.json.".format(VARIABLE))
    with open(listing, encoding="utf-8") as handle:
        found: List[Dict[str, Any]] = json.load(handle)
    if not found:
        raise RuntimeError("{0} lists no servers.".format(listing))
    return found


def server(name: str) -> Dict[str, Any]:
    """The entry of one server: 9.7, 5.7 or 5.6."""
    for entry in servers():
        if entry["name"] == name:
            return entry
    raise RuntimeError("MySQL {0} is not among the servers of {1}.".format(name, os.environ[VARIABLE]))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of a fuzzer that compares something on several servers."""

import argparse
import json
import os
import time
from typing import Any, Dict, List, NamedTuple


class FuzzArguments(NamedTuple):
    """``end`` is the time of the monotonic clock at which to stop."""

    entries: List[Dict[str, Any]]
    end: float
    seed: int


def fuzz_arguments(description: str) -> FuzzArguments:
    """Read --servers, --seconds and --seed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--servers", required=True, help="servers.json of the servers")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    asked = parser.parse_args()
    with open(asked.servers, encoding="utf-8") as handle:
        return FuzzArguments(json.load(handle), time.monotonic() + asked.seconds, asked.seed)

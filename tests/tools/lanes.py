# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run steps in parallel lanes. Each lane has its own copy of the project and runs its steps in order."""

import contextlib
import threading
import time
import traceback
from typing import Callable, Mapping, NamedTuple, Sequence

from run import COLLECTIONS, ROOT, WITHIN, Failed, Run, say
from tree import mirror

Step = Callable[[Run], None]


class Outcome(NamedTuple):
    """The result of a step."""

    passed: int
    failed: int
    seconds: float
    cpu_seconds: float
    ran_on: str

    def and_of_another_lane(self, other: "Outcome") -> "Outcome":
        """The result of a step whose work two lanes have shared."""
        passed, failed, cpu_seconds = self.passed + other.passed, self.failed + other.failed, self.cpu_seconds + other.cpu_seconds
        return Outcome(passed, failed, max(self.seconds, other.seconds), cpu_seconds, self.ran_on or other.ran_on)


class Lane:
    """Run steps in order, until one fails or another lane has failed."""

    failed = threading.Event()

    def __init__(self, run: Run) -> None:
        self.run = run
        self.outcomes: dict[str, Outcome] = {}

    def __call__(self, steps: Mapping[str, Step]) -> None:
        run = self.run
        for name, step in steps.items():
            if self.failed.is_set():
                return
            say(f"{name}")
            passed, failed, cpu_seconds, started = run.passed, run.failed, run.cpu_seconds, time.monotonic()
            run.step, run.ran_on = name, []
            try:
                step(run)
            except Failed as failure:
                say(f"  {name} failed: {failure}")
                run.failed = max(run.failed, failed + 1)
            except Exception:
                say(traceback.format_exc())
                run.failed += 1
            seconds = time.monotonic() - started, run.cpu_seconds - cpu_seconds
            self.outcomes[name] = Outcome(run.passed - passed, run.failed - failed, *seconds, "; ".join(run.ran_on))
            if run.failed:
                self.failed.set()


def check(known: Mapping[str, Step], wanted: Sequence[Sequence[str]], last: Sequence[str] = ()) -> int:
    """Run the lanes of the ``wanted`` steps in parallel and then, in the first lane, the ``last`` steps; the last lines name what failed."""
    with contextlib.ExitStack() as at_exit:
        lanes, threads = [], []
        for number, steps in enumerate(wanted):
            collections = COLLECTIONS.with_name(COLLECTIONS.name + (f"-{number + 1}" if number else ""))
            mirror(ROOT, collections / WITHIN)
            lanes.append(Lane(Run(at_exit, collections)))
            threads.append(threading.Thread(target=lanes[-1], args=({name: known[name] for name in steps},), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lanes[0]({name: known[name] for name in last})
    outcomes: dict[str, Outcome] = {}
    for name, outcome in (found for lane in lanes for found in lane.outcomes.items()):
        outcomes[name] = outcomes[name].and_of_another_lane(outcome) if name in outcomes else outcome
    say(f"\n{'step':<12}{'passed':>7}{'failed':>7}{'seconds':>9}{'CPU':>6}  on")
    for name in (name for name in known if any(name in steps for steps in (*wanted, last))):
        if name in outcomes:
            outcome = outcomes[name]
            say(f"{name:<12}{outcome.passed:>7}{outcome.failed:>7}{outcome.seconds:>9.0f}{outcome.cpu_seconds:>6.0f}  {outcome.ran_on}")
        else:
            say(f"{name:<12}{'-':>7}{'-':>7}{'-':>9}{'-':>6}  did not run")
    passed, failed = (sum(getattr(lane.run, what) for lane in lanes) for what in ("passed", "failed"))
    say(f"\n{passed} passed, {failed} failed")
    for name in (name for lane in lanes for name in lane.run.bad):
        say(f"  failed: {name}")
    return 1 if failed else 0

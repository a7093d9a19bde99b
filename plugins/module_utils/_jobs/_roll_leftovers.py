# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clean up after killed roll-forwards: the channel, the exec mode, and persisted settings."""

from typing import Any, Callable, Dict, List

from .._failure import Failure
from .._follow.roll import Restart, Roller
from .._server.connection import Connection, Login
from .._server.own_channels import FOLLOW_NAME
from ._roll_targets import RollTarget, forget_left, left_rolls, lock_targets, note, unfinished_rolls

_AGAIN = "Drop the database, import the backup again, empty the GTID history (mysql_gtid, state: empty), and roll it forward."


def put_back(roller: Roller, login: Login, control: Connection, targets: List[RollTarget], *, binlog: str) -> None:
    """Remove the channel, and restore the settings. The killed roll-forward may have been for databases other than ``targets``.

    :raises Failure: another roll-forward is running; or the server was restarted, and the channel of ``targets`` may have started without its filters.
    """
    own = {target.name for target in targets}
    left = unfinished_rolls(control, targets)
    lock_targets(control, {target.name for target in left} - own)
    roller.channel.remove()
    for target in left:
        noted = target.roll or {}
        restarted = _was_restarted(noted, roller.started)
        if restarted and target.name in own:
            what = "The server was restarted during a roll-forward, and its channel may have applied transactions without its filters"
            raise Failure(what, login.address, _AGAIN)
        _put_back_settings(roller, noted)
        note(login, [target], _settled(noted, restarted=restarted), binlog=binlog)
    # A channel that follows may rely on the setting that keeps it stopped.
    for target in left_rolls(control, targets) if FOLLOW_NAME not in roller.channel.others() else ():
        _put_back_settings(roller, target.roll or {})
        forget_left(login, [target], binlog=binlog)


def _put_back_settings(roller: Roller, noted: Dict[str, Any]) -> None:
    roller.set_exec_mode(str(noted.get("exec_mode")))
    if noted.get("restart") == Restart.HELD.value:
        roller.release()


def _was_restarted(noted: Dict[str, Any], started: Callable[[], int]) -> bool:
    """Whether the server was started again after the note, so that the channel started with it. ``started`` returns the time, which varies by a second."""
    return noted.get("restart") == Restart.STARTS.value and started() > int(noted.get("started", 0)) + 2


def _settled(noted: Dict[str, Any], *, restarted: bool) -> Dict[str, Any]:
    """The note without the restored settings: the next run for these databases must not restore them again, because the user may have changed them.

    If the server was ``restarted``, the note keeps what makes a run for these databases fail.
    """
    dropped = ("exec_mode",) if restarted else ("exec_mode", "restart")
    return {name: value for name, value in noted.items() if name not in dropped}

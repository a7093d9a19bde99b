# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of other users."""

import os
from typing import Any, Callable

STRANGER = 54321


def give_away(monkeypatch: Any, path: Any, owner: int = STRANGER) -> None:
    """Give a file, link or folder to another user. Only root can do that; for any other user, the functions of ``os`` report that owner."""
    if os.geteuid() == 0:
        os.chown(str(path), owner, owner, follow_symlinks=False)
        return
    number = os.lstat(str(path)).st_ino
    for name in "stat", "lstat", "fstat":
        monkeypatch.setattr(os, name, _as_if_of(owner, number, getattr(os, name)))


def _as_if_of(owner: int, number: int, real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
    def changed(*words: Any, **more: Any) -> os.stat_result:
        state = real(*words, **more)
        values, others = state.__reduce__()[1]
        return os.stat_result(values[:4] + (owner,) + values[5:], others) if state.st_ino == number else state

    return changed

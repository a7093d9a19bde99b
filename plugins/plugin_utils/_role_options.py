# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces module options in messages with variables of the role ``restore``, if the role runs the module."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

_ROLE = "apsaradb.mysql.restore"
_PREFIX = "restore_"
_TEXTS = ("msg", "cure", "what", "warnings")
_PARTS_OF_EVENTS = {"event", "chain", "msg"}
# An option followed by a value, or preceded by "with" or "set". Other words of a message can be names of the user's objects.
_VALUES = r"apply|auto|current|disabled|false|full|keep|merge|none|off|on|origin|replace|reset|rows|server|skip|strip|true"
_OPTION = r"\b({0})\b(?=: (?:(?:{1})\b|\{{|\[|__))|(?<=\bwith )\b({0})\b(?! [a-z]+:)|(?<=\b[Ss]et )({0})\b(?= to )"


def with_role_options(result: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``result`` with variables of the role in its messages, if a task of the role ran the module with these ``variables``."""
    if variables.get("ansible_role_name") != _ROLE:
        return result
    names = [name[len(_PREFIX) :] for name in variables if name.startswith(_PREFIX) and not name.startswith(_PREFIX + "_")]
    if not names:
        return result
    option = re.compile(_OPTION.format("|".join(sorted(map(re.escape, names), key=len, reverse=True)), _VALUES))
    renamed: dict[str, Any] = _rename(result, option)
    return renamed


def _rename(value: Any, option: re.Pattern[str], *, is_text: bool = False) -> Any:
    if isinstance(value, str):
        return option.sub(lambda found: _PREFIX + found.group(), value) if is_text else value
    if isinstance(value, dict):
        return {key: _rename(item, option, is_text=key in _TEXTS) for key, item in value.items()}
    if isinstance(value, list):
        return [_rename(item, option, is_text=is_text) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Since ansible-core 2.19 an error or a warning is an object. Its event has the text, and may have a chain of further events.
        known = {field.name for field in dataclasses.fields(value)} & _PARTS_OF_EVENTS
        return dataclasses.replace(value, **{name: _rename(getattr(value, name), option, is_text=name == "msg") for name in known})
    return value

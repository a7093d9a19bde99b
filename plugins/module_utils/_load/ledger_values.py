# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of the values that imports and roll-forwards write to the ledger. Everything read from it is checked here, because anyone with the
privileges may have changed it."""

import json
from typing import Any, Callable, Dict, Optional, Tuple

from .._failure import Failure
from .._gtid_set import GtidSet

# Returns the value without keys that this version does not know; raises WrongValue. The text is the path of the value.
Form = Callable[[Any, str], Any]
# More than any number of rows, bytes, seconds or nanoseconds.
_TOO_LARGE = 1 << 64


class WrongValue(Exception):
    """A value of the ledger that no import or roll-forward has written; the text names it."""


def _scalar(fits: Callable[[Any], bool]) -> Form:
    def check(value: Any, path: str) -> Any:
        if not fits(value):
            raise WrongValue("{0} is {1}".format(path, _shown(value)))
        return value

    return check


def _shown(value: Any) -> str:
    """The value for a message. A list or dictionary may be nested too deeply to be shown."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a dictionary"
    return ascii(value)[:60]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _is_number(value: Any) -> bool:
    # A comparison with NaN is false.
    return type(value) in (int, float) and -_TOO_LARGE < value < _TOO_LARGE


def _is_gtid_set(value: Any) -> bool:
    try:
        return _is_text(value) and GtidSet.parse(value) is not None
    except Failure:
        return False


_TEXT = _scalar(_is_text)
# The path of a file may contain bytes that are not UTF-8.
_PATH = _scalar(lambda value: isinstance(value, str))
_COUNT = _scalar(lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_LARGE)
_NUMBER = _scalar(_is_number)
_TRUTH = _scalar(lambda value: isinstance(value, bool))
_GTIDS = _scalar(_is_gtid_set)
_WORD = _scalar(lambda value: value is None or isinstance(value, bool) or _is_number(value) or _is_text(value))


def _one_of(*words: str) -> Form:
    return _scalar(lambda value: isinstance(value, str) and value in words)


def _optional(form: Form) -> Form:
    return lambda value, path: None if value is None else form(value, path)


def _list_of(form: Form) -> Form:
    def check(value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise WrongValue("{0} is {1}".format(path, _shown(value)))
        return [form(each, "{0}[{1}]".format(path, index)) for index, each in enumerate(value)]

    return check


def _row_of(*forms: Form) -> Form:
    """A list with one value of each form."""

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, list) or len(value) != len(forms):
            raise WrongValue("{0} is {1}".format(path, _shown(value) if not isinstance(value, list) else "a list of {0}".format(len(value))))
        return [form(each, "{0}[{1}]".format(path, index)) for index, (form, each) in enumerate(zip(forms, value))]

    return check


def _map_of(form: Form) -> Form:
    def check(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise WrongValue("{0} is {1}".format(path, _shown(value)))
        return {_TEXT(key, "a key of " + path): form(each, "{0}.{1}".format(path, ascii(key)[1:-1][:60])) for key, each in value.items()}

    return check


def _record(required: Dict[str, Form], optional: Optional[Dict[str, Form]] = None) -> Form:
    """A dictionary with all ``required`` keys; other keys than these and the ``optional`` ones are left out."""
    forms = dict(required, **(optional or {}))

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise WrongValue("{0} is {1}".format(path, _shown(value)))
        missing = [key for key in required if key not in value]
        if missing:
            raise WrongValue("{0} has no {1}".format(path, missing[0]))
        return {key: form(value[key], "{0}.{1}".format(path, key)) for key, form in forms.items() if key in value}

    return check


_FILES = _list_of(_record({"size": _COUNT, "edges": _COUNT, "modified": _NUMBER, "content": _optional(_COUNT)}))
# Only compared with the settings of a request.
_SETTINGS = _scalar(lambda value: isinstance(value, dict))
_TABLES = _list_of(
    _record(
        {"name": _TEXT, "rows": _optional(_COUNT), "rows_expected": _optional(_COUNT), "bytes": _COUNT, "seconds": _NUMBER, "engine": _TEXT},
        {"checksum": _optional(_COUNT)},
    )
)
_STAGING = _record({"new": _TEXT, "old": _TEXT, "state": _one_of("loading", "swapping", "swapped", "clearing"), "tables": _COUNT, "parked": _TRUTH})
_EFFECT = _record({}, dict(dict.fromkeys(("line", "kind", "table", "matched", "rows", "warnings"), _WORD)))
_AFTER_SQL = _list_of(
    _record({"name": _TEXT, "sha256": _TEXT, "state": _one_of("begun", "complete"), "statements": _list_of(_EFFECT)}, {"statements_left_out": _COUNT})
)
_REPORT: Dict[str, Form] = {
    "after_sql": _AFTER_SQL,
    "began": _NUMBER,
    "bytes": _COUNT,
    "changed": _TRUTH,
    "differences": _list_of(_record({"table": _TEXT, "what": _TEXT, "dump": _TEXT, "server": _TEXT})),
    "elapsed": _NUMBER,
    "fast_chunks": _COUNT,
    "fingerprint": _TEXT,
    "gtid": _record({}, {"policy": _TEXT, "dump": _optional(_GTIDS), "applied": _GTIDS}),
    "objects": _map_of(_COUNT),
    "lasting_events": _optional(_COUNT),
    "origin": _optional(_row_of(_PATH, _optional(_PATH), _optional(_TEXT))),
    "phases": _map_of(_NUMBER),
    "resumed": _TRUTH,
    "rewritten": _map_of(_COUNT),
    "rolled_forward": _map_of(_WORD),
    "server_version": _TEXT,
    "settled": _TABLES,
    "skipped": _TRUTH,
    "skipped_bytes": _COUNT,
    "staging": _STAGING,
    "statements": _COUNT,
    "tables": _TABLES,
    "tables_left_out": _COUNT,
    "warnings": _list_of(_TEXT),
}
# While the target is loaded: the CREATE DATABASE of a target that the load created. Afterwards: the kinds and names of its objects.
_MADE: Dict[str, Form] = {"loading": _TEXT, "complete": _list_of(_row_of(_TEXT, _TEXT))}
_FOLLOWED: Dict[str, Form] = {"source": _record({"host": _TEXT, "port": _COUNT, "user": _TEXT}), "set": _GTIDS, "restart": _one_of("held", "stopped", "starts")}
_ROLL: Dict[str, Form] = {
    "exec_mode": _optional(_TEXT),
    "gtids": _GTIDS,
    "overlap": _optional(_record({"again": _GTIDS, "after": _GTIDS, "tables": _list_of(_row_of(_TEXT, _TEXT))})),
    "promoted": _map_of(_WORD),
    "reached": _map_of(_WORD),
    "started": _COUNT,
}


def _parsed(texts: Dict[str, str], what: str, default: str) -> Any:
    try:
        return json.loads(texts.get(what, default))
    except (ValueError, RecursionError):
        raise WrongValue("{0} is not JSON".format(what)) from None


def checked_entry(state: str, texts: Dict[str, str]) -> Tuple[Any, Any, Any]:
    """The files, settings and report of an entry with this ``state``, from the JSON ``texts`` of the entry.

    :raises WrongValue: no import has written them.
    """
    _one_of("loading", "complete")(state, "state")
    report = _record({}, dict(_REPORT, made=_MADE[state]))
    settings = _SETTINGS(_parsed(texts, "settings", "{}"), "settings")
    return _FILES(_parsed(texts, "files", "[]"), "files"), settings, report(_parsed(texts, "report", "{}"), "report")


def checked_after_sql(texts: Dict[str, str]) -> Any:
    """The SQL files that ran after the import; None without a note.

    :raises WrongValue: no run of mysql_restore_sql has written it.
    """
    return _optional(_AFTER_SQL)(_parsed(texts, "after_sql", "null"), "after_sql")


def checked_roll(texts: Dict[str, str]) -> Any:
    """The note of a roll-forward; None without a note.

    :raises WrongValue: no roll-forward has written it.
    """
    noted = _parsed(texts, "roll", "null")
    follows = isinstance(noted, dict) and "source" in noted
    required = dict({"state": _TEXT, "databases": _map_of(_TEXT)}, **(_FOLLOWED if follows else {}))
    return _optional(_record(required, dict(_FOLLOWED, **_ROLL)))(noted, "roll")


def checked_name(value: Any, what: str) -> str:
    """A name that is kept as UTF-8.

    :raises WrongValue: it is something else.
    """
    try:
        return str(value.decode("utf-8"))
    except (AttributeError, UnicodeDecodeError):
        raise WrongValue("{0} is {1}".format(what, ascii(value)[:60])) from None


def checked_number(value: Any, what: str) -> int:
    """A number of a column.

    :raises WrongValue: it is something else.
    """
    try:
        return int(value)
    except (TypeError, ValueError):
        raise WrongValue("{0} is {1}".format(what, ascii(value)[:60])) from None

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of mysql_restore_report: facts in, a page, JSON and JUnit XML out, none of them with a secret in it."""

import json
import os
import re
import tempfile
import time
from typing import Any, Dict

from .._failure import Failure
from .._report.facts import GOOD, ReportInput, put_together, to_json
from .._report.junit import to_junit
from .._report.page import to_html
from .._transfer.redaction import redact
from ._run import JobContext


def job(call: JobContext) -> Dict[str, Any]:
    """Write the three files, each whole or not at all."""
    params = _redacted(call.params)
    given = ReportInput(
        restored=params["restored"] or {},
        verified=params["verified"] or [],
        backup=params["backup"] or {},
        failure=params["failure"],
        failed_task=params["failed_task"],
        steps=params["steps"] or [],
        host=params["host"] or "",
        title=params["title"],
        versions=params["versions"] or {},
    )
    report = put_together(given, time.time())
    texts = {"html": to_html(report), "json": json.dumps(to_json(report), indent=2, sort_keys=True) + "\n", "junit": to_junit(report)}
    folder = call.params["dest"]
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", call.params["name"]).lstrip(".") or "report"
    result: Dict[str, Any] = {"changed": True, "ok": report.verdict == GOOD, "verdict": report.verdict, "problems": list(report.problems)}
    for kind, text in texts.items():
        result[kind] = os.path.join(folder, "{0}.{1}".format(stem, "xml" if kind == "junit" else kind))
        if not call.check_mode:
            _write(result[kind], text)
    return result


def _redacted(value: Any) -> Any:
    """A failure may quote a signed URL, and so may what others wrote."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(one) for key, one in value.items()}
    return [_redacted(one) for one in value] if isinstance(value, list) else value


def _write(path: str, text: str) -> None:
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".report-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(text.encode("utf-8"))
            # As the umask says, for a report is to be read.
            mask = os.umask(0o077)
            os.umask(mask)
            os.chmod(part, 0o666 & ~mask)
            os.rename(part, path)
        except BaseException:
            os.unlink(part)
            raise
    except OSError as error:
        raise Failure("The report cannot be written: {0}".format(error.strerror or error), path, "Give another dest.") from error

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a job as an Ansible module. A Failure or any other exception becomes ``fail_json``, without a traceback."""

import contextlib
import os
from typing import Any, Callable, Dict, Iterator, NamedTuple

from ansible.module_utils.basic import AnsibleModule

from .._failure import Failure, printable
from .._progress import SILENT, Progress
from . import _progress_file


class JobContext(NamedTuple):
    """The input of a job. ``warn`` shows a warning to the user; names in it need no escaping.

    ``set_attributes`` sets the requested mode and owner of a file or folder; check mode only compares them. It returns whether that is a change.
    """

    params: Dict[str, Any]
    check_mode: bool
    warn: Callable[[str], None]
    progress: Progress = SILENT
    set_attributes: Callable[[str], bool] = lambda _path: False


Job = Callable[[JobContext], Dict[str, Any]]


def run(module: AnsibleModule, job: Job) -> None:
    """Run ``job``, and end with ``exit_json`` or ``fail_json``.

    A :class:`Failure` becomes ``msg``, and its facts become result keys. Any other exception is a defect of the collection.
    It is reported with its file and line, but without values, which may be secret.
    """

    def warn(text: str) -> None:
        module.warn(printable(text))

    def set_attributes(path: str) -> bool:
        # The mode and the attributes are those of files.
        params = dict(module.params, mode=None, attributes=None) if os.path.isdir(path) else module.params
        return bool(module.set_fs_attributes_if_different(module.load_file_common_arguments(params, path=path), changed=False))

    try:
        with _progress_of(module) as progress:
            result = job(JobContext(module.params, module.check_mode, warn, progress, set_attributes))
    except Failure as failure:
        module.fail_json(msg=printable(str(failure)), **failure.facts)
    except KeyboardInterrupt:
        module.fail_json(msg="Interrupted. Completed work is kept; run the task again to continue.")
    except Exception as error:  # pylint: disable=broad-except
        module.fail_json(msg=defect(error) + ".")
    else:
        module.exit_json(**result)


@contextlib.contextmanager
def _progress_of(module: AnsibleModule) -> Iterator[Progress]:
    """The progress reporter of the job. Check mode writes no file."""
    requested = module.params.get("progress_file")
    paths = [path for path in (requested, os.environ.get(_progress_file.VARIABLE)) if path]
    if module.check_mode or not paths:
        yield SILENT
        return

    def lost(path: str, why: str) -> None:
        if path == requested:
            module.warn("progress_file cannot be written: {0} ({1}). The job continues without it.".format(why, path))

    status = _progress_file.ProgressFile(module._name, paths, lost)
    failed = True
    try:
        yield status
        failed = False
    finally:
        status.end(failed=failed)


def defect(error: BaseException) -> str:
    """The message about an unexpected exception: its place, but no values, which may be secret."""
    return "This is a defect in apsaradb.mysql: {0} at {1}. Please report it".format(type(error).__name__, _location(error))


def _location(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "an unknown location"
    return "{0}:{1}".format(os.path.basename(frame.tb_frame.f_code.co_filename), frame.tb_lineno)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real file system of a few MiB, to be filled up, or one whose files can share blocks (XFS with reflinks).

It is mounted in a separate mount namespace, which ends with the process; without the rights for it, in a user namespace as well. Where that may
not be either, the test fails: nothing would be proven.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, List, Optional

from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, software_cache

_BEGIN = """
import json, os, subprocess, sys
sys.path[:0] = {path!r}
folder = {folder!r}
subprocess.run({mount!r} + [folder], check=True)
"""


def on_small_disk(folder: Path, size: int, script: str, said: str = "", seen: Optional[List[str]] = None) -> Any:
    """What ``script`` prints as JSON with a file system of ``size`` bytes at its ``folder``.

    It is given ``said`` on its standard input; ``seen`` gets all that it prints.
    """
    return _mounted(_namespace(folder), folder, ["mount", "-t", "tmpfs", "-o", "size={0}".format(size), "none"], script, said, seen)


def on_reflink_disk(folder: Path, image: Path, cache: str, script: str) -> Any:
    """The same on an XFS of 320 MiB in the file ``image``, which only root can mount. mkfs.xfs comes from ``cache``, or is downloaded to it."""
    tree = software_cache.ensure_cached(cache, "xfsprogs", lambda place: apt.unpack_packages(place, ["xfsprogs"], lambda names: ["xfsprogs"]))
    with image.open("wb") as stream:
        stream.truncate(320 << 20)
    libraries = ":".join(str(path) for path in Path(tree).glob("*/*-linux-gnu")) + ":" + ":".join(str(path) for path in Path(tree).glob("usr/lib/*-linux-gnu"))
    (loader,) = list(Path(tree).glob("lib/*-linux-gnu/ld-linux-*.so.*"))[:1]
    subprocess.run([str(loader), "--library-path", libraries, tree + "/sbin/mkfs.xfs", "-q", "-m", "reflink=1", str(image)], check=True)
    return _mounted(["unshare", "-m"], folder, ["mount", "-o", "loop", str(image)], script)


def _mounted(way: List[str], folder: Path, mount: List[str], script: str, said: str = "", seen: Optional[List[str]] = None) -> Any:
    begin = _BEGIN.format(path=[entry for entry in sys.path if entry], folder=str(folder), mount=mount)
    done = subprocess.run(
        way + [sys.executable, "-c", begin + script],
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=False,
        timeout=600,
    )
    if seen is not None:
        seen += [done.stdout, done.stderr]
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _namespace(folder: Path) -> List[str]:
    """How to run what mounts something on ``folder``."""
    for way in (["unshare", "-m"], ["unshare", "-rm"]):
        if subprocess.run(way + ["mount", "-t", "tmpfs", "none", str(folder)], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return way
    raise AssertionError("Nobody may mount a small file system on this machine, so none can be filled up: allow user namespaces, or run the tests as root")

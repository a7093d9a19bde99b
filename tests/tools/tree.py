# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy the checkout to where Ansible looks for collections: ``<cache>/collections/ansible_collections/apsaradb/mysql``.

ansible-test refuses a symbolic link there, and asks git for the files of the collection.
"""

import os
import shutil
import subprocess
from pathlib import Path

KEPT = {".git", "tests/output"}


def names(root: Path) -> list[str]:
    """Paths that git tracks or would track in ``root``, without deleted files."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True).stdout
    return [name for name in os.fsdecode(listed).split("\0") if name and os.path.lexists(root / name)]


def mirror(root: Path, tree: Path) -> None:
    """Make ``tree`` contain the files ``names(root)``, and nothing else except its ``.git`` and test results."""
    wanted = set(names(root))
    tree.mkdir(parents=True, exist_ok=True)
    for folder, folders, files in os.walk(tree):
        here = os.path.relpath(folder, tree)
        folders[:] = [name for name in folders if os.path.normpath(os.path.join(here, name)) not in KEPT]
        for name in files:
            if os.path.normpath(os.path.join(here, name)) not in wanted:
                os.unlink(os.path.join(folder, name))
    for folder, _folders, _files in os.walk(tree, topdown=False):
        if not os.listdir(folder) and Path(folder) != tree and ".git" not in Path(folder).relative_to(tree).parts:
            os.rmdir(folder)
    for name in wanted:
        source, target = root / name, tree / name
        if not _same(source, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    if not (tree / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["git", "add", "--all"], cwd=tree, check=True, stderr=subprocess.DEVNULL)


def _same(source: Path, target: Path) -> bool:
    if not os.path.lexists(target):
        return False
    one, two = source.lstat(), target.lstat()
    return (one.st_size, one.st_mtime_ns, one.st_mode) == (two.st_size, two.st_mtime_ns, two.st_mode)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find names of this machine's package hosts in the project's files; none may contain them. antsibull-nox.toml has the names that are the same everywhere."""

import re
import subprocess
import sys
from pathlib import Path

from tree import names

HOST = re.compile(r"://(?:[^/@\s]*@)?([\w.-]+)")


def _package_hosts() -> set[str]:
    """Package hosts in the configuration of this machine."""
    text = ""
    for command in (["pip", "config", "list"], ["npm", "config", "get", "registry"]):
        try:
            text += subprocess.run([sys.executable, "-m", *command] if command[0] == "pip" else command, capture_output=True, text=True, check=False).stdout
        except FileNotFoundError:
            continue
    apt = Path("/etc/apt")
    for source in [apt / "sources.list", *apt.glob("sources.list.d/*"), *apt.glob("apt.conf.d/*")]:
        if source.is_file():
            text += source.read_text(errors="replace")
    return {host for host in HOST.findall(text) if "." in host and host != "github.com"}


def lines_with_hosts(root: Path) -> list[str]:
    """Lines ``file:line: host`` for every package host of this machine in the files of ``root``."""
    hosts = _package_hosts()
    known = re.compile("|".join(rf"(?<![\w.-]){re.escape(host)}(?![\w-])" for host in sorted(hosts)) or r"(?!)")
    found = []
    for name in names(root):
        if (root / name).is_file():
            for number, line in enumerate((root / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                found += [f"{name}:{number}: {match.group()}" for match in known.finditer(line)]
    return found


if __name__ == "__main__":
    sys.exit("\n".join(lines_with_hosts(Path.cwd())) or None)

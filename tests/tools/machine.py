# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts about this machine: its Pythons, its package index, and where Ansible may write."""

import ast
import configparser
import glob
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Iterable

# ansible-test downloads pip for its venvs from a host of the Ansible project, which fails if only a package index can be
# reached. Every Python includes a pip, so this file replaces the download: it gets the wheel of the wanted pip once, and its venvs
# share what is in it, which takes a tenth of the time of an installation in each.
GET_PIP = """\
import ensurepip, glob, os, shutil, subprocess, sys, sysconfig, tempfile, zipfile
here = os.path.dirname(os.path.abspath(__file__))
words = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
wanted = [word for word in words if word.startswith("pip==")][0]
words.remove(wanted)
unpacked = os.path.join(here, wanted)
if not os.path.isdir(unpacked):
    bundled = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))[0]
    command = [sys.executable, os.path.join(bundled, "pip"), "download", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    new = tempfile.mkdtemp(dir=here)
    subprocess.check_call(command + ["--dest", new, wanted])
    zipfile.ZipFile(glob.glob(os.path.join(new, "pip-*.whl"))[0]).extractall(os.path.join(new, "pip"))
    try:
        os.rename(os.path.join(new, "pip"), unpacked)
    except OSError:
        # Another ansible-test was faster.
        if not os.path.isdir(unpacked):
            raise
    shutil.rmtree(new)
with open(os.path.join(sysconfig.get_path("purelib"), "pip.pth"), "w") as shared:
    shared.write(unpacked)
if [word for word in words if not word.startswith("-")]:
    sys.exit(subprocess.call([sys.executable, "-m", "pip", "install"] + words))
"""


VENV = Path(sys.prefix)


def core_version() -> str:
    return version("ansible-core")


def environment(cache: Path, venv: Path = VENV) -> dict[str, str]:
    """The user's environment, with ``venv`` first on PATH and Ansible's files under ``cache``."""
    settings = cache / "ansible" / "ansible.cfg"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH", "PYTHONHOME", "MAKE", "MFLAGS"))}
    env.update(
        PATH=os.pathsep.join([str(venv / "bin"), *map(str, _pyenv_folders()), *_path_without_shims()]),
        ANSIBLE_CONFIG=str(settings),
        ANSIBLE_HOME=str(cache / "ansible"),
        ANSIBLE_ASYNC_DIR=str(cache / "ansible" / "async"),
        ANSIBLE_REMOTE_TMP=str(cache / "ansible" / "tmp"),
        ANSIBLE_COLLECTIONS_PATH=str(cache / "collections"),
        ANSIBLE_PYTHON_INTERPRETER=str(venv / "bin" / "python"),
        ANSIBLE_LOCALHOST_WARNING="False",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="False",
        ANSIBLE_DISPLAY_SKIPPED_HOSTS="False",
        ANSIBLE_CALLBACK_RESULT_FORMAT="yaml",
        APSARADB_MYSQL_CACHE=str(cache),
    )
    return env


def closed_network(cache: Path, venv: Path = VENV) -> dict[str, str]:
    """An environment in which the ansible-test of ``venv`` needs only the package index that pip is configured for.

    ansible-test keeps its venvs under HOME and does not pass on PIP_* variables, so it gets a separate HOME that contains
    pip's settings from all sources.
    """
    home = cache / "home"
    stand_ins = home / ".ansible" / "test" / "cache"
    stand_ins.mkdir(parents=True, exist_ok=True)
    needed = next(venv.glob("lib/python3.*/site-packages/ansible_test/_internal/python_requirements.py")).read_text()
    for pip in set(re.findall(r"\bpip='([\d.]+)'", needed)):
        (stand_ins / f"get_pip_{pip.replace('.', '_')}.py").write_text(GET_PIP)
    _write_pip_settings(home / ".config" / "pip" / "pip.conf")
    env = environment(cache, venv)
    env["HOME"] = str(home)
    return env


def _write_pip_settings(file: Path) -> None:
    output = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    settings = configparser.RawConfigParser()
    settings.add_section("global")
    # In pip the environment overrides files; pip lists it under the name :env:.
    for line in sorted(output.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _equals, value = line.partition("=")
        section, _dot, option = name.rpartition(".")
        section = "global" if section == ":env:" else section
        if not settings.has_section(section):
            settings.add_section(section)
        settings.set(section, option, str(ast.literal_eval(value)))
    # Most of what ansible-test installs is never imported.
    if not settings.has_section("install"):
        settings.add_section("install")
    settings.set("install", "no-compile", "true")
    if not settings.has_option("global", "cache-dir"):
        output = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False).stdout.strip()
        if output:
            settings.set("global", "cache-dir", output)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)  # pip's settings may contain a password
    with file.open("w") as out:
        settings.write(out)


def find_python(minors: Iterable[int]) -> Path | None:
    """The first Python 3 of these minor versions that this machine has."""
    search = os.pathsep.join([*map(str, _pyenv_folders()), *_path_without_shims()])
    return next((Path(found) for minor in minors if (found := shutil.which(f"python3.{minor}", path=search))), None)


def _pyenv_folders() -> list[Path]:
    root = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    # Unlike pathlib's, this glob passes over folders that this user may not enter.
    folders = map(Path, glob.glob(os.path.join(glob.escape(root), "versions/3.*/bin")))
    return sorted(folders, key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.parent.name)], reverse=True)


def _path_without_shims() -> list[str]:
    return [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder and "pyenv" not in folder]

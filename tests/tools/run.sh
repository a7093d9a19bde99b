#!/bin/sh
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: sh tests/tools/run.sh STEP
# Create .cache/venv from the newest Python of this machine, once, and run the step of steps.py in it.
set -eu
cd "$(dirname "$0")/../.."
venv=$PWD/.cache/venv
wanted=tests/tools/requirements.txt

newest_python() {
    for minor in 14 13 12 11; do
        # pyenv puts shims on PATH even for Pythons that are not installed, so try its real interpreters first.
        for python in "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor."*/bin/python3 "python3.$minor" python3; do
            probe="import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, $minor)); "
            if "$python" -c "$probe" 2>/dev/null; then
                "$python" -c 'import sys; print(sys.executable)'
                return
            fi
        done
    done
    echo "No Python 3.11 to 3.14 with the venv module works on this machine. Install one, for instance python3 and python3-venv." >&2
    return 1
}

# A venv does not work after its checkout was moved, so its path is part of the key.
key="$venv $(cksum <"$wanted")"
if [ "$(cat "$venv/.key" 2>/dev/null)" != "$key" ]; then
    python=$(newest_python)
    echo "Setting up .cache/venv with $("$python" --version): about a minute, only the first time." >&2
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-compile --requirement "$wanted"
    # Optional, as on every host: decompresses a backup faster. There is a package for most machines, and no C compiler is needed.
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-compile --only-binary :all: isal ||
        echo "There is no package of isal for this machine: backups are decompressed by zlib." >&2
    # On all cores; pip uses one. Templates among the packages are not valid Python.
    "$venv/bin/python" -m compileall -qq -j 0 "$venv/lib" || true
    printf '%s\n' "$key" >"$venv/.key"
fi
exec "$venv/bin/python" tests/tools/steps.py "$@"

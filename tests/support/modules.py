# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as Ansible runs it: a process that gets its options as JSON and answers with JSON, whatever happens."""

import json
import os
import subprocess
import sys
from typing import Any, Dict, Optional

# What ansible-core's module tests do: the options of a module come in this variable.
RUNNER = """
import json, sys
from importlib import import_module
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.load(sys.stdin)}).encode()
if hasattr(basic, "_ANSIBLE_PROFILE"):
    basic._ANSIBLE_PROFILE = "legacy"
import_module(sys.argv[1]).main()
"""
ROOT = os.path.abspath(__file__).rpartition(os.sep + "ansible_collections" + os.sep)[0]
PREFIX = "ansible_collections.apsaradb.mysql.plugins.modules."


class Module(subprocess.Popen):  # type: ignore[type-arg]
    """``name`` with these options, at work. ``before`` is Python to run first, ``home`` a folder to be its HOME, TMPDIR and working folder."""

    def __init__(self, name: str, options: Dict[str, Any], before: str = "", home: Optional[str] = None) -> None:
        # ansible-test's own way to the collection is not one for child processes.
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=os.pathsep.join([ROOT] + os.environ.get("PYTHONPATH", "").split(os.pathsep)))
        if home is not None:
            env.update(HOME=home, TMPDIR=home)
            # A test with a separate home looks at every file that the module writes; coverage data would be among them.
            for variable in [variable for variable in env if variable.startswith("COVERAGE_")]:
                del env[variable]
        argv = [sys.executable, "-c", before + RUNNER, PREFIX + name]
        super().__init__(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, env=env, cwd=home)
        assert self.stdin is not None
        self.stdin.write(json.dumps(options))
        self.stdin.close()
        self.stdin = None
        self.said = ""

    def answer(self) -> Dict[str, Any]:
        """Its last answer; ``said`` is its whole output."""
        assert self.stdout is not None and self.stderr is not None
        out, err = self.stdout.read(), self.stderr.read()
        self.wait()
        self.stdout.close()
        self.stderr.close()
        self.said = out + err
        assert "Traceback" not in self.said, self.said
        answer: Dict[str, Any] = json.loads(out[out.index("{") :])
        assert bool(answer.get("failed")) == (self.returncode != 0)
        return answer

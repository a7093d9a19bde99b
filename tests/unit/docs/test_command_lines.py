# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No example puts a secret on a command line, which every user of the machine can read."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted(
    path
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "Makefile",
        "docs/**/*.md",
        "docs/**/*.yml",
        "playbooks/**/*.yml",
        "roles/**/*.md",
        "roles/**/*.yml",
        "plugins/modules/*.py",
        "tests/tools/*.py",
    )
    for path in ROOT.glob(pattern)
)
# An argument, not an assignment before the command, which is in its environment alone.
SECRET = re.compile(
    r"(?:make|ansible-playbook|ansible|mysql|mysqldump|curl|wget|aria2c)\s.*?(?:\bURL=|https?://\S*[?&](?:Signature|x-oss-signature|OSSAccessKeyId)"
    r"|restore_(?:internal_)?url\W+https?:|password[=:]\s*[\"']?(?!\{\{)\w|\s-p[\"']?\w|SECRET=|access_key)",
    re.IGNORECASE,
)


def commands(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_secret_on_a_command_line(path: Path) -> None:
    assert [line for line in commands(path.read_text(encoding="utf-8")) if SECRET.search(line)] == []


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("make restore URL='https://...'", True),
        ("URL='https://...' make restore", False),
        ('ansible-playbook apsaradb.mysql.restore -e \'{"restore_url": "https://..."}\'', True),
        ("ansible-playbook apsaradb.mysql.restore -e restore_url=https://...", True),
        ("ansible-playbook apsaradb.mysql.restore -e restore_login_password=secret", True),
        ("mysql -u root -psecret", True),
        ("mysql --password=secret", True),
        ("wget -c 'https://oss/x.tar?Expires=1&Signature=abc'", True),
        ("ansible-playbook apsaradb.mysql.restore -e @restore.yml", False),
        ("export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...", False),
    ],
)
def test_lines_that_show_a_secret_are_found(line: str, bad: bool) -> None:
    assert bool(SECRET.search(line)) is bad


@pytest.mark.parametrize(("words", "warned"), [(["URL=https://x/?Signature=s"], True), ([], False)])
def test_make_warns_of_a_url_among_its_arguments_and_does_not_repeat_it(words: list[str], warned: bool) -> None:
    done = subprocess.run(
        ["make", "-n", "restore", *words], cwd=ROOT, env={"PATH": "/usr/bin:/bin", "URL": "https://x/?Signature=s"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and ("visible to the other users" in done.stderr) is warned and "Signature" not in done.stdout + done.stderr

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of nox: those of antsibull-nox, which antsibull-nox.toml describes, and a few of this collection.

``make lint`` runs the default sessions, ``make check`` all of them. Without make, ``pip install antsibull-nox`` is enough for ``nox -s SESSION``.
"""

import os
import re
import shutil
import sys
from pathlib import Path

import antsibull_nox
import nox

sys.path.insert(0, str(Path(__file__).parent / "tests" / "tools"))

from addresses import addresses  # noqa: E402
from tree import mirror  # noqa: E402

# They need packages that .cache/venv cannot have, or that nothing else needs.
OWN_VENV = ("build-import-check", "ee-check")
PYTHON_OF_HOSTS = ["plugins/modules", "plugins/module_utils"]

nox.options.reuse_venv = "yes"

antsibull_nox.load_antsibull_nox_toml()


@nox.session
def typing(session: nox.Session) -> None:
    """Run mypy on the plugins and on the tools, which have complete annotations."""
    session.install("--requirement", "tests/tools/requirements.txt")
    tree = Path.cwd()
    session.run("mypy", "--no-warn-unused-configs", "noxfile.py", *map(str, sorted(Path("tests/tools").glob("*.py"))))
    # mypy finds the collection by the name that Ansible gives it.
    above = Path(session.create_tmp())
    named = above / "ansible_collections" / "apsaradb" / "mysql"
    named.parent.mkdir(parents=True, exist_ok=True)
    named.unlink(missing_ok=True)
    named.symlink_to(tree)
    with session.chdir(above):
        session.run("mypy", f"--config-file={tree}/pyproject.toml", "-p", "ansible_collections.apsaradb.mysql.plugins", env={"MYPYPATH": str(above.absolute())})


@nox.session
def vermin(session: nox.Session) -> None:
    """Check that what runs on restore hosts, and its unit tests, keep to Python 3.6."""
    session.install("vermin")
    session.run("vermin", "--quiet", "--no-tips", "--violations", "--target=3.6-", "--eval-annotations", *PYTHON_OF_HOSTS, "tests/unit/plugins/module_utils")


@nox.session
def changelog(session: nox.Session) -> None:
    """Check the fragments of the changelog."""
    session.install("antsibull-changelog")
    session.run("antsibull-changelog", "lint")


@nox.session(name="build-import-check", default=False)
def build_import_check(session: nox.Session) -> None:
    """Check that Galaxy accepts the built collection, without a warning."""
    # It needs a separate environment, because it holds back ansible-lint and attrs.
    session.install("ansible-core", "galaxy-importer>=0.4.44")
    folder = Path(session.create_tmp()).absolute()
    mirror(Path.cwd(), folder / "collection")
    # Galaxy refuses a collection without a repository, which is known when a release is built.
    repository = os.environ.get("REPOSITORY")
    try:
        lines = addresses(repository or "https://example.com/apsaradb.mysql")
    except ValueError as error:
        session.error(str(error))
    with (folder / "collection" / "galaxy.yml").open("a", encoding="utf-8") as settings:
        settings.write(lines)
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(folder / "collection"))
    with session.chdir(folder):
        built = next(folder.glob("*.tar.gz")).name
        # Automation Hub requires one of its tags.
        env = {"GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": str(folder / "ansible"), "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"}
        output = session.run("python", "-m", "galaxy_importer.main", built, silent=True, env=env)
    session.log(str(output))
    if re.search(r"^(WARNING|ERROR):", str(output), re.M):
        session.error("Galaxy accepts the collection with a warning")
    if repository:
        release = Path(os.environ.get("APSARADB_MYSQL_NOX", ".cache/nox")).parent / "release"
        release.mkdir(parents=True, exist_ok=True)
        session.log(f"built {shutil.copy(folder / built, release)}, to publish")


@nox.session(venv_backend="none")
def traces(session: nox.Session) -> None:
    """Check that the project names no package host from the settings of this machine."""
    session.run("python", "tests/tools/package_hosts.py")


# With make, all sessions of `make lint` run in .cache/venv, where make has installed what they need, because a venv for each of them takes a minute of CPU
# and gets versions of its own. Without a venv (--no-venv) antsibull-nox leaves out most of its checks without failing, so each session gets .cache/venv
# under its own name.
if SHARED_VENV := os.environ.get("APSARADB_MYSQL_VENV"):
    for name in nox.registry.get():
        if name.startswith(OWN_VENV):
            continue
        link = Path(os.environ["APSARADB_MYSQL_NOX"], name)
        if not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(SHARED_VENV)

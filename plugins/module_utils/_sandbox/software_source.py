# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chooses the source of a sandbox's mysqld: the machine, the distribution's packages, or a vendor's tarball."""

import os
from typing import NamedTuple, Optional, Tuple

from .._failure import Failure
from . import apt, software_cache
from .software import Software, matches, release, system_software, unpacked_software
from .state_file import SandboxState

AUTO, SYSTEM, PACKAGES = KEYWORDS = ("auto", "system", "packages")


class SoftwareRequest(NamedTuple):
    """``source`` is a keyword, a path or a URL. ``folder`` is the cache of unpacked software. ``version`` is a version or the start of one."""

    source: str
    folder: str
    version: Optional[str] = None


class _SoftwareChoice(NamedTuple):
    """``software`` that need not be fetched, or the ``name`` of a tree in the cache."""

    origin: str
    software: Optional[Software]
    name: str
    series: Optional[str]


def obtain(request: SoftwareRequest, state: Optional[SandboxState]) -> Tuple[Software, str]:
    """The software for a new sandbox, or for the one with this ``state``, and the name of its source.

    Missing software is fetched and unpacked. An existing sandbox keeps its source, because its data belong to that server.

    :raises Failure: the source or version is not available, or not the one of the existing sandbox.
    """
    choice = _choose(request, state)

    def fill(tree: str) -> None:
        if choice.origin == PACKAGES:
            apt.unpack_packages(tree, ["mysql-server-core", "mysql-client-core"], apt.choose_mysql(choice.series))
        else:
            # The request has the whole URL; the state file has it without its query string.
            software_cache.unpack_tarball(choice.origin if request.source == AUTO else request.source, tree)

    software = choice.software or unpacked_software(software_cache.ensure_cached(request.folder, choice.name, fill))
    if not matches(software.version, request.version):
        what = "MySQL {0} is required, but the source has {1}".format(request.version, software.version)
        raise Failure(what, software.mysqld[-1], "Choose another source or version. Remove an existing sandbox first (state: absent).")
    return software, choice.origin


def find_local(request: SoftwareRequest, state: Optional[SandboxState]) -> Optional[Tuple[Software, str]]:
    """The result of :func:`obtain` if it needs no fetching, otherwise None."""
    choice = _choose(request, state)
    if choice.software is None and not software_cache.is_cached(request.folder, choice.name):
        return None
    return obtain(request, state)


def _choose(request: SoftwareRequest, state: Optional[SandboxState]) -> _SoftwareChoice:
    source = request.source if request.source in KEYWORDS else software_cache.without_secrets(request.source)
    if state is not None:
        if source not in (AUTO, state.source):
            what = "This sandbox was created from {0}, not from {1}".format(state.source, source)
            raise Failure(what, None, "Omit source to keep it, or remove the sandbox first (state: absent).")
        source = state.source
        if state.software and software_cache.is_cached(*os.path.split(state.software)):
            return _SoftwareChoice(source, unpacked_software(state.software), "", None)
    if source in (AUTO, SYSTEM):
        installed = system_software()
        if installed is not None and (source == SYSTEM or matches(installed.version, request.version)):
            return _SoftwareChoice(SYSTEM, installed, "", None)
        if source == SYSTEM:
            raise Failure("No MySQL server is installed on this machine", "PATH, /usr/sbin", "Install one, or use source=packages or a tarball.")
    if source in (AUTO, PACKAGES):
        # An older series cannot open the data of this one, and a newer series changes them.
        series = request.version or (None if state is None else ".".join(map(str, release(state.version)[:2])))
        return _SoftwareChoice(PACKAGES, software=None, name=PACKAGES + ("-" + series if series else ""), series=series)
    return _SoftwareChoice(source, software=None, name=software_cache.tarball_name(source), series=None)

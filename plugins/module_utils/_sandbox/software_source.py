# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a sandbox's mysqld comes from: the machine, its distribution's packages, or a vendor's tarball."""

import os
from typing import NamedTuple, Optional, Tuple

from .._failure import Failure
from . import apt, software_cache
from .software import Software, matches, release, system_software, unpacked_software
from .state_file import SandboxState

AUTO, SYSTEM, PACKAGES = KEYWORDS = ("auto", "system", "packages")


class SoftwareRequest(NamedTuple):
    """``source`` is a keyword, a path or a URL; ``folder`` is where software is unpacked; ``version`` is a prefix."""

    source: str
    folder: str
    version: Optional[str] = None


class _SoftwareChoice(NamedTuple):
    """``software`` that is there as it stands, or else the ``name`` of a tree on the shelf."""

    origin: str
    software: Optional[Software]
    name: str
    series: Optional[str]


def obtain(request: SoftwareRequest, known: Optional[SandboxState]) -> Tuple[Software, str]:
    """The software for a new sandbox, or for one that remembers ``known``, and the name of its source.

    What is not there yet is fetched and unpacked. An existing sandbox keeps its source: its data belong to that server.
    """
    choice = _choose(request, known)

    def fill(tree: str) -> None:
        if choice.origin == PACKAGES:
            apt.unpack_packages(tree, ["mysql-server-core", "mysql-client-core"], apt.choose_mysql(choice.series))
        else:
            # The request knows the whole URL, the memory of a sandbox only the part that is no secret.
            software_cache.unpack_tarball(choice.origin if request.source == AUTO else request.source, tree)

    software = choice.software or unpacked_software(software_cache.shelve(request.folder, choice.name, fill))
    if not matches(software.version, request.version):
        what = "MySQL {0} is wanted, and this is {1}".format(request.version, software.version)
        raise Failure(what, software.mysqld[-1], "Choose another source or version; an existing sandbox must be removed first (state=absent).")
    return software, choice.origin


def at_hand(request: SoftwareRequest, known: Optional[SandboxState]) -> Optional[Tuple[Software, str]]:
    """What :func:`obtain` answers when it needs to fetch nothing; None when it would have to."""
    choice = _choose(request, known)
    if choice.software is None and not software_cache.is_shelved(request.folder, choice.name):
        return None
    return obtain(request, known)


def _choose(request: SoftwareRequest, known: Optional[SandboxState]) -> _SoftwareChoice:
    asked = request.source if request.source in KEYWORDS else software_cache.plain(request.source)
    if known is not None:
        if asked not in (AUTO, known.source):
            what = "This sandbox was made from {0}, not from {1}".format(known.source, asked)
            raise Failure(what, None, "Leave source out to keep it, or remove the sandbox first (state=absent).")
        asked = known.source
        if known.software and software_cache.is_shelved(*os.path.split(known.software)):
            return _SoftwareChoice(asked, unpacked_software(known.software), "", None)
    if asked in (AUTO, SYSTEM):
        installed = system_software()
        if installed is not None and (asked == SYSTEM or matches(installed.version, request.version)):
            return _SoftwareChoice(SYSTEM, installed, "", None)
        if asked == SYSTEM:
            raise Failure("No MySQL server is installed on this machine", "PATH, /usr/sbin", "Install one, or use source=packages or a tarball.")
    if asked in (AUTO, PACKAGES):
        # Data of one series are not opened by an older one, nor without a change by a newer one.
        series = request.version or (None if known is None else ".".join(map(str, release(known.version)[:2])))
        return _SoftwareChoice(PACKAGES, None, PACKAGES + ("-" + series if series else ""), series)
    return _SoftwareChoice(asked, None, software_cache.tarball_name(asked), None)

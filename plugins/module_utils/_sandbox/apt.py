# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacks packages of the distribution into a private folder. Nothing is installed, and no root privilege is needed.

apt runs with its own state; archives and signing keys come from the machine's apt configuration (sources.list(5)).
"""

import glob
import os
import re
import shutil
import tempfile
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .._failure import Failure
from . import run_program
from .software import matches, release


class PackageArchive(NamedTuple):
    """A package archive: URI, suite, components, and options such as Signed-By under their deb822 names."""

    uri: str
    suite: str
    components: Tuple[str, ...]
    options: Tuple[Tuple[str, str], ...] = ()


def parse_one_line(text: str) -> List[PackageArchive]:
    """The binary archives of a ``*.list`` file: ``deb [option=value ...] uri suite component ...``."""
    found = []
    for line in text.splitlines():
        entry = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if entry:
            options = tuple((name, value) for name, _equals, value in (option.partition("=") for option in (entry.group(1) or "").split()) if value)
            found.append(PackageArchive(entry.group(2), entry.group(3), tuple(entry.group(4).split()), tuple((_FIELDS.get(n, n), v) for n, v in options)))
    return found


# One-line options and their deb822 fields (sources.list(5)); other options have the same spelling in both.
_FIELDS = {"signed-by": "Signed-By", "arch": "Architectures", "trusted": "Trusted", "check-valid-until": "Check-Valid-Until"}


def parse_deb822(text: str) -> List[PackageArchive]:
    """The binary archives of a ``*.sources`` file: in each stanza, every URI with every suite."""
    found = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").strip().lower() in ("no", "false", "0"):
            continue
        options = tuple((name, fields[name.lower()]) for name in _FIELDS.values() if name.lower() in fields)
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                found.append(PackageArchive(uri, suite, tuple(fields.get("components", "").split()), options))
    return found


def _fields(stanza: str) -> Dict[str, str]:
    fields: Dict[str, str] = {}
    name = None
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and name is not None:
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def to_deb822(archives: Iterable[PackageArchive]) -> str:
    """The text of a ``*.sources`` file with these archives."""
    stanzas = []
    for archive in archives:
        lines = ["Types: deb", "URIs: " + archive.uri, "Suites: " + archive.suite]
        if archive.components:
            lines.append("Components: " + " ".join(archive.components))
        lines.extend("{0}: {1}".format(name, value.replace(",", " ") if name == "Architectures" else value) for name, value in archive.options)
        stanzas.append("\n".join(lines) + "\n")
    return "\n".join(stanzas)


def machine_archives(etc: str = "/etc/apt") -> List[PackageArchive]:
    """The binary archives in the machine's apt configuration."""
    found: List[PackageArchive] = []
    parts = os.path.join(glob.escape(etc), "sources.list.d")
    for path in [os.path.join(etc, "sources.list")] + sorted(glob.glob(os.path.join(parts, "*.list"))) + sorted(glob.glob(os.path.join(parts, "*.sources"))):
        try:
            with open(path, encoding="utf-8", errors="replace") as handle:
                text = handle.read()
        except OSError:
            continue
        found.extend(parse_deb822(text) if path.endswith(".sources") else parse_one_line(text))
    return [archive for archive in found if not archive.uri.startswith("cdrom:")]


def os_release(path: str = "/etc/os-release") -> Dict[str, str]:
    """The fields of os-release(5)."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            pairs = [line.strip().partition("=") for line in handle if "=" in line and not line.startswith("#")]
    except OSError:
        return {}
    return {name: value.strip("\"'") for name, _equals, value in pairs}


def suites_to_try(archives: Sequence[PackageArchive], machine: Dict[str, str]) -> List[List[PackageArchive]]:
    """Sets of archives in the order to try: the machine's own suite, then, on Debian, ``unstable``, the suite that has MySQL."""
    codename = machine.get("VERSION_CODENAME", "")
    names = {codename, "stable", "testing", "unstable", "sid"} - {""}
    base = [archive for archive in archives if archive.suite in names and "main" in archive.components]
    names |= {name + suffix for name in names for suffix in ("-updates", "-security")}
    own = [archive for archive in archives if archive.suite in names and "main" in archive.components]
    tries = [own] if own else []
    if machine.get("ID") == "debian":
        for archive in base:
            if re.search(r"/debian/?$", archive.uri) and archive.suite not in ("unstable", "sid"):
                tries.append([archive._replace(suite="unstable", components=("main",))])
                break
    return tries


def newest(versions: Dict[str, str], wanted: Optional[str] = None) -> Optional[str]:
    """The package with the highest version (``9.7.4-2``, ``1:10.11.6-0+deb12u1``) that matches ``wanted``; None if none does."""
    plain = {name: version.split(":", 1)[-1] for name, version in versions.items()}
    fitting = [name for name in plain if matches(plain[name], wanted)]
    return max(fitting, key=lambda name: (release(plain[name]), name)) if fitting else None


_TARBALL = "set source to the path or URL of a vendor's tarball."

Choose = Callable[[Dict[str, str]], List[str]]


def choose_mysql(wanted: Optional[str] = None) -> Choose:
    """Choose the newest server and its clients, by their names in Debian and Ubuntu."""

    def choose(versions: Dict[str, str]) -> List[str]:
        server = newest({name: version for name, version in versions.items() if re.match(r"mysql-server-core(-[\d.]+)?$", name)}, wanted)
        if server is None:
            return []
        client = server.replace("server", "client", 1)
        return [server] + [client] * (client in versions)

    return choose


def unpack_packages(folder: str, prefixes: Iterable[str], choose: Choose, etc: str = "/etc/apt", machine: Optional[Dict[str, str]] = None) -> None:
    """Unpack the packages that ``choose`` picks, with their dependencies, into ``folder``.

    ``choose`` gets the versions of the packages whose names begin with one of ``prefixes``. It returns an empty list to
    try the next suite. The machine's own apt state is neither used nor changed.

    :raises Failure: a tool is missing, apt fails, or no suite has the packages.
    """
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Failure("{0} is missing on this machine, so packages cannot be unpacked".format(tool), None, "Install a MySQL server, or " + _TARBALL)
    archives = machine_archives(etc)
    tries = suites_to_try(archives, os_release() if machine is None else machine)
    if not tries:
        raise Failure("No Debian or Ubuntu archive is configured for apt", etc, "Configure one, or " + _TARBALL)
    tried: List[str] = []
    for suite in tries:
        with _PrivateApt(suite, folder) as apt:
            apt.update()
            names = choose(apt.versions(prefixes))
            if names:
                apt.unpack(names, folder)
                return
        tried.extend("{0} {1}".format(_without_password(archive.uri), archive.suite) for archive in suite)
    raise Failure(
        "No archive has these packages in the requested version: {0}".format(", ".join(prefixes)), ", ".join(tried), "Choose another version, or " + _TARBALL
    )


def _without_password(text: str) -> str:
    """The text without the users and passwords of mirrors in its URLs."""
    return re.sub(r"://[^/\s]*@", "://", text)


_DIRECTORIES = (
    ("State", ""),
    ("State::Lists", "lists"),
    ("State::status", "status"),
    ("Cache", ""),
    ("Cache::archives", "archives"),
    ("Log", ""),
    ("Etc::SourceList", "own.sources"),
    ("Etc::SourceParts", "parts"),
    ("Etc::Preferences", "preferences"),
    ("Etc::PreferencesParts", "parts"),
)


class _PrivateApt:
    """apt-get with its own lists, cache and status, in a temporary folder inside ``parent``, whose owner removes what a killed run leaves there."""

    def __init__(self, archives: Sequence[PackageArchive], parent: str) -> None:
        self._archives = archives
        self._parent = os.path.abspath(parent)

    def __enter__(self) -> "_PrivateApt":
        self._folder = tempfile.mkdtemp(prefix=".apt-", dir=self._parent)
        for folder in ("lists/partial", "archives/partial", "parts"):
            os.makedirs(os.path.join(self._folder, folder))
        self._write("status", "")
        self._write("preferences", "")
        self._write("own.sources", to_deb822(self._archives))
        lines = ['Dir::{0} "{1}";'.format(name, os.path.join(self._folder, path)) for name, path in _DIRECTORIES]
        lines += ['APT::Install-Recommends "false";', 'APT::Sandbox::User "";', 'APT::Update::Error-Mode "any";']
        lines += ['Acquire::Languages "none";', 'Acquire::Retries "3";']
        # Disable the machine's hooks: they act on the machine's folders, and those of container images delete downloaded packages.
        lines += ["#clear {0};".format(hook) for hook in ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")]
        lines += ["#clear {0};".format(hook) for hook in ("DPkg::Pre-Invoke", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs")]
        self._write("apt.conf", "\n".join(lines) + "\n")
        return self

    def __exit__(self, *details: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def update(self) -> None:
        """Download the package lists."""
        self._run("apt-get", "update")

    def versions(self, prefixes: Iterable[str]) -> Dict[str, str]:
        """The packages whose names begin with one of ``prefixes``, with the version apt would install."""
        names: List[str] = []
        for prefix in prefixes:
            names.extend(self._run("apt-cache", "pkgnames", prefix).split())
        found: Dict[str, str] = {}
        if names:
            policy = self._run("apt-cache", "policy", *sorted(set(names)))
            for name, candidate in re.findall(r"^(\S+):\n(?:  .*\n)*?  Candidate: (\S+)", policy, re.M):
                if candidate != "(none)":
                    found[name] = candidate
        return found

    def unpack(self, names: Sequence[str], folder: str) -> None:
        """Download the packages with their dependencies and unpack all of them into ``folder``."""
        self._run("apt-get", "--yes", "--download-only", "install", *names)
        for package in sorted(glob.glob(os.path.join(self._folder, "archives", "*.deb"))):
            self._run("dpkg-deb", "-x", package, folder)
            os.unlink(package)

    def _write(self, name: str, text: str) -> None:
        with open(os.path.join(self._folder, name), "w", encoding="utf-8") as handle:
            handle.write(text)

    def _run(self, tool: str, *words: str) -> str:
        argv = [tool] + (["-c", os.path.join(self._folder, "apt.conf")] if tool.startswith("apt") else []) + list(words)
        environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
        done = run_program.run(argv, environment=environment, separate_errors=True)
        if done.code != 0:
            errors = _without_password(done.errors.strip())
            cure = "Check the machine's apt configuration, network and disk space, or choose another source."
            raise Failure("{0} {1} failed: {2}".format(tool, words[0], errors[-600:]), None, cure)
        return done.output

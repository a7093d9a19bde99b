# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Software is unpacked once, into a folder that sandboxes share; whoever comes second finds it complete."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tarfile
from typing import IO, Callable, Iterator
from urllib.error import HTTPError
from urllib.parse import urlsplit

from ansible.module_utils.urls import open_url

from .._failure import Failure

_COMPLETE = ".complete"


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock file ``path``; another process that wants it waits. The kernel frees it when the holder dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_shelved(shelf: str, name: str) -> bool:
    """Whether ``shelf/name`` is there and complete."""
    return os.path.isfile(os.path.join(shelf, name, _COMPLETE))


def shelve(shelf: str, name: str, fill: Callable[[str], None]) -> str:
    """The folder ``shelf/name``, which ``fill`` was asked to make exactly once.

    ``fill`` gets an empty folder. Its work takes the final name only when it is complete; what an interrupted run left
    behind is thrown away by the next.
    """
    try:
        os.makedirs(shelf, exist_ok=True)
        final = os.path.join(shelf, name)
        with locked(final + ".lock"):
            if not is_shelved(shelf, name):
                part = final + ".part"
                for old in (part, final):
                    shutil.rmtree(old, ignore_errors=True)
                os.mkdir(part)
                try:
                    fill(part)
                    with open(os.path.join(part, _COMPLETE), "wb") as marker:
                        os.fsync(marker.fileno())
                    os.rename(part, final)
                except BaseException:
                    shutil.rmtree(part, ignore_errors=True)
                    raise
    except OSError as error:
        cure = "Make room there, or choose another software_path."
        raise Failure("The MySQL software cannot be put into its folder: {0}".format(error.strerror or error), shelf, cure) from error
    return final


def tarball_name(source: str) -> str:
    """A folder name for the tarball ``source`` (path or URL): the same for the same tarball, free of a URL's secrets."""
    digest = hashlib.sha256(plain(source).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return "{0}-{1}".format(re.sub(r"\.(t[gx]z|tar(\.\w+)?)$", "", os.path.basename(plain(source))) or "tarball", digest)


def plain(source: str) -> str:
    """``source`` as it may be shown and remembered: a URL without its query, which may be a secret; an absolute path."""
    return urlsplit(source)._replace(query="", fragment="").geturl() if is_url(source) else os.path.abspath(source)


def is_url(source: str) -> bool:
    """Whether ``source`` is fetched and not read from disk."""
    return source.startswith(("http://", "https://"))


def unpack_tarball(source: str, folder: str) -> None:
    """Unpack the tarball at a path or URL into ``folder``; nothing in it may reach outside."""
    if not is_url(source):
        try:
            with open(source, "rb") as stream:
                _unpack(stream, source, folder)
        except OSError as error:
            raise Failure("The tarball cannot be read: {0}".format(error.strerror or error), source, "Check the path in source.") from error
        return
    shown = plain(source)
    try:
        with open_url(source, timeout=60, http_agent="apsaradb.mysql") as stream:
            _unpack(stream, shown, folder)
    except Failure:
        raise
    except Exception as error:  # of open_url, urllib, ssl or http.client; any of their texts may hold the query
        kind = "HTTP {0}".format(error.code) if isinstance(error, HTTPError) else type(error).__name__
        raise Failure("The tarball cannot be downloaded ({0})".format(kind), shown, "Check the address, or give a file.") from None


def _unpack(stream: IO[bytes], shown: str, folder: str) -> None:
    home = os.path.realpath(folder)
    try:
        # A pipe's mode: nothing is read twice, so a download needs no second copy on disk.
        with tarfile.open(fileobj=stream, mode="r|*") as tar:
            tar.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)  # checked here, for every Python
            for member in tar:
                if not _stays_inside(member, home):
                    raise Failure("The tarball holds a member that would leave its folder: {0!r}".format(member.name), shown, "Get it from its vendor again.")
                member.mode |= 0o600
                tar.extract(member, home, set_attrs=not member.issym())
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Failure("This is not a complete tarball: {0}".format(error), shown, "Give the vendor's .tar.gz or .tar.xz, whole.") from error


def _stays_inside(member: tarfile.TarInfo, home: str) -> bool:
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        return False
    place = os.path.join(home, member.name)
    targets = [os.path.dirname(place), os.path.join(home, os.path.normpath(member.name))]
    if member.issym():
        targets.append(os.path.join(os.path.dirname(place), member.linkname))
    elif member.islnk():
        targets.append(os.path.join(home, member.linkname))
    return all((os.path.realpath(target) + os.sep).startswith(home + os.sep) for target in targets)

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder of unpacked software that sandboxes share: each tree is fetched once and is complete when it has its final name."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import tarfile
from typing import IO, Any, Callable, Iterator
from urllib.error import HTTPError
from urllib.parse import urlsplit

from ansible.module_utils.urls import open_url

from .._atomic_file import sync_folder
from .._failure import Failure
from .._own_file import refuse_planted

_COMPLETE = ".complete"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock file ``path``; other processes wait. The kernel releases it when the process ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_cached(cache: str, name: str) -> bool:
    """Whether the tree ``cache/name`` exists and is complete.

    :raises Failure: another user may have placed it there; its programs would be run.
    """
    refuse_planted(cache)
    refuse_planted(os.path.join(cache, name))
    return os.path.isfile(os.path.join(cache, name, _COMPLETE))


def ensure_cached(cache: str, name: str, fill: Callable[[str], None]) -> str:
    """The path of the tree ``cache/name``. If it is missing, ``fill`` is called once to create it, even if several processes need it.

    ``fill`` gets an empty folder, which gets its final name when ``fill`` has returned. The next run removes the leftovers of an
    interrupted one.

    :raises Failure: it cannot be created, or something else has its name.
    """
    final = os.path.join(cache, name)
    if is_cached(cache, name):
        # Without the lock file, so that another user can share software of root.
        return final
    try:
        os.makedirs(cache, exist_ok=True)
        with locked(final + ".lock"):
            if not is_cached(cache, name):
                if os.path.lexists(final) and not (os.path.isdir(final) and not os.listdir(final)):
                    # A complete tree has its marker, so it is not known whose this is.
                    raise Failure("This is not software that the sandbox has unpacked", final, "Move or remove it, or choose another software_path.")
                part = final + ".part"
                shutil.rmtree(part, ignore_errors=True)
                os.mkdir(part)
                try:
                    fill(part)
                    with open(os.path.join(part, _COMPLETE), "wb") as marker:
                        os.fsync(marker.fileno())
                    sync_folder(part)
                    os.rename(part, final)
                except BaseException:
                    shutil.rmtree(part, ignore_errors=True)
                    raise
    except OSError as error:
        cure = "Free disk space there, or choose another software_path."
        raise Failure("The MySQL software cannot be unpacked: {0}".format(error.strerror or error), cache, cure) from error
    return final


def tarball_name(source: str) -> str:
    """The name in the cache of the tarball ``source`` (path or URL). It does not depend on the query string of a URL, which contains the signature."""
    digest = hashlib.sha256(without_secrets(source).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return "{0}-{1}".format(re.sub(r"\.(t[gx]z|tar(\.\w+)?)$", "", os.path.basename(without_secrets(source))) or "tarball", digest)


def without_secrets(source: str) -> str:
    """``source`` in a form that may be shown and stored: a URL without its query string, user and password, or an absolute path."""
    if not is_url(source):
        return os.path.abspath(source)
    parts = urlsplit(source)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def is_url(source: str) -> bool:
    """Whether ``source`` is a URL, as opposed to a path."""
    return source.lower().startswith(("http://", "https://"))


def unpack_tarball(source: str, folder: str) -> None:
    """Unpack the tarball at a path or URL into ``folder``.

    :raises Failure: it cannot be read, is incomplete, or has a member that would be written outside ``folder``.
    """
    if not is_url(source):
        try:
            with open(source, "rb") as stream:
                _unpack(stream, source, folder)
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise
            raise Failure("The tarball cannot be read: {0}".format(error.strerror or error), source, "Check the path in source.") from error
        return
    shown = without_secrets(source)
    try:
        with open_url(source, timeout=60, http_agent="apsaradb.mysql") as stream:
            _unpack(stream, shown, folder)
    except Failure:
        raise
    except Exception as error:  # from open_url, urllib, ssl or http.client; their texts may contain the query
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            raise
        kind = "HTTP {0}".format(error.code) if isinstance(error, HTTPError) else type(error).__name__
        raise Failure("The tarball cannot be downloaded ({0})".format(kind), shown, "Check the URL, or use a local file.") from None


_EndMark = tarfile.EOFHeaderError  # type: ignore[attr-defined]


class _MarkedEnd(tarfile.TarInfo):
    """Records the end mark of a tarball as its attribute ``has_ended``: tarfile takes the end of the file for it, as of a download that broke off."""

    @classmethod
    def fromtarfile(cls, tarfile: Any) -> "_MarkedEnd":
        try:
            return super().fromtarfile(tarfile)
        except _EndMark:
            tarfile.has_ended = True
            raise


def _unpack(stream: IO[bytes], shown: str, folder: str) -> None:
    root = os.path.realpath(folder)
    try:
        # Stream mode reads nothing twice, so a download is unpacked without a copy on disk.
        with tarfile.open(fileobj=stream, mode="r|*", tarinfo=_MarkedEnd) as tar:
            tar.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)  # old Pythons have no filters; _stays_inside checks on all
            for member in tar:
                if not _stays_inside(member, root):
                    raise Failure("The tarball has a member outside its directory: {0!r}".format(member.name), shown, "Download it from the vendor again.")
                member.mode |= 0o600
                # Otherwise root would give the programs to the users whose numbers or names the vendor's machine had.
                member.uid, member.gid, member.uname, member.gname = os.geteuid(), os.getegid(), "", ""
                tar.extract(member, root, set_attrs=not member.issym())
            if not getattr(tar, "has_ended", False):
                raise EOFError("its end is missing")
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Failure("This is not a complete tarball: {0}".format(error), shown, "Use the vendor's complete .tar.gz or .tar.xz.") from error


def _stays_inside(member: tarfile.TarInfo, root: str) -> bool:
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        return False
    path = os.path.join(root, member.name)
    targets = [os.path.dirname(path), os.path.join(root, os.path.normpath(member.name))]
    if member.issym():
        targets.append(os.path.join(os.path.dirname(path), member.linkname))
    elif member.islnk():
        targets.append(os.path.join(root, member.linkname))
    return all((os.path.realpath(target) + os.sep).startswith(root + os.sep) for target in targets)

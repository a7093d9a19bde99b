# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job of rds_backup_fetch: download a backup to a file, and refuse it as soon as its contents show that it is not a logical backup."""

import os
from typing import Any, Callable, Dict, List, Optional, Tuple

from .._backup.excerpt import excerpt, verify_gzips
from .._backup.file_reader import FileReader
from .._backup.layout import is_single, read_manifest, select
from .._backup.manifest import Manifest
from .._backup.recognise import recognise
from .._failure import Failure
from .._openapi.api_client import DEFAULT_POLICY, RetryPolicy
from .._transfer import checksum, fetched_record
from .._transfer.fetch import FetchRequest, FetchResult, fetch
from .._transfer.fetch_policy import FetchPolicy
from .._transfer.remote_reader import RemoteReader
from .._transfer.selection import Selection
from . import _url_options
from ._alicloud_options import rds_of
from ._archived_backup import origin_of_fetched
from ._fresh_urls import FreshUrls
from ._run import JobContext

# Files of these kinds may contain a dump. They are downloaded, and a warning explains how to unpack them.
_WRAPPED = ("tar.gz", "gzip in gzip", "zip", "zstd", "bzip2", "xz", "7z")
# The first bytes are not enough to decide.
_LATER = ("cut gzip", "damaged gzip")


def job(call: JobContext, pace: RetryPolicy = DEFAULT_POLICY) -> Dict[str, Any]:
    """Download the backup and describe the file.

    :raises Failure: the download failed, or the file is not a logical backup.
    """
    wanted = _wanted(call.params)
    renewal = _renewal(call.params, wanted, pace)
    before = fetched_record.read(wanted.dest)
    call.progress.about(os.path.basename(wanted.dest))
    call.progress.phase("connect")

    def check(path: str, selection: Selection) -> List[str]:
        call.progress.phase("verify")
        return _structure(path, whole=selection.whole, warn=call.warn)

    def moved(done: int, total: int) -> None:
        call.progress.phase("download", total, done)
        call.progress.at(done, total)

    policy = FetchPolicy(call.warn, renew=renewal, select=_select, inspect=_inspect, progress=moved, check=check)
    fetched = fetch(wanted, policy, dry_run=call.check_mode)
    databases = _databases(fetched, wanted.names, dry=call.check_mode)
    changed = fetched.changed
    if os.path.exists(fetched.dest):
        changed = call.set_attributes(fetched.dest) or changed
    result = {
        "changed": changed,
        "dest": fetched.dest,
        "backup_id": renewal.backup_id if renewal is not None else None,
        "size": fetched.size,
        "etag": _plain(fetched.etag),
        "crc64": None if fetched.crc64 is None else str(fetched.crc64),
        "databases": databases,
        "origin": origin_of_fetched(fetched.dest),
        "verified_by": fetched.verified_by,
        "source": fetched.source,
        "bytes_downloaded": fetched.downloaded,
        "bytes_resumed": fetched.resumed,
        "bytes_missing": fetched.missing,
        "requests": fetched.requests,
        "elapsed": fetched.elapsed,
    }
    if fetched.changed:
        result["diff"] = {"before": _described(before), "after": _described(fetched)}
    return result


def _wanted(params: Dict[str, Any]) -> FetchRequest:
    speed = _url_options.speed(params)
    if params["databases"] is not None and not params["databases"]:
        raise Failure("databases is empty", cure="Name the databases to fetch, or omit it to fetch the whole backup.")
    network = _url_options.network(params)
    return FetchRequest(
        url=_url_options.url(params, "url"),
        internal_url=_url_options.url(params, "internal_url"),
        dest=params["dest"],
        checksum=checksum.parse(params["checksum"]) if params["checksum"] else None,
        size=params["size"],
        network=network,
        names=tuple(params["databases"] or ()),
        **speed,
    )


def _renewal(params: Dict[str, Any], wanted: FetchRequest, pace: RetryPolicy) -> Optional[FreshUrls]:
    """The source of fresh URLs; None without an instance. A missing credential or region fails here, before the download."""
    if not params["instance_id"]:
        return None
    given = wanted.url or wanted.internal_url
    return FreshUrls(rds_of(params, pace), params["instance_id"], params["backup_id"] or None, given.object_path if given is not None else None)


class _ObjectStart:
    """A reader of the first bytes of an object."""

    name = "the object behind the URL"

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.size = len(head)

    def read(self, offset: int, length: int) -> bytes:
        return self._head[offset : offset + length]


def _inspect(head: bytes) -> None:
    """Refuse a file whose first bytes show that it is unsuitable. Otherwise this is decided when the file is complete."""
    finding = recognise(_ObjectStart(head))
    if finding.problem is not None and len(head) >= 512 and finding.kind not in _WRAPPED + _LATER:
        raise Failure(finding.problem, where=_ObjectStart.name, cure=finding.cure, recognised=finding.kind)


def _select(reader: RemoteReader, names: Tuple[str, ...]) -> Optional[Selection]:
    """The ranges of the archive that contain the databases ``names``; None for the whole archive."""
    found = excerpt(reader, names, reader.remote.object_path)
    return None if found is None else Selection(names, found.spans, found.size)


def _structure(path: str, *, whole: bool, warn: Callable[[str], None]) -> List[str]:
    """Read the table of contents of the downloaded file, and return the checks that it passed.

    OSS has no checksum for a part of an object, so for a part the gzip checksum of each member is verified too.
    """
    with FileReader(path) as reader:
        finding = recognise(reader)
        if finding.kind in _WRAPPED:
            warn("{0}. {1}".format(finding.problem, finding.cure))
            return []
        manifest = _manifest(reader, path)
        if whole:
            return ["structure"]
        unverifiable = verify_gzips(reader, manifest)
    if unverifiable:
        warn(_url_options.unverified(unverifiable))
    return ["structure"] if unverifiable else ["structure", "gzip"]


def _manifest(reader: FileReader, path: str) -> Manifest:
    # The manifest names a single dump after its file; remove the suffix of an unfinished download.
    return read_manifest(reader, path[: -len(".part")] if path.endswith(".part") else path)


def _databases(fetched: FetchResult, names: Tuple[str, ...], *, dry: bool) -> Optional[List[str]]:
    """The databases in the file, or in check mode in the file that a real run would write; None if they are not known.

    :raises Failure: the file is the whole backup, but lacks one of ``names``.
    """
    if dry and fetched.changed:
        return sorted(fetched.names) or None
    try:
        with FileReader(fetched.dest) as reader:
            manifest = _manifest(reader, fetched.dest)
    except Failure:
        # A compressed archive, or a file with a specified checksum.
        return None
    # The manifest names a single dump after its file, and the file name is the user's choice.
    if names and not is_single(manifest):
        select(manifest, names)
    return [database.name for database in manifest.databases]


def _plain(etag: Optional[str]) -> Optional[str]:
    return None if etag is None else etag.strip('"')


def _described(what: Any) -> Dict[str, Any]:
    if what is None:
        return {}
    described = {"size": what.size, "etag": _plain(what.etag), "crc64": None if what.crc64 is None else str(what.crc64)}
    return dict(described, databases=sorted(what.names)) if what.names else described

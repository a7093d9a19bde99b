# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch an object, or parts of it, from a URL to a file.

The steps: check whether it is already there, choose the URL, select the bytes, reuse local bytes, check the space, download, verify, rename.
"""

import contextlib
import os
import time
from typing import List, NamedTuple, Optional, Tuple

from .._failure import Failure
from .._own_file import ForeignFile, planted, planted_on_the_way
from . import already_there, fetched_record, journal, part_file, reuse, selection, verify_download
from .checksum import Checksum
from .choose_url import ChosenUrl, UrlChooser
from .download import Download
from .download_connection import DownloadTask
from .fetch_policy import FetchPolicy
from .fetched_record import FetchedRecord
from .http_client import Network, ObjectChanged
from .part_cleanup import PartCleanup
from .part_file import PartFile
from .parts import done, layout
from .probe import RemoteObject
from .remote_reader import RemoteReader, Replaced
from .reuse import PartLayout
from .selection import Selection
from .signed_url import SignedUrl
from .url_renewal import RenewableUrl, Urls


class FetchRequest(NamedTuple):
    """What to fetch and how. ``size`` (of the object) and ``part_size`` in bytes; ``bandwidth_limit`` in bytes per second, 0 for none.

    ``names`` select a part of the object, see :attr:`FetchPolicy.select`; () is the whole object.
    """

    url: Optional[SignedUrl]
    internal_url: Optional[SignedUrl]
    dest: str
    checksum: Optional[Checksum] = None
    size: Optional[int] = None
    connections: int = 4
    part_size: int = 16 << 20
    bandwidth_limit: int = 0
    force: bool = False
    network: Network = Network()
    names: Tuple[str, ...] = ()


class FetchResult(NamedTuple):
    """The result. ``missing``: in check mode, the bytes that a real run would download; otherwise 0.

    ``size`` and ``crc64`` are those of the file; ``names`` are what it contains, () if it is the whole object. ``elapsed`` in seconds.
    """

    changed: bool
    dest: str
    size: int
    etag: Optional[str]
    crc64: Optional[int]
    verified_by: List[str]
    source: Optional[str]
    downloaded: int
    resumed: int
    missing: int
    requests: int
    elapsed: float
    names: Tuple[str, ...]


def fetch(request: FetchRequest, policy: FetchPolicy, *, dry_run: bool = False) -> FetchResult:
    """Make ``request.dest`` hold the object, complete and verified. With ``dry_run``, only report the cost.

    With ``request.names``, the file holds the bytes that ``policy.select`` finds for them. Bytes that an earlier fetch of the same object has put
    into the file stay in it and are not downloaded again; a file that holds all of the names is left unchanged.

    :raises Failure: ``dest`` is unchanged. Bytes that a later run can continue stay in ``<dest>.part``.
    """
    named = os.path.abspath(os.path.expanduser(request.dest))
    _refuse_planted(named)
    dest = os.path.realpath(named)
    if os.path.isdir(dest) and policy.renew is not None and request.url is None and request.internal_url is None:
        urls = policy.renew()
        request = request._replace(url=urls.url, internal_url=urls.internal_url)
    dest = _file_path(request, dest, dry_run=dry_run)
    _refuse_planted(dest)
    try:
        return _Fetch(request._replace(dest=dest), policy, dry_run=dry_run).run()
    except OSError as error:
        what = "dest cannot be written: {0}".format(error.strerror or type(error).__name__)
        raise Failure(what, str(error.filename or dest), "Check the directory, its owner and its mode, then run the task again.") from None


def _refuse_planted(dest: str) -> None:
    """Refuse a file or link that another user may have placed at ``dest``, except a file that an earlier fetch has given to that user."""
    on_the_way = planted_on_the_way(dest)
    if on_the_way is not None:
        raise ForeignFile(on_the_way, dest)
    reason = planted(dest)
    if reason is not None:
        record = None if os.path.islink(dest) else fetched_record.read(dest)
        if record is None or not record.describes(dest):
            raise ForeignFile(reason, dest)


def _file_path(request: FetchRequest, dest: str, *, dry_run: bool) -> str:
    if os.path.isdir(dest):
        source = request.url or request.internal_url
        name = source.object_path.rsplit("/", 1)[-1] if source else ""
        if name in ("", ".", ".."):
            raise Failure("dest is a directory, and the URL names no file", dest, "Specify the full path of the file.")
        dest = os.path.join(dest, name)
    if os.path.exists(dest) and not os.path.isfile(dest):
        raise Failure("dest exists and is not a regular file", dest, "Specify the path of a file.")
    # In check mode an earlier task may not have created the folder.
    if not dry_run and not os.path.isdir(os.path.dirname(dest)):
        raise Failure("The directory of dest does not exist", os.path.dirname(dest), "Create it first.")
    return dest


class _Fetch:
    """One fetch. ``dest`` in ``request`` is the real path of a file."""

    def __init__(self, request: FetchRequest, policy: FetchPolicy, *, dry_run: bool) -> None:
        self._request = request
        self._policy = policy
        self._dry_run = dry_run
        self._urls = UrlChooser(Urls(request.url, request.internal_url), policy.renew, request.size, request.network)
        self._started = time.monotonic()
        # The identity of the file on which the decisions below are based.
        self._seen = part_file.identity(request.dest)
        self._requests = 0
        self._downloaded = 0

    def run(self) -> FetchResult:
        """Return early if the file is already there, even if the server cannot be asked."""
        request, checksum = self._request, self._request.checksum
        record = self._complete_record(request.size)
        proof = None if request.force or checksum is None else already_there.with_checksum(request.dest, request.size, record, checksum)
        if proof is not None:
            return self._unchanged(proof, None)
        trusted = record is not None and checksum is None
        if record is not None and trusted and self._urls.names(record.object_path) and self._urls.all_expired():
            return self._unchanged(record, None)
        try:
            chosen = self._urls.choose()
        except Failure as failure:
            if record is None or not trusted or not self._urls.names(record.object_path):
                raise
            if not getattr(failure, "expired", False):
                what = "{0} is complete, but the server could not be asked whether the object has changed: {1}"
                self._policy.warn(what.format(request.dest, failure))
            return self._unchanged(record, None)
        same = None if request.force else already_there.holding(request.dest, record, chosen.remote)
        already_there.refuse_contradiction(checksum, chosen.remote, holds_remote=same is not None)
        return self._unchanged(same, chosen.remote) if same is not None else self._attempts(chosen)

    def _attempts(self, chosen: ChosenUrl) -> FetchResult:
        """Try twice if the object changes."""
        try:
            return self._attempt(chosen, warn_of_cost=True)
        except ObjectChanged:
            self._policy.warn("The object behind the URL was replaced during the download: starting over with the new one.")
        chosen = self._urls.choose()
        try:
            return self._attempt(chosen, warn_of_cost=False)
        except ObjectChanged:
            where = chosen.remote.url.redacted
            raise Failure("The object was replaced again during the download", where, "Run the task again when the upload of the object is complete.") from None

    def _attempt(self, chosen: ChosenUrl, *, warn_of_cost: bool) -> FetchResult:
        remote = chosen.remote
        url = RenewableUrl(remote, self._policy.renew)
        wanted = self._select(remote, url)
        if self._dry_run:
            return self._forecast(remote, wanted)
        warning = chosen.cost_warning(wanted.length)
        if warn_of_cost and warning is not None:
            self._policy.warn(warning)
        with PartFile(self._request.dest + ".part") as file, PartCleanup(file) as cleanup:
            # Another process may have completed dest, or added to it, while this one waited.
            if file.waited or part_file.identity(self._request.dest) != self._seen:
                record = self._complete_record(remote.size)
                same = None if self._request.force else already_there.holding(self._request.dest, record, remote)
                if same is not None:
                    cleanup.not_needed()
                    return self._unchanged(self._with_checksum(same, remote), remote)
                wanted = self._select(remote, url)
            return self._fill(file, cleanup, url, remote, wanted)

    def _fill(self, file: PartFile, cleanup: PartCleanup, url: RenewableUrl, remote: RemoteObject, wanted: Selection) -> FetchResult:
        request, dest = self._request, self._request.dest
        plan = reuse.continued(file, remote, wanted, self._policy.warn)
        if plan is None:
            plan = self._plan(remote, wanted)
            if remote.ranged:
                reuse.copy_from_dest(dest, file, self._partial_record(remote), plan.parts)
        resumed = done(plan.parts)
        cleanup.holds(plan.parts if remote.ranged else [])
        part_file.need_space(os.path.dirname(dest), wanted.size - resumed)
        # Truncate twice, so that only zeros follow the bytes of the object, whatever an earlier run left there.
        os.ftruncate(file.number, min(wanted.length, file.size))
        os.ftruncate(file.number, wanted.size)
        self._download(file, url, remote, wanted, plan)
        proofs = verify_download.verify(file.path, remote, wanted, plan.parts, request.checksum, self._policy)
        record = fetched_record.of_download(remote, wanted, proofs, os.fstat(file.number).st_mtime_ns)
        part_file.settle(file, dest, lambda: fetched_record.taking_over(dest, record))
        cleanup.renamed()
        if proofs.crc64 is None and wanted.whole:
            record = record._replace(crc64=remote.crc64)
        return self._result(record, remote, changed=True, resumed=resumed)

    def _download(self, file: PartFile, url: RenewableUrl, remote: RemoteObject, wanted: Selection, plan: PartLayout) -> None:
        request = self._request
        book = journal.Journal(file.journal_path, remote, wanted, plan.part_size, plan.parts, file.number) if remote.ranged else None
        task = DownloadTask(remote, url, plan.parts, file, book, request.network, request.bandwidth_limit, self._policy.inspect)
        download = Download(task, request.connections if remote.ranged else 1)
        try:
            download.run(self._policy.progress)
        finally:
            self._requests += download.requests
            self._downloaded += download.bytes
            if book is not None:
                book.close()

    def _plan(self, remote: RemoteObject, wanted: Selection) -> PartLayout:
        if not remote.ranged:
            return PartLayout(layout(wanted.spans, remote.size), remote.size)
        return reuse.parts_of(wanted, self._request.part_size, self._request.connections)

    # The bytes in the file, and the bytes that it should hold.

    def _complete_record(self, size: Optional[int]) -> Optional[FetchedRecord]:
        """The record of dest if the file holds everything requested."""
        record = None if self._request.force else already_there.valid_record(self._request.dest, size)
        return record if record is not None and record.holds(self._request.names) else None

    def _partial_record(self, remote: RemoteObject) -> Optional[FetchedRecord]:
        """The record of dest if it holds some of the bytes of ``remote``."""
        record = None if self._request.force else already_there.valid_record(self._request.dest, remote.size)
        return record if record is not None and record.names and record.is_of(remote) else None

    def _with_checksum(self, record: FetchedRecord, remote: RemoteObject) -> FetchedRecord:
        """``record``, which describes ``remote``, after proving that the file has the requested checksum."""
        checksum = self._request.checksum
        if checksum is None:
            return record
        proof = already_there.with_checksum(self._request.dest, record.size, record, checksum)
        already_there.refuse_contradiction(checksum, remote, holds_remote=proof is None)
        return proof or record

    def _select(self, remote: RemoteObject, url: RenewableUrl) -> Selection:
        """The bytes of ``remote`` that belong into the file, divided at the borders of the bytes that dest already has.

        :raises ObjectChanged: ``remote`` was replaced.
        """
        record = self._partial_record(remote)
        names = set(self._request.names)
        wanted = selection.whole(remote.size)
        if names and self._policy.select is not None:
            if remote.ranged:
                names.update(record.names if record is not None else ())
                wanted = self._selected(remote, url, tuple(sorted(names))) or wanted
            else:
                self._policy.warn("The server does not support ranges, so the whole object is downloaded.")
        return wanted.divided((first, end) for first, end in (record.spans if record is not None else ()))

    def _selected(self, remote: RemoteObject, url: RenewableUrl, names: Tuple[str, ...]) -> Optional[Selection]:
        if self._policy.select is None:
            return None
        reader = RemoteReader(None, network=self._request.network, remote=remote, url_source=url)
        try:
            return self._policy.select(reader, names)
        except Replaced:
            raise ObjectChanged() from None
        finally:
            reader.close()
            self._requests += reader.requests
            self._downloaded += reader.bytes

    # Results.

    def _unchanged(self, record: FetchedRecord, remote: Optional[RemoteObject]) -> FetchResult:
        if not self._dry_run and record != fetched_record.read(self._request.dest):
            with contextlib.suppress(OSError):
                # Without the record the next run reads the file, which is only slower.
                fetched_record.write(self._request.dest, record)
        return self._result(record, remote, changed=False)

    def _forecast(self, remote: RemoteObject, wanted: Selection) -> FetchResult:
        dest = self._request.dest
        present = journal.claimed(dest + ".part", remote, wanted) if remote.ranged else 0
        part_file.need_space(os.path.dirname(dest), wanted.size - present)
        if not present:
            present = sum(part.length for part, _at in reuse.in_dest(self._partial_record(remote), self._plan(remote, wanted).parts))
        crc = remote.crc64 if wanted.whole else None
        record = fetched_record.of_download(remote, wanted, verify_download.Proofs([], {}, crc), 0)
        return self._result(record, remote, changed=True, resumed=present, missing=wanted.length - present)

    def _result(self, record: FetchedRecord, remote: Optional[RemoteObject], *, changed: bool, resumed: int = 0, missing: int = 0) -> FetchResult:
        return FetchResult(
            changed=changed,
            dest=self._request.dest,
            size=record.size,
            etag=record.etag,
            crc64=record.crc64,
            verified_by=list(record.verified_by),
            source=remote.source if remote is not None else None,
            downloaded=self._downloaded,
            resumed=resumed,
            missing=missing,
            requests=self._requests + self._urls.requests,
            elapsed=round(time.monotonic() - self._started, 3),
            names=tuple(record.names),
        )

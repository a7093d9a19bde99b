# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One object, or parts of it, from a URL to a file: already there? - probe - choose - space - download - verify - final name."""

import contextlib
import os
import time
from typing import Callable, List, NamedTuple, Optional, Tuple

from .._failure import Failure
from . import crc64, fetched_record, journal, part_file, selection, verify_download
from .checksum import Checksum
from .download import Download, Inspect, Progress
from .fetched_record import FetchedRecord
from .http_client import HttpClient, Network, ObjectChanged
from .oss_error import Refused
from .parts import Part, done, fitting_part_size, layout
from .probe import Probed, RemoteObject, probe
from .remote_reader import RemoteReader, Replaced
from .selection import Selection
from .signed_url import SignedUrl
from .url_renewal import Renew, RenewableUrl, Urls, without_a_fresh_one
from .verify_download import Check

Warn = Callable[[str], None]
_BLOCK = 1 << 20
Choose = Callable[[RemoteReader, Tuple[str, ...]], Optional[Selection]]
"""Reads as much of the object as it takes to find what the names stand for; None is the whole object."""


class FetchRequest(NamedTuple):
    """What to fetch and how. ``size`` (of the object) in bytes; ``bandwidth_limit`` in bytes a second, 0 for none; ``part_size`` in bytes.

    ``names`` say what of the object is wanted, () is all of it.
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
    """What came of it. ``missing``: bytes that a run in check mode would still download; 0 after a real run.

    ``size`` and ``crc64`` are the file's; ``names`` what is in it, () when it is the whole object.
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


def fetch(
    wanted: FetchRequest,
    warn: Warn,
    check: Optional[Check] = None,
    inspect: Optional[Inspect] = None,
    dry: bool = False,
    choose: Optional[Choose] = None,
    renew: Optional[Renew] = None,
    progress: Optional[Progress] = None,
) -> FetchResult:
    """Make ``wanted.dest`` hold the object, complete and verified; say what it took. With ``dry``, only say what it would take.

    With ``wanted.names``, the file holds those bytes of the object that ``choose`` finds for them. What an earlier fetch of the same
    object brought stays in it and is not fetched again; a file that holds all of the names is left as it is.

    ``inspect`` is given the first bytes of the file before any is written, ``check`` the path of the complete file before it gets its
    final name, and answers with the names of its proofs for ``verified_by``. Both raise a Failure to refuse the object.

    ``renew`` is asked for URLs when there are none, and for fresh ones of the same object whenever those there are have expired.
    ``progress`` is told of the download while it lasts.

    :raises Failure: ``dest`` is as it was before. What is worth continuing stays in ``<dest>.part``.
    """
    dest = os.path.realpath(os.path.expanduser(wanted.dest))
    if os.path.isdir(dest) and renew is not None and wanted.url is None and wanted.internal_url is None:
        wanted = _at(wanted, renew())
    dest = _final_name(wanted, dest, dry)
    try:
        return _Fetch(wanted._replace(dest=dest), warn, check, inspect, dry, choose, renew, progress).go()
    except OSError as error:
        what = "dest cannot be written: {0}".format(error.strerror or type(error).__name__)
        raise Failure(what, dest, "Look at the folder, its owner and its mode, then run it again.") from None


def _at(wanted: FetchRequest, urls: Urls) -> FetchRequest:
    return wanted._replace(url=urls.url, internal_url=urls.internal_url)


def _final_name(wanted: FetchRequest, dest: str, dry: bool) -> str:
    if os.path.isdir(dest):
        source = wanted.url or wanted.internal_url
        name = source.object_path.rsplit("/", 1)[-1] if source else ""
        if name in ("", ".", ".."):
            raise Failure("dest is a folder and the URL names no file", dest, "Give the whole path of the file.")
        dest = os.path.join(dest, name)
    if os.path.exists(dest) and not os.path.isfile(dest):
        raise Failure("dest exists and is not a regular file", dest, "Give the path of a file.")
    # In check mode the task that makes the folder has not made it.
    if not dry and not os.path.isdir(os.path.dirname(dest)):
        raise Failure("The folder of dest does not exist", os.path.dirname(dest), "Create it first.")
    return dest


class _Fetch:
    def __init__(
        self,
        wanted: FetchRequest,
        warn: Warn,
        check: Optional[Check],
        inspect: Optional[Inspect],
        dry: bool,
        choose: Optional[Choose],
        renew: Optional[Renew],
        progress: Optional[Progress],
    ) -> None:
        self._wanted = wanted
        self._choose = choose
        self._warn = warn
        self._check = check
        self._inspect = inspect
        self._dry = dry
        self._renew = renew
        self._progress = progress
        self._address: Optional[RenewableUrl] = None
        self._begun = time.monotonic()
        self._seen: Optional[part_file.Identity] = None
        self._requests = 0
        self._downloaded = 0

    def go(self) -> FetchResult:
        wanted = self._wanted
        self._seen = part_file.identity(wanted.dest)
        here = self._known(wanted.size)
        proof = None if wanted.force or wanted.checksum is None else verify_download.proof(wanted.dest, wanted.size, here, wanted.checksum)
        if proof is not None:
            return self._unchanged(proof, None)
        if here is not None and wanted.checksum is None and self._is_named(here) and self._expired():
            return self._unchanged(here, None)
        try:
            probed = self._probe()
        except Failure as failure:
            if here is None or wanted.checksum is not None or not self._is_named(here):
                raise
            if not getattr(failure, "expired", False):
                self._warn("{0} is complete, but the server could not be asked whether the object has changed: {1}".format(wanted.dest, failure))
            return self._unchanged(here, None)
        remote = probed.remote
        same = None if wanted.force else verify_download.same(wanted.dest, here, remote)
        verify_download.contradiction(wanted.checksum, remote, same is not None)
        if same is not None:
            return self._unchanged(same, remote)
        return self._bring(probed)

    def _known(self, size: Optional[int]) -> Optional[FetchedRecord]:
        """What is recorded of dest, if it has all that is wanted."""
        here = None if self._wanted.force else verify_download.known(self._wanted.dest, size)
        return here if here is not None and here.holds(self._wanted.names) else None

    def _less(self, remote: RemoteObject) -> Optional[FetchedRecord]:
        """The record of dest, if it has some of the bytes of ``remote``."""
        here = None if self._wanted.force else verify_download.known(self._wanted.dest, remote.size)
        return here if here is not None and here.names and here.is_of(remote) else None

    def _cut(self, remote: RemoteObject) -> Selection:
        """Which bytes of ``remote`` are to be in the file, with borders where those begin and end that dest has.

        :raises ObjectChanged: they cannot be told, for ``remote`` is not there any more.
        """
        less = self._less(remote)
        return self._chosen(remote, less).parted((first, end) for first, end in (less.spans if less is not None else ()))

    def _chosen(self, remote: RemoteObject, less: Optional[FetchedRecord]) -> Selection:
        names = self._wanted.names
        if not names or self._choose is None:
            return selection.whole(remote.size)
        if not remote.ranged:
            self._warn("The server gives the object only whole, not in pieces: all of it is fetched.")
            return selection.whole(remote.size)
        reader = RemoteReader(None, network=self._wanted.network, remote=remote, address=self._address)
        try:
            found = self._choose(reader, tuple(sorted(set(names) | set(less.names if less is not None else ()))))
        except Replaced:
            raise ObjectChanged() from None
        finally:
            reader.close()
            self._requests += reader.requests
            self._downloaded += reader.bytes
        return found or selection.whole(remote.size)

    def _is_named(self, here: FetchedRecord) -> bool:
        return any(url is not None and url.object_path == here.object_path for url in (self._wanted.url, self._wanted.internal_url))

    def _expired(self) -> bool:
        moments = [url.expires_at for url in (self._wanted.url, self._wanted.internal_url) if url is not None]
        return all(moment is not None and moment < time.time() for moment in moments)

    def _probe(self) -> Probed:
        fresh = False
        if self._renew is not None and self._wanted.url is None and self._wanted.internal_url is None:
            self._wanted, fresh = _at(self._wanted, self._renew()), True
        try:
            probed = self._probe_once()
        except Refused as refused:
            if self._renew is None or fresh or not refused.renewable:
                raise
            try:
                self._wanted = _at(self._wanted, self._renew())
            except Failure as failure:
                raise without_a_fresh_one(refused, failure) from None
            probed = self._probe_once()
        self._address = RenewableUrl(probed.remote, self._renew)
        return probed

    def _probe_once(self) -> Probed:
        wanted, network = self._wanted, self._wanted.network
        client = HttpClient(network)
        try:
            return probe(client, wanted.url, wanted.internal_url, wanted.size, network)
        finally:
            self._requests += client.requests
            client.close()

    def _tell_costs(self, probed: Probed, length: int) -> None:
        remote = probed.remote
        if remote.source == "external" and (probed.unreachable or not remote.url.is_local):
            why = "internal_url cannot be used: {0}".format(probed.unreachable) if probed.unreachable else "no internal_url was given"
            size = part_file.amount(length)
            self._warn("{0} come from the external address ({1}). Traffic over the internet is metered and billed past a quota.".format(size, why))

    # Results.

    def _unchanged(self, here: FetchedRecord, remote: Optional[RemoteObject]) -> FetchResult:
        if not self._dry and here != fetched_record.read(self._wanted.dest):
            with contextlib.suppress(OSError):
                # A convenience: without it the next run reads the file.
                fetched_record.write(self._wanted.dest, here)
        return self._result(False, here, remote, 0, 0)

    def _forecast(self, remote: RemoteObject, chosen: Selection) -> FetchResult:
        dest = self._wanted.dest
        there = journal.claimed(_journal_of(dest), _part_of(dest), remote, chosen) if remote.ranged else 0
        part_file.need_space(os.path.dirname(dest), chosen.size - there)
        if not there:
            there = sum(part.length for part, _at in self._borrowed(remote, self._layout(chosen)))
        crc = remote.crc64 if chosen.whole else None
        return self._result(True, self._described(remote, chosen, crc, verify_download.Proofs([], {}), 0), remote, there, chosen.length - there)

    def _result(self, changed: bool, here: FetchedRecord, remote: Optional[RemoteObject], resumed: int, missing: int) -> FetchResult:
        return FetchResult(
            changed=changed,
            dest=self._wanted.dest,
            size=here.size,
            etag=here.etag,
            crc64=here.crc64,
            verified_by=list(here.verified_by),
            source=remote.source if remote is not None else None,
            downloaded=self._downloaded,
            resumed=resumed,
            missing=missing,
            requests=self._requests,
            elapsed=round(time.monotonic() - self._begun, 3),
            names=tuple(here.names),
        )

    def _described(self, remote: RemoteObject, chosen: Selection, crc: Optional[int], proofs: verify_download.Proofs, mtime_ns: int) -> FetchedRecord:
        return FetchedRecord(
            object_path=remote.object_path,
            size=chosen.size,
            etag=remote.etag,
            crc64=crc,
            verified_by=proofs.names,
            digests=proofs.digests,
            mtime_ns=mtime_ns,
            object_size=remote.size,
            object_crc64=crc if chosen.whole and crc is not None else remote.crc64,
            names=list(chosen.names),
            spans=[] if chosen.whole else [list(span) for span in chosen.spans],
        )

    def _proven(self, here: FetchedRecord, remote: RemoteObject) -> FetchedRecord:
        """``here``, which is of ``remote``, if it has the checksum that is wanted as well."""
        wanted = self._wanted
        if wanted.checksum is None:
            return here
        proof = verify_download.proof(wanted.dest, here.size, here, wanted.checksum)
        verify_download.contradiction(wanted.checksum, remote, proof is None)
        return proof or here

    # The download.

    def _bring(self, probed: Probed) -> FetchResult:
        try:
            return self._attempt(probed, first=True)
        except ObjectChanged:
            self._warn("The object behind the URL was replaced while it was fetched: beginning again with the new one.")
        probed = self._probe()
        try:
            return self._attempt(probed, first=False)
        except ObjectChanged:
            place = probed.remote.url.place
            raise Failure("The object was replaced again while it was fetched", place, "Run it again when whoever writes it has finished.") from None

    def _attempt(self, probed: Probed, first: bool) -> FetchResult:
        remote = probed.remote
        chosen = self._cut(remote)
        if self._dry:
            return self._forecast(remote, chosen)
        if first:
            self._tell_costs(probed, chosen.length)
        with part_file.PartFile(_part_of(self._wanted.dest)) as part:
            return self._fetch(part, remote, chosen)

    def _fetch(self, part: part_file.PartFile, remote: RemoteObject, chosen: Selection) -> FetchResult:
        dest = self._wanted.dest
        # Whoever had the part file before us may have made of dest what is wanted, or may have put more into it.
        overtaken = part.waited or part_file.identity(dest) != self._seen
        # What others left in it is theirs until it is known to be of no use.
        keep = part.size > 0
        try:
            if overtaken:
                same = None if self._wanted.force else verify_download.same(dest, self._known(remote.size), remote)
                if same is not None:
                    keep = False
                    return self._unchanged(self._proven(same, remote), remote)
                chosen = self._cut(remote)
            parts, part_size = self._begin(part, remote, chosen)
            resumed = done(parts)
            keep = resumed > 0
            part_file.need_space(os.path.dirname(dest), chosen.size - resumed)
            # Twice, so that what follows the bytes of the object is zeros, whatever an earlier run left there.
            os.ftruncate(part.number, min(chosen.length, part.size))
            os.ftruncate(part.number, chosen.size)
            try:
                self._download(part, remote, chosen, parts, part_size)
            finally:
                keep = remote.ranged and done(parts) > 0
            proofs = verify_download.downloaded(part.path, remote, chosen, parts, self._wanted.checksum, self._check, self._warn)
            crc = verify_download.crc64_of(parts, chosen)
            here = self._described(remote, chosen, crc, proofs, os.fstat(part.number).st_mtime_ns)
            part_file.settle(part, dest, _journal_of(dest), lambda: fetched_record.taking_over(dest, here))
            # What lies there from now on is another one's.
            keep = True
        except (verify_download.WrongDownload, ObjectChanged):
            keep = False
            raise
        finally:
            if not keep:
                part_file.remove(_journal_of(dest))
                if part.is_here():
                    part_file.remove(part.path)
        if crc is None and chosen.whole:
            here = here._replace(crc64=remote.crc64)
        return self._result(True, here, remote, resumed, 0)

    def _part_size(self, chosen: Selection) -> int:
        return fitting_part_size(chosen.length, self._wanted.part_size, self._wanted.connections)

    def _layout(self, chosen: Selection) -> List[Part]:
        return layout(chosen.spans, self._part_size(chosen))

    def _borrowed(self, remote: RemoteObject, parts: List[Part]) -> List[Tuple[Part, int]]:
        """Which of ``parts`` dest has already, and at which offset."""
        less = self._less(remote)
        found, at = [], 0
        for first, end in less.spans if less is not None else ():
            found += [(part, at + part.source - first) for part in parts if first <= part.source and part.source + part.length <= end]
            at += end - first
        return found

    def _borrow(self, target: part_file.PartFile, remote: RemoteObject, parts: List[Part]) -> None:
        """Copy what dest has already of ``parts``: every byte comes over the network once."""
        borrowed = self._borrowed(remote, parts)
        if not borrowed:
            return
        part_file.need_space(os.path.dirname(self._wanted.dest), sum(part.length for part in parts))
        with open(self._wanted.dest, "rb") as file:
            for part, at in borrowed:
                while not part.complete:
                    block = os.pread(file.fileno(), min(_BLOCK, part.length - part.done), at + part.done)
                    if not block:
                        part.restart()
                        break
                    os.pwrite(target.number, block, part.first + part.done)
                    part.crc = crc64.update(block, part.crc) if crc64.update is not None else 0
                    part.done += len(block)

    def _begin(self, part: part_file.PartFile, remote: RemoteObject, chosen: Selection) -> Tuple[List[Part], int]:
        """The parts of ``chosen``, with what earlier runs left of them."""
        wanted = self._wanted
        path = _journal_of(wanted.dest)
        if not remote.ranged:
            os.ftruncate(part.number, 0)
            return layout(chosen.spans, remote.size), remote.size
        if journal.another_object(path, remote):
            self._warn("{0} is the beginning of another object than the one behind the URL now: starting over.".format(part.path))
        unfinished = journal.read(path, remote, chosen)
        if unfinished is not None:
            claimed = done(unfinished.parts)
            kept = journal.verified(unfinished, part.number)
            if kept < claimed:
                lost = part_file.amount(claimed - kept)
                self._warn("{0} in {1} are not what was downloaded, and are fetched again.".format(lost, part.path))
            if kept:
                return unfinished.parts, unfinished.part_size
        os.ftruncate(part.number, 0)
        parts = self._layout(chosen)
        self._borrow(part, remote, parts)
        return parts, self._part_size(chosen)

    def _download(self, part: part_file.PartFile, remote: RemoteObject, chosen: Selection, parts: List[Part], part_size: int) -> None:
        wanted = self._wanted
        book = journal.Journal(_journal_of(wanted.dest), remote, chosen, part_size, parts, part.number) if remote.ranged else None
        download = Download(remote, parts, part, book, wanted.network, wanted.bandwidth_limit, self._inspect, self._address, self._progress)
        try:
            download.run(wanted.connections if remote.ranged else 1)
        finally:
            self._requests += download.requests
            self._downloaded += download.bytes
            if book is not None:
                book.close()


def _part_of(dest: str) -> str:
    return dest + ".part"


def _journal_of(dest: str) -> str:
    return dest + ".part.journal"

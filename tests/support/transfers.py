# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server and a folder for tests of fetches, which fail if a secret of a URL is found in any output or file."""

import json
import random
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._jobs._run import JobContext
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch import FetchRequest, FetchResult, fetch
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch_policy import FetchPolicy
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.http_client import Network
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.signed_url import SignedUrl

from .faulty_oss import Fault, FaultyServer, drop, oss, then

NAME = "custins7/hins42_data_20260101020304.tar"
SIZE = 3 * 1024 * 1024 + 4321
PART = 1 << 16
FETCH: Dict[str, Any] = {
    "url": None,
    "internal_url": None,
    "instance_id": None,
    "backup_id": None,
    "checksum": None,
    "size": None,
    "databases": None,
    "connections": 4,
    "part_size": PART,
    "bandwidth_limit": 0,
    "timeout": 5.0,
    "retries": 3,
    "force": False,
    "validate_certs": True,
    "ca_path": None,
}
"""The options of rds_backup_fetch except ``dest``, with small parts and short timeouts."""
_PUBLIC = ("Expires", "x-oss-signature-version", "x-oss-date", "x-oss-expires")


def noise(size: int, seed: int) -> bytes:
    """Random bytes, the same for the same ``seed``."""
    return random.Random(seed).getrandbits(8 * size).to_bytes(size, "big") if size else b""


def until(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` is true, at most a minute."""
    patience = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < patience, "the condition did not become true"
        time.sleep(0.005)


def spellings(secret: str) -> List[str]:
    """``secret`` unchanged, and percent-encoded once and twice."""
    return [secret, quote(secret, safe=""), quote(quote(secret, safe=""), safe="")]


class Place:
    """A server with one object and a folder to fetch it to. ``warnings`` are of the last call; ``told`` is all output so far."""

    def __init__(self, server: FaultyServer, root: Path, folder: Path) -> None:
        self.server = server
        self.root = root
        self.folder = folder
        self.dest = folder / "backup.tar"
        self.part = folder / "backup.tar.part"
        self.journal = folder / "backup.tar.part.journal"
        self.record = folder / "backup.tar.fetched"
        self.warnings: List[str] = []
        self.told: List[str] = []
        self.secrets: List[str] = [server.key_id, server.secret]
        for value in server.more.values():
            self.secrets += spellings(value)
        self.data = b""
        self.store(noise(SIZE, 1))

    def store(self, data: bytes, name: str = NAME) -> None:
        """Put an object on the server."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Atomically, as OSS does it: a reader sees either the old or the new object.
        draft = path.with_name("draft")
        draft.write_bytes(data)
        draft.rename(path)
        self.data = data

    def url(self, lifetime: float = 3600, name: str = NAME) -> SignedUrl:
        return self.signed(self.server.sign(name, lifetime))

    def signed(self, text: str) -> SignedUrl:
        """A URL whose secrets are searched for at the end of the test."""
        for key, value in parse_qsl(urlsplit(text.replace("&amp;", "&")).query):
            if key not in _PUBLIC:
                self.secrets += spellings(value)
        return SignedUrl(text)

    def fetch(
        self, url: Optional[SignedUrl] = None, timeout: float = 5.0, retries: int = 8, without_url: bool = False, dry_run: bool = False, **wanted: Any
    ) -> FetchResult:
        """Fetch with small parts and short back-offs, from a valid URL by default."""
        others = {name: wanted.pop(name) for name in ("check", "inspect", "renew", "progress") if name in wanted}
        network = wanted.pop("network", Network(timeout=timeout, retries=retries, retry_step=0.01))
        options = dict({"internal_url": None, "dest": str(self.dest), "part_size": PART, "network": network}, **wanted)
        self.warnings = []
        try:
            request = FetchRequest(url=None if without_url else url or self.url(), **options)
            fetched = fetch(request, FetchPolicy(self.warnings.append, **others), dry_run=dry_run)
        except Failure as failure:
            self.told += ["".join(traceback.format_exception(type(failure), failure, failure.__traceback__)), repr(failure.facts), repr(failure.args)]
            raise
        finally:
            self.told += self.warnings
        self.told.append(repr(fetched))
        return fetched

    def call(self, job: Callable[..., Dict[str, Any]], options: Dict[str, Any], check_mode: bool = False, **more: Any) -> Dict[str, Any]:
        """Run the job of a module and record its output. ``more`` are fields of its JobContext."""
        self.warnings = []
        try:
            result = job(JobContext(options, check_mode, self.warnings.append, **more))
        except Failure as failure:
            self.told += [str(failure), repr(failure.facts)]
            raise
        finally:
            self.told += self.warnings
        self.told.append(json.dumps(result))
        return result

    def is_complete(self) -> bool:
        """Whether the object was fetched byte for byte, and no part file is left."""
        return self.dest.read_bytes() == self.data and sorted(path.name for path in self.folder.iterdir()) == ["backup.tar", "backup.tar.fetched"]

    def noted(self) -> int:
        """How many bytes of an unfinished download are in its journal."""
        try:
            lines = [json.loads(line) for line in self.journal.read_text().splitlines()]
        except (OSError, ValueError):
            return 0
        return sum({line["part"]: line["done"] for line in lines[1:]}.values())

    def left(self) -> List[str]:
        """The names of all files in the folder."""
        return sorted(path.name for path in self.folder.iterdir())

    def leaks(self) -> List[str]:
        """Where a secret is found: in the output, or in a file."""
        texts = {"told {0}".format(number): text for number, text in enumerate(self.told)}
        for path in self.folder.rglob("*"):
            if path.is_file() and path.suffix not in (".tar", ".part"):
                texts[path.name] = path.read_text(errors="replace")
        return [name for name, text in texts.items() if any(secret in text for secret in self.secrets)]


class Served:
    """A context manager that starts the server, and checks at its end that no secret was leaked."""

    def __init__(self, tmp_path: Path) -> None:
        self._root, self._folder = tmp_path / "root", tmp_path / "restore"

    def __enter__(self) -> Place:
        self._root.mkdir()
        self._folder.mkdir()
        self._place = Place(FaultyServer(self._root).__enter__(), self._root, self._folder)
        return self._place

    def __exit__(self, *error: Any) -> None:
        self._place.server.__exit__(*error)
        assert self._place.leaks() == []


CONNECTIONS = 4
BEGINNING = 20 * PART + 100


def interrupted(place: Place) -> int:
    """Interrupt a download after its beginning; returns the length of that."""

    def act(handler: Any, found: Any, first: Any, last: int) -> None:
        if first >= BEGINNING:
            handler.refuse(503, "InternalError", "Please try again later.")
        elif last >= BEGINNING:
            drop(BEGINNING - first).act(handler, found, first, last)
        else:
            oss.Handler.give(handler, found, first, last)

    place.server.inject(Fault(act, times=10000))
    with pytest.raises(Failure, match="cannot continue"):
        place.fetch(retries=1)
    assert place.left() == ["backup.tar.part", "backup.tar.part.journal"]
    place.server.faults.clear()
    assert place.noted() == BEGINNING
    return BEGINNING


def internal_url(place: Place, server: FaultyServer) -> SignedUrl:
    return place.signed(server.sign(NAME))


def replaced_object(place: Place) -> Any:
    return then(lambda server: place.store(noise(SIZE, 2)))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that INSERTs hold nothing but literals, on all cores: it is most of what reading a dump costs."""

import mmap
import os
import pickle
import struct
from typing import Any, List, Optional, Sequence, Tuple

from .._dump.rows import Rows, inspect
from .._failure import Failure
from .child import keep_only

# What one process has in hand at once; a statement that is larger is proved where it is.
_SHELF = 8 << 20
# Fewer bytes at once are proved sooner than handed over.
_WORTH_SHARING = 1 << 20
_MOST = 3
_LENGTH = struct.Struct("=Q")


class Provers:
    """Calls :func:`inspect` for many texts at once: some here, the others in forked processes, one for each core but this one's.

    They are started when there is enough to do for the first time, and end with this object or with this process, however
    that ends. Use it in a ``with`` statement, before threads exist.
    """

    def __init__(self, processes: Optional[int] = None) -> None:
        self._most = min(_MOST, (os.cpu_count() or 1) - 1) if processes is None else processes
        self._provers: List[_Prover] = []

    def __call__(self, texts: Sequence[bytes], backslash: bool) -> List[Optional[Rows]]:
        """What :func:`inspect` says of each text."""
        found: List[Optional[Rows]] = [None] * len(texts)
        here, away = self._shared(texts)
        for prover, numbers in away:
            prover.ask([texts[number] for number in numbers], backslash)
        for number in here:
            found[number] = inspect(texts[number], backslash)
        for prover, numbers in away:
            for number, rows in zip(numbers, prover.answer()):
                found[number] = rows
        return found

    def close(self) -> None:
        """End the processes."""
        provers, self._provers = self._provers, []
        for prover in provers:
            prover.close()

    def __enter__(self) -> "Provers":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()

    def _shared(self, texts: Sequence[bytes]) -> Tuple[List[int], List[Tuple["_Prover", List[int]]]]:
        """Who proves which texts: those of this process, and those of the others."""
        if self._most < 1 or len(texts) < 2 or sum(map(len, texts)) < _WORTH_SHARING:
            return list(range(len(texts))), []
        while len(self._provers) < min(self._most, len(texts) - 1):
            self._provers.append(_Prover())
        shares: List[List[int]] = [[] for _share in range(len(self._provers) + 1)]
        loads = [0] * len(shares)
        for number, text in enumerate(texts):
            fits = [share for share in range(1, len(shares)) if loads[share] + len(text) <= _SHELF]
            share = min([0] + fits, key=lambda one: (loads[one], -one))
            shares[share].append(number)
            loads[share] += len(text)
        return shares[0], [(prover, numbers) for prover, numbers in zip(self._provers, shares[1:]) if numbers]


class _Prover:
    """One process. The texts lie in memory it shares with this one; lengths go to it and what it found comes back through pipes."""

    def __init__(self) -> None:
        self._shelf = mmap.mmap(-1, _SHELF)
        asked, self._asking = os.pipe()
        self._answered, answering = os.pipe()
        self._child = os.fork()
        if self._child:
            os.close(asked)
            os.close(answering)
            return
        try:
            keep_only((asked, answering))
            _prove(self._shelf, asked, answering)
        finally:
            os._exit(0)  # pylint: disable=protected-access

    def ask(self, texts: Sequence[bytes], backslash: bool) -> None:
        self._shelf.seek(0)
        for text in texts:
            self._shelf.write(text)
        _put(self._asking, pickle.dumps(([len(text) for text in texts], backslash), 4))

    def answer(self) -> List[Optional[Rows]]:
        said = _take(self._answered)
        if said is None:
            raise Failure("A process that reads the dump was killed", None, "Nothing was written. Look for the reason in the kernel's log (memory?).")
        found: List[Optional[Rows]] = pickle.loads(said)
        return found

    def close(self) -> None:
        os.close(self._asking)
        os.close(self._answered)
        os.waitpid(self._child, 0)
        self._shelf.close()


def _prove(shelf: mmap.mmap, asked: int, answering: int) -> None:
    while True:
        question = _take(asked)
        if question is None:
            return
        lengths, backslash = pickle.loads(question)
        shelf.seek(0)
        _put(answering, pickle.dumps([inspect(shelf.read(length), backslash) for length in lengths], 4))


def _put(descriptor: int, message: bytes) -> None:
    view = memoryview(_LENGTH.pack(len(message)) + message)
    while view:
        view = view[os.write(descriptor, view) :]


def _take(descriptor: int) -> Optional[bytes]:
    """The next message, None when there will be none."""
    head = _read(descriptor, _LENGTH.size)
    return _read(descriptor, _LENGTH.unpack(head)[0]) if head else None


def _read(descriptor: int, size: int) -> Optional[bytes]:
    pieces = []
    while size:
        piece = os.read(descriptor, size)
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)

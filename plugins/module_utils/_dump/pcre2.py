# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions compiled to machine code by PCRE2, which nearly every Linux has, because git, grep and systemd need it.

Without the library, or if it cannot generate code (SELinux ``execmem``), the pattern is None, and callers use a slower algorithm.
"""

import ctypes
import re
from typing import Any, Optional

_LIBRARIES = ("libpcre2-8.so.0", "libpcre2-8.so")
# Options and return values of pcre2.h, the same since 10.00.
_ANCHORED = 0x80000000
_DOTALL = 0x00000020
_JIT_COMPLETE = 1
_NO_LIMIT = 0xFFFFFFFF
_GLOBAL = 0x00000100
_OVERFLOW_LENGTH = 0x00001000
_NO_MEMORY = -48
_TOO_LARGE = 120


def _load() -> Any:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
            library.pcre2_compile_8.restype = ctypes.c_void_p
            library.pcre2_compile_8.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
            library.pcre2_jit_compile_8.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
            library.pcre2_match_data_create_8.restype = ctypes.c_void_p
            library.pcre2_match_data_create_8.argtypes = [ctypes.c_uint32, ctypes.c_void_p]
            size, block = ctypes.c_size_t, ctypes.c_void_p
            library.pcre2_jit_match_8.argtypes = [block, ctypes.c_char_p, size, size, ctypes.c_uint32, block, block]
            library.pcre2_substitute_8.argtypes = [block, ctypes.c_char_p, size, size, ctypes.c_uint32, block, block, block, size, block, block]
            library.pcre2_match_context_create_8.restype = block
            library.pcre2_match_context_create_8.argtypes = [block]
            library.pcre2_set_match_limit_8.argtypes = [block, ctypes.c_uint32]
            for free in (library.pcre2_code_free_8, library.pcre2_match_data_free_8, library.pcre2_match_context_free_8):
                free.restype = None
                free.argtypes = [ctypes.c_void_p]
            return library
        except (OSError, AttributeError):
            continue
    return None


_LIBRARY = _load()


class Pattern:
    """A pattern compiled by :func:`pattern` or :func:`literal`. Not thread-safe."""

    def __init__(self, library: Any, code: int, match: int, context: int) -> None:
        self._library = library
        self._code = code
        self._match = match
        self._context = context

    def matches(self, text: bytes, begin: int) -> bool:
        """Whether it matches at ``begin``. True is a proof; False is not, because PCRE2 may also have run out of stack."""
        return bool(self._library.pcre2_jit_match_8(self._code, text, len(text), begin, 0, self._match, self._context) > 0)

    def matched_bytes(self, text: bytes, begin: int) -> Optional[int]:
        """The total length of all matches after ``begin``, None if PCRE2 failed."""
        length = ctypes.c_size_t(0)
        # With an empty buffer PCRE2 returns the length that it would write, including a zero byte.
        options, no_buffer = _GLOBAL | _OVERFLOW_LENGTH, ctypes.byref(ctypes.c_char())
        code = self._library.pcre2_substitute_8(
            self._code, text, len(text), begin, options, self._match, self._context, b"", 0, no_buffer, ctypes.byref(length)
        )
        return len(text) + 1 - length.value if code == _NO_MEMORY else None

    def __del__(self) -> None:
        self._library.pcre2_match_context_free_8(self._context)
        self._library.pcre2_match_data_free_8(self._match)
        self._library.pcre2_code_free_8(self._code)


def pattern(source: bytes) -> Optional[Pattern]:
    """``source``, in which a dot is any byte, as a pattern that matches only at its start position; None without PCRE2, or if it is too large."""
    return _compiled(source, _ANCHORED | _DOTALL)


def literal(text: bytes) -> Optional[Pattern]:
    """A pattern that finds these bytes at any position; None without PCRE2."""
    return _compiled(re.escape(text), 0)


def _compiled(source: bytes, options: int) -> Optional[Pattern]:
    if _LIBRARY is None:
        return None
    error, offset = ctypes.c_int(), ctypes.c_size_t()
    code = _LIBRARY.pcre2_compile_8(source, len(source), options, ctypes.byref(error), ctypes.byref(offset), None)
    if not code and error.value == _TOO_LARGE:
        return None
    if not code:
        raise ValueError("PCRE2 error {0} at byte {1} of a pattern".format(error.value, offset.value))
    match, context = _LIBRARY.pcre2_match_data_create_8(1, None), _LIBRARY.pcre2_match_context_create_8(None)
    made = Pattern(_LIBRARY, code, match, context)
    if not match or not context or _LIBRARY.pcre2_jit_compile_8(code, _JIT_COMPLETE):
        return None
    # The limit stops patterns that backtrack. These patterns read each byte once, and a statement may have many.
    _LIBRARY.pcre2_set_match_limit_8(context, _NO_LIMIT)
    return made

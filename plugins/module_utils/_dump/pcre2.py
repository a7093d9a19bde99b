# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions as machine code: PCRE2, which nearly every Linux has since git, grep or systemd bring it.

Where it is missing, or may not make code (SELinux's ``execmem``), there is no pattern, and whoever wants one does without.
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
_EVERY_ONE = 0x00000100
_TELL_LENGTH = 0x00001000
_NO_MEMORY = -48


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
    """A pattern compiled by :func:`pattern` or :func:`literal`. For one thread at a time."""

    def __init__(self, library: Any, code: int, match: int, context: int) -> None:
        self._library = library
        self._code = code
        self._match = match
        self._context = context

    def matches(self, text: bytes, begin: int) -> bool:
        """Whether it matches at ``begin``. False also where it ran out of stack: True is a proof, False is none."""
        return bool(self._library.pcre2_jit_match_8(self._code, text, len(text), begin, 0, self._match, self._context) > 0)

    def taken_out(self, text: bytes, begin: int) -> Optional[int]:
        """How many bytes shorter ``text`` would be without what matches behind ``begin``, None where that was not told."""
        length = ctypes.c_size_t(0)
        # Into no buffer at all: it counts what would be written, and a zero byte.
        options, nowhere = _EVERY_ONE | _TELL_LENGTH, ctypes.byref(ctypes.c_char())
        code = self._library.pcre2_substitute_8(self._code, text, len(text), begin, options, self._match, self._context, b"", 0, nowhere, ctypes.byref(length))
        return len(text) + 1 - length.value if code == _NO_MEMORY else None

    def __del__(self) -> None:
        self._library.pcre2_match_context_free_8(self._context)
        self._library.pcre2_match_data_free_8(self._match)
        self._library.pcre2_code_free_8(self._code)


def pattern(source: bytes) -> Optional[Pattern]:
    """``source``, in which a dot is any byte, as a pattern that matches where it is told to begin; None where that cannot be had."""
    return _compiled(source, _ANCHORED | _DOTALL)


def literal(text: bytes) -> Optional[Pattern]:
    """A pattern of these bytes, wherever they stand; None where that cannot be had."""
    return _compiled(re.escape(text), 0)


def _compiled(source: bytes, options: int) -> Optional[Pattern]:
    if _LIBRARY is None:
        return None
    error, offset = ctypes.c_int(), ctypes.c_size_t()
    code = _LIBRARY.pcre2_compile_8(source, len(source), options, ctypes.byref(error), ctypes.byref(offset), None)
    if not code:
        raise ValueError("PCRE2 error {0} at byte {1} of a pattern".format(error.value, offset.value))
    match, context = _LIBRARY.pcre2_match_data_create_8(1, None), _LIBRARY.pcre2_match_context_create_8(None)
    made = Pattern(_LIBRARY, code, match, context)
    if not match or not context or _LIBRARY.pcre2_jit_compile_8(code, _JIT_COMPLETE):
        return None
    # It counts steps, to stop patterns that try everything; these patterns look at each byte once, and there may be many.
    _LIBRARY.pcre2_set_match_limit_8(context, _NO_LIMIT)
    return made

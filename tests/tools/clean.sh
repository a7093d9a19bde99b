#!/bin/sh
# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Stop every server that runs from .cache/, then remove .cache/ and what a killed run has left in memory.
set -eu
cd "$(dirname "$0")/../.."
[ -d .cache ] || exit 0
memory=$(readlink .cache/run/memory || true)
find "$PWD/.cache" ${memory:+"$memory"} -name '*.pid' 2>/dev/null | while read -r file; do
    pid=$(cat "$file")
    # Another program may have this process ID now.
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$PWD/.cache/"; then
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
    fi
done
rm -rf .cache ${memory:+"$memory"}

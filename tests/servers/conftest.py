# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each case of a test runs on one server, in turns: a test with several cases meets every server, one with a single case meets two.

``APSARADB_MYSQL_EVERY_CASE=1 make test`` runs each case on each server. Otherwise pytest reports the others as deselected.
The mark ``servers(1)`` is for slow tests whose subject hardly depends on the server: a single case meets one. The mark ``by_night`` is for slow cases
that another case of their test covers nearly, and for plays of minutes whose parts other tests run.
"""

import os
import zlib

VERSIONS = ("9.7", "5.7", "5.6")
# A file stays on one process. Those with the longest tests come first, so that the other process does not wait for them at the end.
LONGEST = (
    "test_examples.py",
    "test_role_until.py",
    "test_follow.py",
    "test_roll_forward.py",
    "test_role_restore.py",
    "test_import_several.py",
    "test_import_kills.py",
)


def pytest_configure(config):
    config.addinivalue_line("markers", "by_night: runs only with APSARADB_MYSQL_EVERY_CASE=1")
    config.addinivalue_line("markers", "servers(count): on how many servers a test runs at least (2)")


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    if os.environ.get("APSARADB_MYSQL_EVERY_CASE"):
        return
    tests = {}
    for item in items:
        parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        servers = [name for name, value in parameters.items() if isinstance(value, str) and value in VERSIONS]
        # With two, the versions are what the test is about.
        if len(servers) == 1:
            version = parameters.pop(servers[0])
            case = repr(sorted(parameters.items(), key=lambda pair: pair[0]))
            mark = item.get_closest_marker("servers")
            name = item.nodeid.partition("[")[0]
            tests.setdefault((name, mark.args[0] if mark else 2), {}).setdefault(case, {})[version] = item
    left_out = {item for item in items if item.get_closest_marker("by_night")}
    left_out |= {item for (name, least), cases in tests.items() for item in others(name, least, list(cases.values()))}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def others(name, least, cases):
    """The items that do not run, of the ``cases`` of a test: {version: item} for each."""
    turn = zlib.crc32(name.encode())
    found = []
    for number, items in enumerate(cases):
        versions = [version for version in VERSIONS if version in items]
        kept = {versions[(number + turn) % len(versions)]}
        if len(cases) < least and len(versions) > 1:
            # The newest and another one.
            kept = {versions[0], versions[1 + turn % (len(versions) - 1)]}
        found += [item for version, item in items.items() if version not in kept]
    return found

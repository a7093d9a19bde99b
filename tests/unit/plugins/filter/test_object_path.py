# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The path of a URL gives files and directories their names, so no signature may be in it, however malformed the URL is."""

from urllib.parse import quote

import pytest
from ansible_collections.apsaradb.mysql.plugins.filter import object_path as plugin

QUERY = "Expires=1&OSSAccessKeyId=LTAI5t&Signature=secret%3D"
object_path = plugin.FilterModule().filters()["object_path"]


@pytest.mark.parametrize("mark", ["?", "&", ";", "%3F", "%3f", "%253F", "%26"])
@pytest.mark.parametrize(
    "query", [QUERY, quote(QUERY), quote(quote(QUERY)), "x-oss-credential=LTAI5t&x-oss-signature=secret", "security-token=secret", QUERY.lower()]
)
def test_a_signature_in_the_path_is_removed(mark: str, query: str) -> None:
    assert object_path("https://bucket.example/custins1/hins1.tar" + mark + query) == "/custins1/hins1.tar"


@pytest.mark.parametrize("path", ["/custins1/hins1_data_20260101033000.tar", "/a&b/c;d%20e.tar", "/%E8%AE%A2%E5%8D%95.sql.gz", ""])
def test_names_of_objects_are_kept(path: str) -> None:
    assert object_path("https://bucket.example" + path + "?" + QUERY) == path


def test_an_empty_url_has_an_empty_path() -> None:
    # None: RDS has reported only the other URL.
    assert object_path("") == object_path(None) == ""  # type: ignore[arg-type]

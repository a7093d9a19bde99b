# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The path of a URL gives files and directories their names, so no signature may be in it, however malformed the URL is."""

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

ROOT = Path(__file__).parents[3]
FILES = ["roles/restore/vars/main.yml", *("playbooks/vars/{0}.yml".format(name) for name in ("drill", "provision", "restore_here"))]
QUERY = "Expires=1&OSSAccessKeyId=LTAI5t&Signature=secret%3D"


def path_of(file, url):
    """What the variables in ``file`` make of the path of ``url``."""
    (pattern,) = re.findall(r"urlsplit\('path'\)\n +\| regex_replace\('(.+)', ''\) \}\}", (ROOT / file).read_text(encoding="utf-8"))
    return re.sub(pattern, "", urlsplit(url).path)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("mark", ["?", "&", ";", "%3F", "%3f", "%253F", "%26"])
def test_a_signature_in_the_path_is_cut_off(file, mark):
    for query in (QUERY, quote(QUERY), quote(quote(QUERY)), "x-oss-credential=LTAI5t&x-oss-signature=secret", "security-token=secret"):
        assert path_of(file, "https://bucket.example/custins1/hins1.tar" + mark + query) == "/custins1/hins1.tar"


@pytest.mark.parametrize("file", FILES)
def test_names_of_objects_are_kept(file):
    for path in ("/custins1/hins1_data_20260101033000.tar", "/a&b/c;d%20e.tar", "/%E8%AE%A2%E5%8D%95.sql.gz"):
        assert path_of(file, "https://bucket.example" + path + "?" + QUERY) == path

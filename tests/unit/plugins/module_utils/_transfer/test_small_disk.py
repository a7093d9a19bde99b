# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk that fills up in mid-download: a real file system of a few MiB, which another file takes away meanwhile."""

from ansible_collections.apsaradb.mysql.tests.support.small_disk import on_small_disk
from ansible_collections.apsaradb.mysql.tests.support.transfers import NAME, PART, SIZE, Place

_SCRIPT = """
from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer import part_file
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch import Network, SignedUrl, FetchRequest, fetch
from ansible_collections.apsaradb.mysql.plugins.module_utils._transfer.fetch_policy import FetchPolicy

size = {size}
dest, other = os.path.join(folder, "backup.tar"), os.path.join(folder, "other")
need_space = part_file.need_space

def then_somebody_else_takes_it(where, needed):
    need_space(where, needed)
    with open(other, "wb") as file:
        file.write(bytes(size // 2))

def run():
    try:
        fetched = fetch(FetchRequest(SignedUrl(url), None, dest, part_size={part}, network=Network(retry_step=0.01)), FetchPolicy(lambda text: None))
        return dict(fetched._asdict(), left=sorted(os.listdir(folder)), right=open(dest, "rb").read() == open({served!r}, "rb").read())
    except Failure as failure:
        return {{"failure": str(failure), "left": sorted(os.listdir(folder))}}

url = sys.stdin.readline().strip()
part_file.need_space = then_somebody_else_takes_it
told = [run()]
part_file.need_space = need_space
told.append(run())
os.unlink(other)
told.append(run())
print(json.dumps(told))
"""


def test_a_file_system_that_fills_up_in_the_middle(place: Place) -> None:
    script = _SCRIPT.format(size=SIZE, part=PART, served=str(place.root / NAME))
    full, still_full, resumed = on_small_disk(place.folder, SIZE + (1 << 20), script, place.url().in_full() + "\n", place.told)
    # It has the size of the object from the start, so it is the first byte without a block under it that is refused.
    assert "The disk is full" in full["failure"] and "still missing" in full["failure"] and "Free that much" in full["failure"]
    assert full["left"] == ["backup.tar.part", "backup.tar.part.journal", "other"]
    assert "The disk has too little space" in still_full["failure"]
    assert still_full["left"] == full["left"]
    assert resumed["changed"] and resumed["right"] and resumed["verified_by"] == ["size", "crc64"]
    assert resumed["left"] == ["backup.tar", "backup.tar.fetched"]
    assert resumed["resumed"] > SIZE // 4 and resumed["downloaded"] == SIZE - resumed["resumed"]
    assert place.left() == []

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a logical backup in the format of ApsaraDB RDS for MySQL from SQL dumps, for demos and tests.

  make_backup.py --root hins1_data_20260101033000 --database shop=schema.sql,data.sql OUT.tar
  make_backup.py --layout flat --database shop=shop.sql --database blog=blog1.sql,blog2.sql OUT.tar

``directories`` takes the schema and data of each database and writes <root>/<database>/schema.sql.gz and data.sql.gz.
``flat`` takes one or more files of each database and writes <root>/<database>_datafull_<time>_<digits>[_<part>].sql.gz.
Files whose names end in .gz are added unchanged. OUT.tar appears only when it is complete.
"""

import argparse
import calendar
import gzip
import io
import os
import shutil
import sys
import tarfile
import tempfile
import time
from typing import IO, List, Tuple

# GNU tar's default record size: RDS pads its archives to it.
RECORD = 10240


def members(layout: str, root: str, database: str, files: List[str], stamp: str) -> List[Tuple[str, str]]:
    """Return (path in the archive, path of the dump) for the files of one database."""
    prefix = root + "/" if root else ""
    if layout == "directories":
        if len(files) != 2:
            raise SystemExit("{0}: the layout directories takes two files, schema and data".format(database))
        return [("{0}{1}/{2}.sql.gz".format(prefix, database, role), files[index]) for index, role in enumerate(("schema", "data"))]
    # As in real backups: local time in China, then seconds since 1970.
    serial = calendar.timegm(time.strptime(stamp, "%Y%m%d%H%M")) - 8 * 3600
    name = "{0}{1}_datafull_{2}_{3}".format(prefix, database, stamp, serial)
    if len(files) == 1:
        return [(name + ".sql.gz", files[0])]
    return [("{0}_{1}.sql.gz".format(name, number), path) for number, path in enumerate(files, 1)]


def add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int, when: float) -> None:
    """Append one regular file to the archive."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o640, int(when)
    archive.addfile(info, content)


def add_packed(archive: tarfile.TarFile, name: str, path: str, when: float, level: int) -> None:
    """Append a dump as gzip, compressed into an unnamed file first because tar needs its size in advance."""
    with open(path, "rb") as dump:
        if path.endswith(".gz"):
            add(archive, name, dump, os.fstat(dump.fileno()).st_size, when)
            return
        with tempfile.TemporaryFile(dir=os.path.dirname(os.path.abspath(str(archive.name)))) as packed:
            with gzip.GzipFile("", "wb", level, packed, mtime=when) as packer:
                shutil.copyfileobj(dump, packer, 1 << 20)
            size = packed.tell()
            packed.seek(0)
            add(archive, name, packed, size, when)


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layout", choices=["directories", "flat"], default="directories")
    parser.add_argument("--root", default="", help="directory in the archive, none by default")
    parser.add_argument("--database", action="append", required=True, metavar="NAME=FILE[,FILE...]")
    parser.add_argument("--time", help="time of the backup in China, YYYYmmddHHMM; now by default")
    parser.add_argument("--config", help="text of config.txt; - for none", default=None)
    parser.add_argument("--level", type=int, default=6, help="gzip level")
    parser.add_argument("out", metavar="OUT.tar")
    options = parser.parse_args(arguments)

    stamp = options.time or time.strftime("%Y%m%d%H%M", time.gmtime(time.time() + 8 * 3600))
    when = calendar.timegm(time.strptime(stamp, "%Y%m%d%H%M")) - 8 * 3600
    listed: List[Tuple[str, str]] = []
    names: List[str] = []
    for value in options.database:
        database, equals, files = value.rpartition("=")
        if not equals or not database or not files:
            parser.error("--database needs NAME=FILE[,FILE...], not {0}".format(value))
        names.append(database)
        listed += members(options.layout, options.root, database, files.split(","), stamp)
    for _name, path in listed:
        if not os.path.isfile(path):
            parser.error("no such file: {0}".format(path))

    part = options.out + ".part"
    try:
        with tarfile.open(part, "w", format=tarfile.GNU_FORMAT) as archive:
            config = options.config
            if config is None:
                config = "backup_time={0}\ndatabases={1}\n".format(stamp, ",".join(names))
            if config != "-":
                text = config.encode("utf-8")
                add(archive, "/".join(filter(None, [options.root, "config.txt"])), io.BytesIO(text), len(text), when)
            for name, path in listed:
                add_packed(archive, name, path, when, options.level)
        # tarfile pads to a record; an archive without padding would not match RDS's.
        if os.path.getsize(part) % RECORD:
            raise SystemExit("the archive is not padded to {0} bytes".format(RECORD))
        with open(part, "rb") as whole:
            os.fsync(whole.fileno())
        os.rename(part, options.out)
    finally:
        if os.path.exists(part):
            os.unlink(part)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host on loopback that is reached by real SSH as an ordinary user, who may become the owner of a database server.

    python -m ansible_collections.apsaradb.mysql.tests.support.ssh_host start --root DIR --cache DIR --reach PATH ... --own PATH ...
    python -m ansible_collections.apsaradb.mysql.tests.support.ssh_host cut --root DIR
    python -m ansible_collections.apsaradb.mysql.tests.support.ssh_host run --root DIR -- WORD ...
    python -m ansible_collections.apsaradb.mysql.tests.support.ssh_host stop --root DIR

The host reads this machine's files and writes to an overlay in memory: it has accounts, keys, an sshd and a sudo that
this machine lacks. All of it, with every process in it, is removed when the host stops. Missing programs of OpenSSH,
sudo and acl come from the distribution's packages. ``DIR/host.json`` has the connection settings. ``cut`` ends the
current connections, but not the commands they started; ``run`` runs a command in the host as root.

The overlay is a mount, which needs root. ``start`` fails and names what is missing.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import Dict, List, Optional, Sequence

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, mysqld_process, software_cache

USER = "apsaradb_ssh"
OWNER = "apsaradb_db"
_PROGRAMS = {"sshd": "openssh-server", "ssh-keygen": "openssh-client", "ssh": "openssh-client", "sudo": "sudo", "setfacl": "acl"}
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PATIENCE = 60.0
_LONGEST_LIFE = 1800

# Runs in separate namespaces: nothing mounted or written below $all reaches the machine.
_SETUP = r"""
set -eu
umask 022
layers=$ROOT/layers all=$ROOT/layers/all
mount -t tmpfs -o mode=755 tmpfs "$layers"
mkdir "$layers/upper" "$layers/work" "$all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" "$all"
mount -t proc proc "$all/proc"
mount --rbind /dev "$all/dev"

# Programs of this machine are not replaced.
if [ -n "$PACKAGES" ]; then
    for part in usr/sbin/sshd usr/bin/ssh usr/bin/ssh-keygen usr/bin/sudo usr/bin/setfacl \
            usr/lib/openssh usr/libexec/sudo usr/lib/sudo "usr/lib/$(uname -m)-linux-gnu"; do
        if [ -e "$PACKAGES/$part" ]; then mkdir -p "$all/$(dirname "$part")"; cp -an "$PACKAGES/$part" "$all/$(dirname "$part")/"; fi
    done
fi

id=64610
for name in sshd "$USER_NAME" "$OWNER_NAME"; do
    if ! grep -q "^$name:" "$all/etc/passwd"; then
        echo "$name:x:$id:$id::/home/$name:/bin/sh" >>"$all/etc/passwd"
        echo "$name:x:$id:" >>"$all/etc/group"
        echo "$name:*:19000:0:99999:7:::" >>"$all/etc/shadow"
        mkdir -p "$all/home/$name"
        chown "$id:$id" "$all/home/$name"
    fi
    id=$((id + 1))
done
echo "127.0.1.1 $(hostname)" >>"$all/etc/hosts"
mkdir -p "$all/run/sshd" "$all/etc/ssh" "$all/etc/pam.d"
printf '%s\n' 'root ALL=(ALL:ALL) ALL' "$USER_NAME ALL=($OWNER_NAME) NOPASSWD: ALL" >"$all/etc/sudoers"
chmod 440 "$all/etc/sudoers"
printf '%s\n' 'auth required pam_permit.so' 'account required pam_permit.so' 'session required pam_permit.so' >"$all/etc/pam.d/sudo"
# Ordinary users must reach the Python of the tests and their software.
for path in $REACH; do
    while [ "$path" != / ]; do chmod o+x "$all$path"; path=$(dirname "$path"); done
done
for path in $OWN; do
    chroot "$all" find "$path" -maxdepth 1 \( -path "$path" -o -name '*.lock' \) -exec chown "$OWNER_NAME" {} +
done

chroot "$all" ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/test_host_key
chroot "$all" ssh-keygen -q -t ed25519 -N '' -C test -f "/home/$USER_NAME/key"
mkdir "$all/home/$USER_NAME/.ssh"
mv "$all/home/$USER_NAME/key.pub" "$all/home/$USER_NAME/.ssh/authorized_keys"
chroot "$all" chown -R "$USER_NAME:" "/home/$USER_NAME/.ssh"
chmod -R go= "$all/home/$USER_NAME/.ssh"
mv "$all/home/$USER_NAME/key" "$ROOT/key"
echo "[127.0.0.1]:$PORT $(cat "$all/etc/ssh/test_host_key.pub")" >"$ROOT/known_hosts"
printf '%s\n' "Port $PORT" 'ListenAddress 127.0.0.1' 'HostKey /etc/ssh/test_host_key' 'UsePAM no' 'PasswordAuthentication no' 'PermitRootLogin no' \
    'PidFile none' 'Subsystem sftp internal-sftp' >"$all/etc/ssh/test_config"
sshd=$(PATH=$SYSTEM_PATH chroot "$all" sh -c 'command -v sshd')
chroot "$all" env -i PATH="$SYSTEM_PATH" "$sshd" -D -e -f /etc/ssh/test_config &
# All processes of the namespace end with its first.
sleep "$LIFE" &
wait -n 2>/dev/null || wait
"""


def start(root: str, cache: str, reach: Sequence[str] = (), own: Sequence[str] = ()) -> Dict[str, str]:
    """Create the host and wait for its sshd; return the contents of ``host.json``."""
    if os.geteuid() != 0:
        raise Failure("A host reached by SSH as another user needs root", None, "Run the tests as root, in a virtual machine or a privileged container.")
    missing = [tool for tool in ("unshare", "mount", "chroot") if shutil.which(tool, path=_SYSTEM_PATH) is None]
    if missing:
        raise Failure("This machine has no {0}".format(", ".join(missing)), None, "Install util-linux and coreutils.")
    packages = _packages(cache)
    os.makedirs(os.path.join(root, "layers"))
    for _attempt in range(5):
        port = mysqld_process.free_port()
        said = _run(root, packages, port, reach, own)
        if said is None:
            break
        if "Address already in use" not in said:
            raise Failure(
                "The SSH host does not start: {0}".format(said[-800:]),
                root,
                "It needs mount namespaces, overlayfs and tmpfs. Run it in a virtual machine or a privileged container.",
            )
    else:
        raise Failure("No free port for sshd was found", root, "Run again.")
    os.chmod(os.path.join(root, "key"), 0o600)
    host = {
        "user": USER,
        "owner": OWNER,
        "port": str(port),
        "key": os.path.join(root, "key"),
        "known_hosts": os.path.join(root, "known_hosts"),
        "ssh": _ssh(root, packages),
    }
    with open(os.path.join(root, "host.json"), "w", encoding="utf-8") as stream:
        json.dump(host, stream)
    return host


def _packages(cache: str) -> str:
    """The folder with the packages this machine lacks; empty if it lacks none."""
    lacking = sorted({package for program, package in _PROGRAMS.items() if shutil.which(program, path=_SYSTEM_PATH) is None})
    if not lacking:
        return ""

    def choose(versions: Dict[str, str]) -> List[str]:
        return lacking if set(lacking) <= set(versions) else []

    def fill(folder: str) -> None:
        apt.unpack_packages(folder, lacking, choose)
        # Packages from before the merge of /lib into /usr/lib.
        for name in "lib", "sbin", "bin":
            if os.path.isdir(os.path.join(folder, name)) and not os.path.islink(os.path.join(folder, name)):
                subprocess.run(["cp", "-a", os.path.join(folder, name) + "/.", os.path.join(folder, "usr", name)], check=True)

    return software_cache.ensure_cached(cache, "ssh-" + "-".join(lacking), fill)


def _run(root: str, packages: str, port: int, reach: Sequence[str], own: Sequence[str]) -> Optional[str]:
    """Start the namespaces; return None when sshd answers, else the log."""
    environment = {
        "PATH": _SYSTEM_PATH,
        "ROOT": root,
        "PACKAGES": packages,
        "PORT": str(port),
        "USER_NAME": USER,
        "OWNER_NAME": OWNER,
        "REACH": " ".join([*reach, sys.prefix, sys.base_prefix, os.path.dirname(os.path.realpath(sys.executable))]),
        "OWN": " ".join(own),
        "SYSTEM_PATH": _SYSTEM_PATH,
        "LIFE": str(_LONGEST_LIFE),
    }
    argv = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash", "-c", _SETUP]
    log = os.path.join(root, "log")
    with open(log, "wb") as out:
        child = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    with open(os.path.join(root, "pid"), "w", encoding="utf-8") as stream:
        stream.write(str(child.pid))
    end = time.monotonic() + _PATIENCE
    while child.poll() is None and time.monotonic() < end:
        if _greets(port):
            return None
        time.sleep(0.1)
    child.kill()
    child.wait()
    with open(log, encoding="utf-8", errors="replace") as stream:
        return stream.read().strip() or "no output for {0:.0f} seconds".format(_PATIENCE)


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _ssh(root: str, packages: str) -> str:
    """The path of the ssh client: the machine's own, or a script that runs the package's."""
    found = shutil.which("ssh")
    if found or not packages:
        return found or "ssh"
    library = os.path.join(packages, "usr", "lib", "{0}-linux-gnu".format(os.uname().machine))
    script = os.path.join(root, "ssh")
    with open(script, "w", encoding="utf-8") as stream:
        stream.write('#!/bin/sh\nLD_LIBRARY_PATH="{0}" exec "{1}" "$@"\n'.format(library, os.path.join(packages, "usr", "bin", "ssh")))
    os.chmod(script, 0o700)
    return script


def cut(root: str) -> int:
    """Kill the processes that serve the current connections; return their number."""
    waiting, cut_off = _children(_first(root)), 0
    listener = next(pid for pid in waiting if _name(pid) == "sshd")
    waiting = _children(listener)
    while waiting:
        pid = waiting.pop()
        # sshd, sshd-session or sshd-auth; their other children are users' commands.
        if _name(pid).startswith("sshd"):
            waiting.extend(_children(pid))
            os.kill(pid, signal.SIGKILL)
            cut_off += 1
    return cut_off


def run(root: str, words: Sequence[str]) -> int:
    """Run a command in the host; return its exit code."""
    inside = ["nsenter", "--target", str(_first(root)), "--mount", "--pid", "chroot", os.path.join(root, "layers", "all")]
    return subprocess.call(inside + list(words), env={"PATH": _SYSTEM_PATH})


def _first(root: str) -> int:
    """The first process in the host."""
    pid = _process(root)
    if pid is None:
        raise Failure("The host is not running", root, "Start it.")
    return _children(pid)[0]


def _children(pid: int) -> List[int]:
    try:
        with open("/proc/{0}/task/{0}/children".format(pid), encoding="ascii") as stream:
            return [int(word) for word in stream.read().split()]
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        with open("/proc/{0}/comm".format(pid), encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return ""


def _process(root: str) -> Optional[int]:
    """The process that holds the host's namespaces; None if it has ended."""
    try:
        with open(os.path.join(root, "pid"), encoding="utf-8") as stream:
            pid = int(stream.read())
        with open("/proc/{0}/environ".format(pid), "rb") as stream:
            return pid if os.fsencode("ROOT=" + root) in stream.read().split(b"\0") else None
    except (OSError, ValueError):
        return None


def stop(root: str) -> None:
    """Kill every process of the host; its files disappear with them."""
    pid = _process(root)
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + _PATIENCE
    while os.path.exists("/proc/{0}/exe".format(pid)) and time.monotonic() < end:
        time.sleep(0.05)


def main(words: Sequence[str]) -> int:
    """The command line; return its exit code."""
    parser = argparse.ArgumentParser(description="A host on loopback that is reached by real SSH.")
    parser.add_argument("do", choices=["start", "cut", "run", "stop"])
    parser.add_argument("--root", required=True, help="the folder of the host, which is created")
    parser.add_argument("--cache", help="where packages are kept")
    parser.add_argument("--reach", nargs="*", default=[], help="folders ordinary users of the host must reach")
    parser.add_argument("--own", nargs="*", default=[], help="folders of the host that belong to the owner of the server")
    end = list(words).index("--") if "--" in words else len(words)
    asked, command = parser.parse_args(words[:end]), words[end + 1 :]
    root = os.path.realpath(asked.root)
    try:
        if asked.do == "start":
            reach, own = ([os.path.realpath(path) for path in paths] for paths in (asked.reach, asked.own))
            print(json.dumps(start(root, os.path.realpath(asked.cache), reach, own)))
        elif asked.do == "cut":
            print(cut(root))
        elif asked.do == "run":
            return run(root, command)
        else:
            stop(root)
    except Failure as failure:
        print("\n*** {0}\n".format(failure), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

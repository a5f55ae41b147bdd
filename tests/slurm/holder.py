"""The first process of a set of namespaces (namespaces.py starts it): it prepares them and waits for its input to end.

    python holder.py HOSTNAME SOURCE TARGET [SOURCE TARGET ...]

When its input ends, or it is killed, the kernel ends every other process of its process namespace. So nothing is left
running even if pytest itself is killed.
"""

import fcntl
import signal
import socket
import struct
import subprocess
import sys

SET_FLAGS, SET_ADDRESS, UP = 0x8914, 0x8916, 1  # SIOCSIFFLAGS, SIOCSIFADDR and IFF_UP of the kernel's headers


def main() -> None:
    hostname, *paths = sys.argv[1:]
    socket.sethostname(hostname)
    bring_up_loopback()
    for source, target in zip(paths[::2], paths[1::2], strict=True):
        subprocess.run(["mount", "--bind", source, target], check=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel removes orphans that have ended
    print("ready", flush=True)
    sys.stdin.read()


def bring_up_loopback() -> None:
    """As 127.0.0.1 and 127.0.0.2: where 127.0.0.1 is the only address, Slurm's getaddrinfo finds no host at all."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
        address = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton("127.0.0.2"))
        fcntl.ioctl(any_socket, SET_ADDRESS, address)


if __name__ == "__main__":
    main()

"""Runs a command in a network namespace of its own, whose only way out is read, not sent.

``unshare -rn python -m tests.run.alone COMMAND...``: the loopback works as ever; whatever is meant
for any other host goes into a tunnel that ends here. The last line printed is JSON: the command's
exit code, and each packet that would have left, as "protocol host port",
with the name where it is a question to a name server.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading

# linux/if_tun.h, linux/sockios.h, linux/route.h
_TUNSETIFF, _TUN, _NO_INFORMATION = 0x400454CA, 0x0001, 0x1000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 0x0001
_SIOCSIFADDR, _SIOCADDRT, _RTF_UP = 0x8916, 0x890B, 0x0001
_NAME = b"out0"
_ADDRESS = "198.51.100.1"  # of a network for documentation: nobody's
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}


def open_tunnel() -> int:
    """The file that every packet for another host can be read from. Raises OSError."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, _TUNSETIFF, struct.pack("16sH22x", _NAME, _TUN | _NO_INFORMATION))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = struct.pack("16sHH4s8x", _NAME, socket.AF_INET, 0, socket.inet_aton(_ADDRESS))
        fcntl.ioctl(control, _SIOCSIFADDR, address)
        for name in (b"lo", _NAME):
            asked = struct.pack("16sH22x", name, 0)
            (flags,) = struct.unpack_from("16xH", fcntl.ioctl(control, _SIOCGIFFLAGS, asked))
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH22x", name, flags | _UP))
        _add_default_route(control)
    return tunnel


def _add_default_route(control: socket.socket) -> None:
    import ctypes

    name = ctypes.create_string_buffer(_NAME)
    anywhere = struct.pack("HH4s8x", socket.AF_INET, 0, bytes(4))
    # struct rtentry of a 64-bit machine
    entry = struct.pack(
        "L16s16s16sHhLxxxxxxxxhPLLH6x",
        0,
        anywhere,
        anywhere,
        anywhere,
        _RTF_UP,
        0,
        0,
        0,
        ctypes.addressof(name),
        0,
        0,
        0,
    )
    fcntl.ioctl(control, _SIOCADDRT, entry)


def _read(tunnel: int, seen: list[str]) -> None:
    while True:
        packet = os.read(tunnel, 65536)
        if packet[0] >> 4 == 4:  # of IPv6 there is only what the kernel says to itself
            head = (packet[0] & 15) * 4
            protocol = _PROTOCOLS.get(packet[9], str(packet[9]))
            port = int.from_bytes(packet[head + 2 : head + 4], "big")
            told = f" {_asked(packet[head + 8 :])}" if (protocol, port) == ("udp", 53) else ""
            seen.append(f"{protocol} {socket.inet_ntoa(packet[16:20])} {port}{told}")


def _asked(query: bytes) -> str:
    """The name that a DNS query is about."""
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels)


def main() -> None:
    seen: list[str] = []
    tunnel = open_tunnel()
    threading.Thread(target=_read, args=(tunnel, seen), daemon=True).start()
    code = subprocess.run(sys.argv[1:], check=False, stdin=subprocess.DEVNULL).returncode
    print(json.dumps({"exit": code, "left": sorted(set(seen))}))


if __name__ == "__main__":
    main()

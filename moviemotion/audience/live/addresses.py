"""Checks which computer a network camera's address leads to.

Whoever can name a camera in the studio makes the server open a connection. Without a check, the address could
be that of a service that only the server may reach: the metadata service of a cloud (link-local addresses),
or another program on the server itself.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from moviemotion.errors import MoviemotionError

NAT64 = IPv6Network("64:ff9b::/96")
IPAddress = IPv4Address | IPv6Address


def pinned_address(url: str, allow_own: bool) -> str:
    """Check where the address of a camera leads, and return the address with the computer it leads to now.

    The name of the computer is replaced with its IP address, so that it cannot lead elsewhere later. The name
    is kept for encrypted connections, whose certificate contains it.

    Args:
        url: the address of the camera.
        allow_own: whether the camera may be on this computer.

    Raises:
        MoviemotionError: the name is unknown, or leads to a computer that must not be reached.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port
        found = sorted({entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    except (OSError, ValueError, UnicodeError) as error:
        raise MoviemotionError(f"camera address {_shown(url)}: unknown computer; check the name") from error
    addresses = [_unwrapped(ip_address(str(address).partition("%")[0])) for address in found]
    for address in addresses:
        if reason := _refusal(address, allow_own):
            raise MoviemotionError(
                f"camera address {_shown(url)}: leads to {reason}, which is not allowed; give the address "
                "of the camera"
            )
    if parts.scheme.endswith("s"):
        return url
    literal = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
    login = parts.netloc.rpartition("@")[0]
    netloc = f"{login}@" * bool(login) + literal + f":{port}" * (port is not None)
    return parts._replace(netloc=netloc).geturl()


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address inside an IPv6 address that only wraps one, in any of the usual ways."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address


def _refusal(address: IPAddress, allow_own: bool) -> str:
    if address.is_link_local:
        return "a link-local address"
    if address.is_unspecified or address.is_multicast or address.is_reserved:
        return "no single computer"
    if not allow_own and (address.is_loopback or address in set(_own_addresses())):
        return "the studio's own computer"
    return ""


def _own_addresses() -> Iterator[IPAddress]:
    """The addresses of this computer: those of its name, and those from which it reaches others."""
    with suppress(OSError):
        for entry in socket.getaddrinfo(socket.gethostname(), None):
            yield ip_address(str(entry[4][0]).partition("%")[0])
    for family, outside in ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((outside, 9))  # sends nothing
            yield ip_address(str(probe.getsockname()[0]).partition("%")[0])


def _shown(url: str) -> str:
    """The address without a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

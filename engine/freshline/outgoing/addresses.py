"""Addresses: which machine a URL leads to, and whether anything may be sent there.

A name is resolved once, and what it resolved to is both checked and connected to: a name server
that answers otherwise the second time changes nothing.
"""

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from freshline.errors import DeniedError, ResourceError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_PORTS = {"https": 443, "http": 80}
# Machines of clouds that tell secrets to whoever asks, at addresses that look like anybody's.
_METADATA = frozenset({ip_address("168.63.129.16"), ip_address("fd00:ec2::254")})
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request goes: the host by the name that it was called, and addresses to connect to.

    `path` holds the query too. Only `host` and `port` are fit for words about it.
    """

    host: str
    port: int
    is_secure: bool
    path: str
    addresses: tuple[str, ...]

    @property
    def words(self) -> str:
        """The host and the port, as people write them."""
        default = self.port == _PORTS["https" if self.is_secure else "http"]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if default else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may be called though it lies within: hosts, `host:port`, networks such as 10.0.0.0/8.

    A host that is named may be called without TLS too.
    """

    entries: tuple[str, ...] = ()

    def names(self, host: str, port: int) -> bool:
        """Say whether a host is allowed by its name."""
        bracketed = f"[{host}]" if ":" in host else host
        return any(
            each.lower() in (host, bracketed, f"{bracketed}:{port}") for each in self.entries
        )

    def holds(self, address: Address) -> bool:
        """Say whether an address lies in a network that is allowed."""
        for each in self.entries:
            try:
                if "/" in each and address in ip_network(each, strict=False):
                    return True
            except ValueError:
                continue
        return False


def place_of(url: str, allowed: Allowed, resolve: Resolve) -> Place:
    """Return where a URL leads, as far as anything may be sent there.

    DeniedError where it may not; ResourceError where its name cannot be resolved now. Neither shows
    more of the URL than its host: the rest may be a secret.
    """
    parts, host, port = _parts_of(url)
    is_named = allowed.names(host, port)
    if parts.scheme != "https" and not is_named:
        raise DeniedError(
            f"{host} would be called without TLS",
            help=f"use https, or add {host} to `webhooks: {{allow: [...]}}` in freshline.yaml",
        )
    found = tuple(dict.fromkeys(resolve(host, port)))
    if not found:
        raise ResourceError(f"the name {host} has no address")
    for each in found:
        address = ip_address(each)
        if not is_named and not allowed.holds(address) and not is_public(address):
            raise DeniedError(
                f"{host} lies in a network that is not public",
                help=f"where that is meant, add {host} to `webhooks: {{allow: [...]}}`",
            )
    path = parts.path or "/"
    return Place(
        host=host,
        port=port,
        is_secure=parts.scheme == "https",
        path=f"{path}?{parts.query}" if parts.query else path,
        addresses=found,
    )


def is_public(address: Address) -> bool:
    """Say whether an address is of the public internet, also one that stands within another."""
    within = _within(address)
    if within is not None:
        return is_public(within)
    if address in _METADATA or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (
        address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified
    )


def resolved(host: str, port: int, *, seconds: float = 5.0) -> tuple[str, ...]:
    """Return the addresses of a host, in the order to try them; ResourceError without any."""
    found: list[tuple[str, ...] | OSError | UnicodeError] = []

    def look() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append(tuple(str(row[4][0]).partition("%")[0] for row in rows))
        except (OSError, UnicodeError) as error:
            found.append(error)

    # Whoever resolves names cannot be told how long that may take.
    thread = threading.Thread(target=look, daemon=True, name="resolving a name")
    thread.start()
    thread.join(seconds)
    if not found:
        raise ResourceError(f"the name {host} was not resolved within {seconds:g} s")
    if isinstance(found[0], Exception):
        raise ResourceError(f"the name {host} cannot be resolved") from found[0]
    return found[0]


def _parts_of(url: str) -> tuple[SplitResult, str, int]:
    """Return the parts of a URL, its host in lower case and its port; else DeniedError."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        if not host.isascii():
            host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise DeniedError("the address is no URL", help="write for instance https://…") from None
    if _ODD.search(url) or parts.scheme not in _PORTS or not host or not url.isascii():
        raise DeniedError("the address is no URL", help="write for instance https://…")
    if parts.username is not None or parts.password is not None:
        raise DeniedError(
            f"the address of {host} holds a user name", help="sign with `secret:` instead"
        )
    return parts, host, port if port is not None else _PORTS[parts.scheme]


def _within(address: Address) -> Address | None:
    """Return the address that another one stands for or leads to, None where that is itself."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour

"""Which network addresses outbound requests may reach: global ones, and those that the operator allows."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
PORTS = frozenset({80, 443})


@dataclass(frozen=True)
class Allowed:
    """The operator's exceptions, from `QUADRILLE_OUTBOUND_ALLOW`: hosts, `host:port`, addresses and CIDR ranges."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def host(self, name: str, port: int) -> bool:
        """True when this host name is allowed whatever its address is."""
        return name.lower() in self.hosts or f"{name.lower()}:{port}" in self.hosts

    def address(self, address: Address) -> bool:
        """True when this address lies in an allowed range."""
        return any(address in network for network in self.networks if network.version == address.version)


@lru_cache
def allowed(listed: str) -> Allowed:
    """Read the setting; an entry that is neither address nor range is a host name."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in filter(None, (part.strip().lower() for part in listed.split(","))):
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry)
    return Allowed(frozenset(hosts), tuple(networks))


def refusal(text: str, port: int, exceptions: Allowed) -> str:
    """Why this address must not be dialled at this port; empty when it may be."""
    why = address_refusal(text, exceptions)
    if why or port in PORTS or _excepted(text, exceptions):
        return why
    return f"port {port} is not among {', '.join(map(str, sorted(PORTS)))}"


def address_refusal(text: str, exceptions: Allowed) -> str:
    """Why this address must not be dialled at any port; empty when it may be."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _unwrapped(address)
    if _excepted(text, exceptions):
        return ""
    if inner is None:
        return f"{address} is a tunnel address"
    site_local = isinstance(inner, ipaddress.IPv6Address) and inner.is_site_local
    if not inner.is_global or inner.is_multicast or inner.is_reserved or site_local:
        return f"{address} is a private or special address"
    return ""


def _excepted(text: str, exceptions: Allowed) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _unwrapped(address)
    return exceptions.address(address) or (inner is not None and exceptions.address(inner))


def _unwrapped(address: Address) -> Address | None:
    """The IPv4 address inside IPv6 forms that lead to one; None for Teredo, which hides where it leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.teredo is not None:
        return None
    if address in _NAT64 or address in _NAT64_LOCAL:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or _compatible(address) or address


def _compatible(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """`::127.0.0.1`, the deprecated IPv4-compatible form; `::` and `::1` are themselves."""
    number = int(address)
    return ipaddress.IPv4Address(number) if 1 < number < 2**32 else None

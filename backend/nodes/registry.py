"""All kinds: those under `kinds/`, then those that installed packages offer as `quadrille.node_kinds` entry points."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType

from backend.nodes import kinds
from backend.nodes.kind import Kind

ENTRY_POINT_GROUP = "quadrille.node_kinds"


class TwoKindsOfOneName(Exception):
    """Two packages offer a kind under the same permanent name."""


@lru_cache
def all_kinds() -> MappingProxyType[str, Kind]:
    """Every kind by its permanent name; raises TwoKindsOfOneName at start rather than choosing one."""
    found: dict[str, Kind] = {}
    for kind in (*_shipped(), *_installed()):
        if kind.name in found:
            raise TwoKindsOfOneName(
                f"Two node kinds are called {kind.name!r}; uninstall one of the packages."
            )
        found[kind.name] = kind
    return MappingProxyType(found)


def _shipped() -> Iterator[Kind]:
    for info in pkgutil.walk_packages(kinds.__path__, kinds.__name__ + "."):
        if not info.ispkg:
            yield from _kinds_of(importlib.import_module(info.name))


def _installed() -> Iterator[Kind]:
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        yield from _kinds_of(entry.load())


def _kinds_of(module: ModuleType) -> Iterator[Kind]:
    yield from (value for value in vars(module).values() if isinstance(value, Kind))

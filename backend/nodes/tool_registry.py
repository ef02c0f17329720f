"""All tools of agents: those under `tools/`, then those that installed packages offer as `quadrille.tools` entry points."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType

from backend.nodes import tools
from backend.nodes.tool import Tool

ENTRY_POINT_GROUP = "quadrille.tools"


class TwoToolsOfOneName(Exception):
    """Two packages offer a tool under the same permanent name."""


@lru_cache
def all_tools() -> MappingProxyType[str, Tool]:
    """Every tool by its permanent name; raises TwoToolsOfOneName at start rather than choosing one."""
    found: dict[str, Tool] = {}
    for tool in (*_shipped(), *_installed()):
        if tool.name in found:
            raise TwoToolsOfOneName(f"Two tools are called {tool.name!r}; uninstall one of the packages.")
        found[tool.name] = tool
    return MappingProxyType(found)


def _shipped() -> Iterator[Tool]:
    for info in pkgutil.iter_modules(tools.__path__, tools.__name__ + "."):
        yield from _tools_of(importlib.import_module(info.name))


def _installed() -> Iterator[Tool]:
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        yield from _tools_of(entry.load())


def _tools_of(module: ModuleType) -> Iterator[Tool]:
    yield from (value for value in vars(module).values() if isinstance(value, Tool))

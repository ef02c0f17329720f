"""What a reasoning strategy is: one function that works on a task and gives the answer. Each is a file in `strategies/`."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from backend.nodes import strategies
from backend.nodes.agent_work import Work

Think = Callable[[Work], Awaitable[str]]


@dataclass(frozen=True)
class Strategy:
    """A registered strategy; its name is that of its file, its help the file's first words."""

    name: str
    title: str
    help: str
    think: Think


def strategy(title: str) -> Callable[[Think], Strategy]:
    """Turn the one function of a strategy's file into the strategy."""

    def register(think: Think) -> Strategy:
        module = inspect.getmodule(think)
        if module is None:
            raise TypeError(f"{think} must be defined at the top of a module")
        return Strategy(module.__name__.rpartition(".")[2], title, inspect.getdoc(module) or "", think)

    return register


@lru_cache
def all_strategies() -> MappingProxyType[str, Strategy]:
    """Every strategy by its name."""
    modules = (
        importlib.import_module(info.name)
        for info in pkgutil.iter_modules(strategies.__path__, strategies.__name__ + ".")
    )
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Strategy)]
    return MappingProxyType({one.name: one for one in found})

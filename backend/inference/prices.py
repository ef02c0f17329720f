"""What models cost: a table as data, over which the operator's file and setting go. An unknown price is none, never 0.

`prices.yaml` in the data folder has the form of the one beside this file:

prices:
  - model: openai:gpt-4o     # as nodes name it; a dated name such as openai:gpt-4o-2024-08-06 is found too
    input: 2.50              # dollars a million tokens
    output: 10.00
    cached: 1.25             # optional: tokens that the provider read from its cache
    long: {over: 200000, input: 5, output: 20}   # optional: what calls cost that read more than so many tokens
    date: 2026-11-22         # when the price was looked up
    source: https://openai.com/api/pricing
"""

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from backend.core import log
from backend.core.errors import Problem
from backend.core.settings import settings

NAME = "prices.yaml"
_SHIPPED = Path(__file__).with_name(NAME)
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
_MILLION = 1_000_000

_log = log.get(__name__)


class _Rates(BaseModel):
    """Dollars a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)

    def cost(self, read: int, wrote: int, cached: int) -> float:
        """Dollars; `cached` of the `read` tokens came from the provider's cache."""
        cheap = self.input if self.cached is None else self.cached
        cached = min(cached, read)
        return ((read - cached) * self.input + cached * cheap + wrote * self.output) / _MILLION


class _Long(_Rates):
    over: int = Field(gt=0)


class Price(_Rates):
    """What a model costs."""

    model: str = Field(min_length=1)
    long: _Long | None = None
    date: date
    source: str = Field(min_length=1)

    def of_call(self, read: int, wrote: int, cached: int) -> float:
        """What one call costs."""
        rates = self.long if self.long is not None and read > self.long.over else self
        return rates.cost(read, wrote, cached)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")
    prices: list[Price]


def of(model: str) -> Price | None:
    """The model's price: by its name, else by its name without a date at the end."""
    table = _table()
    return table.get(model) or table.get(_DATED.sub("", model))


def cost(model: str, read: int, wrote: int, cached: int = 0) -> float | None:
    """Dollars; `cached` of the `read` tokens came from the provider's cache. None where the price is not known."""
    price = of(model)
    return None if price is None else price.of_call(read, wrote, cached)


def shipped() -> list[Price]:
    """The product's own prices."""
    return _read(_SHIPPED)


def problems() -> list[Problem]:
    """What is wrong with the operator's file; `doctor` reports it."""
    found = _own(own_file())
    return [found] if isinstance(found, Problem) else []


def own_file() -> Path:
    """Where the operator may put prices."""
    return settings().data_dir / NAME


def _table() -> dict[str, Price]:
    path = own_file()
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _merged(path, stamp, settings().model_prices)


@lru_cache(maxsize=4)
def _merged(path: Path, stamp: int, by_setting: str) -> dict[str, Price]:
    """The prices in force; read again when the operator's file changes."""
    own = _own(path) if stamp else []
    if isinstance(own, Problem):
        _log.warning("prices.unreadable", place=own.place, problem=own.message)
        own = []
    told = settings().resolved_model_prices() if by_setting else {}
    set_ = [
        Price(model=name, input=price[0], output=price[1], date=date.min, source="QUADRILLE_MODEL_PRICES")
        for name, price in told.items()
    ]
    return {price.model: price for price in [*shipped(), *own, *set_]}


def _own(path: Path) -> list[Price] | Problem:
    if not path.exists():
        return []
    fix = "Mend it, or remove it: until then the product's own prices hold."
    try:
        return _read(path)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its top level"
        return Problem(
            f"{path} is wrong at {place}: {first['msg']}.", place=str(path), fix=fix, code="prices"
        )
    except (YAMLError, OSError, UnicodeDecodeError) as wrong:
        told = " ".join(str(wrong).split())[:200]
        return Problem(f"{path} cannot be read: {told}", place=str(path), fix=fix, code="prices")


def _read(path: Path) -> list[Price]:
    reader: Any = YAML(typ="safe", pure=True)
    return _Table.model_validate(reader.load(path.read_text())).prices

"""Domains: kinds of goals whose way is known, one YAML file each in the folder `domains`.

A domain is a hierarchical task network in the sense of SHOP2 (D. Nau et al., "SHOP2: An HTN Planning System", Journal of
Artificial Intelligence Research 20, 2003): a task is either work for one agent, or has methods, each with preconditions
and the steps it takes. The first method whose preconditions hold, and whose steps can be taken, is used.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML

from backend.core.errors import NotFound
from backend.nodes.tool import Effect
from backend.planning.plan import Approval, Level

FOLDER = Path(__file__).parent / "domains"
GENERIC = "generic"
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,50}$")]


class NoSuchDomain(NotFound):
    """No domain of that name is shipped."""

    code = "no_such_domain"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Part):
    """Preconditions of a method; all that are said must hold."""

    mentions: tuple[str, ...] = Field(default=(), description="The goal has one of these words.")
    asks: tuple[Approval, ...] = Field(
        default=(), description="The goal wants a person asked before one of these."
    )
    deadline_below: float | None = Field(
        default=None, description="There is a deadline below so many seconds."
    )
    team_can: str = Field(default="", description="An agent of the team has the capability.")


class Step(_Part):
    """A step of a method; without `after` it follows every step that none follows yet."""

    do: _Id
    after: tuple[_Id, ...] | None = None


class Method(_Part):
    """One way to do a task."""

    name: str = Field(min_length=1)
    when: When = When()
    steps: tuple[Step, ...] = Field(min_length=1)

    @field_validator("steps", mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """`triage` is as good as `{do: triage}`."""
        return [{"do": one} if isinstance(one, str) else one for one in given]

    @model_validator(mode="after")
    def _in_order(self) -> "Method":
        seen: set[str] = set()
        for step in self.steps:
            if step.do in seen:
                raise ValueError(f"{self.name}: “{step.do}” is done twice")
            if missing := set(step.after or ()) - seen:
                raise ValueError(
                    f"{self.name}: “{step.do}” comes after {missing.pop()}, which is not before it"
                )
            seen.add(step.do)
        return self


class DomainTask(_Part):
    """Work with what it takes, or a task that has methods."""

    title: str
    methods: tuple[Method, ...] = ()
    what: str = ""
    done_when: str = ""
    seconds: float = Field(default=0, ge=0)
    tokens: int = Field(default=0, ge=0)
    capabilities: dict[str, Level] = {}
    does: tuple[Effect, ...] = ()
    role: str = ""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "DomainTask":
        if not self.methods and not (
            self.what and self.done_when and self.seconds and self.tokens and self.capabilities
        ):
            raise ValueError(
                f"“{self.title}” has no methods, so it says what, done_when, seconds, tokens, capabilities"
            )
        return self


class Domain(_Part):
    """A kind of goals."""

    name: str = ""
    title: str
    sentence: str
    source: str = Field(description="Where the way is described.")
    triggers: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    root: _Id
    tasks: dict[_Id, DomainTask]

    @model_validator(mode="after")
    def _complete(self) -> "Domain":
        named = {step.do for task in self.tasks.values() for method in task.methods for step in method.steps}
        if missing := (named | {self.root}) - self.tasks.keys():
            raise ValueError(f"these tasks are named and not described: {', '.join(sorted(missing))}")
        if idle := self.tasks.keys() - named - {self.root}:
            raise ValueError(f"these tasks are described and never done: {', '.join(sorted(idle))}")
        return self

    @property
    def text(self) -> str:
        """What it is about, to be compared with a goal."""
        return ". ".join([self.title, self.sentence, ", ".join(self.triggers), *self.examples])


@lru_cache
def all_() -> tuple[Domain, ...]:
    """Every domain but the generic one, by name."""
    return tuple(read(path) for path in sorted(FOLDER.glob("*.yaml")) if path.stem != GENERIC)


@lru_cache
def get(name: str) -> Domain:
    """The domain of that name; raises NoSuchDomain."""
    known = {one.name: one for one in (*all_(), read(FOLDER / f"{GENERIC}.yaml"))}
    if name not in known:
        raise NoSuchDomain(f"There is no domain “{name}”.", fix=f"Choose one of: {', '.join(known)}.")
    return known[name]


def read(path: Path) -> Domain:
    """The domain of a file; a mistake names file and place."""
    reader: Any = YAML(typ="safe", pure=True)
    try:
        return Domain.model_validate({"name": path.stem, **reader.load(path.read_text(encoding="utf-8"))})
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise ValueError(f"{path.name} at {'.'.join(map(str, first['loc']))}: {first['msg']}") from wrong

"""The ready-made roles: one YAML file each in the folder `roles`, offered when an agent is made."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from backend.agents.schemas import CapabilityWish, RolePublic
from backend.core.errors import NotFound
from backend.nodes.agent_profile import AgentProfile

FOLDER = Path(__file__).parent / "roles"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    place: int
    title: str
    icon: str
    sentence: str
    profile: dict[str, Any]
    capabilities: list[CapabilityWish]


class NoSuchRole(NotFound):
    """No role of that name is shipped."""

    code = "no_such_role"


@lru_cache
def all_() -> tuple[RolePublic, ...]:
    """Every role, in the order of the files' places."""
    found = sorted(((_read(path), path.stem) for path in FOLDER.glob("*.yaml")), key=lambda one: one[0].place)
    return tuple(_public(role, name) for role, name in found)


def get(name: str) -> RolePublic:
    """The role of that name; raises NoSuchRole."""
    found = next((role for role in all_() if role.name == name), None)
    if found is None:
        known = ", ".join(role.name for role in all_())
        raise NoSuchRole(f"There is no ready-made role “{name}”.", fix=f"Choose one of: {known}.")
    return found


def _read(path: Path) -> _File:
    reader: Any = YAML(typ="safe", pure=True)
    return _File.model_validate(reader.load(path.read_text(encoding="utf-8")))


def _public(role: _File, name: str) -> RolePublic:
    profile = AgentProfile.model_validate({"role": name, **role.profile})
    return RolePublic(
        name=name,
        title=role.title,
        icon=role.icon,
        sentence=role.sentence,
        profile=profile,
        capabilities=role.capabilities,
    )

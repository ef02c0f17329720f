"""An agent of the team as its colleagues know it: what it is for, how well it can what, and how much it has to do."""

from pydantic import BaseModel, ConfigDict


class Colleague(BaseModel):
    """`can` holds proficiencies from 0 to 1; `busy` counts the steps that ask it at this moment."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    role: str = ""
    can: dict[str, float] = {}
    busy: int = 0

"""Says the texts that it has to say, and none of those that it must not; the score is the share that is right."""

from pydantic import Field, model_validator

from backend.evaluation.metric import Check, Score, Seen, metric, text_of


class Config(Check):
    texts: tuple[str, ...] = Field(default=(), title="Says", max_length=50)
    never: tuple[str, ...] = Field(default=(), title="Never says", max_length=50)
    ignore_case: bool = Field(default=True, title="Case does not matter")

    @model_validator(mode="after")
    def _looks_for_something(self) -> "Config":
        if not (self.texts or self.never):
            raise ValueError("name at least one text")
        return self


@metric(title="Contains")
async def contains(check: Config, seen: Seen) -> Score:
    """Looks into the text, or into the JSON."""

    def plain(text: str) -> str:
        return text.casefold() if check.ignore_case else text

    said = plain(text_of(seen.value))
    wrong = [f"It does not say “{one[:100]}”." for one in check.texts if plain(one) not in said]
    wrong += [f"It says “{one[:100]}”." for one in check.never if plain(one) in said]
    return Score(1 - len(wrong) / len((*check.texts, *check.never)), " ".join(wrong))

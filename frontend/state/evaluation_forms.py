"""The two forms of the evaluation page: a set, and a case of it; what is wrong stands in the form."""

from typing import Any, TypeVar

import reflex as rx
from pydantic import ValidationError

from backend.core import texts
from backend.core.errors import Invalid
from backend.evaluation import service
from backend.evaluation.schemas import CaseWish, SetWish
from frontend import routes
from frontend.rules import allows
from frontend.state import dialog, edge
from frontend.state.evaluation import Evaluation

CHECKS_OF_SET = "- metric: fields\n"
Wish = TypeVar("Wish", SetWish, CaseWish)
_WRITTEN = ("input", "expected", "checks", "answers")


class EvaluationForms(rx.State):
    """Which form is open, for what, and what is written in it."""

    form: str = ""  # set, case, or nothing
    id: str = ""  # empty: a new one
    title: str = ""
    values: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    shown: str = "0"  # another one each time, so that a form begins anew

    @rx.event
    @allows("workflow.edit")
    async def close(self):
        """Nothing is kept."""
        self.form = ""

    @rx.event
    @allows("workflow.edit")
    async def new_set(self):
        """An empty form."""
        self._open(
            "set", "", "A new evaluation set", {"name": "", "description": "", "checks": CHECKS_OF_SET}
        )

    @rx.event
    @allows("workflow.edit")
    async def edit_set(self):
        """The set that is shown."""
        set_id = (await self.get_state(Evaluation)).set_id
        async with edge.reading() as (session, by):
            found = await service.get(session, by, set_id)
        written = {"name": found.name, "description": found.description, "checks": _written(found.checks)}
        self._open("set", set_id, "The evaluation set", written)

    @rx.event
    @allows("workflow.edit")
    async def new_case(self):
        """An empty form."""
        written = {"name": "", "ends": "succeeded", "within": "300"} | dict.fromkeys(_WRITTEN, "")
        self._open("case", "", "A new case", written)

    @rx.event
    @allows("workflow.edit")
    async def edit_case(self, case_id: str):
        """A case of the set that is shown."""
        set_id = (await self.get_state(Evaluation)).set_id
        async with edge.reading() as (session, by):
            found = await service.get(session, by, set_id)
        case = next((one for one in found.cases if one.id == case_id), None)
        if case is None:
            return
        plain = case.model_dump(mode="json")
        written = {name: _written(plain[name]) for name in _WRITTEN}
        written |= {"name": case.name, "ends": case.ends, "within": f"{case.within:g}"}
        self._open("case", case_id, "The case", written)

    @rx.event
    @allows("workflow.edit")
    async def save_set(self, given: dict[str, str]):
        """Make or change the set."""
        page, wish = await self.get_state(Evaluation), _set(given)
        async with edge.writing() as (session, by):
            if self.id:
                found = await service.change(session, by, self.id, wish)
            else:
                found = await service.create(session, by, page.shown, wish)
        self.form = ""
        return rx.redirect(routes.evaluation(page.shown, set=found.id)) if not self.id else Evaluation.again

    @rx.event
    @allows("workflow.edit")
    async def save_case(self, given: dict[str, str]):
        """Make or change the case."""
        page, wish = await self.get_state(Evaluation), _case(given)
        async with edge.writing() as (session, by):
            if self.id:
                await service.change_case(session, by, page.set_id, self.id, wish)
            else:
                await service.add_case(session, by, page.set_id, wish)
        self.form = ""
        return Evaluation.again

    def _open(self, form: str, id_: str, title: str, values: dict[str, str]) -> None:
        self.form, self.id, self.title, self.values = form, id_, title, values
        self.shown = str(int(self.shown) + 1)


def _set(given: dict[str, str]) -> SetWish:
    return _checked(
        SetWish,
        {
            "name": given.get("name", "").strip(),
            "description": given.get("description", "").strip(),
            "checks": _read(given, "checks") or [],
        },
    )


def _case(given: dict[str, str]) -> CaseWish:
    return _checked(
        CaseWish,
        {
            "name": given.get("name", "").strip(),
            "ends": given.get("ends") or "succeeded",
            "within": given.get("within") or 300,
            "input": _read(given, "input"),
            "expected": _read(given, "expected"),
            "checks": _read(given, "checks") or [],
            "answers": _read(given, "answers") or [],
        },
    )


def _read(given: dict[str, str], name: str) -> Any:
    """YAML or JSON; nothing where nothing is written."""
    text = given.get(name, "")
    try:
        return texts.parse(text).data if text.strip() else None
    except Invalid as error:
        fix = error.problems[0].fix if error.problems else error.fix
        raise dialog.wrong(name, error.message, fix) from error


def _written(value: Any) -> str:
    """As YAML, which people read and write."""
    return "" if value in (None, [], "") else texts.to_yaml(value).removesuffix("...\n")


def _checked(schema: type[Wish], given: dict[str, Any]) -> Wish:
    try:
        return schema.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    place = [str(one) for one in first["loc"]]
    raise dialog.wrong(place[0], f"{'.'.join(place)}: {first['msg']}.")

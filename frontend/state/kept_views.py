"""Filters of the list of runs that are kept under names, as the page shows them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.runs import kept_views
from backend.runs.kept_views import KeepView
from frontend import routes


@dataclass
class View:
    """A filter that somebody keeps; who shares it is not told, only that it is not one's own."""

    id: str
    name: str
    href: str
    mine: bool


async def shown(session: Session, by: Principal) -> list[View]:
    """One's own, and those that others share."""
    found = await kept_views.list_(session, by)
    return [View(one.id, one.name, f"{routes.RUNS}?{one.query}", one.mine) for one in found]


def to_keep(form: dict[str, str], address: str) -> KeepView:
    """The filter of this address under the name that was typed."""
    shared = form.get("shared", "") in ("on", "true")
    return KeepView(name=form.get("name", "").strip()[:40], query=urlsplit(address).query, shared=shared)

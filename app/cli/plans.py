"""`quadrille plan "GOAL"`: from a goal to a team, and on into a workflow."""

import asyncio
import re
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.cli.remote import api
from backend.core.errors import Invalid

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def register(cli: typer.Typer) -> None:
    """Add the command of this file."""
    cli.command()(plan)


def plan(  # noqa: PLR0913, PLR0917 - an option for each
    goal: Annotated[str, typer.Argument(help="What is to be reached, in a sentence or more.")],
    deadline: Annotated[str, typer.Option(help="From start to end, such as 90s, 30m, 2h or 1d.")] = "",
    budget: Annotated[float | None, typer.Option(help="Most dollars a run.")] = None,
    tokens: Annotated[int | None, typer.Option(help="Most tokens a run.")] = None,
    approve: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask a person before steps that are external, money, write, code, read, or the result."
        ),
    ] = None,
    demand: Annotated[
        list[str] | None, typer.Option(help="A capability that the team must bring in.")
    ] = None,
    forbid: Annotated[
        list[str] | None, typer.Option(help="A capability or effect that no task may need.")
    ] = None,
    agent: Annotated[list[str] | None, typer.Option(help="Only these agents, by name or id.")] = None,
    new_agents: Annotated[bool, typer.Option(help="Whether lacking agents may be designed.")] = True,
    prefer: Annotated[str, typer.Option(help="balanced, quick, cheap or good.")] = "balanced",
    domain: Annotated[str, typer.Option(help="The kind of goal; empty: the nearest.")] = "",
    model: Annotated[str, typer.Option(help="A model that takes the goal apart; empty: offline.")] = "",
    accept: Annotated[bool, typer.Option(help="Make its agents and its workflow at once.")] = False,
    json: Annotated[bool, typer.Option(help="Print the plan as JSON.")] = False,
) -> None:
    """Make a plan: tasks, who does them when, what it costs, what may go wrong, and why."""
    constraints: dict[str, Any] = {
        "deadline_seconds": _seconds(deadline),
        "max_cost": budget,
        "max_tokens": tokens,
        "approvals": approve or [],
        "demanded": demand or [],
        "forbidden": forbid or [],
        "agents": agent or [],
        "new_agents": new_agents,
        "prefer": prefer,
    }
    wish = {"goal": goal, "domain": domain, "model": model, "constraints": constraints}
    made = asyncio.run(_made(wish, accept=accept))
    if json:
        Console().print_json(data=made)
    else:
        _show(made)
    if made["state"] == "impossible":
        raise typer.Exit(1)


async def _made(wish: dict[str, Any], *, accept: bool) -> dict[str, Any]:
    async with api() as server:
        made = await server.call("POST", "/plans", json=wish)
        if accept and made["state"] == "proposed":
            made = await server.call("POST", f"/plans/{made['id']}/accept", json={"draw": True})
    return made


def _seconds(text: str) -> float | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    if found is None:
        raise Invalid(f"“{text}” is no length of time.", fix="Write 90s, 30m, 2h or 1d.")
    return float(found.group(1)) * _UNITS[found.group(2)]


def _show(made: dict[str, Any]) -> None:
    console, body = Console(), made["plan"]
    console.print(f"{body['title']}  [dim]{made['id']}[/]", highlight=False)
    for problem in body["problems"]:
        console.print(f"[red]Not possible:[/] {problem['message']} {problem['fix']}", highlight=False)
    if body["assignments"]:
        console.print(_timeline(body))
        told = f"Takes {body['makespan']:.0f} s, costs ${body['cost']:.4f}, {body['tokens']:,} tokens; * is critical."
        console.print(told, highlight=False)
    for risk in body["risks"]:
        console.print(
            f"[yellow]{risk['severity']}[/] {risk['message']} [dim]{risk['mitigation']}[/]", highlight=False
        )
    if made["workflow_id"]:
        console.print(f"Accepted into the workflow {made['workflow_id']}.", highlight=False)


def _timeline(body: dict[str, Any]) -> Table:
    titles = {task["id"]: task["title"] for task in body["tasks"]}
    names = {one["id"]: one["name"] + (" (new)" if one["new"] else "") for one in body["members"]}
    table = Table("", "Task", "Who", "From", "To", "Slack", "Why", box=None)
    for one in body["assignments"]:
        mark = "*" if one["critical"] else ""
        spans = [f"{one[name]:.0f} s" for name in ("start", "end", "slack")]
        table.add_row(mark, titles[one["task"]], names[one["member"]], *spans, one["reason"])
    return table

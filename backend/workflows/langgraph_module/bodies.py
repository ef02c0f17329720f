"""What the function of a node does, by its kind: its settings become plain Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.nodes.fields import Assignment
from backend.nodes.kind import NodeConfig
from backend.nodes.rules import Rule, Rules
from backend.workflows.diagram import Node
from backend.workflows.langgraph_module import expressions as py
from backend.workflows.langgraph_module.code import function_lines


@dataclass
class Body:
    """The lines of a function; `remarks` say what behaves otherwise."""

    node: Node
    lines: list[str] = field(default_factory=list[str])
    remarks: list[str] = field(default_factory=list[str])

    @property
    def passed_on(self) -> str:
        """The source of what came in."""
        return f"passed_on(state, {self.node.id!r})"

    def give(self, source: str) -> None:
        """End with this output."""
        self.lines.append(f"return {source}")


def assigned(rows: Sequence[Assignment]) -> str:
    """An object of named values."""
    return "{" + ", ".join(f"{row.name!r}: {py.resolved(row.value)}" for row in rows) + "}"


def _start(body: Body, config: Any) -> None:
    for one in config.schedules:
        body.remarks.append(
            f"begins by the clock ({one.cron}, {one.zone}): have a cron of yours play the module"
        )
    if not config.fields:
        return body.give("input")
    fields = {
        one.name: {k: v for k, v in one.model_dump(mode="json").items() if v and k in _CHECKED}
        for one in config.fields
    }
    return body.give(f"form(input, {fields!r})")


_CHECKED = ("type", "required", "default", "choices")


def _output(body: Body, config: Any) -> None:
    body.give(assigned(config.fields) if config.fields else body.passed_on)


def _set_fields(body: Body, config: Any) -> None:
    if not config.keep_input:
        return body.give(assigned(config.fields))
    body.lines.append(f"before = {body.passed_on}")
    return body.give(f"(before if isinstance(before, dict) else {{}}) | {assigned(config.fields)}")


def _condition(body: Body, config: Any) -> None:
    asked = py.holds(config.rules) if config.by == "rules" else py.value(config.expression)
    body.lines += [
        f"if {asked}:",
        '    return Leave({"result": True}, "yes")',
        'return Leave({"result": False}, "no")',
    ]


def _switch(body: Body, config: Any) -> None:
    body.lines.append(f"value = {py.value(config.value) if config.by == 'value' else None}")
    for case in config.cases:
        wanted = case.name if case.equals is None else case.equals
        asked = {
            "expression": lambda one=case: py.value(one.expression),
            "rules": lambda one=case: py.holds(one.rules),
            "value": lambda to=wanted: py.holds(Rules(rows=(Rule(field="value", value=to),))),
        }[config.by]()
        body.lines += [
            f"if {asked}:",
            f'    return Leave({{"case": {case.name!r}, "value": value}}, {case.name!r})',
        ]
    body.lines.append('return Leave({"case": None, "value": value}, "else")')


def _join(body: Body, config: Any) -> None:
    if config.timeout:
        body.remarks.append(f"waits for its branches longer than its {config.timeout:g} seconds, if need be")
    body.give(f"came(state, {body.node.id!r})")


def _on_exit(body: Body, config: Any) -> None:
    body.give('{name: state.get(name) for name in ("transition", "previous", "event")}')


def _wait(body: Body, config: Any) -> None:
    body.remarks.append("waits by sleeping: the process has to live as long")
    moment = f"after({config.duration!r})"
    if config.by == "moment":
        moment = f"datetime.datetime.fromisoformat({py.text(config.until)})"
    body.give(f"wait_until({moment})")


def _wait_for_event(body: Body, config: Any) -> None:
    body.remarks.append(
        f"interrupts the graph until it is resumed with the event {config.event}, or with None"
    )
    body.give(f"wait_for({config.event!r}, {py.text(config.key)}, {config.timeout!r})")


def _human_approval(body: Body, config: Any) -> None:
    body.remarks.append(
        "interrupts the graph; who may decide, and when it expires, is up to whoever resumes it"
    )
    defaults = {one.name: one.default for one in config.fields if one.default is not None}
    proposed = {name: repr(value) for name, value in defaults.items()}
    for one in config.fields:
        if one.proposal.strip():
            as_text = one.type in ("text", "long_text", "choice")
            proposed[one.name] = py.text(one.proposal) if as_text else py.resolved(one.proposal)
    body.lines.append("proposal = {" + ", ".join(f"{k!r}: {v}" for k, v in proposed.items()) + "}")
    expires = f", expires_after={config.expires_after!r}" if config.expires_after else ""
    body.give(f"ask_people({py.text(config.title)}, {py.text(config.message)}, proposal{expires})")


def _code(body: Body, config: Any) -> None:
    body.remarks.append("its code runs as it stands, without the sandbox and its limits")
    body.lines += [f"{row.name} = {py.resolved(row.value)}" for row in config.variables]
    body.lines += function_lines(config.source)


def _http_request(body: Body, config: Any) -> None:
    headers = [f"{one.name!r}: {py.text(one.value)}" for one in config.headers]
    if config.auth == "bearer":
        headers.append(f'"Authorization": f"Bearer {{secret({config.secret!r})}}"')
    elif config.auth == "header":
        headers.append(f"{config.auth_header!r}: secret({config.secret!r})")
    body.lines.append("headers = {" + ", ".join(headers) + "}")
    sent = {
        "nothing": lambda: "None",
        "text": lambda: py.text(config.body),
        "json": lambda: f"json_body({py.resolved(config.body)})",
    }[config.send]()
    told = "" if sent == "None" else f", body={sent}"
    told += f", timeout={config.timeout_seconds!r}" if config.timeout_seconds != 10 else ""
    told += "" if config.fail_on_status else ", fail_on_status=False"
    body.remarks.append("asks any address, private ones too; each try sends an Idempotency-Key of its own")
    body.give(f"request({config.method!r}, {py.text(config.url)}, headers=headers{told})")


def _read_document(body: Body, config: Any) -> None:
    body.remarks.append("reads texts only: put your own reader of PDF, Word and Excel into `document`")
    body.give(f"document({py.text(config.source)}, {config.characters!r})")


def _emit_event(body: Body, config: Any) -> None:
    body.remarks.append("tells its event to standard error: put your own sending into `emit`")
    data = assigned(config.data) if config.data else body.passed_on
    body.give(f"emit({config.topic!r}, {py.text(config.key)}.strip(), {data})")


def _sub_workflow(body: Body, config: Any) -> None:
    body.remarks.append(
        f"calls the workflow {config.workflow}, for which `call_workflow` has to be filled in"
    )
    given = assigned(config.fields) if config.fields else body.passed_on
    body.give(f"call_workflow({config.workflow!r}, {config.version!r}, {given})")


WRITERS: dict[str, Callable[[Body, Any], None]] = {
    "start": _start, "output": _output, "set_fields": _set_fields, "condition": _condition, "switch": _switch,
    "join": _join, "on_exit": _on_exit, "wait": _wait, "wait_for_event": _wait_for_event,
    "human_approval": _human_approval, "code": _code, "http_request": _http_request, "emit_event": _emit_event,
    "sub_workflow": _sub_workflow, "read_document": _read_document,
}  # fmt: skip


def written(node: Node, config: NodeConfig, writers: dict[str, Callable[[Body, Any], None]]) -> Body:
    """The body of a node's function; KeyError for a kind that has no writer."""
    body = Body(node)
    writers[node.kind](body, config)
    return body

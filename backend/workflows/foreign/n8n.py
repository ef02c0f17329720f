"""n8n's workflow JSON: the object with `nodes` and `connections` that its editor copies and downloads."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from backend.workflows.foreign import n8n_clock, n8n_conditions, words
from backend.workflows.foreign.plain import dicts, items, table
from backend.workflows.foreign.sketch import Imported, Made, Sketch

Data = Mapping[str, Any]
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_MODELS = {"OpenAi": "openai", "Anthropic": "anthropic", "Ollama": "compatible"}


def recognised(data: Data) -> bool:
    """A list of nodes whose types look like `n8n-nodes-base.httpRequest`."""
    nodes = data.get("nodes")
    return isinstance(nodes, list) and isinstance(data.get("connections"), dict)


def read(data: Data) -> Imported:
    """Draw the workflow; a type without counterpart becomes a placeholder."""
    return _Reader(data).drawn()


class _Reader:
    def __init__(self, data: Data) -> None:
        self.data = data
        self.sketch = Sketch("n8n", str(data.get("name") or "n8n workflow"))
        self.nodes = {str(n["name"]): n for n in dicts(data.get("nodes")) if n.get("name")}
        self.before = self._before()
        self.models: dict[str, str] = {}
        self.failed: list[str] = []
        self.here = ""
        self.turns: dict[str, Callable[[Data], Made]] = {
            "httpRequest": self._http, "set": self._set, "if": self._if, "switch": self._switch,
            "wait": self._wait, "code": self._code, "function": self._code, "merge": self._merge,
            "stickyNote": _note,
            "noOp": lambda p: Made("set_fields", {**_SOMETHING, "keep_input": True}),
            "openAi": self._chat, "agent": self._chat, "chainLlm": self._chat, "respondToWebhook": self._respond,
        }  # fmt: skip

    def drawn(self) -> Imported:
        for name in self.nodes:
            self.sketch.reserve(name, name)
        self._languages()
        started = False
        for name, node in self.nodes.items():
            kind = _short(node)
            if name in self.models:
                continue
            if _is_trigger(kind):
                started = self._trigger(name, node, started=started)
            else:
                self._node(name, node, kind)
        self._wires()
        pinned = dicts(next(iter(table(self.data.get("pinData")).values()), None))
        samples = {"pinned": pinned[0].get("json", pinned[0])} if pinned else {}
        return self.sketch.finished(samples)

    def _trigger(self, name: str, node: Data, *, started: bool) -> bool:
        if started:
            told = "A workflow begins in one place here; this second trigger was left out."
            self.sketch.left_out(name, told, "Start runs over the API, or add the trigger later.")
        else:
            timed, whole = n8n_clock.schedules(
                table(node.get("parameters")), table(self.data.get("settings"))
            )
            self.sketch.add(name, Made("start", {"schedules": timed} if timed else {}), _at(node))
            if timed:
                told = (
                    "It begins by the clock once it is published."
                    if whole
                    else "Some of its times were left out."
                )
                self.sketch.remark("changed", name, told, "Look at its times and their zone, and publish it.")
            elif _short(node) not in {"manualTrigger", "start"}:
                told = f"It was started by “{_short(node)}”; here it is started by hand or over the API."
                self.sketch.remark("changed", name, told, "POST to /api/v1/workflows/{name}/runs.")
        return True

    def _node(self, name: str, node: Data, kind: str) -> None:
        parameters = table(node.get("parameters"))
        turn, self.failed, self.here = self.turns.get(kind), [], name
        if turn is None:
            self.sketch.add_unknown(name, kind, parameters, _at(node))
            return
        made = turn(parameters)
        more = {**made.more, "disabled": bool(node.get("disabled")), "note": str(node.get("notes") or "")}
        if node.get("retryOnFail"):
            pause = float(node.get("waitBetweenTries") or 1000) / 1000
            tries = min(20, max(1, int(node.get("maxTries") or 3)))
            more["retry"] = {"max_attempts": tries, "backoff_seconds": pause, "factor": 1}
        if str(node.get("onError", "")).startswith("continue"):
            more["on_error"] = "route" if node["onError"] == "continueErrorOutput" else "default"
        self.sketch.add(name, Made(made.kind, made.config, made.remarks, more), _at(node))
        for credential in table(node.get("credentials")):
            self.sketch.remark("changed", name, f"Its credential “{credential}” does not travel.",
                               "Store it under Settings, Secrets, and choose it here.")  # fmt: skip
        for hole in self.failed:
            self.sketch.remark(
                "changed", name, f"The expression {hole[:120]} is JavaScript.", "Write it in Python."
            )

    def _languages(self) -> None:
        """Sub-nodes (models, memories, tools) hang on an agent in n8n; a model becomes a setting of the agent."""
        for source, kinds in table(self.data.get("connections")).items():
            for port, ends in table(kinds).items():
                if port == "main" or source not in self.nodes:
                    continue
                self.models[source] = _model(self.nodes[source])
                for end in _ends(ends):
                    if port == "ai_languageModel":
                        self.models.setdefault(f"for {end['node']}", self.models[source])
                if port != "ai_languageModel":
                    told = f"A sub-node of the type “{_short(self.nodes[source])}” was left out."
                    self.sketch.left_out(source, told)

    def _before(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for source, kinds in table(self.data.get("connections")).items():
            for ends in items(table(kinds).get("main")):
                for end in dicts(ends):
                    found.setdefault(str(end.get("node")), str(source))
        return found

    def _wires(self) -> None:
        for source, kinds in table(self.data.get("connections")).items():
            if source not in self.nodes:
                continue
            drawn = self.sketch.drawn(source)
            for index, ends in enumerate(items(table(kinds).get("main"))):
                for end in dicts(ends):
                    self.sketch.wire(source, str(end.get("node")), self._port(drawn, source, index))

    def _port(self, drawn: Any, source: str, index: int) -> str:
        if drawn is None or drawn.kind not in {"condition", "switch"}:
            return "error" if index and drawn is not None and drawn.on_error == "route" else "out"
        if drawn.kind == "condition":
            return ("yes", "no")[min(index, 1)]
        cases = drawn.config.get("cases", [])
        return cases[index]["name"] if index < len(cases) else "else"

    def _text(self, value: Any) -> str:
        """A parameter: text, or with `=` before it text with holes."""
        text = value if isinstance(value, str) else "" if value is None else str(value)
        if not text.startswith("="):
            return text
        turned, failed = words.template(text[1:], self._turn)
        self.failed += failed
        return turned

    def _turn(self, hole: str) -> str | None:
        named = re.fullmatch(
            r"\$(?:\(\s*[\"'](.+?)[\"']\s*\)|node\[\s*[\"'](.+?)[\"']\s*\])"
            r"(?:\.(?:item|first\(\)|last\(\)))?\.json(.*)", hole, re.DOTALL)  # fmt: skip
        if named:
            return self._of(named.group(1) or named.group(2), named.group(3))
        before = re.fullmatch(r"\$json(.*)", hole, re.DOTALL)
        return self._of(self.before.get(self.here, ""), before.group(1)) if before else None

    def _of(self, name: str, rest: str) -> str | None:
        found = words.path(rest)
        if name not in self.nodes or found is None:
            return None
        kind = _short(self.nodes[name])
        ours = "start" if _is_trigger(kind) else {"httpRequest": "http_request"}.get(kind, kind)
        return words.reference(self.sketch.ids[name], ours) + found

    def _http(self, given: Data) -> Made:
        config: dict[str, Any] = {
            "method": str(given.get("method") or given.get("requestMethod") or "GET").upper()
        }
        config["url"] = self._text(given.get("url")) or "https://"
        pairs = dicts(table(given.get("headerParameters")).get("parameters"))
        config["headers"] = [{"name": str(p.get("name")), "value": self._text(p.get("value"))} for p in pairs]
        body = given.get("jsonBody") or given.get("body")
        if body:
            config |= {"send": "json", "body": self._text(body)}
        return Made("http_request", config)

    def _set(self, given: Data) -> Made:
        modern = dicts(table(given.get("assignments")).get("assignments"))
        older = [entry for group in table(given.get("values")).values() for entry in dicts(group)]
        fields = [
            {"name": str(e.get("name") or "value"), "value": self._text(e.get("value"))}
            for e in modern or older
        ]
        kept = bool(given.get("includeOtherFields")) or not given.get("keepOnlySet", True)
        return Made("set_fields", {**({"fields": fields} if fields else _SOMETHING), "keep_input": kept})

    def _if(self, given: Data) -> Made:
        return Made("condition", {"by": "expression", "expression": self._condition(given.get("conditions"))})

    def _switch(self, given: Data) -> Made:
        entries = dicts(table(given.get("rules")).get("values") or table(given.get("rules")).get("rules"))
        cases = [
            {
                "name": str(entry.get("outputKey") or f"case {n}"),
                "expression": self._condition(entry.get("conditions")),
            }
            for n, entry in enumerate(entries, start=1)
        ]
        return Made(
            "switch", {"by": "expression", "cases": cases or [{"name": "case 1", "expression": "False"}]}
        )

    def _condition(self, given: Any) -> str:
        return n8n_conditions.expression(given, self._text, self.failed)

    def _wait(self, given: Data) -> Made:
        if given.get("resume") in (None, "timeInterval"):
            seconds = float(given.get("amount") or 1) * _SECONDS.get(str(given.get("unit") or "hours"), 1)
            return Made("wait", {"by": "duration", "duration": seconds})
        if given.get("resume") == "specificTime":
            return Made("wait", {"by": "moment", "until": self._text(given.get("dateTime"))})
        told = "It waited for a call from outside; here a person is asked."
        return Made("human_approval", {"title": "Go on?"}, [(told, "Choose who may decide.")])

    def _code(self, given: Data) -> Made:
        source = str(given.get("pythonCode") or given.get("jsCode") or given.get("functionCode") or "")
        if given.get("language") in ("python", "pythonNative") and source:
            return Made(
                "code",
                {"source": source},
                [("The names of n8n (items, _input) are not there.", "Use input and nodes.")],
            )
        quoted = "\n".join(f"# {line}" for line in source.splitlines())
        told = ("The code is JavaScript; it is kept as a comment.", "Write it in Python.")
        return Made("code", {"source": f"{quoted}\n{{}}"}, [told])

    def _merge(self, given: Data) -> Made:
        return Made(
            "join", {"mode": "all"}, [("The outputs stand side by side, by node.", "Refer to nodes.NAME.")]
        )

    def _respond(self, given: Data) -> Made:
        body = self._text(given.get("responseBody"))
        return Made("output", {"fields": [{"name": "body", "value": body}]} if body else {})

    def _chat(self, given: Data) -> Made:
        messages = dicts(
            table(given.get("messages")).get("values") or table(given.get("messages")).get("messageValues")
        )
        prompt = self._text(
            given.get("text") or given.get("prompt") or next((m.get("content") for m in messages), "")
        )
        options = table(given.get("options"))
        model = self.models.get(f"for {self.here}") or _model(self.nodes[self.here])
        config = {
            "model": model,
            "prompt": prompt or "{{ input }}",
            "system": self._text(options.get("systemMessage")),
        }
        return Made(
            "chat_model",
            config,
            [("Its key does not travel.", "Store the provider's key under Settings, Secrets.")],
        )


_SOMETHING: dict[str, Any] = {"fields": [{"name": "value", "value": "{{ input }}"}]}


def _model(node: Data) -> str:
    given = table(node.get("parameters"))
    chosen = given.get("model") or given.get("modelId") or ""
    name = str(table(chosen).get("value", "") if isinstance(chosen, dict) else chosen)
    provider = next(
        (ours for theirs, ours in _MODELS.items() if theirs.lower() in _short(node).lower()), None
    )
    return f"{provider}:{name}" if provider and name else "scripted/extractive"


def _short(node: Data) -> str:
    return str(node.get("type") or "").rpartition(".")[2]


def _is_trigger(kind: str) -> bool:
    return kind.lower().endswith("trigger") or kind in {"webhook", "start", "cron", "interval"}


def _at(node: Data) -> tuple[float, float]:
    at = items(node.get("position"))
    return (float(at[0]), float(at[1])) if len(at) == 2 else (0.0, 0.0)


def _note(given: Data) -> Made:
    width, height = given.get("width"), given.get("height")
    size = (width, height) if _is_size(width) and _is_size(height) else None
    return Made("note", {"text": str(given.get("content", ""))}, more={"size": size})


def _is_size(given: Any) -> bool:
    return isinstance(given, int | float) and 40 <= given <= 10_000


def _ends(found: Any) -> list[dict[str, Any]]:
    return [end for group in items(found) for end in dicts(group)]

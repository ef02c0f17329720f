"""Dify's DSL: the YAML with `app` and `workflow.graph` that its studio exports."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from backend.workflows.foreign import words
from backend.workflows.foreign.plain import dicts, items, number, table
from backend.workflows.foreign.sketch import Imported, Made, Sketch

Data = Mapping[str, Any]
_HOLE = re.compile(r"\{\{#(.*?)#\}\}", re.DOTALL)
_FIELDS = {
    "text-input": "text",
    "paragraph": "long_text",
    "number": "number",
    "select": "choice",
    "checkbox": "yes_no",
}
_OPERATORS = {
    "contains": "{r} in {l}", "not contains": "{r} not in {l}", "start with": "{l}.startswith({r})",
    "end with": "{l}.endswith({r})", "is": "{l} == {r}", "is not": "{l} != {r}", "=": "{l} == {r}", "≠": "{l} != {r}",
    ">": "{l} > {r}", "<": "{l} < {r}", "≥": "{l} >= {r}", "≤": "{l} <= {r}", "empty": "not {l}", "not empty": "bool({l})",
    "null": "{l} is None", "not null": "{l} is not None", "in": "{l} in {r}", "not in": "{l} not in {r}",
}  # fmt: skip
_OUR_KINDS = {"start": "start", "llm": "chat_model", "http-request": "http_request"}


def recognised(data: Data) -> bool:
    """An `app` and a graph."""
    return "app" in data and isinstance(table(data.get("workflow")).get("graph"), dict)


def read(data: Data) -> Imported:
    """Draw the workflow; a type without counterpart becomes a placeholder."""
    return _Reader(data).drawn()


class _Reader:
    def __init__(self, data: Data) -> None:
        app, graph = table(data.get("app")), table(table(data["workflow"])["graph"])
        self.sketch = Sketch(
            "Dify", str(app.get("name") or "Dify workflow"), str(app.get("description") or "")
        )
        self.nodes = {str(n["id"]): n for n in dicts(graph.get("nodes")) if n.get("id")}
        self.edges = dicts(graph.get("edges"))
        self.failed: list[str] = []
        self.turns: dict[str, Callable[[Data], Made]] = {
            "start": self._start, "end": self._end, "answer": self._answer, "llm": self._llm, "code": self._code,
            "if-else": self._branches, "http-request": self._http, "template-transform": self._template,
            "question-classifier": self._classifier, "variable-aggregator": self._join,
            "knowledge-retrieval": self._retrieve, "human-input": self._person,
        }  # fmt: skip

    def drawn(self) -> Imported:
        for key, node in self.nodes.items():
            self.sketch.reserve(key, str(table(node.get("data")).get("title") or key))
        for key, node in self.nodes.items():
            given = table(node.get("data"))
            kind = str(given.get("type") or node.get("type") or "unknown")
            turn, self.failed = self.turns.get(kind), []
            if turn is None:
                self.sketch.add_unknown(key, kind, given, _at(node))
            else:
                self.sketch.add(key, turn(given), _at(node))
            for hole in self.failed:
                self.sketch.remark(
                    "changed", key, f"“{hole[:120]}” could not be turned.", "Write the expression anew."
                )
        for edge in self.edges:
            source, target = str(edge.get("source")), str(edge.get("target"))
            self.sketch.wire(source, target, self._port(source, str(edge.get("sourceHandle") or "source")))
        return self.sketch.finished()

    def _port(self, source: str, handle: str) -> str:
        drawn, given = self.sketch.drawn(source), table(table(self.nodes.get(source)).get("data"))
        if drawn is None or drawn.kind not in {"switch", "classify"}:
            return "error" if handle == "fail-branch" else "out"
        listed = given.get("cases") if drawn.kind == "switch" else given.get("classes")
        for n, entry in enumerate(dicts(listed), start=1):
            if handle in {str(entry.get("case_id") or entry.get("id")), "true"}:
                return _case(entry, n) if drawn.kind == "switch" else _label(entry, n)
        return "else"

    def _text(self, value: Any) -> str:
        turned, failed = words.template("" if value is None else str(value), self._turn, _HOLE)
        self.failed += failed
        return turned

    def _turn(self, hole: str) -> str | None:
        return self._selector(hole.split("."))

    def _selector(self, given: Any) -> str | None:
        """`["node id", "variable", …]`, Dify's way to name a value."""
        parts = [str(part) for part in items(given)]
        if len(parts) < 2 or parts[0] not in self.nodes:
            return f"input.{parts[1]}" if len(parts) == 2 and parts[0] == "sys" else None
        kind = str(table(self.nodes[parts[0]].get("data")).get("type"))
        ours = words.reference(self.sketch.ids[parts[0]], _OUR_KINDS.get(kind, kind))
        found = words.path("." + ".".join(parts[1:]))
        return None if found is None else ours.removesuffix(".body") + found

    def _start(self, given: Data) -> Made:
        fields: list[dict[str, Any]] = []
        for entry in dicts(given.get("variables")):
            name, label = str(entry.get("variable") or ""), str(entry.get("label") or "")
            if re.fullmatch(r"[A-Za-z_]\w{0,59}", name):
                fields.append({"name": name, "label": label, "required": bool(entry.get("required"))})
        return Made("start", {"fields": fields})

    def _end(self, given: Data) -> Made:
        fields: list[dict[str, str]] = []
        for entry in dicts(given.get("outputs")):
            found = self._selector(entry.get("value_selector"))
            fields.append(
                {"name": str(entry.get("variable") or "value"), "value": "{{ " + (found or "input") + " }}"}
            )
        return Made("output", {"fields": fields})

    def _answer(self, given: Data) -> Made:
        return Made("output", {"fields": [{"name": "answer", "value": self._text(given.get("answer"))}]})

    def _llm(self, given: Data) -> Made:
        model, prompts = table(given.get("model")), given.get("prompt_template")
        listed = dicts(prompts) if isinstance(prompts, list) else [table(prompts)]
        said = {str(p.get("role") or "user"): self._text(p.get("text")) for p in listed}
        name, provider = str(model.get("name") or ""), str(model.get("provider") or "").rpartition("/")[2]
        ours = provider if provider in {"openai", "anthropic"} else "compatible"
        config = {
            "model": f"{ours}:{name}" if name else "scripted/extractive",
            "system": said.get("system", ""),
        }
        config["prompt"] = said.get("user") or "{{ input }}"
        return Made(
            "chat_model",
            config,
            [("Its key does not travel.", "Store the provider's key under Settings, Secrets.")],
        )

    def _code(self, given: Data) -> Made:
        source, names = str(given.get("code") or ""), dicts(given.get("variables"))
        variables: list[dict[str, str]] = []
        for entry in names:
            found = self._selector(entry.get("value_selector")) or "None"
            variables.append({"name": str(entry.get("variable")), "value": "{{ " + found + " }}"})
        if given.get("code_language") not in ("python3", "python"):
            source = "\n".join(f"# {line}" for line in source.splitlines()) + "\n{}"
            told = ("The code is JavaScript; it is kept as a comment.", "Write it in Python.")
            return Made("code", {"source": source, "variables": variables}, [told])
        call = ", ".join(f"{v['name']}={v['name']}" for v in variables)
        return Made("code", {"source": f"{source}\nmain({call})", "variables": variables})

    def _branches(self, given: Data) -> Made:
        cases = dicts(given.get("cases")) or [dict(given) | {"case_id": "true"}]
        drawn = [
            {"name": _case(case, n), "expression": self._holds(case)} for n, case in enumerate(cases, start=1)
        ]
        return Made("switch", {"by": "expression", "cases": drawn})

    def _holds(self, case: Data) -> str:
        rows: list[str] = []
        for row in dicts(case.get("conditions")):
            left = self._selector(row.get("variable_selector"))
            drawn = _OPERATORS.get(str(row.get("comparison_operator")))
            if left is None or drawn is None:
                self.failed.append(str(row.get("comparison_operator")))
                continue
            rows.append(drawn.format(l=left, r=repr(number(row.get("value")))))
        return (" or " if case.get("logical_operator") == "or" else " and ").join(rows) or "False"

    def _http(self, given: Data) -> Made:
        config: dict[str, Any] = {"method": str(given.get("method") or "get").upper()}
        config["url"] = self._text(given.get("url")) or "https://"
        lines = [line.partition(":") for line in str(given.get("headers") or "").splitlines() if ":" in line]
        config["headers"] = [{"name": n.strip(), "value": self._text(v.strip())} for n, _, v in lines]
        body = table(given.get("body"))
        if body.get("type") not in (None, "none"):
            data = body.get("data")
            text = "".join(str(e.get("value") or "") for e in dicts(data)) if isinstance(data, list) else data
            config |= {"send": "json" if body.get("type") == "json" else "text", "body": self._text(text)}
        return Made("http_request", config)

    def _template(self, given: Data) -> Made:
        text = str(given.get("template") or "")
        for entry in dicts(given.get("variables")):
            found = self._selector(entry.get("value_selector"))
            if found:
                text = re.sub(r"\{\{\s*" + re.escape(str(entry.get("variable"))) + r"\b", "{{ " + found, text)
        if "{%" in text:
            self.failed.append("{% … %}")
        return Made("set_fields", {"fields": [{"name": "output", "value": text}]})

    def _classifier(self, given: Data) -> Made:
        text = self._selector(given.get("query_variable_selector")) or "input"
        classes = dicts(given.get("classes"))
        labels = [
            {"name": _label(c, n), "description": str(c.get("name") or "")}
            for n, c in enumerate(classes, start=1)
        ]
        told = (
            "It asked a model; here the meaning is compared offline.",
            "Give each label a few example sentences.",
        )
        return Made("classify", {"text": "{{ " + text + " }}", "labels": labels}, [told])

    def _join(self, given: Data) -> Made:
        return Made(
            "join", {"mode": "any"}, [("It gives what came first.", "Refer to the nodes before by name.")]
        )

    def _retrieve(self, given: Data) -> Made:
        query = self._selector(given.get("query_variable_selector")) or "input"
        told = ("Its documents do not travel.", "Upload them as a collection and choose it here.")
        return Made("retrieve", {"query": "{{ " + query + " }}", "collection": "help-centre"}, [told])

    def _person(self, given: Data) -> Made:
        return Made("human_approval", {"title": str(given.get("title") or "Go on?")})


def _case(case: Data, n: int) -> str:
    return "if" if n == 1 else f"case {n}"


def _label(entry: Data, n: int) -> str:
    return (re.sub(r"\s+", " ", str(entry.get("name") or "")).strip() or f"class {n}")[:60]


def _at(node: Data) -> tuple[float, float]:
    at = table(node.get("position"))
    return float(at.get("x") or 0), float(at.get("y") or 0)

"""Langflow and Flowise: components wired by their fields. What is wired becomes the order, fields become settings.

Both draw a chain as parts that are plugged together: a model and a prompt hang on a chain or agent as its settings. Here
the chain is one chat model node; prompts become its text, documents a retrieval before it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.workflows.foreign.plain import dicts, items, table
from backend.workflows.foreign.sketch import Imported, Made, Sketch

Data = Mapping[str, Any]
_KEY = ("Its key does not travel.", "Store the provider's key under Settings, Secrets.")


@dataclass(frozen=True)
class Part:
    """One component: its type, its name, its plain fields, and where it stands."""

    key: str
    kind: str
    name: str
    fields: Mapping[str, Any]
    at: tuple[float, float]


@dataclass(frozen=True)
class Plug:
    """A wire; `field` is the field of the target that it feeds."""

    source: str
    target: str
    field: str
    port: str = ""


def is_langflow(data: Data) -> bool:
    """Nodes under `data`, whose components carry a template."""
    nodes = dicts(table(data.get("data")).get("nodes"))
    return (bool(nodes) and "template" in table(table(nodes[0].get("data")).get("node"))) or _notes_only(
        nodes
    )


def is_flowise(data: Data) -> bool:
    """Nodes at the top, whose components carry `inputs`."""
    nodes = dicts(data.get("nodes"))
    return isinstance(data.get("edges"), list) and any("inputs" in table(n.get("data")) for n in nodes)


def read_langflow(data: Data) -> Imported:
    """Draw a Langflow flow."""
    inner = table(data.get("data"))
    parts = [_langflow_part(node) for node in dicts(inner.get("nodes"))]
    plugs = [_langflow_plug(edge) for edge in dicts(inner.get("edges"))]
    sketch = Sketch("Langflow", str(data.get("name") or "Langflow flow"), str(data.get("description") or ""))
    return _Drawing(sketch, parts, plugs).drawn()


def read_flowise(data: Data) -> Imported:
    """Draw a Flowise chatflow or agentflow."""
    parts = [_flowise_part(node) for node in dicts(data.get("nodes"))]
    plugs = [_flowise_plug(edge) for edge in dicts(data.get("edges"))]
    return _Drawing(Sketch("Flowise", str(data.get("name") or "Flowise flow")), parts, plugs).drawn()


def _notes_only(nodes: list[dict[str, Any]]) -> bool:
    return bool(nodes) and all(node.get("type") == "noteNode" for node in nodes)


def _at(node: Data) -> tuple[float, float]:
    at = table(node.get("position"))
    return float(at.get("x") or 0), float(at.get("y") or 0)


def _langflow_part(node: Data) -> Part:
    data = table(node.get("data"))
    inner = table(data.get("node"))
    fields = {
        k: table(v).get("value") for k, v in table(inner.get("template")).items() if isinstance(v, dict)
    }
    if node.get("type") == "noteNode":
        fields = {"text": inner.get("description")}
    kind = "note" if node.get("type") == "noteNode" else str(data.get("type") or "unknown")
    key = str(node.get("id") or "")
    return Part(key, kind, str(inner.get("display_name") or kind), fields, _at(node))


def _langflow_plug(edge: Data) -> Plug:
    data = table(edge.get("data"))
    field = str(table(data.get("targetHandle")).get("fieldName") or "")
    port = str(table(data.get("sourceHandle")).get("name") or "")
    return Plug(str(edge.get("source")), str(edge.get("target")), field, port)


def _flowise_part(node: Data) -> Part:
    data = table(node.get("data"))
    kind = str(data.get("name") or "unknown")
    return Part(
        str(node.get("id") or ""), kind, str(data.get("label") or kind), table(data.get("inputs")), _at(node)
    )


def _flowise_plug(edge: Data) -> Plug:
    # `chain_0-input-model-BaseChatModel`: the third part is the field.
    bits = str(edge.get("targetHandle") or "").split("-")
    field = bits[2] if len(bits) > 2 else ""
    return Plug(str(edge.get("source")), str(edge.get("target")), field)


def _role(kind: str) -> str:
    """What a component is for; both tools name theirs alike."""
    low = kind.lower()
    for role, said in _ROLES:
        if re.search(said, low):
            return role
    return "unknown"


_ROLES = (
    ("note", r"^note|stickynote"),
    ("start", r"chatinput|textinput|^start|webhookinput"),
    ("end", r"chatoutput|textoutput|directreply|^end$"),
    ("person", r"humaninput"),
    ("condition", r"condition|ifelse|conditionalrouter"),
    ("http", r"apirequest|^http|httpagentflow"),
    ("code", r"python|customfunction|customcomponent|executeflow"),
    ("agent", r"agent|chain|^llm|prompttemplate.*model|languagemodelcomponent"),
    ("prompt", r"prompt"),
    ("model", r"model$|^chat(?!in|out)|openai|anthropic|ollama|llama|mistral|gemini|groq"),
    ("retrieve", r"retriev|vectorstore|chroma|faiss|qdrant|pinecone|astradb|documentstore"),
    ("side", r"memory|embedding|splitter|loader|tool$|calculator|parser|file|cache"),
)
_DRAWN = {"start", "end", "person", "condition", "http", "code", "agent", "retrieve", "note", "unknown"}


class _Drawing:
    def __init__(self, sketch: Sketch, parts: list[Part], plugs: list[Plug]) -> None:
        self.sketch, self.plugs = sketch, plugs
        self.parts = {part.key: part for part in parts if part.key}
        self.roles = {key: _role(part.kind) for key, part in self.parts.items()}
        self._lone_models()
        self.turns: dict[str, Callable[[Part], Made]] = {
            "start": lambda part: Made("start", {"fields": [{"name": "message", "label": "Message"}]}),
            "end": lambda part: Made("output"), "agent": self._agent, "http": self._http, "code": self._code,
            "condition": self._condition, "retrieve": self._retrieve, "person": self._person,
            "note": lambda part: Made("note", {"text": str(part.fields.get("text") or part.fields.get("note") or "")}),
        }  # fmt: skip

    def drawn(self) -> Imported:
        for key, part in self.parts.items():
            if self.roles[key] in _DRAWN:
                self.sketch.reserve(key, part.name)
        for key, part in self.parts.items():
            self._draw(key, part)
        for plug in self.plugs:
            for source in self._drawn_before(plug.source, set()):
                port = "yes" if "true" in plug.port else "no" if "false" in plug.port else "out"
                drawn = self.sketch.drawn(source)
                self.sketch.wire(source, plug.target, port if drawn and drawn.kind == "condition" else "out")
        return self.sketch.finished()

    def _draw(self, key: str, part: Part) -> None:
        role = self.roles[key]
        again = role == "start" and self.sketch.has("start")
        if role not in _DRAWN or again:
            if role not in {"model", "prompt"}:
                self.sketch.left_out(part.name, f"A component “{part.kind}” has no place of its own here.")
            return
        turn = self.turns.get(role)
        if turn is None:
            self.sketch.add_unknown(key, part.kind, _plain(part.fields), part.at)
        else:
            self.sketch.add(key, turn(part), part.at)

    def _lone_models(self) -> None:
        """A model that no chain uses is itself what answers."""
        used = {p.source for p in self.plugs if self.roles.get(p.target) == "agent"}
        for key, role in self.roles.items():
            if role == "model" and key not in used:
                self.roles[key] = "agent"

    def _feeding(self, key: str, role: str) -> list[Part]:
        sources = [p.source for p in self.plugs if p.target == key]
        return [self.parts[s] for s in sources if self.roles.get(s) == role]

    def _drawn_before(self, key: str, seen: set[str]) -> list[str]:
        """The nodes behind a component that is not drawn itself, such as a prompt between input and model."""
        if key in seen or key not in self.parts:
            return []
        if self.sketch.drawn(key) is not None:
            return [key]
        before = [p.source for p in self.plugs if p.target == key]
        return [found for source in before for found in self._drawn_before(source, seen | {key})]

    def _agent(self, part: Part) -> Made:
        model = next(iter(self._feeding(part.key, "model")), part)
        prompt = next(iter(self._feeding(part.key, "prompt")), None)
        said = _first(
            prompt.fields if prompt else part.fields,
            "template",
            "humanMessagePrompt",
            "prompt",
            "input_value",
        )
        system = _first(
            part.fields, "system_message", "systemMessage", "system_prompt", "systemMessagePrompt"
        )
        text = re.sub(r"\{(\w+)\}", "{{ input.message }}", said) if said else "{{ input.message }}"
        config: dict[str, Any] = {"model": _model(model), "prompt": text, "system": system}
        passages = self._feeding(part.key, "retrieve")
        if passages:
            config["passages"] = f"nodes.{self.sketch.ids[passages[0].key]}.passages"
        return Made("chat_model", config, [_KEY])

    def _http(self, part: Part) -> Made:
        url = _first(part.fields, "urls", "url", "url_input", "httpUrl")
        return Made(
            "http_request",
            {"url": url or "https://", "method": _first(part.fields, "method").upper() or "GET"},
        )

    def _code(self, part: Part) -> Made:
        source = _first(
            part.fields, "python_code", "code", "javascriptFunction", "customFunctionJavascriptFunction"
        )
        quoted = "\n".join(f"# {line}" for line in source.splitlines())
        told = (
            "Its code is written for the other tool; it is kept as a comment.",
            "Write it with input and nodes.",
        )
        return Made("code", {"source": f"{quoted}\n{{}}"}, [told])

    def _condition(self, part: Part) -> Made:
        told = ("Its rule could not be carried over.", "Choose the rule.")
        return Made("condition", {"by": "expression", "expression": "False"}, [told])

    def _retrieve(self, part: Part) -> Made:
        told = ("Its documents do not travel.", "Upload them as a collection and choose it here.")
        return Made("retrieve", {"query": "{{ input.message }}", "collection": "help-centre"}, [told])

    def _person(self, part: Part) -> Made:
        return Made("human_approval", {"title": _first(part.fields, "humanInputDescription") or "Go on?"})


def _first(fields: Data, *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, list):
            value = next(iter(items(value)), "")
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _model(part: Part) -> str:
    name = _first(part.fields, "model_name", "modelName", "model", "llmModel")
    low = f"{part.kind} {name}".lower()
    provider = next((p for p in ("openai", "anthropic") if p in low), "")
    provider = provider or {"gpt": "openai", "cla": "anthropic"}.get(name.lower()[:3], "compatible")
    return f"{provider}:{name}" if name else "scripted/extractive"


def _plain(fields: Data) -> dict[str, Any]:
    """Short settings only; templates of components hold their whole source code."""
    return {
        k: v for k, v in fields.items() if isinstance(v, str | int | float | bool) and len(str(v)) <= 2000
    }

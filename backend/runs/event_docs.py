"""Writes `docs/events.md` from the kinds of events."""

import orjson

from backend.runs.event_kinds import KINDS, Shape, example

_HEAD = """# The history of a run

What a run does is told by events, numbered 1, 2, 3 … without a hole, each written in the transaction of the state it tells of.
This page is generated: `make docs`. The shape of an event is in [events.schema.json](events.schema.json).

* `GET /api/v1/runs/{id}/events?after=SEQ` gives pages of them; the same address is a websocket and, with `Accept: text/event-stream`,
  a stream of server-sent events. A reader that comes back with the number it has seen gets the rest, once.
* The first event after a silence is sent at once, what follows within a twentieth, for a crowd a tenth, of a second together. A message of the websocket is
  one event; with `&lines=true` it may hold several, a line each, which costs a busy server much less: the pages ask for it.
* Beside them a stream carries events without a number, which are never stored and may be dropped: `step.progress`
  (`message`, `fraction`), `step.token`, and `resync`, after which the missed rows follow.
* `step.token` is what a model says while it says it: `text`, a piece of its answer that begins at the character `from`; `call`, which of
  the step's questions it answers; and `attempt`, for another try answers anew. There are at most 20 a second a step; once a second a
  piece holds the last 8,000 characters, so that whoever came late, or missed one, has the text again. A piece that begins where nothing
  is known replaces what was. The step's end replaces everything. Nobody without the permission to read values gets them.
* `GET /api/v1/runs/{id}/state?at=SEQ` is what was known of every step after that event.
* `GET /api/v1/runs/{id}/history` (`quadrille runs export ID`) is one JSON file with the run, its diagram, events, steps and
  big values; `POST /api/v1/runs/import` (`quadrille runs import FILE`) takes it in again, as a run to look at. It is never played,
  but it can be replayed with what was recorded: nothing goes out, whatever is wished, also not from its replays.
* `POST /api/v1/events` (`quadrille events send TOPIC --key KEY --payload JSON`) tells the whole team something from outside: `topic`,
  `key`, `payload`, and an `Idempotency-Key` under which it is told once. Runs that wait for it go on; `POST /api/v1/runs/{id}/signals` reaches one run.

## The file of a whole run

Its schema is [history.schema.json](history.schema.json): the import refuses what does not fit it, and names each place.
`quadrille_run` is 1. `run`, `workflow`, `diagram`, `events` and `steps` are what their names say. `effects` is what each try of a step
asked of the world and got, without secrets: `kind`, the SHA-256 of the request as `digest`, and `result` (the step's output where
`of_output` is true) or `error`; a replay is given them again. `signals` are those that the events name. `run.acting` says of a fork or a
replay which nodes were recorded or mocked, and what was edited. Files without these three are read, too. Values over 4 KB are not in the
steps, and those over 32 KB not in the run: `{"$blob": DIGEST, "bytes": N}` stands for one, and `blobs` holds its pieces in base64 by the SHA-256 of their bytes.
A piece that begins with the byte 1 is a list: four bytes say how many digests of 32 bytes follow, and what comes behind
them is text. The value is the JSON text of all pieces one after the other:

```python
def text(digest):
    piece = base64.b64decode(file["blobs"][digest])
    if piece[:1] != b"\\x01":
        return piece
    end = 5 + 32 * int.from_bytes(piece[1:5])
    return b"".join(text(piece[at : at + 32].hex()) for at in range(5, end, 32)) + piece[end:]
```

## The kinds
"""


def events_page() -> str:
    """The page."""
    parts = [_HEAD]
    for kind, told in KINDS.items():
        parts.append(f"### `{kind}`\n\n{told.words}\n")
        if told.data:
            parts.append(
                "\n".join(_line(name, shape, name in told.required) for name, shape in told.data.items())
                + "\n"
            )
        text = orjson.dumps(example(kind)).decode()
        parts.append(f"```json\n{text}\n```\n")
    return "\n".join(parts)


def _line(name: str, shape: Shape, required: bool) -> str:
    words = shape.get("description", "")
    types: str | list[str] = shape.get("type", [])
    listed = [types] if isinstance(types, str) else types
    kind = " or ".join(listed) or " · ".join(f"`{word}`" for word in shape.get("enum", ())) or "any JSON"
    return f"* `{name}` ({kind}{'' if required else ', optional'}) {words}".rstrip()

"""Diagram -> LangGraph, and back; the only importer of langgraph."""

import os

# LangGraph reads this once, at import (decision D7): without it a stored msgpack blob may construct any class. The
# serializer in `engine.serde` is strict by itself; this closes the door for every other saver in the process as well.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # noqa: TID251 - there is no other way to tell LangGraph

"""A server of OpenAI's protocol in a process of its own: it has a tool called as often as the task says, and then answers."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.http_server import Answer, Asked, openai_stream, serving
from tests.model_wire import openai_calls, openai_part
from tests.servers import ROOT


def task(tools: int) -> str:
    """What has it call the calculator so many times."""
    return f"What is 6 * 7? Ask the calculator {tools} times."


def _answer(asked: Asked) -> Answer:
    messages = asked.json()["messages"]
    told = next(str(one["content"]) for one in messages if one["role"] == "user")
    wanted = int(re.findall(r"(\d+) times", told)[0])
    done = sum(one["role"] == "tool" for one in messages)
    if done == wanted:
        return openai_stream("It is 42.")
    return openai_calls(openai_part(0, '{"expression": "6*7"}', "calculator", f"c{done}"))


@asynccontextmanager
async def scripted_server() -> AsyncIterator[str]:
    """Its address, for as long as the block lasts."""
    command = (sys.executable, "-m", "tests.bench._scripted_server")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    try:
        assert process.stdout
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def _serve() -> None:
    async with serving(_answer) as server:
        print(server.url, flush=True)
        while True:
            await asyncio.sleep(1)
            server.asked.clear()


if __name__ == "__main__":
    asyncio.run(_serve())

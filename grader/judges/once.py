"""The same request in flight twice is asked once: who comes second waits for the first one's reply."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from grader.errors import JudgeError
from grader.types import Judge, JudgeReply, JudgeRequest


def once(judge: Judge) -> Judge:
    """`judge`, whose reply counts as recorded for all but the first who asked; its failure fails them all."""
    flying: dict[str, asyncio.Future[JudgeReply]] = {}

    async def ask(request: JudgeRequest) -> JudgeReply:
        if request.key in flying:
            return replace(await asyncio.shield(flying[request.key]), recorded=True)
        flying[request.key] = future = asyncio.get_running_loop().create_future()
        future.add_done_callback(_seen)
        try:
            reply = await judge(request)
            future.set_result(reply)
            return reply
        except JudgeError as error:
            future.set_exception(error)
            raise
        finally:
            del flying[request.key]
            future.cancel()  # nothing happens when it is done; else whoever waits is not left waiting

    return ask


def _seen(future: asyncio.Future[JudgeReply]) -> None:
    """Nobody else may have waited for it: that is no fault."""
    if not future.cancelled():
        future.exception()

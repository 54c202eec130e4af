"""Writes an answer to the HTTP engine: bytes, streams with back-pressure, files with ranges.

Owns: what goes over the wire after a handler has answered. Never: decides what is answered.
Spec: https://asgi.readthedocs.io/en/latest/specs/www.html, RFC 9110 §14
"""

from __future__ import annotations

import asyncio
import os
from typing import BinaryIO

from rookery.network.requests import Receive, Request, Send
from rookery.network.responses import Answer, FileResponse, Response, StreamResponse

FILE_CHUNK_BYTES = 256 * 1024
LET_GO_S = 2  # how long a stream that ended waits for its client to take the end


async def send_answer(answer: Answer, request: Request, receive: Receive, send: Send) -> None:
    """Write an answer; nothing but headers for HEAD."""
    if isinstance(answer, Response):
        answer.headers.append((b"content-length", b"%d" % len(answer.body)))
        await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else answer.body})
    elif isinstance(answer, FileResponse):
        await send_file(answer, request, send)
    elif request.method == "HEAD":
        await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b""})
        await close_chunks(answer)
    else:
        await send_stream(answer, receive, send)


async def send_stream(answer: StreamResponse, receive: Receive, send: Send) -> None:
    """Send chunks until they end, the client leaves or the answer is cut; a slow client slows the iterator."""

    async def pump() -> None:
        await send({"type": "http.response.start", "status": answer.code, "headers": answer.headers})
        async for chunk in answer.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def leave() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def cut(signal: asyncio.Event) -> None:
        await signal.wait()
        await asyncio.sleep(LET_GO_S)

    tasks = [asyncio.ensure_future(pump()), asyncio.ensure_future(leave())]
    if answer.cut:
        tasks.append(asyncio.ensure_future(cut(answer.cut)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await close_chunks(answer)


async def close_chunks(answer: StreamResponse) -> None:
    """Let the iterator of a stream let go of what it holds."""
    close = getattr(answer.chunks, "aclose", None)
    if close:
        await close()


async def send_file(answer: FileResponse, request: Request, send: Send) -> None:
    """Send a file or one range of it. Spec: RFC 9110 §14."""
    start, end = byte_range(request.header("range"), answer.size_bytes)
    headers = [*answer.headers, (b"accept-ranges", b"bytes"), (b"content-length", b"%d" % (end - start))]
    code = answer.code
    if request.header("range") and (start, end) != (0, answer.size_bytes):
        code = 206
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, answer.size_bytes)))
    await send({"type": "http.response.start", "status": code, "headers": headers})
    if request.method == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    with answer.path.open("rb") as file:
        file.seek(start)
        await send_pieces(file, end - start, send)


async def send_pieces(file: BinaryIO, left: int, send: Send) -> None:
    while left > 0:
        size = min(left, FILE_CHUNK_BYTES)
        chunk = os.read(file.fileno(), size) if size < 65536 else await asyncio.to_thread(file.read, size)
        if not chunk:
            break
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def byte_range(raw: str, size: int) -> tuple[int, int]:
    """Return (start, end exclusive) of a single range; the whole file for none, several or a wrong one."""
    unit, _, spec = raw.partition("=")
    first, dash, last = spec.partition("-")
    digits = first + last
    if unit != "bytes" or not dash or not (digits.isascii() and digits.isdigit()) or len(digits) > 40:
        return 0, size
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (0, size)
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else (0, size)

"""A visitor of a route, against a small HTTP server."""

import asyncio

import pytest

from forebay.errors import ConfigurationError
from forebay.storm.link import LinkError
from forebay.storm.visitor import Route, Visitor, parse_route


def _visit(answer: bytes) -> tuple[bytes, LinkError | None]:
    """Let a server give this answer; return what it was asked and what the visitor made of it."""

    async def visit() -> tuple[bytes, LinkError | None]:
        asked: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set_result(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            visitor = Visitor(Route("localhost", port, "/page?id=1", False), "127.0.0.1")
            try:
                await visitor.serve()
            except LinkError as error:
                return await asked, error
            return await asked, None

    return asyncio.run(visit())


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "302 Found"])
def test_below_400_is_served(status):
    asked, error = _visit(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok".encode())
    assert error is None
    assert asked.startswith(b"GET /page?id=1 HTTP/1.1\r\nHost: localhost:")
    assert b"Connection: close" in asked


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP 503", "Service Unavailable"),
        (b"HTTP/1.1 500\r\n\r\n", "HTTP 500", "no reason given"),
        (b"", "08006", "without an answer"),
        (b"SSH-2.0-x\r\n", "08006", "without an answer"),
        (b"x" * 200_000, "08006", "without an answer"),
    ],
)
def test_what_fails(answer, code, message):
    _, error = _visit(answer)
    assert error is not None
    assert error.sqlstate == code
    assert message in error.message


def test_nobody_there(closed_port):
    visitor = Visitor(Route("localhost", closed_port, "/", False), "127.0.0.1")
    with pytest.raises(LinkError, match="cannot be reached: Connection refused"):
        asyncio.run(visitor.serve())


def test_a_visitor_leaves_when_it_is_told_to(taken_port):
    async def visit() -> None:
        visitor = Visitor(Route("localhost", taken_port, "/", False), "127.0.0.1")
        visiting = asyncio.create_task(visitor.serve())
        await asyncio.sleep(0)
        visitor.destroy()
        with pytest.raises(LinkError, match="the visitor left"):
            await asyncio.wait_for(visiting, 10)

    asyncio.run(visit())


def test_routes_are_read():
    assert parse_route("http://127.0.0.1:3000") == Route("127.0.0.1", 3000, "/", False)
    assert parse_route("https://shop.test/a?b=c#d") == Route("shop.test", 443, "/a?b=c", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://h/",
        "http://",
        "127.0.0.1:3000",
        "http://[x",
        "http://h:99999/",
        "http://h/ x",
        "http://h/\r\nX: y",
        "http://a:b@h/",
    ],
)
def test_what_is_no_route(text):
    with pytest.raises(ConfigurationError, match="--http"):
        parse_route(text)

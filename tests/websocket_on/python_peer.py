"""python_peer.py server [CERT KEY] | client URL [CA] | client unix:PATH URL

python3-websockets as a peer. The server echoes, obeys the text "close CODE REASON", and prints its
port. The client talks to a server that does the same, prints "ok" at its end, and asserts.
"""
import asyncio
import ssl
import sys
import warnings

warnings.simplefilter("ignore")
import websockets

MIB = 1 << 20


async def echo(peer, *_):
    try:
        async for message in peer:
            if isinstance(message, str) and message.startswith("close "):
                _, code, reason = message.split(" ", 2)
                await peer.close(int(code), reason)
            else:
                await peer.send(message)
    except websockets.ConnectionClosed:
        pass


async def serve(certificate):
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    async with websockets.serve(echo, "127.0.0.1", 0, ssl=context, max_size=8 * MIB,
                                subprotocols=["other", "chat"]) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


async def expect_close(peer, code, reason):
    try:
        await asyncio.wait_for(peer.recv(), 10)
    except websockets.ConnectionClosed as end:
        assert (end.rcvd.code, end.rcvd.reason) == (code, reason), end
    else:
        raise AssertionError("it was not closed")


async def talk(connect):
    async with connect(compression="deflate") as peer:
        names = [e.name for e in peer.extensions]
        assert names == ["permessage-deflate"], names
        for size in (0, 1, 125, 126, 65535, 65536, MIB):
            for message in ("\u00e9" * (size // 2), bytes(i % 251 for i in range(size))):
                await peer.send(message)
                assert await peer.recv() == message, size
        # A message in fragments, and a ping between others.
        await peer.send(["frag", "men", "ted"])
        await (await peer.ping(b"?"))
        assert await peer.recv() == "fragmented"
    assert (peer.close_code, peer.close_reason) == (1000, ""), peer.close_code
    async with connect(compression=None) as peer:
        assert not peer.extensions
        await peer.send(b"x" * MIB)
        assert await peer.recv() == b"x" * MIB
        await peer.send("close 4001 because")
        await expect_close(peer, 4001, "because")
    async with connect() as peer:
        await peer.close(3456, "bye")
    assert peer.close_rcvd.code == 3456, peer.close_rcvd


def main(role, *words):
    if role == "server":
        return asyncio.run(serve(words))
    url, *rest = words
    if url.startswith("unix:"):
        connect = lambda **how: websockets.unix_connect(url[5:], rest[0], max_size=None, **how)
    else:
        trust = ssl.create_default_context(cafile=rest[0]) if rest else None
        connect = lambda **how: websockets.connect(url, ssl=trust, max_size=None, **how)
    asyncio.run(talk(connect))
    print("ok")


main(*sys.argv[1:])

"""python_peer.py FOLDER server [CERT KEY] | client TARGET [CA] | reflection TARGET

python3-grpcio as a peer of the service of proto/parley.proto, whose messages protoc has made in
FOLDER. The server prints its port. The client talks to a server that knows the same, prints "ok" at
its end, and asserts. What both know:

  echo    the request          fail   RESOURCE_EXHAUSTED with a Fault
  meta    what came as x-ask, as x-answer before the reply and as x-end-bin behind it
  sleep   never answers
  count   Download: 0, 1, ... up to the request       sum   Upload: the sum of the requests
  mirror  Converse: each request back
  Listen  the server: a message for each filter, so that one client is enough
          the client: what it shouts itself

`reflection` asks what services there are and what they look like, as grpcurl does, and prints "ok".
"""
import concurrent.futures
import sys

import grpc

sys.path.insert(0, sys.argv[1])
import parley_pb2 as wire

SERVICE = "parley.v1.Parley"
KINDS = {"Call": ("unary_unary", wire.Request, wire.Reply),
         "Download": ("unary_stream", wire.Request, wire.Reply),
         "Upload": ("stream_unary", wire.Request, wire.Reply),
         "Converse": ("stream_stream", wire.Request, wire.Reply),
         "Listen": ("stream_stream", wire.Subscription, wire.Event),
         "Shout": ("unary_unary", wire.Message, wire.Delivery)}
EXACT = [-2**63, 2**63 - 1, 0, -1, 2**53 + 1]
ALL_BYTES = bytes(range(256))


def integer(n):
    if n > 2**63 - 1:
        return wire.Value(unsigned_integer=n)
    return wire.Value(integer=n)


def request(name, value=None):
    return wire.Request(name=name, value=value)


# --- the server ---------------------------------------------------------------------------------

class Service:
    def Call(self, asked, context):
        if asked.name == "echo":
            if asked.WhichOneof("content") == "raw":
                return wire.Reply(raw=asked.raw)
            return wire.Reply(value=asked.value)
        if asked.name == "meta":
            sent = dict(context.invocation_metadata())["x-ask"]
            context.send_initial_metadata((("x-answer", sent),))
            context.set_trailing_metadata((("x-end-bin", b"\xab\x00" + sent.encode()),))
            return wire.Reply(value=asked.value)
        if asked.name == "fail":
            fault = wire.Fault(domain="core", name="queue_full", error_class="limit",
                               message="the shelf", hint="take something away", retry_after_ms=250)
            context.set_trailing_metadata((("parley-fault-bin", fault.SerializeToString()),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the shelf is full")
        if asked.name == "sleep":
            ended = concurrent.futures.Future()
            context.add_callback(lambda: ended.set_result(None))
            ended.result()
            return wire.Reply()
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such callable: " + asked.name)

    def Download(self, asked, context):
        for i in range(asked.value.integer):
            yield wire.Reply(value=integer(i))

    def Upload(self, all_asked, context):
        return wire.Reply(value=integer(sum(r.value.integer for r in all_asked)))

    def Converse(self, all_asked, context):
        for asked in all_asked:
            if asked.WhichOneof("content") == "raw":
                yield wire.Reply(raw=asked.raw)
            elif asked.WhichOneof("content"):
                yield wire.Reply(value=asked.value)

    # A message for each subscription: no other client is needed.
    def Listen(self, wishes, context):
        yield wire.Event()
        for wish in wishes:
            yield wire.Event(confirmed=wish.id)
            if not wish.end:
                topic = wish.filter.replace("+", "one")
                yield wire.Event(message=wire.Message(topic=topic, payload=b'{"n":1}'))

    def Shout(self, said, context):
        return wire.Delivery(receivers=len(said.payload))


def serve(certificate):
    service = Service()
    methods = {}
    for name, (kind, asked, answered) in KINDS.items():
        make = getattr(grpc, kind + "_rpc_method_handler")
        methods[name] = make(getattr(service, name), request_deserializer=asked.FromString,
                             response_serializer=answered.SerializeToString)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(20))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    if certificate:
        chain, key = (open(path, "rb").read() for path in certificate)
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


# --- the client ---------------------------------------------------------------------------------

class Client:
    def __init__(self, channel):
        for name, (kind, asked, answered) in KINDS.items():
            setattr(self, name, getattr(channel, kind)(
                f"/{SERVICE}/{name}", request_serializer=asked.SerializeToString,
                response_deserializer=answered.FromString))

    def echoed(self, value):
        return self.Call(request("echo", value), timeout=60).value


def expect_values(client):
    for n in EXACT + [2**64 - 1]:
        got = client.echoed(integer(n))
        assert got == integer(n), (n, got)
    for value in (wire.Value(null=True), wire.Value(boolean=False), wire.Value(real=0.1),
                  wire.Value(text="gr\u00fc\u00df"), wire.Value(binary=ALL_BYTES),
                  wire.Value(list=wire.List()), wire.Value(object=wire.Object())):
        got = client.echoed(value)
        assert got == value, (value, got)
    deep = wire.Value(object=wire.Object(members=[
        wire.Member(name="z", value=wire.Value(list=wire.List(items=[integer(1), integer(-1)]))),
        wire.Member(name="a", value=wire.Value(text="")), ]))
    assert client.echoed(deep) == deep
    raw = client.Call(wire.Request(name="echo", raw=ALL_BYTES * 4000), timeout=60)
    assert raw.raw == ALL_BYTES * 4000


def expect_streams(client):
    got = [r.value.integer for r in client.Download(request("count", integer(1000)), timeout=60)]
    assert got == list(range(1000)), got[:10]
    sent = [request("sum")] + [request("", integer(n)) for n in range(1000)]
    assert client.Upload(iter(sent), timeout=60).value.integer == 499500
    sent = [wire.Request(name="mirror", raw=ALL_BYTES)] + [request("", integer(n)) for n in EXACT]
    got = list(client.Converse(iter(sent), timeout=60))
    assert got[0].raw == ALL_BYTES, got[0]
    assert [r.value.integer for r in got[1:]] == EXACT


def fails(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it should have failed")


def expect_errors(client):
    error = fails(lambda: client.Call(request("fail"), timeout=60))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    trailers = dict(error.trailing_metadata())
    fault = wire.Fault.FromString(trailers["parley-fault-bin"])
    assert (fault.domain, fault.name, fault.error_class) == ("core", "queue_full", "limit"), fault
    assert (fault.message, fault.hint) == ("the shelf", "take something away"), fault
    assert fault.retry_after_ms == 250, fault
    error = fails(lambda: client.Call(request("nobody has this"), timeout=60))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
    error = fails(lambda: client.Call(request("sleep"), timeout=0.2))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    call = client.Call.future(request("sleep"), timeout=60)
    call.cancel()
    assert call.cancelled()


def expect_metadata(client):
    answer, call = client.Call.with_call(request("meta", integer(1)), timeout=60,
                                         metadata=(("x-ask", "who"),))
    assert answer.value.integer == 1
    assert dict(call.initial_metadata())["x-answer"] == "who", call.initial_metadata()
    assert dict(call.trailing_metadata())["x-end-bin"] == b"\xab\x00who", call.trailing_metadata()


def expect_channels(client):
    wishes = concurrent.futures.Future()

    def one_wish():
        yield wire.Subscription(id=7, filter="news/+")
        wishes.result()

    events = client.Listen(one_wish(), timeout=60)
    assert next(events) == wire.Event()
    assert next(events).confirmed == 7
    said = wire.Message(topic="news/today", payload=b"rain")
    assert client.Shout(said, timeout=60).receivers >= 1
    assert next(events).message == said
    wishes.set_result(None)
    events.cancel()


def talk(target, ca=None):
    if ca:
        trust = grpc.ssl_channel_credentials(open(ca, "rb").read())
        channel = grpc.secure_channel(target, trust)
    else:
        channel = grpc.insecure_channel(target)
    with channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        client = Client(channel)
        for each in (expect_values, expect_streams, expect_errors, expect_metadata,
                     expect_channels):
            each(client)
    print("ok")


def reflection(target):
    """In bytes, as python3-grpcio has no messages for it: list_services is field 7, and
    file_containing_symbol field 4."""
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    name = b"parley.v1.Parley"
    with grpc.insecure_channel(target) as channel:
        asked = iter([b"\x3a\x01*", b"\x22" + bytes([len(name)]) + name])
        services, files = channel.stream_stream(method)(asked, timeout=60)
    assert name in services and b"grpc.reflection.v1alpha.ServerReflection" in services
    # All of the schema but its file's name, which stands in front: field 1, a length, the name.
    assert wire.DESCRIPTOR.serialized_pb[2 + len(wire.DESCRIPTOR.name):] in files
    print("ok")


def main(role, *words):
    if role == "server":
        serve(words)
    elif role == "reflection":
        reflection(*words)
    else:
        talk(*words)


main(*sys.argv[2:])

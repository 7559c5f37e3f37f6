"""redis_client.py PORT PASSWORD: what users of Debian's Python client do, on a server."""
import sys
import threading

import redis

port, password = int(sys.argv[1]), sys.argv[2]
r = redis.Redis(host="127.0.0.1", port=port, password=password, decode_responses=True)


def expect(got, wanted):
    if got != wanted:
        sys.exit(f"got {got!r}, expected {wanted!r}")


expect(r.ping(), True)
expect(r.set("py:a", "1", ex=100, nx=True), True)
expect(r.set("py:a", "2", nx=True), None)
expect(r.get("py:a"), "1")
expect(98 <= r.ttl("py:a") <= 100, True)
expect(r.incrby("py:a", 41), 42)
expect(r.mset({"py:b": "x", "py:c": "y"}), True)
expect(r.mget("py:b", "py:none", "py:c"), ["x", None, "y"])
expect(r.hset("py:h", mapping={"f": "1", "g": "2"}), 2)
expect(r.hgetall("py:h"), {"f": "1", "g": "2"})
expect(r.rpush("py:l", "a", "b", "c"), 3)
expect(r.lrange("py:l", 0, -1), ["a", "b", "c"])
expect(r.blpop("py:l", timeout=1), ("py:l", "a"))
expect(r.sadd("py:s", "m", "n"), 2)
expect(r.smembers("py:s"), {"m", "n"})
expect(r.zadd("py:z", {"one": 1, "two": 2.5}), 2)
expect(r.zrange("py:z", 0, -1, withscores=True), [("one", 1.0), ("two", 2.5)])
expect(sorted(r.scan_iter("py:*", count=2)), sorted(r.keys("py:*")))
expect(r.type("py:z"), "zset")
with r.pipeline(transaction=False) as p:
    expect(p.incr("py:n").incr("py:n").get("py:n").execute(), [1, 2, "2"])
try:
    r.lpush("py:a", "x")
    sys.exit("no error")
except redis.ResponseError as error:
    expect(str(error).startswith("WRONGTYPE"), True)

heard = []
enough = threading.Event()


def on_message(message):
    heard.append((message["type"], message["channel"], message["data"]))
    if len(heard) == 2:
        enough.set()


subscriber = r.pubsub(ignore_subscribe_messages=True)
subscriber.subscribe(**{"py:news": on_message})
subscriber.psubscribe(**{"py:n*": on_message})
# The confirmations have been read once the first poll has returned.
for _ in range(2):
    subscriber.get_message(timeout=5)
thread = subscriber.run_in_thread(sleep_time=0.01)
expect(r.publish("py:news", "hello"), 2)
expect(enough.wait(10), True)
thread.stop()
thread.join()
expect(sorted(heard), [("message", "py:news", "hello"), ("pmessage", "py:news", "hello")])
try:
    redis.Redis(host="127.0.0.1", port=port, password="wrong").ping()
    sys.exit("a wrong password was accepted")
except redis.ResponseError as error:
    expect(str(error).startswith("WRONGPASS"), True)
expect("redis_version" in r.info("server"), True)
expect(r.client_setname("py"), True)
expect([c["name"] for c in r.client_list() if c["name"]], ["py"])
expect(r.flushall(), True)
expect(r.dbsize(), 0)
print("python: ok")

// redis_client.js PORT PASSWORD: what users of Debian's Node client do, on a server.
'use strict';
const assert = require('assert');
const { createClient } = require('redis');

async function main(port, password) {
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const client = createClient({ url });
  client.on('error', (error) => { throw error; });
  await client.connect();
  assert.strictEqual(await client.ping(), 'PONG');
  assert.strictEqual(await client.set('js:a', '1', { EX: 100, NX: true }), 'OK');
  assert.strictEqual(await client.set('js:a', '2', { NX: true }), null);
  assert.strictEqual(await client.get('js:a'), '1');
  assert.strictEqual(await client.incrBy('js:a', 41), 42);
  await client.mSet({ 'js:b': 'x', 'js:c': 'y' });
  assert.deepStrictEqual(await client.mGet(['js:b', 'js:none', 'js:c']), ['x', null, 'y']);
  await client.hSet('js:h', { f: '1', g: '2' });
  assert.deepStrictEqual({ ...(await client.hGetAll('js:h')) }, { f: '1', g: '2' });
  await client.rPush('js:l', ['a', 'b', 'c']);
  assert.deepStrictEqual(await client.lRange('js:l', 0, -1), ['a', 'b', 'c']);
  assert.strictEqual(await client.lPop('js:l'), 'a');
  await client.sAdd('js:s', ['m', 'n']);
  assert.deepStrictEqual((await client.sMembers('js:s')).sort(), ['m', 'n']);
  await client.zAdd('js:z', [{ score: 1, value: 'one' }, { score: 2.5, value: 'two' }]);
  assert.deepStrictEqual(await client.zRangeWithScores('js:z', 0, -1),
    [{ score: 1, value: 'one' }, { score: 2.5, value: 'two' }]);
  const keys = [];
  for await (const key of client.scanIterator({ MATCH: 'js:*', COUNT: 2 })) keys.push(key);
  assert.deepStrictEqual([...new Set(keys)].sort(), (await client.keys('js:*')).sort());
  await assert.rejects(client.lPush('js:a', 'x'), /WRONGTYPE/);
  // Pipelined: given in one turn of the loop.
  const numbers = await Promise.all(Array.from({ length: 500 }, () => client.incr('js:n')));
  assert.deepStrictEqual(numbers, Array.from({ length: 500 }, (_, i) => i + 1));

  const subscriber = client.duplicate();
  await subscriber.connect();
  const heard = [];
  let enough;
  const both = new Promise((resolve) => { enough = resolve; });
  const on = (message, channel) => {
    heard.push([channel, message]);
    if (heard.length === 2) enough();
  };
  await subscriber.subscribe('js:news', on);
  await subscriber.pSubscribe('js:n*', on);
  assert.strictEqual(await client.publish('js:news', 'hello'), 2);
  await both;
  assert.deepStrictEqual(heard, [['js:news', 'hello'], ['js:news', 'hello']]);
  await subscriber.unsubscribe('js:news');
  await subscriber.quit();
  await client.flushAll();
  assert.strictEqual(await client.dbSize(), 0);
  await client.quit();
  console.log('node: ok');
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});

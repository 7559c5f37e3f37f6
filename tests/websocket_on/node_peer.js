// node_peer.js server [CERT KEY] | client URL [CA]
//
// node-ws as a peer. The server echoes, obeys the text "close CODE REASON", and prints its port. The
// client talks to a server that does the same, prints "ok" at its end, and asserts.
const assert = require('assert');
const fs = require('fs');
const https = require('https');
const http = require('http');
const WebSocket = require('ws');

const MIB = 1 << 20;

function serve(cert, key) {
  const base = cert ? https.createServer({cert: fs.readFileSync(cert), key: fs.readFileSync(key)})
                    : http.createServer();
  const server = new WebSocket.Server({
    server: base,
    maxPayload: 8 * MIB,
    perMessageDeflate: {threshold: 0},
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  });
  server.on('connection', (peer) => {
    peer.on('error', () => {});
    peer.on('message', (data, isBinary) => {
      const words = /^close (\d+) (.*)$/.exec(isBinary ? '' : data.toString());
      if (words) return peer.close(Number(words[1]), words[2]);
      peer.send(data, {binary: isBinary});
    });
  });
  base.listen(0, '127.0.0.1', () => console.log(base.address().port));
}

function open(url, options) {
  return new Promise((resolve, reject) => {
    const peer = new WebSocket(url, options);
    peer.on('open', () => resolve(peer));
    peer.on('error', reject);
  });
}

function exchange(peer, data) {
  return new Promise((resolve) => {
    peer.once('message', (got, isBinary) => resolve(isBinary ? got : got.toString()));
    peer.send(data);
  });
}

function closed(peer) {
  return new Promise((resolve) => {
    peer.once('close', (code, reason) => resolve([code, reason.toString()]));
  });
}

async function talk(url, ca) {
  const trust = ca ? {ca: fs.readFileSync(ca)} : {};
  for (const perMessageDeflate of [{threshold: 0}, false]) {
    const peer = await open(url, {perMessageDeflate, ...trust});
    assert.strictEqual(peer.extensions.includes('permessage-deflate'), perMessageDeflate !== false);
    for (const size of [0, 1, 125, 126, 65535, 65536, MIB]) {
      const text = 'ab'.repeat(size / 2);
      assert.strictEqual(await exchange(peer, text), text);
      const bytes = Buffer.alloc(size).map((_, i) => i % 251);
      assert(bytes.equals(await exchange(peer, bytes)), size);
    }
    peer.close(1000, 'bye');
    assert.deepStrictEqual(await closed(peer), [1000, '']);
  }
  const peer = await open(url, trust);
  peer.send('close 4001 because');
  assert.deepStrictEqual(await closed(peer), [4001, 'because']);
  const other = await open(url, trust);
  other.close(3456, 'bye');
  assert.deepStrictEqual(await closed(other), [3456, '']);
}

const [role, ...words] = process.argv.slice(2);
if (role === 'server') {
  serve(...words);
} else {
  talk(...words).then(() => { console.log('ok'); }, (why) => {
    console.error(why);
    process.exit(1);
  });
}

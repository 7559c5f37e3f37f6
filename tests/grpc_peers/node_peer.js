// node_peer.js MODULES PROTO server [CERT KEY] | client TARGET [CA]
//
// npm's @grpc/grpc-js, from the folder MODULES, as a peer of the service of PROTO, which its
// proto-loader reads. The server prints its port. The client talks to a server that does the same,
// prints "ok" at its end, and asserts. What both know is written in python_peer.py.
const assert = require('assert');
const fs = require('fs');
const path = require('path');

const [modules, proto, role, ...words] = process.argv.slice(2);
const grpc = require(path.join(modules, '@grpc/grpc-js'));
const loader = require(path.join(modules, '@grpc/proto-loader'));
const {credentials, status} = grpc;

// Integers of 64 bits as texts: numbers of JavaScript lose digits.
const shape = {keepCase: true, longs: String, defaults: false, oneofs: true};
const definition = loader.loadSync(proto, shape);
const {Parley} = grpc.loadPackageDefinition(definition).parley.v1;
const {deserialize: readFault, serialize: writeFault} = (() => {
  const {type} = definition['parley.v1.Fault'];
  const {loadSync} = require(path.join(modules, 'protobufjs'));
  const Fault = loadSync(proto).lookupType('parley.v1.' + type.name);
  return {
    deserialize: (bytes) => Fault.toObject(Fault.decode(bytes), {longs: String}),
    serialize: (fault) => Buffer.from(Fault.encode(Fault.fromObject(fault)).finish()),
  };
})();

const EXACT = ['-9223372036854775808', '9223372036854775807', '0', '-1', '9007199254740993'];
const ALL_BYTES = Buffer.from(Array.from({length: 256}, (_, i) => i));
const patience = () => ({deadline: Date.now() + 60000});

// --- the server --------------------------------------------------------------------------------

function failed(code, details, metadata) {
  return Object.assign(new Error(details), {code, details, metadata});
}

function answerTo({content, value, raw}) {
  return content === 'raw' ? {raw} : content === 'value' ? {value} : {};
}

function onCall(call, done) {
  const {name, value} = call.request;
  if (name === 'echo') return done(null, answerTo(call.request));
  if (name === 'meta') {
    const sent = call.metadata.get('x-ask')[0];
    const headers = new grpc.Metadata();
    headers.set('x-answer', sent);
    call.sendMetadata(headers);
    const trailers = new grpc.Metadata();
    trailers.set('x-end-bin', Buffer.concat([Buffer.from([0xab, 0]), Buffer.from(sent)]));
    return done(null, {value}, trailers);
  }
  if (name === 'fail') {
    const trailers = new grpc.Metadata();
    trailers.set('parley-fault-bin', writeFault({
      domain: 'core', name: 'queue_full', errorClass: 'limit', message: 'the shelf',
      hint: 'take something away', retryAfterMs: 250}));
    return done(failed(status.RESOURCE_EXHAUSTED, 'the shelf is full', trailers));
  }
  if (name === 'sleep') return undefined;
  return done(failed(status.UNIMPLEMENTED, 'no such callable: ' + name));
}

async function onDownload(call) {
  for (let i = 0; i < Number(call.request.value.integer); ++i) {
    const goes_on = call.write({value: {integer: String(i)}});
    if (!goes_on) await new Promise((ready) => call.once('drain', ready));
  }
  call.end();
}

function onUpload(call, done) {
  let sum = 0n;
  call.on('data', ({value}) => { sum += BigInt(value ? value.integer : 0); });
  call.on('end', () => done(null, {value: {integer: String(sum)}}));
}

function onConverse(call) {
  call.on('data', (asked) => { if (asked.content) call.write(answerTo(asked)); });
  call.on('end', () => call.end());
}

function onListen(call) {
  call.write({});
  call.on('data', ({id, filter, end}) => {
    call.write({confirmed: id});
    const topic = (filter || '').replace('+', 'one');
    if (!end) call.write({message: {topic, payload: Buffer.from('{"n":1}')}});
  });
  call.on('end', () => call.end());
}

function onShout(call, done) { done(null, {receivers: String(call.request.payload.length)}); }

function serve(cert, key) {
  const server = new grpc.Server();
  server.addService(Parley.service, {Call: onCall, Download: onDownload, Upload: onUpload,
    Converse: onConverse, Listen: onListen, Shout: onShout});
  const who = cert ? grpc.ServerCredentials.createSsl(
    null, [{private_key: fs.readFileSync(key), cert_chain: fs.readFileSync(cert)}])
                   : grpc.ServerCredentials.createInsecure();
  server.bindAsync('127.0.0.1:0', who, (why, port) => {
    if (why) throw why;
    console.log(port);
  });
}

// --- the client --------------------------------------------------------------------------------

function call(client, request, metadata = new grpc.Metadata(), options = patience()) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const under_way = client.Call(request, metadata, options, (why, answer) => {
      seen.answer = answer;
      // The status comes behind the callback.
      if (why) reject(why); else setImmediate(() => resolve(seen));
    });
    under_way.on('metadata', (headers) => { seen.headers = headers; });
    under_way.on('status', ({metadata: trailers}) => { seen.trailers = trailers; });
  });
}

async function echoed(client, value) {
  return (await call(client, {name: 'echo', value})).answer.value;
}

async function expectValues(client) {
  for (const n of EXACT) {
    assert.strictEqual((await echoed(client, {integer: n})).integer, n);
  }
  const most = '18446744073709551615';
  assert.strictEqual((await echoed(client, {unsigned_integer: most})).unsigned_integer, most);
  assert.strictEqual((await echoed(client, {null: true})).kind, 'null');
  assert.strictEqual((await echoed(client, {boolean: false})).boolean, false);
  assert.strictEqual((await echoed(client, {real: 0.1})).real, 0.1);
  assert.strictEqual((await echoed(client, {text: 'gr\u00fc\u00df'})).text, 'gr\u00fc\u00df');
  assert(ALL_BYTES.equals((await echoed(client, {binary: ALL_BYTES})).binary));
  const deep = await echoed(client, {object: {members: [
    {name: 'z', value: {list: {items: [{integer: '1'}, {integer: '-1'}]}}},
    {name: 'a', value: {text: ''}}]}});
  assert.deepStrictEqual(deep.object.members.map(({name}) => name), ['z', 'a']);
  assert.deepStrictEqual(deep.object.members[0].value.list.items.map((i) => i.integer),
    ['1', '-1']);
  const raw = Buffer.concat(Array(4000).fill(ALL_BYTES));
  assert(raw.equals((await call(client, {name: 'echo', raw})).answer.raw));
}

// All that a stream brings, and its status.
function collect(stream) {
  return new Promise((resolve, reject) => {
    const got = [];
    stream.on('data', (each) => got.push(each));
    stream.on('error', reject);
    stream.on('end', () => resolve(got));
  });
}

async function expectStreams(client) {
  const asked = {name: 'count', value: {integer: '1000'}};
  const got = await collect(client.Download(asked, patience()));
  assert.deepStrictEqual(got.map((r) => Number(r.value.integer)),
    Array.from({length: 1000}, (_, i) => i));
  const sum = await new Promise((resolve, reject) => {
    const up = client.Upload(patience(), (why, answer) => (why ? reject(why) : resolve(answer)));
    up.write({name: 'sum'});
    for (let i = 0; i < 1000; ++i) up.write({value: {integer: String(i)}});
    up.end();
  });
  assert.strictEqual(sum.value.integer, '499500');
  const both = client.Converse(patience());
  const back = collect(both);
  both.write({name: 'mirror', raw: ALL_BYTES});
  for (const n of EXACT) both.write({value: {integer: n}});
  both.end();
  const [first, ...rest] = await back;
  assert(ALL_BYTES.equals(first.raw));
  assert.deepStrictEqual(rest.map((r) => r.value.integer), EXACT);
}

async function failure(what) {
  try {
    await what;
  } catch (why) {
    return why;
  }
  throw new Error('it should have failed');
}

async function expectErrors(client) {
  let why = await failure(call(client, {name: 'fail'}));
  assert.strictEqual(why.code, status.RESOURCE_EXHAUSTED, why);
  assert.deepStrictEqual(readFault(why.metadata.get('parley-fault-bin')[0]), {
    domain: 'core', name: 'queue_full', errorClass: 'limit', message: 'the shelf',
    hint: 'take something away', retryAfterMs: '250'});
  why = await failure(call(client, {name: 'nobody has this'}));
  assert.strictEqual(why.code, status.UNIMPLEMENTED, why);
  const soon = {deadline: Date.now() + 200};
  why = await failure(call(client, {name: 'sleep'}, new grpc.Metadata(), soon));
  assert.strictEqual(why.code, status.DEADLINE_EXCEEDED, why);
  why = await failure(new Promise((_, reject) => {
    const options = {deadline: Date.now() + 10000};
    const under_way = client.Call({name: 'sleep'}, options, (end) => reject(end));
    // One that is cancelled before it has left keeps this process alive until its deadline.
    setTimeout(() => under_way.cancel(), 100);
  }));
  assert.strictEqual(why.code, status.CANCELLED, why);
}

async function expectMetadata(client) {
  const metadata = new grpc.Metadata();
  metadata.set('x-ask', 'who');
  const {answer, headers, trailers} = await call(client, {name: 'meta', value: {integer: '1'}},
    metadata);
  assert.strictEqual(answer.value.integer, '1');
  assert.deepStrictEqual(headers.get('x-answer'), ['who']);
  assert.deepStrictEqual(trailers.get('x-end-bin'), [Buffer.from('\xab\x00who', 'latin1')]);
}

async function expectChannels(client) {
  const listening = client.Listen(patience());
  const events = [];
  let waiting = () => {};
  listening.on('data', (event) => { events.push(event); waiting(); });
  listening.on('error', (why) => assert.strictEqual(why.code, status.CANCELLED));
  const until = async (count) => {
    while (events.length < count) await new Promise((resolve) => { waiting = resolve; });
  };
  listening.write({id: '7', filter: 'news/+'});
  await until(2);
  assert.deepStrictEqual([events[0].confirmed, events[1].confirmed], [undefined, '7']);
  const said = {topic: 'news/today', payload: Buffer.from('rain')};
  const {receivers} = await new Promise((resolve, reject) => {
    client.Shout(said, patience(), (why, answer) => (why ? reject(why) : resolve(answer)));
  });
  assert(Number(receivers) >= 1, receivers);
  await until(3);
  assert.strictEqual(events[2].message.topic, 'news/today');
  assert(said.payload.equals(events[2].message.payload));
  listening.cancel();
}

async function talk(target, ca) {
  const who = ca ? credentials.createSsl(fs.readFileSync(ca)) : credentials.createInsecure();
  const client = new Parley(target, who);
  await new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 60000, (why) => (why ? reject(why) : resolve()));
  });
  await expectValues(client);
  await expectStreams(client);
  await expectErrors(client);
  await expectMetadata(client);
  await expectChannels(client);
  client.close();
}

if (role === 'server') {
  serve(...words);
} else {
  talk(...words).then(() => { console.log('ok'); }, (why) => {
    console.error(why);
    process.exit(1);
  });
}

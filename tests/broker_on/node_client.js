// Debian's node-mqtt as a client of the broker. Usage: node node_client.js URL VERSION [CA]
// Prints "ok" after a conversation in which everything was right; else what was not.
'use strict';
const fs = require('fs');
const mqtt = require('mqtt');

const [url, version, ca] = process.argv.slice(2);
const five = version === '5';
const common = {
  protocolVersion: five ? 5 : 4,
  reconnectPeriod: 0,
  ca: ca ? fs.readFileSync(ca) : undefined,
};

function must(condition, what) {
  if (condition) return;
  console.log('WRONG: ' + what);
  process.exit(1);
}

function connect(options) {
  return new Promise((resolve) => {
    const client = mqtt.connect(url, Object.assign({}, common, options));
    client.heard = [];
    client.on('message', (topic, payload, packet) => {
      client.heard.push({topic, text: payload.toString(), packet});
    });
    client.on('error', (e) => must(false, e.message));
    client.once('connect', (connack) => {
      client.connack = connack;
      resolve(client);
    });
  });
}

const publish = (c, topic, text, options) =>
  new Promise((resolve) => c.publish(topic, text, options, (e) => {
    must(!e, 'publish: ' + e);
    resolve();
  }));
const subscribe = (c, filter, options) =>
  new Promise((resolve) => c.subscribe(filter, options, (e, granted) => {
    must(!e, 'subscribe: ' + e);
    resolve(granted);
  }));
const end = (c) => new Promise((resolve) => {
  c.once('close', resolve);
  c.end();
});

async function until(condition, what) {
  for (let i = 0; i < 500; ++i) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  must(false, 'never came: ' + what);
}

async function qualities() {
  const one = await connect({});
  for (const qos of [0, 1, 2]) {
    const granted = await subscribe(one, 'q/' + qos, {qos});
    must(granted[0].qos === qos, 'granted');
    await publish(one, 'q/' + qos, 'x'.repeat(qos * 100000), {qos});
  }
  await until(() => one.heard.length === 3, 'three messages');
  for (const m of one.heard) {
    const qos = Number(m.topic[2]);
    must(m.packet.qos === qos && m.text.length === qos * 100000, m.topic);
  }
  await end(one);
}

async function retained() {
  const one = await connect({});
  await publish(one, 'kept', 'last', {qos: 1, retain: true});
  await subscribe(one, 'kept', {qos: 1});
  await until(() => one.heard.length === 1, 'what is retained');
  must(one.heard[0].packet.retain && one.heard[0].text === 'last', 'retained');
  await publish(one, 'kept', '', {qos: 1, retain: true});
  await end(one);
}

// Both sessions are the same client's; meanwhile something comes for it.
async function sessions() {
  const kept = {clientId: 'node', clean: false};
  if (five) kept.properties = {sessionExpiryInterval: 100};
  let one = await connect(kept);
  must(!one.connack.sessionPresent, 'no session at first');
  await subscribe(one, 's', {qos: 2});
  await end(one);
  const other = await connect({});
  await publish(other, 's', 'meanwhile', {qos: 2});
  await end(other);
  one = await connect(kept);
  must(one.connack.sessionPresent, 'the session');
  await until(() => one.heard.length === 1, 'what came meanwhile');
  await end(one);
  await end(await connect({clientId: 'node', clean: true}));
}

async function will() {
  const watching = await connect({});
  await subscribe(watching, 'will', {qos: 1});
  const lost = await connect({will: {topic: 'will', payload: 'gone', qos: 1, retain: false}});
  lost.stream.destroy();
  await until(() => watching.heard.length === 1, 'the will');
  must(watching.heard[0].text === 'gone', 'the will');
  await end(watching);
}

async function properties() {
  const one = await connect({properties: {topicAliasMaximum: 5, receiveMaximum: 3}});
  await subscribe(one, 'p/+', {qos: 1, nl: false, rap: true,
                               properties: {subscriptionIdentifier: 7}});
  await publish(one, 'p/1', '{}', {qos: 1, properties: {
    contentType: 'application/json', responseTopic: 'answers', correlationData: Buffer.from('c'),
    userProperties: {key: 'value'}, messageExpiryInterval: 60}});
  await until(() => one.heard.length === 1, 'a message with properties');
  const p = one.heard[0].packet.properties;
  must(p.contentType === 'application/json' && p.responseTopic === 'answers', 'texts');
  must(p.correlationData.toString() === 'c' && p.userProperties.key === 'value', 'user property');
  must(p.subscriptionIdentifier === 7, 'subscription identifier');
  await end(one);
}

(async () => {
  setTimeout(() => must(false, 'too slow'), 30000).unref();
  await qualities();
  await retained();
  await sessions();
  await will();
  if (five) await properties();
  console.log('ok');
  process.exit(0);
})().catch((e) => must(false, e.stack));

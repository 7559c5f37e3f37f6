// Debian's node-mqtt-packet as a second decoder: reads lines {"version":5,"hex":"..."}, each a stream,
// and answers each with {"packets":[...],"end":"end"|"more"|"failed"}.
const mqtt = require('mqtt-packet');
const readline = require('readline');

function describe(packet) {
  const words = [packet.cmd];
  if (packet.cmd === 'publish' && packet.qos === 0) words.push('payload', packet.payload.length);
  else if (packet.cmd === 'publish') words.push('id', packet.messageId, 'payload', packet.payload.length);
  else if (packet.messageId !== undefined) words.push('id', packet.messageId);
  return words.join(' ');
}

// It stays what a failure has left behind, so that each stream has a parser of its own. What it throws
// at, it has not refused in an orderly way; it is one nevertheless.
function decode({version, hex}) {
  const parser = mqtt.parser({protocolVersion: version});
  const packets = [];
  let end = 'end';
  parser.on('packet', (packet) => packets.push(describe(packet)));
  parser.on('error', () => { end = 'failed'; });
  try {
    const left = parser.parse(Buffer.from(hex, 'hex'));
    if (end === 'end' && left !== 0) end = 'more';
  } catch (error) {
    end = 'failed';
  }
  return {packets, end};
}

readline.createInterface({input: process.stdin}).on('line', (line) => {
  console.log(JSON.stringify(decode(JSON.parse(line))));
});

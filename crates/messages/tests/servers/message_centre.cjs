// A message centre for the tests: the npm package `smpp` with behaviour by destination.
// Prints one JSON object a line: the port first, then each message.
const smpp = require('smpp');

const say = (event) => process.stdout.write(JSON.stringify(event) + '\n');
let next = 0;

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    const known = pdu.system_id === 'genvej' && pdu.password === 'secret08';
    session.send(pdu.response({ command_status: known ? 0 : smpp.ESME_RINVPASWD, system_id: 'centre' }));
    say({ event: 'bind', known });
  });
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    say({ event: 'unbind' });
    session.close();
  });
  session.on('enquire_link', (pdu) => {
    session.send(pdu.response());
    say({ event: 'enquire_link' });
  });
  session.on('deliver_sm_resp', () => say({ event: 'receipt_taken' }));
  session.on('submit_sm', (pdu) => {
    const to = pdu.destination_addr;
    if (to === '4520000001') return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    if (to === '4520000002') return session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
    if (to === '4520000003') return say({ event: 'swallowed' });
    if (to === '4520000004') return session.destroy();
    next += 1;
    const id = 'm' + next;
    session.send(pdu.response({ message_id: id }));
    const text = pdu.short_message.message;
    const header = pdu.short_message.udh;
    say({
      event: 'message', id, to, from: pdu.source_addr, from_ton: pdu.source_addr_ton, text,
      header: header ? Buffer.concat(header.map((h) => Buffer.from(h))).toString('hex') : null,
      coding: pdu.data_coding, validity_secs: Math.round((pdu.validity_period - Date.now()) / 1000), receipt: pdu.registered_delivery,
    });
    session.deliver_sm({
      source_addr: to, destination_addr: pdu.source_addr, esm_class: 4,
      short_message: 'id:' + id + ' sub:001 dlvrd:001 submit date:2611221400 done date:2611221401 stat:DELIVRD err:000 text:',
    });
  });
});
server.listen(0, '127.0.0.1', () => say({ event: 'listening', port: server.address().port }));
process.stdin.on('end', () => process.exit(0)).resume();

// npm's oauth2-mock-server on a free loopback port. The hook that its documentation has for it names the client in the
// tokens, but for the client bare, whose tokens are as they come. The environment may have a certificate and its key,
// as files in PEM: TLS_CERTIFICATE and TLS_KEY. The server then ends TLS with them.
//
// It prints one line of JSON about itself when it listens, answers each line of standard input with one of its own, and
// ends when its standard input does. The commands are
//
//   key ALG    one more key, which signs in turn with the others
//   restart    it goes down, and comes back at the same port with a key that nobody has seen

import { createInterface } from 'node:readline';
import { OAuth2Server } from 'oauth2-mock-server';

let server;

function nameClient(token, request) {
  const [id] = atob(request.headers.authorization.split(' ')[1]).split(':');
  if (id !== 'bare') token.payload.client_id = id;
}

async function start(port) {
  server = new OAuth2Server(process.env.TLS_KEY, process.env.TLS_CERTIFICATE);
  server.service.on('beforeTokenSigning', nameClient);
  await server.issuer.keys.generate('RS256');
  await server.start(port, '127.0.0.1');
}

const commands = {
  key: (alg) => server.issuer.keys.generate(alg),
  async restart() {
    const { port } = server.address();
    await server.stop();
    await start(port);
  },
};

await start(0);
console.log(JSON.stringify({ issuer: server.issuer.url }));
for await (const line of createInterface({ input: process.stdin })) {
  const [name, argument] = line.split(' ');
  await commands[name](argument);
  console.log('{}');
}
process.exit(0);

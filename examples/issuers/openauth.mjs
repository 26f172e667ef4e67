// An issuer made with npm's OpenAuth, on a free loopback port. It keeps everything in memory. Its one way to sign in is
// one that knows its user already, and takes any secret from a machine.
//
// It prints one line of JSON about itself when it listens, answers each line of standard input with one of its own, and
// ends when its standard input does. The command is
//
//   rotate    another store takes the place of its own, with a key that nobody has seen

import { createInterface } from 'node:readline';
import { serve } from '@hono/node-server';
import { issuer } from '@openauthjs/openauth';
import { MemoryStorage } from '@openauthjs/openauth/storage/memory';
import { createSubjects } from '@openauthjs/openauth/subject';

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
console.log = () => {}; // where OpenAuth logs its requests

const account = { '~standard': { version: 1, vendor: 'example', validate: (value) => ({ value }) } };

const known = {
  type: 'known',
  init: (route, context) => route.get('/authorize', (c) => context.success(c, { name: 'user-7' })),
  client: async ({ clientID }) => ({ name: clientID }),
};

const create = () => issuer({
  subjects: createSubjects({ account }),
  storage: MemoryStorage(),
  providers: { known },
  allow: async ({ redirectURI }) => redirectURI === 'https://app.example/callback',
  success: (context, { name }) => context.subject('account', { name }, { subject: name }),
});

let current = create();
serve({ fetch: (...request) => current.fetch(...request), hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  say({ issuer: `http://127.0.0.1:${port}` });
});
for await (const line of createInterface({ input: process.stdin })) {
  current = create();
  say({ done: line });
}
process.exit(0);

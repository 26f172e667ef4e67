// An application made with npm's better-auth and its plugins jwt and oauth-provider, on a free loopback port. It keeps
// everything in memory, and has one user and one client.
//
// It prints one line of JSON about itself when it listens, answers each line of standard input with one of its own, and
// ends when its standard input does. The command is
//
//   rotate    its keys are gone, and the next token is signed by a new one

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { getAuthTables } from 'better-auth/db';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const options = {
  baseURL: origin,
  secret: randomBytes(32).toString('base64'),
  emailAndPassword: { enabled: true },
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      scopes: ['openid', 'profile', 'read'],
      resources: ['https://api.example', 'https://other.example'],
      enforcePerClientResources: false,
      clientPrivileges: () => true, // who may register clients, and what they may do by themselves
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
};
const tables = Object.fromEntries(Object.keys(getAuthTables(options)).map((name) => [name, []]));
const auth = betterAuth({ ...options, database: memoryAdapter(tables) });
server.on('request', toNodeHandler(auth));

const user = { email: 'user@example.com', password: randomBytes(12).toString('base64') };
const { headers } = await auth.api.signUpEmail({ body: { ...user, name: 'User' }, returnHeaders: true });
const cookie = headers.getSetCookie().map((field) => field.split(';')[0]).join('; ');
const client = await auth.api.adminCreateOAuthClient({
  headers: { cookie },
  body: {
    redirect_uris: ['https://app.example/callback'],
    grant_types: ['authorization_code', 'client_credentials'],
    scope: 'openid profile read',
    client_credentials_scopes: ['read'],
    token_endpoint_auth_method: 'client_secret_basic',
    skip_consent: true,
  },
});
console.log(JSON.stringify({
  origin,
  client_id: client.client_id,
  client_secret: client.client_secret,
  user,
}));

for await (const line of createInterface({ input: process.stdin })) {
  tables.jwks.length = 0;
  console.log(JSON.stringify({ done: line }));
}
process.exit(0);

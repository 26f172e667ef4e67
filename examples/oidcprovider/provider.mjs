// An OpenID provider on a free loopback port, with nothing behind it: keys and
// tokens live in memory. It prints one line of JSON about itself when it is
// ready, and ends when its standard input does, so that it cannot outlive the
// program that started it.
//
//   resource=https://api.example      JWT access tokens by RFC 9068, RS256
//   resource=https://es256.example    the same, ES256
//   resource=https://opaque.example   opaque tokens, for introspection
//   no resource                       opaque tokens without an audience
//
// Whoever sends a proof of possession (RFC 9449) gets a token that is bound to its
// key. The proof must carry a nonce, which the first answer gives.
//
// A second port ends TLS and asks for a certificate, any certificate. The client
// certified gets its tokens there, bound to the one that it has presented
// (RFC 8705). The environment has the server's own certificate and its key:
// TLS_CERTIFICATE and TLS_KEY, in PEM.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { Provider, errors } from 'oidc-provider';

const scope = 'profile email user admin';

const resources = {
  'https://api.example': { scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } },
  'https://es256.example': { scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
  'https://opaque.example': { scope, accessTokenFormat: 'opaque' },
};

function signingKey(alg, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig' };
}

function client(id, grants, more) {
  return {
    client_id: id,
    client_secret: randomBytes(24).toString('base64url'),
    grant_types: grants,
    response_types: [],
    redirect_uris: [],
    scope,
    ...more,
  };
}

// The API that asks about tokens may not get any itself.
const app = client('app', ['client_credentials']);
const certified = client('certified', ['client_credentials'], { tls_client_certificate_bound_access_tokens: true });
const api = client('api', []);

const configuration = {
  clients: [app, certified, api],
  scopes: scope.split(' '),
  jwks: {
    keys: [
      signingKey('RS256', 'rsa', { modulusLength: 2048 }),
      signingKey('ES256', 'ec', { namedCurve: 'P-256' }),
    ],
  },
  ttl: { ClientCredentials: 300 },
  features: {
    // Sign-in pages are of no use here: tokens come from client credentials only.
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (ctx, caller) => caller.clientId === api.client_id,
    },
    revocation: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      // Undefined on the port without TLS, and where no certificate was presented.
      getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
    },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo(ctx, resource) {
        if (!(resource in resources)) throw new errors.InvalidTarget();
        return { audience: resource, ...resources[resource] };
      },
    },
  },
};

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${server.address().port}`;
}

const server = createServer();
const tlsServer = createTLSServer({
  cert: process.env.TLS_CERTIFICATE,
  key: process.env.TLS_KEY,
  requestCert: true,
  rejectUnauthorized: false, // clients sign their certificates themselves
});
const issuer = `http://${await listen(server)}`;
const mutualTLS = `https://${await listen(tlsServer)}`;
const provider = new Provider(issuer, configuration);
server.on('request', provider.callback());
tlsServer.on('request', provider.callback());
console.log(JSON.stringify({
  issuer,
  mutual_tls: mutualTLS,
  client_id: app.client_id,
  client_secret: app.client_secret,
  certified_client_id: certified.client_id,
  certified_client_secret: certified.client_secret,
  introspection_client_id: api.client_id,
  introspection_client_secret: api.client_secret,
}));

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

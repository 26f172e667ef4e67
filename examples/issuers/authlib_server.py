"""An authorization server made with Python's Authlib and Flask, on a free loopback port.

It keeps everything in memory, and its one user is always signed in. Access tokens come from Authlib's generator of
JWTs, to which claims are added in the place that it has for that.

It prints one line of JSON about itself when it listens, answers each line of standard input with one of its own, and
ends when its standard input does. The command is

    rotate    a new key takes the place of the old one
"""

import json
import os
import secrets
import sys
import threading

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http, on loopback

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.jose import JsonWebKey
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc7523 import JWTBearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

app = Flask(__name__)
key = None


def rotate():
    global key
    key = JsonWebKey.generate_key("RSA", 2048, {"kid": secrets.token_hex(8), "use": "sig"}, is_private=True)


class Client(ClientMixin):
    """A client. The audience is what its tokens are for."""

    def __init__(self, client_id, audience):
        self.client_id, self.secret, self.audience = client_id, secrets.token_urlsafe(24), audience

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return True

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(self.secret, client_secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return True


class User:
    def __init__(self, user_id):
        self.user_id = user_id

    def get_user_id(self):
        return self.user_id


class Code(AuthorizationCodeMixin):
    def __init__(self, code, request):
        self.code, self.user, self.client_id = code, request.user, request.client.client_id
        self.redirect_uri, self.scope = request.redirect_uri, request.scope
        self.nonce = request.data.get("nonce")
        self.code_challenge = request.data.get("code_challenge")
        self.code_challenge_method = request.data.get("code_challenge_method")

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return None


class AccessTokens(JWTBearerTokenGenerator):
    """Adds what RFC 9068 asks for beyond what the generator has. Those of the client bare get nothing more."""

    def __init__(self):
        super().__init__(key, app.config["ISSUER"])

    def get_token_data(self, grant_type, client, expires_in, user=None, scope=None):
        self.secret_key = key
        data = super().get_token_data(grant_type, client, expires_in, user, scope)
        if client.audience:
            data.update(aud=client.audience, jti=secrets.token_hex(16), sub=data.get("sub", client.client_id))
        return data


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code, request):
        codes[code] = Code(code, request)

    def query_authorization_code(self, code, client):
        found = codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code):
        del codes[authorization_code.code]

    def authenticate_user(self, authorization_code):
        return authorization_code.user


class IDTokens(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return False

    def get_jwt_config(self, grant):
        return {"key": key, "alg": "RS256", "iss": app.config["ISSUER"], "exp": 3600}

    def generate_user_info(self, user, scope):
        return UserInfo(sub=str(user.get_user_id()))


codes = {}
clients = {
    client.client_id: client
    for client in [
        Client("app", "https://api.example"),
        Client("numbered", "https://api.example"),
        Client("elsewhere", "https://other.example"),
        Client("bare", None),
    ]
}
users = {"numbered": User(7)}


@app.get("/authorize")
def authorize():
    return server.create_authorization_response(grant_user=users.get(request.args["client_id"], User("7")))


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/jwks")
def jwks():
    return jsonify(keys=[key.as_dict()])


@app.get("/.well-known/openid-configuration")
@app.get("/.well-known/oauth-authorization-server")
def metadata():
    issuer = app.config["ISSUER"]
    return jsonify(
        issuer=issuer,
        authorization_endpoint=issuer + "/authorize",
        token_endpoint=issuer + "/token",
        jwks_uri=issuer + "/jwks",
        response_types_supported=["code"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
    )


class Silent(WSGIRequestHandler):
    def log_request(self, *args):
        pass


rotate()
http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
app.config["ISSUER"] = f"http://127.0.0.1:{http.server_port}"
server = AuthorizationServer(app, query_client=clients.get, save_token=lambda token, request: None)
server.register_token_generator("default", AccessTokens())
server.register_grant(grants.ClientCredentialsGrant)
server.register_grant(AuthorizationCodeGrant, [IDTokens(require_nonce=True), CodeChallenge(required=True)])
threading.Thread(target=http.serve_forever, daemon=True).start()
known = {client.client_id: client.secret for client in clients.values()}
print(json.dumps({"issuer": app.config["ISSUER"], "secrets": known}), flush=True)
for line in sys.stdin:
    rotate()
    print("{}", flush=True)

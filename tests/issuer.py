"""An issuer of tokens on loopback: its keys, what it says of itself, and where one signs in."""

from __future__ import annotations

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.infrastructure.test_tokens import AUDIENCE, OURS, claims, signed

CLIENT = "varve-console"


class IssuerServer:
    """Lets in whoever follows its link, as `user` with `roles`. A code is good once, for who began."""

    def __init__(self) -> None:
        self.user, self.roles = "u-1", ["varve:admin"]
        self.access: dict[str, Any] = {}  # other claims of access tokens
        self.identity: dict[str, Any] = {}  # and of ID tokens
        self.refuses: str | None = None  # the error that it sends browsers back with
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.get(self)

            def do_POST(self) -> None:
                outer.exchange(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def settings(self) -> dict[str, str]:
        """Of a service whose people sign in here."""
        return {
            "VARVE_AUTH_MODE": "keys+oidc",
            "VARVE_OIDC_ISSUER": self.address,
            "VARVE_OIDC_AUDIENCE": AUDIENCE,
            "VARVE_OIDC_JWKS": f"{self.address}/keys",
            "VARVE_OIDC_CLIENT_ID": CLIENT,
        }

    @property
    def metadata(self) -> dict[str, Any]:
        endpoints = {"authorization_endpoint": f"{self.address}/authorize", "token_endpoint": f"{self.address}/token"}
        return {"issuer": self.address, **endpoints}

    def get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/keys":
            answer(request, OURS.as_dict(private=False))
        elif parts.path == "/.well-known/openid-configuration":
            answer(request, self.metadata)
        elif parts.path == "/authorize":
            back = f"{asked['redirect_uri']}?{urlencode(self.brought(asked))}"
            page = f'<!doctype html><title>The issuer</title><a href="{back.replace("&", "&amp;")}">Let me in</a>'
            answer(request, page.encode(), media_type="text/html")
        else:
            answer(request, {}, status=404)

    def brought(self, asked: dict[str, str]) -> dict[str, str]:
        """What the browser brings back from here."""
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        if self.refuses:
            return {"error": self.refuses, "error_description": "not today", "state": asked["state"]}
        code = token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.address, "session_state": "x"}

    def exchange(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append({**form, "authorization": request.headers.get("Authorization", "")})
        began = self.codes.pop(form["code"], None)
        if began is None or challenge_of(form["code_verifier"]) != began["code_challenge"]:
            answer(request, {"error": "invalid_grant"}, status=400)
            return
        own = {"iss": self.address, "sub": self.user, "roles": self.roles}
        identity = {**own, "aud": CLIENT, "nonce": began["nonce"], **self.identity}
        tokens = {"access_token": signed(claims(**own, **self.access)), "id_token": signed(claims(**identity))}
        answer(request, {**tokens, "token_type": "Bearer"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def answer(
    request: BaseHTTPRequestHandler, content: Any, *, status: int = 200, media_type: str = "application/json"
) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    request.send_response(status)
    request.send_header("Content-Type", media_type)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)

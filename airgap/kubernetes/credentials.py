"""Who asks the API server: certificates, and tokens from the kubeconfig, a file, or a command that makes them."""

from __future__ import annotations

import base64
import datetime
import json
import os
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from airgap.errors import PluginError
from airgap.kubernetes.kubeconfig import Access

_EXEC_SECONDS = 60
_EARLY = datetime.timedelta(seconds=30)


class Credentials:
    """Makes the TLS context and the headers of requests. Safe in threads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}
        self._until: datetime.datetime | None = None

    def tls(self) -> ssl.SSLContext:
        """The context that knows the server by its certificate, and shows the user's. Raises PluginError."""
        access = self._access
        certificate, key = access.user.get("client-certificate", ""), access.user.get("client-key", "")
        if "exec" in access.user:
            made = self._executed()
            certificate = str(made.get("clientCertificateData") or certificate)
            key = str(made.get("clientKeyData") or key)
        try:
            context = ssl.create_default_context(cadata=access.authority or None)
            if not access.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if certificate:
                _show(context, certificate, key)
        except (ssl.SSLError, ValueError):
            raise PluginError("the kubeconfig's certificates or key cannot be read; export it anew") from None
        return context

    def headers(self) -> dict[str, str]:
        """The Authorization header, if there is one. Raises PluginError."""
        user = self._access.user
        if user.get("token"):
            return {"Authorization": f"Bearer {user['token']}"}
        if user.get("tokenFile"):
            return {"Authorization": f"Bearer {_token_in(Path(user['folder'], user['tokenFile']))}"}
        if user.get("username"):
            login = f"{user['username']}:{user.get('password', '')}"
            return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
        if "exec" in user and (token := self._executed().get("token")):
            return {"Authorization": f"Bearer {token}"}
        if "auth-provider" in user:
            raise PluginError("the kubeconfig's auth-provider is long gone from Kubernetes; export it anew")
        return {}

    def renew(self) -> bool:
        """Forget what a command made, since the server refused it. False where there is no command."""
        with self._lock:
            self._made = {}
        return "exec" in self._access.user

    def _executed(self) -> dict[str, Any]:
        with self._lock:
            expired = self._until and datetime.datetime.now(datetime.UTC) > self._until - _EARLY
            if not self._made or expired:
                self._made = _execute(self._access.user["exec"], self._access.user.get("folder") or ".")
                until = self._made.get("expirationTimestamp")
                self._until = datetime.datetime.fromisoformat(until) if until else None
            return self._made


def _token_in(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise PluginError(f"the kubeconfig's tokenFile {path}: {error.strerror}; export the kubeconfig anew") from None


def _show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load a client certificate, which Python's ssl takes from a file alone."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # of mode 0600
        file.write(f"{certificate}\n{key}\n")
        file.flush()
        context.load_cert_chain(file.name)


def _execute(wanted: dict[str, Any], folder: str) -> dict[str, Any]:
    """Run a credential plugin: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/"""
    command = str(wanted.get("command") or "")
    program = str(Path(folder, command)) if "/" in command else command
    info = {"apiVersion": wanted.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    more = {each["name"]: each["value"] for each in wanted.get("env") or ()}
    try:
        done = subprocess.run(
            [program, *(wanted.get("args") or ())],
            env=os.environ | {"KUBERNETES_EXEC_INFO": json.dumps(info)} | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_EXEC_SECONDS,
        )
    except OSError as error:
        hint = " ".join(str(wanted.get("installHint") or "install it, or correct the kubeconfig").split())
        raise PluginError(f"cannot run `{command}`, which the kubeconfig wants: {error.strerror}; {hint}") from None
    except subprocess.TimeoutExpired:
        raise PluginError(
            f"`{command}`, which the kubeconfig wants, took over {_EXEC_SECONDS} s; log in anew"
        ) from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[-300:]
        raise PluginError(f"`{command}`, which the kubeconfig wants, failed: {said or done.returncode}; log in anew")
    try:
        return dict(json.loads(done.stdout)["status"])
    except (ValueError, KeyError, TypeError):
        raise PluginError(f"`{command}`, which the kubeconfig wants, gave no credentials; log in anew") from None

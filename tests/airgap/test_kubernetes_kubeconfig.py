"""What a kubeconfig says of the cluster and its user. No server runs here, but for one with TLS."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from airgap.errors import PluginError
from airgap.kubernetes import kubeconfig
from airgap.kubernetes.kubeconfig import access


def config(name: str = "a", *, cluster: Any = None, user: Any = None, current: str = "") -> str:
    found = {
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}/"} | (cluster or {})}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"of-{name}"}}],
        "users": [{"name": name, "user": user or {}}],
    }
    return json.dumps(found | ({"current-context": current} if current else {}))


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_it_comes_from_the_option_the_variable_or_the_home_in_this_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text(config("home", current="home"))
    assert access("").server == "https://home"
    (tmp_path / "named").write_text(config("named", current="named"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "named"))
    assert access("").server == "https://named"
    assert access(config("given", current="given")).server == "https://given"
    assert access("~/.kube/config").server == "https://home"


def test_of_several_files_the_first_to_name_a_thing_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "1").write_text(config("a", current="b"))
    (tmp_path / "2").write_text(config("b", current="a"))
    (tmp_path / "3").write_text(config("b", cluster={"server": "https://other"}))
    paths = os.pathsep.join(str(tmp_path / name) for name in ("1", "none", "2", "3"))
    monkeypatch.setenv("KUBECONFIG", paths)
    assert access("").server == "https://b"
    assert access(paths).server == "https://b"  # the SDK passes the variable on as an option
    assert access("", context="a").namespace == "of-a"


def test_the_context_the_cluster_and_the_namespace_may_be_chosen() -> None:
    both = json.loads(config("a", current="a"))
    for kind, entries in json.loads(config("b")).items():
        both[kind] += entries
    text = json.dumps(both)
    assert (access(text).server, access(text).namespace) == ("https://a", "of-a")
    assert access(text, context="b").server == "https://b"
    assert (access(text, cluster="b").server, access(text, cluster="b").namespace) == ("https://b", "of-a")
    assert access(text, namespace="mine").namespace == "mine"


def test_certificates_stand_in_it_or_in_files_beside_it(tmp_path: Path) -> None:
    data = base64.b64encode(b"inline").decode()
    (tmp_path / "ca.pem").write_text("from a file")
    path = tmp_path / "config"
    path.write_text(
        config(
            current="a",
            cluster={"certificate-authority": "ca.pem", "tls-server-name": "other", "proxy-url": "http://proxy"},
            user={"client-certificate-data": data, "client-key": str(tmp_path / "ca.pem")},
        )
    )
    found = access(str(path))
    assert (found.authority, found.server_name, found.proxy, found.verify) == (
        "from a file",
        "other",
        "http://proxy",
        True,
    )
    assert (found.user["client-certificate"], found.user["client-key"]) == ("inline", "from a file")
    assert "inline" not in repr(found)
    assert not access(config(current="a", cluster={"insecure-skip-tls-verify": True})).verify


def test_in_a_pod_its_account_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kubeconfig, "_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    for name, text in (("token", "t"), ("namespace", "pods\n"), ("ca.crt", "ca")):
        (tmp_path / name).write_text(text)
    found = access("")
    assert (found.server, found.namespace, found.authority) == ("https://[fd00::1]:443", "pods", "ca")
    assert found.user["tokenFile"] == str(tmp_path / "token")


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("", "no kubeconfig names a cluster; set the provider's kubeconfig, KUBECONFIG or ~/.kube/config"),
        ("/no/where", "there is no kubeconfig at /no/where; correct the provider's kubeconfig"),
        ("a:\n  - b\n c: geheim", "the provider's kubeconfig, line 3: not YAML; export a kubeconfig anew"),
        ("- geheim: a\n", "the provider's kubeconfig: not a kubeconfig; set the provider's kubeconfig"),
        (config(), "the kubeconfig has no current-context; set one, or the provider's context"),
        (config(current="b"), "the kubeconfig has no context `b`; there are: a"),
        (
            config(current="a", cluster={"certificate-authority-data": "YQ"}),
            "the kubeconfig's certificate-authority-data is not base64; export the kubeconfig anew",
        ),
        (
            config(current="a", user={"client-key": "/no/key"}),
            "the kubeconfig's client-key /no/key: No such file or directory; export the kubeconfig anew",
        ),
    ],
)
def test_a_kubeconfig_that_will_not_do_is_one_line_without_its_contents(contents: str, said: str) -> None:
    with pytest.raises(PluginError) as refused:
        access(contents)
    assert str(refused.value).startswith(said)
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)

"""The plugin `pulumi-resource-kubernetes` for machines that cannot download the official one.

Objects of any kind, with the official plugin's names, identifiers, outputs, replace decisions and waits, so that a
stack may move from the one to the other without a difference. It refuses what it does not know: Helm, Kustomize, YAML
files, lists, patches, and client-side apply.

`plugin` is what the engine starts. It serves `provider`, which checks (`check`) and compares (`diff`) inputs, and lets
`operations` do the rest through the API server (`cluster`, `client`), waiting (`waiting`) where the official plugin
waits (`conditions`, `readiness`). How to reach the server comes from `options` and `kubeconfig`.
"""

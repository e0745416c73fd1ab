#!/bin/sh
# Hands a stack's secrets to the later steps of a job: `unlock.sh STACK [required]`, with BACKEND_URL, ACCESS_TOKEN,
# PASSPHRASE and KUBECONFIG_TEXT from the workflow's secrets. Each may be empty. What can be a file is one that nobody
# else reads. Without a backend the stack cannot be seen: the output `ready` is then false, or the step fails if
# `required` says so. dev needs nothing: its state and its passphrase are the runner's own.
set -eu
umask 077
stack=$1

if [ "$stack" != dev ] && [ -z "${BACKEND_URL:-}" ]; then
    why="$stack is not looked at: this run has no secret PULUMI_BACKEND_URL (docs/ci.md)"
    if [ "${2:-}" = required ]; then
        echo "::error::$why"
        exit 1
    fi
    echo "::notice::$why"
    echo 'ready=false' >>"$GITHUB_OUTPUT"
    exit 0
fi
echo 'ready=true' >>"$GITHUB_OUTPUT"
[ "$stack" != dev ] || exit 0

echo "PULUMI_BACKEND_URL=$BACKEND_URL" >>"$GITHUB_ENV"
if [ -n "${ACCESS_TOKEN:-}" ]; then
    echo "PULUMI_ACCESS_TOKEN=$ACCESS_TOKEN" >>"$GITHUB_ENV"
fi
if [ -n "${PASSPHRASE:-}" ]; then
    printf %s "$PASSPHRASE" >"$RUNNER_TEMP/passphrase"
    echo "PULUMI_CONFIG_PASSPHRASE_FILE=$RUNNER_TEMP/passphrase" >>"$GITHUB_ENV"
fi
if [ -n "${KUBECONFIG_TEXT:-}" ]; then
    printf '%s\n' "$KUBECONFIG_TEXT" >"$RUNNER_TEMP/kubeconfig"
    echo "KUBECONFIG=$RUNNER_TEMP/kubeconfig" >>"$GITHUB_ENV"
fi

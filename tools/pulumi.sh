#!/bin/sh
# `pulumi` in the activated environment, which `make setup` copies to .venv/bin/pulumi: so that a person who types
# `pulumi up -s dev` gets just what `make up` gets. It chooses an engine, fills in what the user has not set, and runs
# it. Whatever the user has set wins.
set -u
umask go-w  # nobody else may change what is written, such as a stack's config
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$(dirname -- "$here")")
local=$root/.local

# The engine: the first pulumi on PATH that is not this file; else, or with AIRGAP=1, the one built from source.
engine=
if [ -z "${AIRGAP:-}" ]; then
    IFS=:
    for folder in $PATH; do
        if [ -x "$folder/pulumi" ] && ! [ "$folder/pulumi" -ef "$here/pulumi" ]; then
            engine=$folder/pulumi
            break
        fi
    done
    unset IFS
fi
if [ -z "$engine" ]; then
    engine=$local/engine/bin/pulumi
    if ! [ -x "$engine" ]; then
        echo "pulumi: no engine on PATH and none in $local/engine: run \`make setup\` in $root" >&2
        exit 1
    fi
    # Its stand-in plugins never meet the official ones: a home of their own, and none from PATH.
    export PULUMI_HOME="$local/pulumi-home" PULUMI_IGNORE_AMBIENT_PLUGINS=true
fi

export PULUMI_SKIP_UPDATE_CHECK="${PULUMI_SKIP_UPDATE_CHECK:-true}"
if [ -z "${PULUMI_BACKEND_URL:-}" ]; then
    # Without files beside its files: one that a killed run left half written makes the whole state unreadable.
    folder=$(printf %s "$local/state" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g')
    export PULUMI_BACKEND_URL="file://$folder?metadata=skip"
    (umask 077 && mkdir -p "$local/state")
fi

# Which stack is meant: -s, --stack or `stack init NAME`; else PULUMI_STACK, the selected one, and dev.
stack=${PULUMI_STACK:-}
previous=
for argument in "$@"; do
    case $argument in
    --stack=* | -s=*) stack=${argument#*=} ;;
    -*) ;;
    *) case $previous in -s | --stack | init | select) stack=$argument ;; esac ;;
    esac
    previous=$argument
done
if [ -z "$stack" ]; then
    stack=$(sed -n 's/.*"stack": *"\([^"]*\)".*/\1/p' "${PULUMI_HOME:-$HOME/.pulumi}"/workspaces/creativeflow-*-workspace.json 2>/dev/null | head -n 1)
fi

# dev asks nothing of a new user: its secrets are encrypted with a passphrase that is made on this machine and stays
# there. Every other stack's passphrase is the team's to choose and to keep.
config=$root/Pulumi.dev.yaml
if [ "${stack:-dev}" != dev ] || [ -n "${PULUMI_CONFIG_PASSPHRASE+set}${PULUMI_CONFIG_PASSPHRASE_FILE:-}" ]; then
    exec "$engine" "$@"
fi
export PULUMI_CONFIG_PASSPHRASE_FILE="$local/dev-passphrase"
if ! [ -s "$PULUMI_CONFIG_PASSPHRASE_FILE" ]; then
    (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$PULUMI_CONFIG_PASSPHRASE_FILE")
fi

# Pulumi writes that passphrase's salt into Pulumi.dev.yaml, which git tracks and every machine shares. It is in the
# state too, where Pulumi finds it: so out of the file it goes, unless the file holds something encrypted with it.
export PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true
trap : INT # Pulumi gets the user's Ctrl-C as well, and ends in its own time
"$engine" "$@"
status=$?
if grep -q '^encryptionsalt:' "$config" && ! grep -q '[[:space:]]secure:' "$config"; then
    without=$(grep -v '^encryptionsalt:' "$config") && printf '%s\n' "$without" >"$config"
fi
exit "$status"

#!/bin/sh
# Makes .venv from requirements.txt, with the hash of every package checked, and puts our `pulumi` into it.
# Says which step failed, why, and what to try. Called by make.
set -u
started=$(date +%s)

fail() {
    printf 'setup: %s failed: %s\n       Try: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 ||
    fail 'finding Python' "there is no $python" 'apt-get install python3 python3-venv, or make PYTHON=/path/to/python3.11'
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail 'finding Python' "$("$python" --version) is older than 3.11" 'make PYTHON=/path/to/python3.11 (or newer)'

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "setup: making .venv with $("$python" --version) …"
    rm -rf .venv
    if ! "$python" -m venv .venv >"$log" 2>&1; then
        rm -rf .venv
        fail 'making .venv' "$(grep -v '^ *$' "$log" | head -n 1)" 'apt-get install python3-venv, then the same make again'
    fi
fi

echo "setup: installing $(grep -c '==' requirements.txt) Python packages into .venv (about 20 s) …"
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: \
    --require-hashes --requirement requirements.txt 2>"$log"; then
    case $(cat "$log") in
    *'No space left'*) try='free some disk: .venv needs 400 MB' ;;
    *'DO NOT MATCH'*) try='a package is not what requirements.txt pins: check the mirror that pip uses' ;;
    *) try='the same make again; behind a proxy or a mirror, set HTTPS_PROXY or PIP_INDEX_URL;
            and PYTHON=/path/to/python3.11 if this Python is newer than the packages' ;;
    esac
    why=$(grep '^ERROR' "$log" | tail -n 1)
    fail 'installing Python packages' "${why:-$(tail -n 1 "$log")}" "$try"
fi
install -m 755 tools/pulumi.sh .venv/bin/pulumi
echo "setup: .venv is ready ($(($(date +%s) - started)) s)"

#!/bin/sh
# Removes .venv and .local. The state of stacks lies in there, unless PULUMI_BACKEND_URL has it elsewhere, and the data of
# embedded servers: those are kept until they are destroyed (`make down`), or CONFIRM=yes says that they may go.
set -u
servers=
for folder in .local/postgres/*; do
    [ -e "$folder" ] && servers="$servers ${folder##*/}"
done
stacks=$servers
for state in .local/state/.pulumi/stacks/*/*.json .local/state/.pulumi/stacks/*/*.json.gz; do
    [ -e "$state" ] || continue
    stack=${state##*/}
    stack=${stack%%.json*}
    zgrep -q '"urn"' "$state" # of a resource; 1 is that there is none, and more that nobody knows
    case $?-" $stacks " in 1-* | *" $stack "*) ;; *) stacks="$stacks $stack" ;; esac
done
if [ -n "$stacks" ] && [ "${CONFIRM:-}" != yes ]; then
    echo "clean: .local holds the data or the state of$stacks, which would be lost for good." >&2
    echo "       Destroy each with \`make down STACK=…\`, or say \`make clean CONFIRM=yes\`." >&2
    exit 1
fi
for stack in $servers; do
    .venv/bin/python -c 'import pathlib, sys
from infra.cluster import Cluster
Cluster(pathlib.Path(sys.argv[1]).absolute(), 0).remove()' ".local/postgres/$stack" || exit 1
done
rm -rf .venv .local
find . -name __pycache__ -type d -prune -exec rm -rf {} +

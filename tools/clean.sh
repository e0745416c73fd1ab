#!/bin/sh
# Removes .venv and .local. A stack's state and an embedded server's data lie in there: those are kept until they are
# destroyed (`make down`), or CONFIRM=yes says that they may go.
set -u
stacks=
for folder in .local/postgres/*; do
    [ -e "$folder" ] && stacks="$stacks ${folder##*/}"
done
if [ -n "$stacks" ] && [ "${CONFIRM:-}" != yes ]; then
    echo "clean: there is data of$stacks in .local/postgres, which would be lost for good." >&2
    echo "       Destroy it with \`make down\` (STACK=… for another stack than dev), or say make clean CONFIRM=yes." >&2
    exit 1
fi
for stack in $stacks; do
    .venv/bin/python -c 'import pathlib, sys
from infra.cluster import Cluster
Cluster(pathlib.Path(sys.argv[1]).absolute(), 0).remove()' ".local/postgres/$stack" || exit 1
done
rm -rf .venv .local
find . -name __pycache__ -type d -prune -exec rm -rf {} +

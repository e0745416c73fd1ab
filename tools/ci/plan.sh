#!/bin/sh
# What `up` would change on a stack: `plan.sh STACK FILE` writes the preview to FILE, and shows it. The output `changes`
# says whether there is anything to do.
set -eu
mkdir -p "$(dirname -- "$2")"
status=0
.venv/bin/pulumi preview --stack "$1" --diff --non-interactive --suppress-progress --expect-no-changes >"$2" 2>&1 || status=$?
cat "$2"
case $status in
0) echo 'changes=false' >>"$GITHUB_OUTPUT" ;;
7) echo 'changes=true' >>"$GITHUB_OUTPUT" ;; # what Pulumi ends with if there is something to do, and only then
*) exit "$status" ;;
esac

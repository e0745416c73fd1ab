#!/bin/sh
# Whether a stack is still as its last `up` left it: `look.sh STACK FOLDER` writes FOLDER/stack, status (clean or drifted)
# and drift.txt, which tools/ci/drift.py reads. A refresh, and not `preview --refresh`: scripts that were merged and wait
# for an approval are no drift. The program runs, for the logins and the tunnel that the resources are read through.
set -eu
mkdir -p "$2"
status=0
.venv/bin/pulumi refresh --stack "$1" --preview-only --expect-no-changes --run-program --diff --non-interactive \
    --suppress-progress >"$2/drift.txt" 2>&1 || status=$?
cat "$2/drift.txt"
case $status in
0) found=clean ;;
7) found=drifted ;; # what Pulumi ends with if something has changed, and only then
*) exit "$status" ;;
esac
echo "$1" >"$2/stack"
echo "$found" >"$2/status"

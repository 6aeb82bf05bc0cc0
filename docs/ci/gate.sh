#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: docs/ci/gate.sh BASE-COMMAND NEW-COMMAND
#
# For any CI: measures two builds, each a command without arguments, and says whether the new one is
# slower. Needs root. Exits as imstrace gate does, except that 5, inconclusive, becomes 0 with a warning:
# a build is not to blame for a noisy machine. The measurements are kept in latency/.
set -eu

mkdir -p latency/history
imstrace run -o latency/base.json -o latency/new.json -- "$1" --against "$2"
cp latency/new.json "latency/history/$(date -u +%Y%m%d-%H%M%S).json"

gate() { imstrace gate latency/base.json --against latency/new.json "$@"; }

# The table's exit status counts; the other formats would exit with the same one.
status=0
gate --overlay latency/overlay.svg || status=$?
gate --format markdown > latency/comment.md || true
gate --format junit > latency/junit.xml || true
# 5: there is not an interrupt in it yet.
imstrace history --html latency/history.html latency/history > latency/history.txt || [ $? -eq 5 ]

[ $status -ne 5 ] || echo 'warning: the latency gate was inconclusive' >&2
[ $status -eq 5 ] || exit $status

# SPDX-License-Identifier: GPL-2.0-only
#
# A program on a terminal, which is tmux: its screen, and keys. Waits until the screen shows what
# it is to show, up to 20 s. $scratch is a directory.

# shellcheck source=tests/checks.bash
. tests/checks.bash

tmux=(tmux -L "imstrace-test-$$-0" -f /dev/null)
started=0
trap '"${tmux[@]}" kill-server 2>/dev/null; rm -rf "$scratch"' EXIT

screen() { "${tmux[@]}" capture-pane -p; }
keys() { "${tmux[@]}" send-keys "$@"; }

# shown PATTERN…: all of them, extended regular expressions, on one screen.
shown()
{
	local pattern text
	text=$(screen)
	for pattern; do
		grep -qE -- "$pattern" <<<"$text" || return
	done
}

wait_for()
{
	local end=$((SECONDS + 20))
	until shown "$@"; do
		[ $SECONDS -lt $end ] || { echo "not shown: $*"; screen; return 1; }
		sleep 0.1
	done
}

# press KEYS PATTERN…: and wait for what they do.
press()
{
	# shellcheck disable=SC2086 # keys are words
	keys $1
	shift
	wait_for "$@"
}

# The screen and what has scrolled out of it.
summary() { "${tmux[@]}" capture-pane -p -S -2000; }

# ends_with_summary KEY VECTORS PATTERN: of a summary of so many vectors.
ends_with_summary()
{
	keys "$1"
	wait_for '^status 0$' && summary | grep -qE "^Summary of .* s, $2 vectors" &&
		summary | grep -qE "$3"
}

# start COMMAND…: in a terminal of 80x24; its stderr is in $scratch/stderr.
start()
{
	"${tmux[@]}" kill-server 2>/dev/null
	# A server of its own: one that is ending may still take the session, and then end.
	tmux[2]=imstrace-test-$$-$((++started))
	"${tmux[@]}" new-session -d -x 80 -y 24 "$* 2>'$scratch/stderr'; echo status \$?; sleep 100"
}

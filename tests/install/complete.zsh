# SPDX-License-Identifier: GPL-2.0-only
#
# usage: [ZSH_DUMP=FILE] zsh -f complete.zsh FUNCTIONS LINE
#
# What zsh would offer for the end of LINE, one a line. It completes in a terminal only, so it
# gets one; the builtin by which functions offer something is made to write it down as well.

zmodload zsh/zpty
directory=$(mktemp -d)
dump=${ZSH_DUMP:-$directory/dump}

cat >$directory/setup <<END
PS1= PS2=
fpath=(${1:a} \$fpath)
autoload -U compinit
compinit -u -d $dump
compadd()
{
	local -a matches
	# With one of these it only fills in variables.
	if [[ \${@[1,(i)(-|--)]} == *-[OAD]\ * ]]; then
		builtin compadd "\$@"
		return
	fi
	builtin compadd -O matches "\$@"
	print -rl -- \$matches >>$directory/matches
	builtin compadd "\$@"
}
complete_and_tell()
{
	zle complete-word
	touch $directory/end
}
zle -N complete_and_tell
zle-line-init() { touch $directory/ready }
zle -N zle-line-init
bindkey '^I' complete_and_tell
END

zpty shell zsh -f -i
zpty -w shell "source $directory/setup"
# Not earlier: the shell in the terminal is a child that would run it, too.
trap 'rm -rf $directory' EXIT
wait_for()
{
	local try
	for try in {1..200}; do
		# What it writes must be read, or it stops.
		zpty -r -t shell >/dev/null
		[[ -e $1 ]] && return
		sleep 0.05
	done
	print "no $1" >&2
	exit 1
}
wait_for $directory/ready
zpty -n -w shell "$2"$'\t'
wait_for $directory/end
[[ ! -e $directory/matches ]] || grep -v '^$' $directory/matches

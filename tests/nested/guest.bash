# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What tests/nested/ims and tests/nested/nvme have in common, to be sourced at the top of
# the checkout inside the VM: a whole Debian kernel as a guest behind QEMU's vfio-pci,
# in steps, and imstrace beside it. tests/nested/build has made that guest.

me=${0##*/../}
say() { echo "$me: $*" >&2; }
die() { say "$*"; exit 1; }

built=build/tmp/nested
# Not in the checkout: these files are read while they are written.
out=/tmp/imstrace-nested
limit=200	# s; then the guest is killed

rm -rf $out
mkdir $out
: >$out/console.log
# Whatever way it ends, the next run finds the VM as this one did.
cleanup()
{
	local running kept
	mapfile -t running < <(jobs -p)
	[ ${#running[@]} -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
	# The device can go when QEMU has gone.
	wait
	remove_device
	kept=$built/output-$(basename "$0")-$(uname -r | cut -d. -f1,2)
	rm -rf "$kept"
	cp -r $out "$kept"
}
trap cleanup EXIT

declare -A traces=()
# trace NAME COMMAND…: one that becomes imstrace live --json, started and attached; its output is in
# $out/NAME.json.
trace()
{
	local name=$1
	shift
	# exec: the signal that ends it shall find imstrace and nothing before it.
	(exec "$@" >"$out/$name.json") &
	traces[$name]=$!
	until [ -s "$out/$name.json" ]; do
		kill -0 $! 2>/dev/null || die "imstrace has not started"
		sleep 0.1
	done
}

# end_trace NAME
end_trace()
{
	kill -INT "${traces[$1]}"
	wait "${traces[$1]}" || die "imstrace ended with status $?"
}

# boot TASK ARGUMENT…: starts the guest, for tests/nested/init's TASK, with more
# arguments for QEMU, and those in more_for_kernel for its kernel.
more_for_kernel=()
boot()
{
	local kernel=(
		# Errors alone: what the kernel warns of would be in the middle of what init says.
		console=ttyS0 loglevel=4 "task=$1" "${more_for_kernel[@]}"
		# A guest that broke is a test that failed, at once: -no-reboot ends it.
		oops=panic panic=-1
		# Emulation makes these slow and pointless.
		tsc=reliable mitigations=off nowatchdog audit=0 apparmor=0
		cryptomgr.notests initcall_blacklist=jent_mod_init
		# The emulated CPU's XSAVE sizes make no sense to the guest: pages of warnings.
		noxsave
	)
	shift
	# vfio pins what of the guest's memory a device may reach.
	ulimit -l unlimited

	# timeout kills QEMU, which closes the pipe that advance() reads.
	started=$SECONDS
	coproc guest {
		exec timeout -k 5 "$limit" qemu-system-x86_64 \
			-nodefaults -no-user-config -display none -net none -no-reboot \
			-machine q35 -accel kvm -cpu host -m 256M \
			-kernel $built/vmlinux -initrd $built/initramfs \
			-append "${kernel[*]}" -serial stdio "$@" 2>$out/qemu.log
	}
	# shellcheck disable=SC2154 # coproc sets it
	timeout=$guest_PID
	# Bash closes its own when the process ends.
	exec {from}<&"${guest[0]}" {to}>&"${guest[1]}"
}

# The VMM itself, when it has said anything.
qemu_pid() { tr -d ' ' <"/proc/$timeout/task/$timeout/children"; }

# advance STEP: until the guest says that it has got there.
advance()
{
	local line
	while IFS= read -r line <&"$from"; do
		line=${line%$'\r'}
		printf '%s\n' "$line" >>$out/console.log
		[ "$line" != "NESTED $1" ] || return 0
	done
	wait "$timeout" || true
	cat $out/qemu.log >&2
	tail -n 30 $out/console.log >&2
	die "no \"$1\" from the guest, $((SECONDS - started)) s after its start"
}

# tell LINE: to the guest's init.
tell() { echo "$1" >&"$to"; }

# The end of QEMU, and how it ended.
end_guest()
{
	local status=0
	wait "$timeout" || status=$?
	echo $status >$out/status
}

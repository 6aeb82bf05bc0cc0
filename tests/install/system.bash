# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that need a Debian system of their own: it is in $root, and removed when they end. Needs root
# and a Debian mirror.

# Not in /tmp, which may be in memory: with all that make test installs it takes 6 GB.
root=$(mktemp -d -p /var/tmp)
# Others than root use it, too: no_capability of tests/native.
chmod 755 "$root"

# make_system RELEASE [OPTION OF DEBOOTSTRAP…]: with this machine's /proc, /sys and /dev.
make_system()
{
	local release=$1 mirror directory
	shift
	mirror=$(tools/debian-sources "$release" | sed -n '1s/.*\(http[^ ]*\).*/\1/p')
	debootstrap --variant=minbase "$@" "$release" "$root" "$mirror" || return
	for directory in proc sys dev; do
		mount --rbind "/$directory" "$root/$directory" &&
			mount --make-rslave "$root/$directory" || return
	done
}

# inside COMMAND…: in that system, as root after a login.
inside()
{
	chroot "$root" env -i HOME=/root USER=root LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# shellcheck disable=SC2317 # called by the trap
remove_system()
{
	# Detached at once, for something may still be running in there.
	umount -qlR "$root"/{proc,sys,dev,var/cache/apt/archives}
	# Never into what is still mounted.
	rm -rf --one-file-system "$root"
}
trap remove_system EXIT

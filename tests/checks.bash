# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that are scripts: checks in cmocka's words, which tests/run adds up. $log is
# where the output of a check goes, to be shown if it fails.

passed=0
failed=0

# check NAME COMMAND…
check()
{
	local name=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "[       OK ] $name"
		passed=$((passed + 1))
	else
		cat "$log"
		echo "[  FAILED  ] $name"
		failed=$((failed + 1))
	fi
}

# The count; its status is for the script to end with.
end_checks()
{
	echo "[  PASSED  ] $passed test(s)."
	[ $failed -eq 0 ] || echo "[  FAILED  ] $failed test(s), listed above."
	[ $failed -eq 0 ]
}

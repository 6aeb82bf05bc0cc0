# SPDX-License-Identifier: GPL-2.0-only
"""
What tests/nested/check-* have in common: reading what a run left in its directory, and
one line for each check, in cmocka's words, which is what tests/run counts.
"""
import json
import re
import sys

failed = passed = 0


def text(name):
    with open(f"{sys.argv[1]}/{name}", encoding="utf-8", errors="replace") as file:
        return file.read()


def trace(name):
    """What imstrace said, line by line."""
    return [json.loads(line) for line in text(f"{name}.json").splitlines()]


def by_vector(report):
    """{vector: figures}, in order; of the only device. What VMs have besides is left out."""
    return {entry["vector"]: entry
            for entry in sorted(report["vectors"], key=lambda entry: entry["vector"])
            if entry["source"] in ("vfio-pci", "ims", "emulated")}


def check(name, seen, expected):
    global failed, passed
    if seen == expected:
        passed += 1
        print(f"[       OK ] {name}: {seen}")
    else:
        failed += 1
        print(f"[  FAILED  ] {name}: {seen}, not {expected}")


def interrupts(lines, name):
    """{vector: count, of all CPUs} of the irqs whose name matches."""
    found = {}
    for line in lines.splitlines():
        match = re.search(name, line)
        if match:
            counts = re.match(r"[^:]*:((?:\s+\d+(?=\s))+)", line).group(1).split()
            found[int(match.group(1))] = sum(map(int, counts))
    return found


def check_ends(harmless=None):
    """The guest and QEMU had nothing to complain of, but what matches harmless."""
    check("guest's complaints", re.findall(r"NESTED FAILED.*", text("console.log")), [])
    check("QEMU's complaints",
          [line for line in text("qemu.log").splitlines()
           if not harmless or not re.search(harmless, line)], [])
    check("QEMU's exit status", text("status").strip(), "0")


def close():
    print(f"[  PASSED  ] {passed} test(s).")
    if failed:
        print(f"[  FAILED  ] {failed} test(s).")
    sys.exit(failed != 0)

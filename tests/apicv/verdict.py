#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
usage: tests/apicv/verdict.py JOB DIRECTORY

Holds what imstrace counted in each run of JOB, one of tests/apicv/jobs, to what the guest itself has seen;
DIRECTORY has both. Prints a line for each check; exits with 1 if one failed.
"""
import collections
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))

# What a run must have been, by what the guest says of a vector, for its counts to show anything.
RUNS = {
    "single": lambda v: v["seen"] == v["rang"],
    "spin": lambda v: v["seen"] == v["rang"],
    "two-vcpus": lambda v: v["seen"] == v["rang"],
    "burst": lambda v: 0 < v["seen"] < v["rang"] / 10,
    "overload": lambda v: v["rang"] / 2 < v["seen"] <= v["rang"],
    "stopped": lambda v: v["seen"] == 0 and v["pending"],
    "reset": lambda v: v["seen_before_reset"] == 0 and v["pending"] and v["seen"] > 0,
}


class Verdict:
    def __init__(self, job):
        self.job = job
        self.failed = 0

    def check(self, what, found, expected):
        if found == expected:
            print(f"ok      {self.job}: {what}")
        else:
            self.failed += 1
            print(f"not ok  {self.job}: {what}: {found}, and not {expected}")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def lines(*path):
    return [json.loads(line) for line in read(*path).splitlines()]


def expected_hops(vector, apicv):
    """Every interrupt is accepted. KVM sees what it injects, and n/a once the CPU has delivered one."""
    rang = vector["rang"]
    rest = None if apicv and vector["seen"] else vector["seen"]
    return {"irq": rang if vector["kind"] == "ims" else None, "signal": rang, "accept": rang,
            "inject": rest, "eoi": rest, "unmask": None}


def expected_ends(vector, apicv):
    """How each that was rung has ended. One that was pending before a reset is dropped by it."""
    pending = int(vector["pending"])
    reset = vector["rang_before_reset"] > 0
    return {
        "hardware" if apicv else "complete": vector["seen"],
        "coalesced": vector["rang"] - vector["seen"] - pending,
        "dropped": pending if reset else 0,
        "in_flight": 0 if reset else pending,
    }


def counted_ends(vector):
    """Those of a summary. Complete are those that passed the last hop that is seen."""
    return {**vector["ends"], "complete": vector["hops"]["eoi"] or 0, "in_flight": vector["in_flight"] or 0}


def streamed_ends(interrupts):
    """The same of single interrupts, each of which may be told once more with another end."""
    ends = collections.Counter(line["end"] for line in interrupts)
    ends.subtract(line["recounted"] for line in interrupts if line["recounted"])
    return ends


def described(ends):
    """Those that are not 0, in the order of their names."""
    return ", ".join(f"{end} {ends[end]}" for end in sorted(ends) if ends[end])


def judge_bounds(verdict, name, truth, interrupts, apicv, error):
    """
    The guest took each that the CPU delivered between the bounds that imstrace gives; error is the clocks'. The
    handler of the first one takes an EPT violation before it gets to its time stamp: that may be late.
    """
    delivered = sorted((line for line in interrupts if line["end"] == "hardware"),
                       key=lambda line: line["hops"]["accept"])
    took = truth["isr_ns"] if apicv else []
    verdict.check(f"{name} has as many deliveries as the guest", len(delivered), len(took))
    outside = []
    for number, (line, isr) in enumerate(zip(delivered, took)):
        waited = isr - line["hops"]["accept"]
        late = number and waited > line["stages"]["at_most"] + error
        if late or waited < line["stages"]["at_least"] - error:
            outside.append((waited, line["stages"]["at_least"], line["stages"]["at_most"]))
    verdict.check(f"{name} is delivered between its bounds", outside, [])
    if delivered:
        spans = sorted(line["stages"]["at_most"] - line["stages"]["at_least"] for line in delivered)
        print(f"        {name}: bounds are {spans[len(spans) // 2]} ns apart at p50, {spans[-1]} ns at most; "
              f"{sum(line['hops']['enter'] is None for line in delivered)} of {len(delivered)} accepted in guest mode")


def judge_vector(verdict, name, truth, lives, apicv, error):
    summary = [v for v in lives[-1]["vectors"] if v["vector"] == truth["vector"]]
    verdict.check(f"{name} is there once", len(summary), 1)
    if len(summary) != 1:
        return
    summary = summary[0]
    own = [line for line in lives if line["type"] == "interrupt" and line["vector"] == truth["vector"]]
    expected = described(expected_ends(truth, apicv))
    hops = dict(summary["hops"])
    # None of what was accepted while the vCPU was in guest mode, and the CPU delivered.
    verdict.check(f"{name} entered its guest with no more than it accepted", hops.pop("enter") <= hops["accept"], True)
    verdict.check(f"{name} passed the hops", hops, expected_hops(truth, apicv))
    verdict.check(f"{name} ended as {expected}", described(counted_ends(summary)), expected)
    verdict.check(f"{name} has interrupts that ended as {expected}", described(streamed_ends(own)), expected)
    judge_bounds(verdict, name, truth, own, apicv, error)
    verdict.check(f"{name} has as many unmatched as dropped", summary["unmatched"],
                  expected_ends(truth, apicv)["dropped"])


def judge_run(verdict, directory, run, apicv):
    try:
        status = read(directory, f"{run}.status").split()
        truth = lines(directory, f"{run}.truth")[-1]
        lives = lines(directory, f"{run}.live")
        rang, lost, error = truth["vectors"], lives[-1]["lost"], truth["tsc"]["fit_error_ns"]
    except (OSError, ValueError, LookupError) as error:
        verdict.check(f"{run} has results", repr(error), "results")
        return
    verdict.check(f"{run}: ims-guest and imstrace succeeded", status, ["0", "0"])
    verdict.check(f"{run}: the guest was in that state", [bool(RUNS[run](v)) for v in rang], [True] * len(rang))
    verdict.check(f"{run}: nothing was lost", sum(lost.values()), 0)
    for vector in rang:
        judge_vector(verdict, f"{run}, vector {vector['vector']}", vector, lives, apicv, error)


def main(job, directory):
    verdict = Verdict(job)
    text = read(HERE, "jobs", job)
    apicv = re.search("^apicv=(.)", text, re.M)[1]
    if not os.path.exists(os.path.join(directory, "enable_apicv")):
        verdict.check("left results", "nothing", "results")
        return 1
    verdict.check("KVM's enable_apicv", read(directory, "enable_apicv").strip(), apicv)
    verdict.check("imstrace check on APICv", lines(directory, "check.json")[-1]["apicv"], apicv == "Y")
    for run in re.findall(r"^\ttraced (\S+)", text, re.M):
        judge_run(verdict, directory, run, apicv == "Y")
    files = [os.path.join(directory, name) for name in sorted(os.listdir(directory))
             if name.endswith((".live", ".json"))]
    schema = subprocess.run([os.path.join(HERE, "../check-schema"), *files], stdout=subprocess.PIPE,
                            text=True, check=False)
    verdict.check("what imstrace wrote, by its schema", schema.stdout if schema.returncode else "right", "right")
    return 1 if verdict.failed else 0


if len(sys.argv) != 3:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))

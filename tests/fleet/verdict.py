#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
usage: tests/fleet/verdict.py DIRECTORY

What real Prometheuses have made of imstrace serve, as tests/fleet/inside has left it to be read in
DIRECTORY: every expression of every dashboard and rule has been evaluated, in one that asks
for native histograms and in one that asks for text. Prints a line for each check.
"""
import glob
import json
import math
import os
import re
import sys

TOP = os.path.join(os.path.dirname(__file__), "..", "..")
# One native bucket, and half a bucket of ours on either side.
WIDTH = 2 ** (1 / 8) * (1 + 1 / 64)

# Expressions whose result is empty while all is well, and only then: alerts, and these. The last is of
# INTx lines, of which there are none.
EMPTY_WHEN_WELL = ('imstrace_lost_records_total{job=~"$job"}[$__rate_interval])) > 0',
                   'imstrace_lint_findings_total{job=~"$job", instance=~"$instance"}[1h])) > 0',
                   'stage="masked"}[$__rate_interval]))')

# What a format is answered as.
FORMATS = {"text": "text/plain", "openmetrics": "application/openmetrics-text",
           "protobuf": "application/vnd.google.protobuf"}
# Under load, of each format, at least: scrapes, and answers, of which several scrapes may share one.
# There are some 300 and 80.
LEAST_SCRAPES = 100
LEAST_ANSWERS = 20
# kB that imstrace serve may grow by: a dozen answers.
GROWTH = 2048


def dashboards():
    """(name, dashboard) of each."""
    for path in sorted(glob.glob(os.path.join(TOP, "dashboards/grafana/*.json"))):
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path)[:-len(".json")], json.load(file)


def concrete(expression, interval="1m"):
    """As Prometheus takes it, for all jobs, hosts and devices."""
    return re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", interval))


def expressions():
    """(dashboard, expression) of all queries, annotations and variables."""
    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("expr"), str):
                yield node["expr"]
            values = re.fullmatch(r"label_values\((.*), (\w+)\)", str(node.get("definition", "")))
            if values:
                yield f"count by ({values[2]}) ({values[1]})"
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    for name, dashboard in dashboards():
        for expression in walk(dashboard):
            yield name, expression


def panels():
    """(name, expression) of all queries of panels: a name is DASHBOARD-NUMBER-QUERY."""
    for name, dashboard in dashboards():
        for number, panel in enumerate(dashboard["panels"]):
            for target in panel["targets"]:
                yield f"{name}-{number}-{target['refId']}", target["expr"]


class Verdict:
    failed = 0
    passed = 0

    def check(self, what, holds, why=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        if not holds:
            print(f"FAILED  {what}: {why}")


def load(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


def values(answer):
    """Of a native histogram, how many values it has."""
    return [float(row["value"][1] if "value" in row else row["histogram"][1]["count"])
            for row in answer["data"]["result"]]


def judge_expressions(verdict, directory, mode):
    answers = load(directory, f"{mode}-expressions.json")
    for where, expression in expressions():
        answer = answers.get(concrete(expression))
        name = f"{mode}, {where}: {expression}"
        if answer is None or answer["status"] != "success":
            verdict.check(name, False, answer)
        elif expression.endswith(EMPTY_WHEN_WELL):
            verdict.check(name, not answer["data"]["result"], "not empty, and nothing is wrong")
        else:
            found = values(answer)
            verdict.check(name, found and any(math.isfinite(v) for v in found), f"no data: {found}")


def judge_panels(verdict, directory):
    """What tests/fleet/pictures.mjs draws: at some time each has data."""
    for name, expression in panels():
        answer = load(directory, f"panels/{name}.json")
        what = f"panel {name}: {expression}"
        if answer["status"] != "success":
            verdict.check(what, False, answer)
            continue
        rows = answer["data"]["result"]
        drawn = any(row.get("histograms") or any(math.isfinite(float(value))
                                                 for _, value in row.get("values", []))
                    for row in rows)
        if expression.endswith(EMPTY_WHEN_WELL):
            verdict.check(what, not rows, "not empty, and nothing is wrong")
        else:
            verdict.check(what, drawn, f"no data: {rows}")


def judge_rules(verdict, directory, mode):
    groups = load(directory, f"{mode}-rules.json")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    verdict.check(f"{mode}: rules", len(rules) == 14, len(rules))
    answers = load(directory, f"{mode}-expressions.json")
    for rule in rules:
        answer = answers.get(rule["query"])
        name = f"{mode}, rule {rule['name']}"
        verdict.check(name, rule["health"] == "ok", rule.get("lastError"))
        if answer is None or answer["status"] != "success":
            verdict.check(name, False, answer)
        elif rule["type"] == "recording":
            verdict.check(name, answer["data"]["result"], "no data")
        elif rule["name"] != "ImstraceLatencyBudgetBurn":
            # The emulated VM is slow: that one may well fire here.
            verdict.check(name, not answer["data"]["result"], "fires, and nothing is wrong")


def judge_counts(verdict, directory, mode):
    """Each exporter has counted all that the guests have seen, before and after its restart."""
    for life in ("first", "second"):
        seen = load(directory, f"{life}-truth.json")["seen"]
        for hop in ("accept", "inject", "eoi"):
            answer = load(directory, f"{mode}-{life}.json")
            counted = [float(row["value"][1]) for row in answer["data"]["result"]
                       if row["metric"].get("hop") == hop]
            verdict.check(f"{mode}, {life} life: {hop}", counted == [seen], (counted, seen))


def judge_quantiles(verdict, directory):
    """Of the same interrupts, by imstrace live beside it."""
    own = {}
    for line in open(os.path.join(directory, "own.json"), encoding="utf-8"):
        record = json.loads(line)
        if record.get("type") == "summary":
            own = {v["vector"]: v["stages"] for v in record["vectors"]}
    verdict.check("own percentiles", len(own) > 0)
    compared = 0
    for quantile, key in (("0.5", "p50"), ("0.9", "p90"), ("0.99", "p99")):
        for row in load(directory, f"native-quantile-{quantile}.json")["data"]["result"]:
            stage = (own.get(int(row["metric"]["vector"])) or {}).get(row["metric"]["stage"])
            theirs = float(row["value"][1]) * 1e9
            ours = stage and stage.get(key)
            # Two observers: what each adds to the other's short stages is not what is compared. Nor is
            # a label set that a vector has left before its first interrupt, such as that of no mode yet.
            if (not ours or row["metric"]["stage"] not in ("deliver", "delivery", "total") or
                    math.isnan(theirs)):
                continue
            compared += 1
            verdict.check(f"P{quantile} {row['metric']}", ours / WIDTH <= theirs * 1.05 and
                          theirs / 1.05 <= ours * WIDTH, (ours, theirs))
    verdict.check("percentiles compared", compared >= 12, compared)


def judge_textfile(verdict, directory):
    seen = load(directory, "second-truth.json")["seen"]
    with open(os.path.join(directory, "imstrace.prom"), encoding="utf-8") as file:
        verdict.check("textfile", f'imstrace_host_hops_total{{hop="eoi"}} {seen}\n' in file.read(),
                      seen)


def samples(directory, name):
    """Of metrics as text: the value by its name and labels."""
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        lines = [line.rsplit(" ", 1) for line in file if not line.startswith("#")]
    return {sample: float(value) for sample, value in lines}


def resident(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1])


def judge_load(verdict, directory):
    """Many have scraped while a guest took its interrupts: nobody was refused, nothing was lost."""
    with open(os.path.join(directory, "scrapes"), encoding="utf-8") as file:
        scrapes = [line.rstrip("\n").split("\t") for line in file]
    before, after = (samples(directory, f"load-{when}.text") for when in ("before", "after"))
    grown = {sample: value - before.get(sample, 0) for sample, value in after.items()}
    good = {asked: 0 for asked in FORMATS}
    bad = []
    for asked, error, status, kind in scrapes:
        if (error, status, kind.split(";")[0]) == ("0", "200", FORMATS[asked]):
            good[asked] += 1
        else:
            bad.append((asked, error, status, kind))
    verdict.check("load: no scrape fails", not bad, f"{len(bad)} of {len(scrapes)}: {bad[:5]}")
    for asked, count in good.items():
        verdict.check(f"load: scrapes, {asked}", count >= LEAST_SCRAPES, count)
        answers = grown[f'imstrace_scrapes_total{{format="{asked}"}}']
        verdict.check(f"load: answers, {asked}", answers >= LEAST_ANSWERS, answers)

    seen = load(directory, "load-truth.json")["seen"]
    for hop in ("accept", "inject", "eoi"):
        counted = grown[f'imstrace_host_hops_total{{hop="{hop}"}}']
        verdict.check(f"load: {hop}", counted == seen, (counted, seen))
    lost = {sample: value for sample, value in grown.items() if "_lost_" in sample}
    verdict.check("load: kinds of loss", any("imstrace_lost_records_total" in s for s in lost), lost)
    for sample, value in lost.items():
        verdict.check(f"load: {sample}", value == 0, value)

    memory = [resident(directory, f"load-{when}.status") for when in ("before", "after")]
    verdict.check("load: memory", memory[1] - memory[0] <= GROWTH, memory)
    print(f"load: {sum(good.values())} scrapes ({', '.join(f'{n} {f}' for f, n in good.items())}) and "
          f"{len(bad)} that failed, during {seen} interrupts; {sum(lost.values()):.0f} lost; "
          f"{memory[0]} kB before and {memory[1]} kB after")


def main():
    if sys.argv[1:] == ["--expressions"]:
        json.dump([concrete(expression) for _, expression in expressions()], sys.stdout)
        return 0
    if sys.argv[1:] == ["--panels"]:
        # What is drawn is to show more than one figure a minute: ten scrapes make a rate.
        for name, expression in panels():
            print(name, concrete(expression, "10s"), sep="\t")
        return 0
    directory = sys.argv[1]
    verdict = Verdict()
    for mode in ("native", "text"):
        judge_expressions(verdict, directory, mode)
        judge_rules(verdict, directory, mode)
        judge_counts(verdict, directory, mode)
    judge_quantiles(verdict, directory)
    judge_textfile(verdict, directory)
    judge_load(verdict, directory)
    judge_panels(verdict, directory)
    print(f"{verdict.passed} checks passed, {verdict.failed} failed")
    return 1 if verdict.failed else 0


sys.exit(main())

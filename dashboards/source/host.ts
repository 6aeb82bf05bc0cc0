// SPDX-License-Identifier: GPL-2.0-only
// One host, VM or device: each stage as a heatmap.
import { buckets, dashboard, heat, lines, quantile, query, rate, variable } from "./common.js";

const selector = 'job=~"$job", instance=~"$instance", source=~"$source", device=~"$device", vm=~"$vm"';
const scope = { family: "imstrace_stage", selector };
// As in include/imstrace/hops.h; tests/fleet/run holds it against the exporter.
export const stages = ["handler", "irqfd", "deliver", "service", "delivery", "total", "masked", "detour",
	"wake", "run", "enter", "window", "steal", "at_least", "at_most"];

export const host = stages.reduce((board, stage) => board.withPanel(heat(`Stage ${stage}`,
	buckets({ ...scope, selector: `${selector}, stage="${stage}"` }))),
	dashboard("imstrace-host", "imstrace: host, VM, device",
		"Where the interrupts of a host, a VM or a device spend their time")
		.withVariable(variable("job", "Job", "label_values(imstrace_build_info, job)"))
		.withVariable(variable("instance", "Host",
			'label_values(imstrace_build_info{job=~"$job"}, instance)'))
		.withVariable(variable("vm", "VM",
			'label_values(imstrace_lost_total{job=~"$job", instance=~"$instance"}, vm)'))
		.withVariable(variable("source", "Source",
			'label_values(imstrace_lost_total{job=~"$job", instance=~"$instance", vm=~"$vm"}, source)'))
		.withVariable(variable("device", "Device",
			'label_values(imstrace_lost_total{job=~"$job", instance=~"$instance", vm=~"$vm", source=~"$source"}, device)')))
	.withPanel(lines("P50, P99 and P99.9 from the irq to the EOI", "s",
		...[0.5, 0.99, 0.999].map((q) => query(
			quantile(q, "device", { ...scope, selector: `${selector}, stage="total"` }),
			`P${q * 100} {{device}}`))))
	.withPanel(lines("P99 of each stage", "s", query(quantile(0.99, "stage", scope), "{{stage}}")))
	.withPanel(lines("Interrupts/s at each hop", "short",
		query(rate("hop", "imstrace_hops_total", selector), "{{hop}}")))
	.withPanel(lines("What did not get to its end, /s", "short",
		query(rate("device", "imstrace_coalesced_total", selector), "coalesced {{device}}"),
		query(rate("device", "imstrace_unmatched_total", selector), "unmatched {{device}}"),
		query(rate("device", "imstrace_lost_total", selector), "lost {{device}}")))
	.withPanel(lines("In flight in guests", "short",
		query(`sum by (device) (imstrace_in_flight{${selector}})`, "{{device}}")))
	.withPanel(lines("By mode, interrupts/s", "short",
		query(rate("mode", "imstrace_hops_total", `${selector}, hop="signal"`), "{{mode}}")));

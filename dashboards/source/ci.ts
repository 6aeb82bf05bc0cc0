// SPDX-License-Identifier: GPL-2.0-only
// What runs of tests have measured: "imstrace serve --textfile" of each, or "imstrace export --to
// openmetrics" of a recording, brought to Prometheus under a job of its own.
import { dashboard, lines, quantileOfAll, query, variable } from "./common.js";

const selector = 'job=~"$job", instance=~"$instance"';
const scope = { family: "imstrace_stage", selector };

export const ci = dashboard("imstrace-ci", "imstrace: CI history",
	"Each run's own figures, from its beginning to its end")
	.withVariable(variable("job", "Job", "label_values(imstrace_build_info, job)"))
	.withVariable(variable("instance", "Runner",
		'label_values(imstrace_build_info{job=~"$job"}, instance)'))
	.withPanel(lines("P99 of each stage, run by run", "s",
		query(quantileOfAll(0.99, "stage", scope), "{{stage}}")))
	.withPanel(lines("P99.9 of each stage, run by run", "s",
		query(quantileOfAll(0.999, "stage", scope), "{{stage}}")))
	.withPanel(lines("Interrupts in the run, by hop", "short",
		query(`sum by (hop) (imstrace_hops_total{${selector}})`, "{{hop}}")))
	.withPanel(lines("Lost in the run", "short",
		query(`sum by (what) (imstrace_lost_records_total{${selector}})`, "{{what}}")))
	.withPanel(lines("Runners, by version and kernel", "short",
		query(`count by (version, kernel) (imstrace_build_info{${selector}})`,
			"{{version}} on {{kernel}}")));

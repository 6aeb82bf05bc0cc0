// SPDX-License-Identifier: GPL-2.0-only
// All hosts, by what dashboards/prometheus/rules.yml records of them.
import { dashboard, figure, lines, query, variable } from "./common.js";

const hosts = 'job=~"$job"';

export const fleet = dashboard("imstrace-fleet", "imstrace: fleet",
	"All hosts, by the figures that the recording rules keep")
	.withVariable(variable("job", "Job", "label_values(imstrace_build_info, job)"))
	.withPanel(figure("Hosts up", "short", `sum(up{${hosts}})`))
	.withPanel(figure("Hosts that lost records, 1 h", "short",
		`count(sum by (instance) (increase(imstrace_lost_records_total{${hosts}}[1h])) > 0) or vector(0)`))
	.withPanel(figure("Interrupts/s", "short",
		`sum(instance:imstrace_hops:rate5m{${hosts}, hop="signal"})`))
	.withPanel(figure("Vectors", "short", `sum(imstrace_vectors{${hosts}, state!="gone"})`))
	.withPanel(figure("Lint findings, 24 h", "short",
		`sum(increase(imstrace_lint_findings_total{${hosts}}[24h]))`))
	.withPanel(figure("Over 1.05 ms, 5 m", "percentunit",
		`avg(instance:imstrace_over_budget:ratio_rate5m{${hosts}})`))
	.withPanel(lines("P99 of an interrupt, the ten slowest hosts", "s",
		query(`topk(10, instance_stage:imstrace_seconds:p99_rate5m{${hosts}, stage="total"})`,
			"{{instance}}")))
	.withPanel(lines("P99 of each stage, over all hosts", "s",
		query(`max by (stage) (instance_stage:imstrace_seconds:p99_rate5m{${hosts}})`,
			"{{stage}}, slowest host"),
		query(`quantile by (stage) (0.5, instance_stage:imstrace_seconds:p99_rate5m{${hosts}})`,
			"{{stage}}, middle host")))
	.withPanel(lines("Interrupts/s at each hop", "short",
		query(`sum by (hop) (instance:imstrace_hops:rate5m{${hosts}})`, "{{hop}}")))
	.withPanel(lines("Share over 1.05 ms", "percentunit",
		query(`topk(10, instance:imstrace_over_budget:ratio_rate5m{${hosts}})`, "{{instance}}")))
	.withPanel(lines("Lost/s", "short",
		query(`sum by (instance) (instance:imstrace_lost:rate5m{${hosts}})`, "{{instance}}")))
	.withPanel(lines("Cost: CPU of imstrace itself, and its label sets", "percentunit",
		query(`max(rate(process_cpu_seconds_total{${hosts}}[$__rate_interval]))`, "of a CPU, most"),
		query(`max(imstrace_series{${hosts}} / imstrace_series_limit{${hosts}})`,
			"label sets of the limit, most")));

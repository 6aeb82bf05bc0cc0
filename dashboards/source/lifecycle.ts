// SPDX-License-Identifier: GPL-2.0-only
// The lives of vectors, and what is wrong with them.
import { MappingType } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard, figure, lines, query, rate, variable } from "./common.js";

const selector = 'job=~"$job", instance=~"$instance"';

export const lifecycle = dashboard("imstrace-lifecycle", "imstrace: lifecycle and lint",
	"Vectors by how far their lives have got, their steps, and what drivers do wrong")
	.withVariable(variable("job", "Job", "label_values(imstrace_build_info, job)"))
	.withVariable(variable("instance", "Host",
		'label_values(imstrace_build_info{job=~"$job"}, instance)'))
	.withPanel(lines("Vectors", "short",
		query(`sum by (state) (imstrace_vectors{${selector}})`, "{{state}}")))
	.withPanel(lines("Steps/s", "short",
		query(rate("step", "imstrace_lifecycle_steps_total", selector), "{{step}}")))
	.withPanel(lines("Lint findings, in an hour", "short",
		query(`sum by (rule) (increase(imstrace_lint_findings_total{${selector}}[1h])) > 0`,
			"{{rule}}")).noValue("None"))
	.withPanel(lines("Fallbacks from posting, in an hour", "short",
		query(`sum by (instance) (increase(imstrace_posting_fallbacks_total{${selector}}[1h]))`,
			"{{instance}}")))
	.withPanel(lines("Room for vectors, how much is taken", "percentunit",
		query(`sum by (instance) (imstrace_vectors{${selector}}) / ` +
			`sum by (instance) (imstrace_vector_ids{${selector}})`, "{{instance}}")))
	.withPanel(figure("What is seen of the kernel", "short",
		`min by (feature) (imstrace_feature_attached{${selector}})`, "{{feature}}")
		.height(8).span(12).mappings([{
			type: MappingType.ValueToText,
			options: {
				"0": { text: "not seen", color: "red", index: 0 },
				"1": { text: "seen", color: "green", index: 1 },
			},
		}]));

// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace gate: is it slower than it was?
 */
#include "../errors.h"
#include "../compare/gate/format.h"
#include "../compare/summary/load.h"
#include "command.h"
#include "options.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * docs/gate.md shows what the deerrors find in real runs. A median hardly moves by itself; a p99
 * does.
 */
#define P50_LIMIT	0.05
#define P99_LIMIT	0.10
#define ALPHA		0.005
#define MIN_SAMPLES	10
#define MAX_LOST	0.001
#define MAX_FEWER	0.1

/* Buckets are 1.6 % wide: a smaller difference may come from their bounds. */
#define LEAST_PERCENT	2

struct gate_command {
	struct gate_options gate;
	bool limits_given;
	bool after_against;
	struct summary_list base, new;
	int error;	/* an exit code */
	const struct gate_format *format;
	const char *overlay;
};

static bool parse_limit(struct gate_command *command, const char *text)
{
	const char *equals = strchr(text, '=');
	enum percentile percentile;
	double limit;

	if (!parse_percent(equals ? equals + 1 : text, &limit) || limit < LEAST_PERCENT / 100.0 || limit > 100)
		return false;
	if (!command->limits_given)
		memset(command->gate.limits, 0, sizeof(command->gate.limits));
	command->limits_given = true;
	if (!equals) {
		command->gate.limits[PERCENTILE_p50] = limit;
		command->gate.limits[PERCENTILE_p99] = limit;
		return true;
	}
	percentile = percentile_find(text, equals - text);
	if (percentile == PERCENTILE_COUNT)
		return false;
	command->gate.limits[percentile] = limit;
	return true;
}

static const struct gate_format *find_format(const char *name)
{
	for (size_t i = 0; i < gate_format_count; i++)
		if (!strcmp(gate_formats[i].name, name))
			return &gate_formats[i];
	return NULL;
}

static bool take_against(const struct option_row *option, void *to, char *value,
			 struct argp_state *state)
{
	struct gate_command *command = to;

	(void)option;
	(void)state;
	command->after_against = true;
	command->error = command->error ?: summary_load(&command->new, value);
	return true;
}

static void take_summary(void *target, char *value, struct argp_state *state)
{
	struct gate_command *command = target;

	(void)state;
	command->error = command->error ?:
		summary_load(command->after_against ? &command->new : &command->base, value);
}

static bool take_limit(const struct option_row *option, void *to, char *value,
		       struct argp_state *state)
{
	(void)option;
	(void)state;
	return parse_limit(to, value);
}

static bool take_format(const struct option_row *option, void *to, char *value,
			struct argp_state *state)
{
	const struct gate_format **format = to;

	(void)option;
	(void)state;
	*format = find_format(value);
	if (*format && (*format)->write == gate_write_json)
		errors_use_json();
	return *format;
}

static const struct option_row options[] = {
	HEADING(PLACE_RECORDING, "What is compared:"),
	{ "against", 0, "NEW", "Compare with this: a summary of imstrace run, or a directory of "
	  "them. Arguments after it belong to NEW as well", .parse = take_against },
	{ "by", 0, "WHAT", GROUPING_HELP, take_grouping, INTO(struct gate_command, gate.by),
	  GROUPING_MUST },
	{ "unpaired", 0, NULL, "Trust runs that did not alternate like those that did: the "
	  "machine's speed never changes", take_flag, INTO(struct gate_command, gate.unpaired) },
	{ "cross-machine", 0, NULL, "Allow different machines",
	  take_flag, INTO(struct gate_command, gate.cross_machine) },

	HEADING(PLACE_FILTER, "What is a regression:"),
	{ "max-regress", 0, "[PERCENTILE=]N%", "An increase of more than N % of p50, p90, p99 or "
	  "p999; may be given again, and then only those given are compared (default: p50=5% and "
	  "p99=10%)", take_limit, .must = "a limit such as p99=5%, and at least "
	  DIGITS(LEAST_PERCENT) "% because times are known to within 1.6 %" },
	{ "alpha", 0, "SHARE", "The chance of a false regression, over all stages and percentiles "
	  "together (default 0.005)", take_share, INTO(struct gate_command, gate.alpha),
	  "a share such as 0.005", .most = 0.5 },
	{ "min-samples", 0, "N", "Require N interrupts of each run beyond a percentile: with 10, "
	  "the default, p99 needs a thousand", take_number,
	  INTO(struct gate_command, gate.min_samples), "a number", .most = UINT32_MAX },
	{ "max-lost", 0, "N%", "Inconclusive if more interrupts were lost or unmatched; a regression "
	  "if so many more than in the base do not get from a hop to the next (default 0.1%)",
	  take_percent, INTO(struct gate_command, gate.max_lost), "a share such as 0.1%", .most = 1 },
	{ "max-fewer", 0, "N%", "A regression if the new has fewer interrupts by more than N % "
	  "(default 10%)", take_percent, INTO(struct gate_command, gate.max_fewer),
	  "a share such as 10%", .most = 1 },
	{ "strict", 0, NULL, "Also inconclusive where runs differ too much to rule a regression "
	  "out", take_flag, INTO(struct gate_command, gate.strict) },

	HEADING(PLACE_LIVE, "How to show it:"),
	{ "format", 0, "FORMAT", "Use this format, one of those below (default table)",
	  take_format, INTO(struct gate_command, format), "one of those that --help lists" },
	{ "overlay", 0, "FILE", "Draw both distributions of each stage to FILE, as SVG",
	  take_text, INTO(struct gate_command, overlay) },
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	const struct gate_command *command = target;

	if (!command->error && (!command->base.count || !command->new.count))
		argp_error(state, "two measurements are needed: gate BASE --against NEW");
}

static const char doc[] =
	"Compares two measurements of imstrace run: is any stage slower, by more than a limit and not "
	"by chance? Runs are counted, not interrupts, because the interrupts of one run are not "
	"independent. Runs that alternated are compared in pairs, by Wilcoxon's signed rank test, "
	"others by Wilcoxon's rank sum test, with Holm's correction for many stages."
	"\v"
	"A slower stage makes its sums (delivery, total) slower; the verdict names the stage. "
	"Interrupts that are missing are a regression as well.\n\n"
	"EXAMPLES\n"
	"  imstrace gate base.json --against new.json\n"
	"  imstrace gate base.json --against new.json --max-regress p99=20%\n"
	"  imstrace gate base/ --against new/ --format markdown --overlay new.svg\n\n"
	"EXIT STATUS  0 no regression, 4 a regression: slower, or fewer interrupts, 5 inconclusive: too "
	"few runs or interrupts, too many lost, different machines or modes; 1 failed while running, 2 wrong usage or "
	"no usable summary.";

static void write_formats(FILE *out)
{
	fputs("FORMATS\n", out);
	for (size_t i = 0; i < gate_format_count; i++)
		fprintf(out, "  %-24s %s\n", gate_formats[i].name, gate_formats[i].what);
}

static int write_overlay(const struct gate *gate, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return report_error(EXIT_RUNTIME, NULL, "cannot write to %s: %s", path,
				    strerror(errno));
	gate_write_overlay(file, gate);
	if (ferror(file) | fclose(file))
		return report_error(EXIT_RUNTIME, NULL, "writing %s failed: %s", path,
				    strerror(errno));
	return 0;
}

static int compare(const struct gate_command *command)
{
	const struct gate_side base = { command->base.count, command->base.summaries };
	const struct gate_side new = { command->new.count, command->new.summaries };
	struct gate gate;
	int ret;

	ret = gate_compare(&gate, &command->gate, &base, &new);
	if (!ret) {
		command->format->write(stdout, &gate);
		if (command->overlay)
			ret = write_overlay(&gate, command->overlay);
		if (fflush(stdout) || ferror(stdout))
			ret = report_error(EXIT_RUNTIME, NULL, "writing the output failed: %s",
					   strerror(errno));
		ret = ret ?: gate_exit_code(gate.verdict);
	}
	gate_free(&gate);
	return ret;
}

static int run(int argc, char **argv)
{
	struct gate_command command = {
		.gate = {
			.limits = { [PERCENTILE_p50] = P50_LIMIT, [PERCENTILE_p99] = P99_LIMIT },
			.alpha = ALPHA, .min_samples = MIN_SAMPLES, .max_lost = MAX_LOST,
			.max_fewer = MAX_FEWER,
		},
		.format = &gate_formats[0],
	};
	int ret;

	parse_options(&command_gate, argc, argv, &command);
	ret = command.error ?: compare(&command);
	summary_list_free(&command.base);
	summary_list_free(&command.new);
	return ret;
}

const struct command command_gate = {
	.name = "gate", .what = "compare two measurements; for CI: exit 4 if slower, 5 if inconclusive",
	.doc = doc, .args_doc = "BASE... --against NEW...",
	.own = &(const struct option_group) {
		.options = options, .argument = take_summary, .check = check_options
	},
	.in_order = true, .tables = write_formats, .run = run,
};

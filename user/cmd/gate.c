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

enum option_key {
	KEY_AGAINST = 0x100, KEY_BY, KEY_MAX_REGRESS, KEY_ALPHA, KEY_MIN_SAMPLES, KEY_MAX_LOST,
	KEY_CROSS_MACHINE, KEY_UNPAIRED, KEY_STRICT, KEY_FORMAT, KEY_OVERLAY,
};

/*
 * Of the defaults: what they come to in real runs stands in docs/gate.md. A median hardly moves by
 * itself; a p99 does.
 */
#define P50_LIMIT	0.05
#define P99_LIMIT	0.10
#define ALPHA		0.005
#define MIN_SAMPLES	10
#define MAX_LOST	0.001

/* Buckets are 1.6 % wide: what is smaller may be where they begin. */
#define LEAST_LIMIT	0.02

static const struct argp_option options[] = {
	{ .doc = "What is compared:", .group = GROUP_RECORDING },
	{ "against", KEY_AGAINST, "NEW", 0, "With this: a summary of imstrace run, or a directory of "
	  "them. What follows it belongs to it as well", 0 },
	{ "by", KEY_BY, "WHAT", 0, "class: vectors of a class of devices together (default); device: "
	  "those of a device, by its name; vector: each vector of a class", 0 },
	{ "unpaired", KEY_UNPAIRED, NULL, 0, "Take runs that did not alternate for as good as those that "
	  "did: the machine is always equally fast", 0 },
	{ "cross-machine", KEY_CROSS_MACHINE, NULL, 0, "Machines may differ", 0 },

	{ .doc = "What is a regression:", .group = GROUP_FILTER },
	{ "max-regress", KEY_MAX_REGRESS, "[PERCENTILE=]N%", 0, "More than N % more, of p50, p90, p99 or "
	  "p999; may be given again, and then only those given are looked at (default: p50=5% and "
	  "p99=10%)", 0 },
	{ "alpha", KEY_ALPHA, "SHARE", 0, "The chance of finding one where there is none, over all "
	  "stages and percentiles together (default 0.005)", 0 },
	{ "min-samples", KEY_MIN_SAMPLES, "N", 0, "So many interrupts of each run must be beyond "
	  "a percentile: with 10, the default, p99 takes a thousand", 0 },
	{ "max-lost", KEY_MAX_LOST, "N%", 0, "Inconclusive if more interrupts were lost or unmatched "
	  "(default 0.1%)", 0 },
	{ "strict", KEY_STRICT, NULL, 0, "Inconclusive as well where runs differ too much to "
	  "rule a regression out", 0 },

	{ .doc = "How to show it:", .group = GROUP_LIVE },
	{ "format", KEY_FORMAT, "FORMAT", 0, "One of those below (default table)", 0 },
	{ "overlay", KEY_OVERLAY, "FILE", 0, "Draw both distributions of each stage: an SVG", 0 },
	{ 0 }
};

static const char doc[] =
	"Compares two measurements of imstrace run: is any stage slower, by more than a limit and not "
	"by chance? What counts are runs, not interrupts: those of one run have the same "
	"luck. Runs that alternated are compared in pairs, by Wilcoxon's signed rank test, others by "
	"his rank sum test; many stages at once by Holm's correction."
	"\v"
	"A stage that is slower makes its sums (delivery, total) slower: the verdict names the "
	"stage.\n\n"
	"EXAMPLES\n"
	"  imstrace gate base.json --against new.json\n"
	"  imstrace gate base.json --against new.json --max-regress p99=20%\n"
	"  imstrace gate base/ --against new/ --format markdown --overlay new.svg\n\n"
	"EXIT STATUS  0 no regression, 4 a regression, 5 inconclusive: too few runs or interrupts, "
	"too many lost, different machines or modes; 1 failed while running, 2 wrong usage or "
	"no summary that can be used.";

struct gate_command {
	struct gate_options gate;
	bool limits_given;
	bool after_against;
	struct summary_list base, new;
	int fault;	/* an exit code */
	const struct gate_format *format;
	const char *overlay;
};

static void write_formats(FILE *out)
{
	fputs("FORMATS\n", out);
	for (size_t i = 0; i < gate_format_count; i++)
		fprintf(out, "  %-24s %s\n", gate_formats[i].name, gate_formats[i].what);
	putc('\n', out);
}

static char *add_formats(int key, const char *text, void *input)
{
	(void)input;
	return help_with(key, text, write_formats);
}

static bool parse_limit(struct gate_command *command, const char *text)
{
	const char *equals = strchr(text, '=');
	enum percentile percentile;
	double limit;

	if (!parse_percent(equals ? equals + 1 : text, &limit) || limit < LEAST_LIMIT || limit > 100)
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

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct gate_command *command = state->input;
	char *end;

	switch (key) {
	case KEY_AGAINST:
		command->after_against = true;
		command->fault = command->fault ?: summary_load(&command->new, value);
		break;
	case ARGP_KEY_ARG:
		command->fault = command->fault ?:
			summary_load(command->after_against ? &command->new : &command->base, value);
		break;
	case KEY_BY:
		command->gate.by = grouping_find(value);
		if (command->gate.by == GROUPING_COUNT)
			argp_error(state, "--by wants class, device or vector, not \"%s\"", value);
		break;
	case KEY_CROSS_MACHINE:
		command->gate.cross_machine = true;
		break;
	case KEY_UNPAIRED:
		command->gate.unpaired = true;
		break;
	case KEY_MAX_REGRESS:
		if (!parse_limit(command, value))
			argp_error(state, "--max-regress wants a limit such as p99=5%%, from %.0f%% "
				   "on, for times are known to within 1.6 %%, not \"%s\"",
				   100 * LEAST_LIMIT, value);
		break;
	case KEY_ALPHA:
		command->gate.alpha = strtod(value, &end);
		if (*end || !(command->gate.alpha > 0 && command->gate.alpha < 0.5))
			argp_error(state, "--alpha wants a share such as 0.005, not \"%s\"", value);
		break;
	case KEY_MIN_SAMPLES:
		if (!parse_number(value, UINT32_MAX, &command->gate.min_samples))
			argp_error(state, "--min-samples wants a number, not \"%s\"", value);
		break;
	case KEY_MAX_LOST:
		if (!parse_percent(value, &command->gate.max_lost) || command->gate.max_lost > 1)
			argp_error(state, "--max-lost wants a share such as 0.1%%, not \"%s\"", value);
		break;
	case KEY_STRICT:
		command->gate.strict = true;
		break;
	case KEY_FORMAT:
		command->format = find_format(value);
		if (!command->format)
			argp_error(state, "--format wants one of those that --help lists, not "
				   "\"%s\"", value);
		else if (command->format->write == gate_write_json)
			errors_use_json();
		break;
	case KEY_OVERLAY:
		command->overlay = value;
		break;
	case ARGP_KEY_END:
		if (!command->fault && (!command->base.count || !command->new.count))
			argp_error(state, "what is compared with what? gate BASE --against NEW");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "BASE... --against NEW...",
	.doc = doc,
	.help_filter = add_formats,
};

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
		},
		.format = &gate_formats[0],
	};
	int ret;

	/* In order: what follows --against is new. */
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &command))
		return EXIT_USAGE;
	ret = command.fault ?: compare(&command);
	summary_list_free(&command.base);
	summary_list_free(&command.new);
	return ret;
}

const struct command command_gate = {
	.name = "gate",
	.what = "is it slower than it was? For CI: exit 4 if so, 5 if nobody can tell",
	.argp = &argp,
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace check says to people.
 */
#include "text.h"

#include "../measure/forecast.h"
#include "../model/hops.h"
#include "../source/features.h"
#include "sink.h"
#include "wrap.h"

#include <string.h>

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static bool names_way(const char *tried)
{
	for (enum way way = RAW_TRACEPOINT; way <= NAMES; way++)
		if (!strncmp(tried, way_name(way), strlen(way_name(way))))
			return true;
	return false;
}

/*
 * Its parts after ';' on lines of their own, below the column where it stands. A part that does not begin
 * with what was tried is a sentence of its own.
 */
static void print_tried(FILE *out, const char *tried)
{
	while (*tried) {
		size_t length = strcspn(tried, ";");
		char part[512];

		snprintf(part, sizeof(part), "%s%.*s", names_way(tried) ? "not " : "",
			 (int)length, tried);
		wrap_all(out, 25, part);
		tried += length;
		tried += strspn(tried, "; ");
	}
}

static void print_feature(FILE *out, const struct feature_status *feature)
{
	struct wrapped line;
	char start[64];

	snprintf(start, sizeof(start), "  %-20s", feature->name);
	wrap_begin(&line, out, start, 23);
	if (*feature->attached) {
		wrap_words(&line, feature->attached);
		if (*feature->verified) {
			wrap_close(&line, ",");
			wrap_words(&line, feature->verified);
		}
	} else if (feature->lost) {
		wrap_words(&line, "-; lost:");
		wrap_words(&line, feature->lost);
	} else {
		wrap_words(&line, "-");
	}
	wrap_end(&line);
	print_tried(out, feature->tried);
}

/* The reasons stand in the table above: here it is only said which hop it is. */
static void print_stage_check(FILE *out, const struct environment *environment,
			      const struct source *source, enum imstrace_stage stage)
{
	struct forecast limit = forecast_limit(environment, stage);
	const enum imstrace_hop hops[] = { stage_from(stage), stage_to(stage) };
	const char *separator = "n/a, not seen: ";
	bool of_ims_only = false;

	fprintf(out, "  %-20s ", stage_name(stage));
	for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
		of_ims_only |= hops[i] == HOP_SIGNAL && source->pci_signal;
		if (*source->hops[hops[i]].attached)
			continue;
		fprintf(out, "%s%s", separator, hop_name(hops[i]));
		separator = ", ";
	}
	if (!stage_missing(source, stage)) {
		fprintf(out, "%s%s\n", forecast_answer_name(limit.answer),
			of_ims_only ? ", of devices of the IMS library" : "");
		if (limit.why)
			wrap_all(out, 25, limit.why);
	} else {
		putc('\n', out);
	}
}

static void print_parameters(FILE *out, const struct environment *environment)
{
	const char *heading = "\nPARAMETER                       VALUE   SAYS\n";

	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		if (!*environment->parameters[i])
			continue;
		fprintf(out, "%s  %-29s %-7s %s\n", heading, parameter_name(i), environment->parameters[i],
			parameter_what(i));
		heading = "";
	}
}

void text_check(struct sink *sink, const struct environment *environment,
		const struct inventory *inventory, const struct source *source)
{
	FILE *out = sink->out;

	fprintf(out, "Kernel %s, with BTF: %s, APICv or AVIC allowed: %s\n",
		environment->kernel.release, yes_no(environment->btf), yes_no(environment->apicv));
	fprintf(out, "Posting by the IOMMU: %s, handlers in threads: %s\n\n",
		environment->posting ? "possible" : "no", yes_no(environment->threadirqs));
	fprintf(out, "%-22s %-5s\n", "CAPABILITY", "HELD");
	for (size_t i = 0; i < CAPABILITY_COUNT; i++)
		fprintf(out, "  %-20s %-5s %s\n", capability_name(i),
			yes_no(environment->capabilities[i]), capability_what(i));
	fprintf(out, "\n%-22s %-5s\n", "MODULE", "THERE");
	for (size_t i = 0; i < MODULE_COUNT; i++)
		fprintf(out, "  %-20s %-5s %s\n", module_name(i),
			yes_no(environment->modules[i]), module_what(i));
	print_parameters(out, environment);
	if (!source) {
		fputs("\nNothing can be measured.\n", out);
		text_inventory(out, environment, inventory, NULL);
		return;
	}
	fprintf(out, "\n%-22s ATTACHED BY\n", "WHAT");
	for (size_t i = 0; i < source->feature_count; i++)
		print_feature(out, &source->features[i]);
	fprintf(out, "\n%-22s MEASURED\n", "STAGE");
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		print_stage_check(out, environment, source, stage);
	text_inventory(out, environment, inventory, source);
}

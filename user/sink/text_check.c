// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace check says to people.
 */
#include "text.h"

#include "../model/hops.h"
#include "sink.h"

#include <string.h>

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

/* Its parts after ';' on lines of their own, below the column where it stands. */
static void print_tried(FILE *out, const char *tried)
{
	while (*tried) {
		size_t length = strcspn(tried, ";");

		fprintf(out, "  %-20s   %s%.*s\n", "", strncmp(tried, "not ", 4) ? "not " : "",
			(int)length, tried);
		tried += length;
		tried += strspn(tried, "; ");
	}
}

/* The reasons stand in the table above: here it is only said which hop it is. */
static void print_stage_check(FILE *out, const struct source *source, enum imstrace_stage stage)
{
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
	if (!stage_missing(source, stage))
		fprintf(out, "yes%s", of_ims_only ? ", of devices of the IMS library" : "");
	putc('\n', out);
}

void text_check(struct sink *sink, const struct environment *environment,
		       const struct source *source)
{
	FILE *out = sink->out;

	fprintf(out, "Kernel %s, with BTF: %s, APICv or AVIC allowed: %s\n\n",
		environment->kernel.release, yes_no(environment->btf), yes_no(environment->apicv));
	fprintf(out, "%-22s %-5s\n", "CAPABILITY", "HELD");
	for (size_t i = 0; i < CAPABILITY_COUNT; i++)
		fprintf(out, "  %-20s %-5s %s\n", capability_name(i),
			yes_no(environment->capabilities[i]), capability_what(i));
	fprintf(out, "\n%-22s %-5s\n", "MODULE", "THERE");
	for (size_t i = 0; i < MODULE_COUNT; i++)
		fprintf(out, "  %-20s %-5s %s\n", module_name(i),
			yes_no(environment->modules[i]), module_what(i));
	if (!source) {
		fputs("\nNothing can be measured.\n", out);
		return;
	}
	fprintf(out, "\n%-22s ATTACHED BY\n", "WHAT");
	for (size_t i = 0; i < source->feature_count; i++) {
		const struct feature_status *feature = &source->features[i];

		if (*feature->attached)
			fprintf(out, "  %-20s %s%s%s\n", feature->name, feature->attached,
				*feature->verified ? ", " : "", feature->verified);
		else
			fprintf(out, "  %-20s -; lost: %s\n", feature->name, feature->lost);
		print_tried(out, feature->tried);
	}
	fprintf(out, "\n%-22s MEASURED\n", "STAGE");
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		print_stage_check(out, source, stage);
}

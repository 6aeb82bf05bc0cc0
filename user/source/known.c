// SPDX-License-Identifier: GPL-2.0-only
#include "known.h"

#include "files.h"

#include <imstrace/irq_name.h>
#include <stdlib.h>
#include <string.h>

#define IRQ_DIRECTORY	"/sys/kernel/irq"

/* The names of its handlers: an irq of lines may have several. */
static void each_name(const char *irq, bool (*take)(void *context, const struct vector_key *key,
						    enum imstrace_kind kind), void *context)
{
	char actions[1024], *rest = actions, *name;

	if (!file_line(actions, sizeof(actions), IRQ_DIRECTORY "/%s/actions", irq))
		return;
	while ((name = strsep(&rest, ","))) {
		char text[IRQ_NAME_LEN] = "";
		struct vector_key key;
		enum imstrace_kind kind;

		strncpy(text, name, sizeof(text) - 1);
		kind = irq_name_parse(text, &key);
		if (kind != KIND_UNKNOWN && !take(context, &key, kind))
			return;
	}
}

struct found_names {
	const char *irq;
	void (*found)(void *context, const struct imstrace_vector *vector);
	void *context;
};

static bool tell_name(void *context, const struct vector_key *key, enum imstrace_kind kind)
{
	const struct found_names *names = context;
	struct imstrace_vector vector = {
		.kind = kind,
		.vector = key->vector,
		.irq = strtoul(names->irq, NULL, 10),
		.slot = IMSTRACE_NONE,
		.pasid = IMSTRACE_NONE,
		.eventfd_id = IMSTRACE_NONE,
	};
	char number[16];

	memcpy(vector.device, key->device, sizeof(vector.device));
	if (kind == KIND_IMS &&
	    file_line(number, sizeof(number), IRQ_DIRECTORY "/%s/hwirq", names->irq))
		vector.slot = strtoul(number, NULL, 10);
	names->found(names->context, &vector);
	return true;
}

void known_vectors(void (*found)(void *context, const struct imstrace_vector *vector),
		   void *context)
{
	struct found_names names = { .found = found, .context = context };
	DIR *directory = file_directory(IRQ_DIRECTORY);

	if (!directory)
		return;
	while ((names.irq = file_next(directory)))
		each_name(names.irq, tell_name, &names);
	closedir(directory);
}

struct sought_name {
	const struct imstrace_vector *vector;
	bool there;
};

static bool compare_name(void *context, const struct vector_key *key, enum imstrace_kind kind)
{
	struct sought_name *sought = context;

	sought->there = kind == sought->vector->kind && key->vector == sought->vector->vector &&
			!memcmp(key->device, sought->vector->device, sizeof(key->device));
	return !sought->there;
}

bool known_still_bound(const struct imstrace_vector *vector)
{
	struct sought_name sought = { .vector = vector };
	char irq[16];

	snprintf(irq, sizeof(irq), "%u", vector->irq);
	each_name(irq, compare_name, &sought);
	return sought.there;
}

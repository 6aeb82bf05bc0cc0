// SPDX-License-Identifier: GPL-2.0-only
/*
 * The values of options: from text into fields.
 */
#include "../measure/stages.h"
#include "../model/hops.h"
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool parse_duration(const char *text, __u64 *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 },
		{ "h", 3600e9 }, { "d", 86400e9 },
	};
	char *end;
	double value;

	/* strtod() would also take signs, "inf" and hexadecimal. */
	if (!isdigit(*text) || strpbrk(text, "xX"))
		return false;
	value = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		value *= units[i].ns;
		/* 95 years, and still far from overflowing. */
		if ((value && value < 1) || value > 3e18)
			return false;
		*ns = value;
		return true;
	}
	return false;
}

bool parse_number(const char *text, __u64 max, __u64 *number)
{
	char *end;

	if (!isdigit(*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number >= 1 && *number <= max;
}

bool parse_percent(const char *text, double *share)
{
	char *end;

	if (!strchr("0123456789.", *text) || strpbrk(text, "xX"))
		return false;
	*share = strtod(text, &end) / 100;
	return end != text && (!*end || !strcmp(end, "%"));
}

/* A list of some of @count names, into a mask. */
static bool parse_names(const char *text, const char *(*name)(unsigned int), unsigned int count,
			unsigned int *mask)
{
	*mask = 0;
	do {
		size_t length = strcspn(text, ",");
		unsigned int i = 0;

		while (i < count && (strlen(name(i)) != length || strncmp(name(i), text, length)))
			i++;
		if (i == count)
			return false;
		*mask |= 1U << i;
		text += length;
	} while (*text++ == ',');
	return true;
}

static const char *name_of_hop(unsigned int hop)
{
	return hop_name(hop);
}

bool parse_hops(const char *text, unsigned int *mask)
{
	return parse_names(text, name_of_hop, HOP_COUNT, mask);
}

static const char *name_of_stage(unsigned int stage)
{
	return stage_name(stage);
}

bool parse_stages(const char *text, unsigned int *mask)
{
	if (!strcmp(text, "all")) {
		*mask = (1U << STAGE_COUNT) - 1;
		return true;
	}
	return parse_names(text, name_of_stage, STAGE_COUNT, mask);
}

bool take_flag(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	(void)option;
	(void)value;
	(void)state;
	*(bool *)to = true;
	return true;
}

bool take_text(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	(void)option;
	(void)state;
	*(const char **)to = value;
	return true;
}

static bool within(const struct option_row *option, double number)
{
	if (!number && option->or_zero)
		return true;
	return number >= option->least && (!option->most || number <= option->most);
}

bool take_duration(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	(void)state;
	return parse_duration(value, to) && within(option, *(__u64 *)to);
}

bool take_number(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	__u64 max = option->size == sizeof(__u64) ? UINT64_MAX : UINT32_MAX, number = 0;

	(void)state;
	if (!(option->or_zero && !strcmp(value, "0")) &&
	    (!parse_number(value, option->most ? (__u64)option->most : max, &number) ||
	     number < option->least))
		return false;
	if (option->size == sizeof(__u64))
		*(__u64 *)to = number;
	else
		*(__u32 *)to = number;
	return true;
}

bool take_share(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	double *share = to;
	char *end;

	(void)state;
	*share = strtod(value, &end);
	return !*end && *share > option->least && *share < option->most;
}

bool take_percent(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	(void)state;
	return parse_percent(value, to) && within(option, *(double *)to);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to say of an interrupt, one value a field: the columns of csv, and what script
 * --fields takes.
 */
#ifndef IMSTRACE_SINK_FIELDS_H
#define IMSTRACE_SINK_FIELDS_H

#include "../measure/stages.h"

#include <imstrace/records.h>
#include <stdbool.h>

/* Fields have numbers from 0, in the order in which csv has them. */
#define FIELDS_OF_VECTOR_AND_END	11
#define FIELD_COUNT	(FIELDS_OF_VECTOR_AND_END + HOP_COUNT + STAGE_COUNT)
#define FIELD_NAME_LEN	16

/* Return: @text, with the name: "device", "irq_time", "handler_ns". */
const char *field_name(unsigned int field, char text[FIELD_NAME_LEN]);

/* What a field is, for help. */
const char *field_what(unsigned int field);

/**
 * struct field_value - what an interrupt has in a field
 * @text:	printable; NULL: it is a number
 * @number:	times of hops: CLOCK_MONOTONIC ns; stages: ns
 */
struct field_value {
	const char *text;
	__u64 number;
};

/**
 * field_read - read a field of an interrupt
 * @value:	its text is valid until the next call
 *
 * Return: false: it is not known, or did not happen.
 */
bool field_read(unsigned int field, const struct imstrace_vector *vector,
		const struct imstrace_interrupt *interrupt, struct field_value *value);

/*
 * For fields_sink, which writes these fields only: a list of names such as "device,total_ns".
 * Return: false: it isn't one.
 */
bool fields_choose(const char *list);

#endif /* IMSTRACE_SINK_FIELDS_H */

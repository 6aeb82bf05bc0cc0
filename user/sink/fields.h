/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to say of an interrupt, one value a field: the columns of csv, and what script
 * --fields takes.
 */
#ifndef IMSTRACE_SINK_FIELDS_H
#define IMSTRACE_SINK_FIELDS_H

#include "sink.h"

#include "../measure/stages.h"

#include <imstrace/records.h>
#include <stdbool.h>

/* Fields have numbers from 0, in the order in which csv has them. */
#define FIELDS_OF_VECTOR_AND_END	13
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
 * @device:	what @text points to, if it is the device's name
 */
struct field_value {
	const char *text;
	__u64 number;
	char device[IMSTRACE_NAME_LEN];
};

/* Reads a field of an interrupt. Return: false: it is not known, or did not happen. */
bool field_read(unsigned int field, const struct imstrace_vector *vector,
		const struct imstrace_interrupt *interrupt, struct field_value *value);

/**
 * struct field_choice - the fields to write
 * @fields:	in this order; a field may be there twice
 * @count:	how many
 */
struct field_choice {
	unsigned int fields[2 * FIELD_COUNT];
	size_t count;
};

/* Reads a list of names such as "device,total_ns". Return: false: it isn't one. */
bool fields_choose(struct field_choice *choice, const char *list);

/* Writes these fields only. The context is a const struct field_choice. */
extern const struct sink_ops fields_sink;

#endif /* IMSTRACE_SINK_FIELDS_H */

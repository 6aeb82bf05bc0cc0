// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

#include <stdlib.h>
#include <string.h>

static json_t *walk(json_t *object, const char *path)
{
	char name[64];

	while (object && *path) {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = json_object_get(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

long long number(json_t *object, const char *path)
{
	json_t *value = walk(object, path);

	if (!json_is_integer(value))
		fail_msg("%s is no number", path);
	return json_integer_value(value);
}

bool is_null(json_t *object, const char *path)
{
	json_t *value = walk(object, path);

	if (!value)
		fail_msg("%s is missing", path);
	return json_is_null(value);
}

long long member(json_t *object, const char *group, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%s", group, name);
	return number(object, path);
}

bool member_is_null(json_t *object, const char *group, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%s", group, name);
	return is_null(object, path);
}

const char *text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	if (!value)
		fail_msg("%s is no string", key);
	return value;
}

void expect_text(json_t *object, const char *key, const char *expected)
{
	if (strcmp(text(object, key), expected))
		fail_msg("%s is \"%s\", not \"%s\"", key, text(object, key), expected);
}

json_t *look_for_vector(json_t *report, const char *device, long long vector)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(report, "vectors"), i, entry)
		if (number(entry, "vector") == vector && !strcmp(text(entry, "device"), device))
			return entry;
	return NULL;
}

json_t *find_vector(json_t *report, const char *device, long long vector)
{
	json_t *entry = look_for_vector(report, device, vector);

	if (!entry)
		fail_msg("vector %lld of %s is missing", vector, device);
	return entry;
}

json_t *json_of(const char *name, const char *command)
{
	json_error_t error;
	json_t *object;
	char *text;
	int status;

	text = lab_output(&status, "%s 2>/dev/null | tee " OUTPUT "/%s.json", command, name);
	object = json_loads(text, 0, &error);
	if (!object)
		fail_msg("%s: %s: %s", name, error.text, text);
	free(text);
	return object;
}

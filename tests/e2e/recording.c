// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace record, against what is read of it: by imstrace report and script, and by
 * babeltrace2, which knows nothing of us.
 */
#include "groups.h"
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDING	OUTPUT "/recording"

/* imstrace record, attached. */
static struct program record_start(const char *arguments)
{
	struct program program;
	char all[256];

	lab_shell("rm -rf " RECORDING "*");
	snprintf(all, sizeof(all), "record --json -o " RECORDING " %s", arguments);
	program = program_start_to(OUTPUT "/recorded.json", IMSTRACE, all);
	/* It has written its metadata when all is attached. */
	for (int i = 0; access(RECORDING "/metadata", F_OK) ||
			lab_size(RECORDING "/metadata") == 0; i++) {
		if (i == 3000)
			fail_msg("imstrace record has not started within 30 s");
		usleep(10000);
	}
	return program;
}

static void record_stop(struct program *program)
{
	kill(program->pid, SIGINT);
	assert_int_equal(program_end(program), 0);
}

/* The line of this type that @command prints; there is one. */
static json_t *line_of(const char *type, const char *command)
{
	json_t *found = NULL, *object;
	int status;
	char *output = lab_output(&status, "%s", command), *line, *rest = output;

	assert_int_equal(status, 0);
	while ((line = strsep(&rest, "\n"))) {
		object = *line ? json_loads(line, 0, NULL) : NULL;
		if (object && !strcmp(text(object, "type"), type)) {
			assert_null(found);
			found = json_incref(object);
		}
		json_decref(object);
	}
	free(output);
	assert_non_null(found);
	return found;
}

static long long count_lines(const char *command)
{
	int status;
	char *output = lab_output(&status, "%s", command);
	long long count = atoll(output);

	assert_int_equal(status, 0);
	free(output);
	return count;
}

/* All that was measured, by value: what is only of the end of a run is not in it. */
static void expect_same_figures(json_t *live, json_t *read)
{
	static const char *const keys[] = {
		"device", "vector", "irq", "slot", "pasid", "mode", "eventfd_id", "pid", "hops",
		"coalesced", "unmatched", "hardware", "lost", "in_flight", "stages", "other_cpu",
		"other_node", "behind",
	};
	json_t *vectors = json_object_get(live, "vectors"), *vector;
	size_t i;

	assert_true(json_array_size(vectors) > 0);
	assert_int_equal(json_array_size(vectors),
			 json_array_size(json_object_get(read, "vectors")));
	json_array_foreach(vectors, i, vector) {
		json_t *other = find_vector(read, text(vector, "device"), number(vector, "vector"));

		for (size_t key = 0; key < COUNT(keys); key++) {
			json_t *a = json_object_get(vector, keys[key]);
			json_t *b = json_object_get(other, keys[key]);

			if (!json_equal(a, b))
				fail_msg("vector %zu: %s: live %s, read %s", i, keys[key],
					 json_dumps(a, JSON_ENCODE_ANY),
					 json_dumps(b, JSON_ENCODE_ANY));
		}
	}
}

/* Each distribution has as many times as the summary counts. */
static void expect_distributions(json_t *summary)
{
	json_t *vector, *histogram, *bucket;
	size_t i, j;

	json_array_foreach(json_object_get(summary, "vectors"), i, vector) {
		long long count = 0;
		char command[512];

		snprintf(command, sizeof(command),
			 IMSTRACE " report --json --slowest 0 --histogram deliver --vector %lld "
			 "--device %s " RECORDING, number(vector, "vector"), text(vector, "device"));
		histogram = line_of("histogram", command);
		json_array_foreach(json_object_get(histogram, "buckets"), j, bucket)
			count += json_integer_value(json_array_get(bucket, 2));
		assert_int_equal(count, number(vector, "stages.deliver.count"));
		json_decref(histogram);
	}
}

/* What can be read of a recording can be read of the running kernel. */
static void of_the_running_kernel(void **state)
{
	json_t *slowest;
	struct program program;
	int status;

	(void)state;
	program = program_start_to(OUTPUT "/now.json", IMSTRACE, "report --json --slowest 5");
	free(lab_output(&status, "while ! grep -q start " OUTPUT "/now.json; do sleep 0.1; done"));
	json_decref(guest_run("--timeout 30 --count 100 --emulated-count 10 --no-stamps " DEVICE));
	kill(program.pid, SIGINT);
	assert_int_equal(program_end(&program), 0);
	slowest = line_of("slowest", "cat " OUTPUT "/now.json");
	assert_int_equal(json_array_size(json_object_get(slowest, "interrupts")), 5);
	json_decref(slowest);
	free(lab_output(&status, IMSTRACE " export --to csv -d 100ms | grep -c ^time,device"));
	assert_int_equal(status, 0);
}

/* The same run recorded and watched gives the same numbers, and any reader of CTF the same events. */
static void same_as_live(void **state)
{
	struct program program = record_start("");
	json_t *truth, *live, *read, *slowest;
	int status;

	(void)state;
	json_decref(guest_run("--timeout 30 --count 300 --emulated-count 50 --no-stamps " DEVICE));
	truth = guest_run("--no-wait --count 500 --emulated-count 50 --no-stamps " DEVICE);
	record_stop(&program);
	live = line_of("summary", "cat " OUTPUT "/recorded.json");
	read = line_of("summary", IMSTRACE " report --json --slowest 0 " RECORDING);
	assert_int_equal(number(live, "lost.interrupts"), 0);
	expect_same_figures(live, read);

	/* Every one that was streamed; the slowest of them first. */
	slowest = line_of("slowest", IMSTRACE " report --json --slowest 5 " RECORDING);
	assert_int_equal(json_array_size(json_object_get(slowest, "interrupts")), 5);
	assert_int_equal(
		count_lines(IMSTRACE " script --only interrupts --json " RECORDING
			    " | grep -c '\"type\":\"interrupt\"'"),
		count_lines("babeltrace2 " RECORDING " | grep -c imstrace:interrupt"));
	assert_int_equal(
		count_lines(IMSTRACE " script --only lifecycle --json " RECORDING
			    " | grep -c '\"type\":\"lifecycle\"'"),
		count_lines("babeltrace2 " RECORDING " | grep -vc 'imstrace:interrupt\\|imstrace:vector:'"));
	assert_int_equal(
		count_lines(IMSTRACE " script --fields device,vector,end,total_ns " RECORDING " | wc -l"),
		count_lines("babeltrace2 " RECORDING " | grep -c imstrace:interrupt"));
	assert_int_equal(
		count_lines(IMSTRACE " export --to csv " RECORDING " | wc -l"),
		1 + count_lines("babeltrace2 " RECORDING " | grep -c imstrace:interrupt"));
	expect_distributions(read);
	/* Something comes of each format; what, the unit tests say. */
	lab_shell("for to in json csv chrome perfetto openmetrics hgrm; do " IMSTRACE " export --to $to -o "
		  OUTPUT "/exported " RECORDING " && [ $(wc -c < " OUTPUT "/exported) -gt 1000 ] || exit 1; "
		  "done");
	free(lab_output(&status, IMSTRACE " lint " RECORDING));
	assert_int_equal(status, 0);
	/* Without a warning. */
	assert_int_equal(count_lines("babeltrace2 " RECORDING " 2>&1 >/dev/null | wc -l"), 0);
	json_decref(slowest);
	json_decref(read);
	json_decref(live);
	json_decref(truth);
}

/* Of one that was killed, what was written until its last packet can be read. */
static void killed(void **state)
{
	struct program program = record_start("");
	long long events;
	char *output;
	int status;

	(void)state;
	json_decref(guest_run("--timeout 30 --count 100 --emulated-count 10 --no-stamps " DEVICE));
	/* Packets end once a second: until all are on the disk. */
	for (int i = 0; count_lines("babeltrace2 " RECORDING " 2>/dev/null | "
				    "grep -c imstrace:interrupt || true") < 410; i++) {
		assert_true(i < 300);
		usleep(100000);
	}
	kill(program.pid, SIGKILL);
	assert_int_equal(program_end(&program), 128 + SIGKILL);
	output = lab_output(&status, IMSTRACE " script --only interrupts " RECORDING " 2>&1 >/dev/null");
	if (status)
		fail_msg("script: exit code %d: … %s", status,
			 output + (strlen(output) > 400 ? strlen(output) - 400 : 0));
	events = count_lines("babeltrace2 " RECORDING " 2>/dev/null | grep -c imstrace:interrupt");
	assert_true(events >= 410);
	free(output);

	/* And of a file that ends in the middle of a packet. */
	lab_shell("truncate -s -7 " RECORDING "/interrupts");
	output = lab_output(&status, IMSTRACE " report " RECORDING " 2>&1");
	assert_int_equal(status, 0);
	assert_non_null(strstr(output, "interrupts: at byte "));
	assert_non_null(strstr(output, "cut off"));
	free(output);
}

/* A full disk ends the recording with an error, and leaves one that can be read. */
static void disk_full(void **state)
{
	struct program program;
	char *output;
	int status;

	(void)state;
	lab_shell("mkdir -p " OUTPUT "/small && mount -t tmpfs -o size=100k none " OUTPUT "/small");
	program = program_start_to(OUTPUT "/recorded.json", IMSTRACE,
				   "record --json -o " OUTPUT "/small/recording");
	for (int i = 0; access(OUTPUT "/small/recording/metadata", F_OK) ||
			lab_size(OUTPUT "/small/recording/metadata") == 0; i++) {
		assert_true(i < 3000);
		usleep(10000);
	}
	json_decref(guest_run("--no-wait --count 2000 --emulated-count 10 --no-stamps " DEVICE));
	assert_int_equal(program_end(&program), 1);
	output = lab_output(&status, "grep '\"error\"' " OUTPUT "/recorded.json");
	assert_non_null(strstr(output, "No space left"));
	free(output);
	free(lab_output(&status, IMSTRACE " report " OUTPUT "/small/recording"));
	assert_int_equal(status, 0);
	lab_shell("umount " OUTPUT "/small && rm -rf " OUTPUT "/small");
}

/* Only what is slow, with the lives of vectors; and the last seconds, when asked. */
static void only_some(void **state)
{
	struct program program = record_start("--over 60s");
	json_t *summary;

	(void)state;
	json_decref(guest_run("--timeout 30 --count 50 --emulated-count 10 --no-stamps " DEVICE));
	record_stop(&program);
	assert_int_equal(count_lines("babeltrace2 " RECORDING " | grep -c imstrace:interrupt || true"),
			 0);
	assert_true(count_lines("babeltrace2 " RECORDING " | grep -c imstrace:vector_bind") >= VECTORS);

	program = record_start("--last 60s");
	json_decref(guest_run("--timeout 30 --count 50 --emulated-count 10 --no-stamps " DEVICE));
	/* Nothing is to happen: twice as long as packets last without --last. */
	sleep(2);
	assert_int_equal(lab_size(RECORDING "/interrupts"), 0);
	kill(program.pid, SIGUSR2);
	for (int i = 0; lab_size(RECORDING "/interrupts") == 0; i++) {
		assert_true(i < 1000);
		usleep(10000);
	}
	record_stop(&program);
	summary = line_of("summary", IMSTRACE " report --json --slowest 0 " RECORDING);
	assert_int_equal(number(find_vector(summary, DEVICE, 0), "hops.eoi"), 50);
	json_decref(summary);
}

/* While a command runs, whose exit status it has. */
static void with_a_command(void **state)
{
	int status;

	(void)state;
	lab_shell("rm -rf " RECORDING);
	free(lab_output(&status, IMSTRACE " record -o " RECORDING " sh -c 'sleep 0.3; exit 7'"));
	assert_int_equal(status, 7);
	free(lab_output(&status, IMSTRACE " record -o " RECORDING " true 2>&1"));
	assert_int_equal(status, 2);	/* it is there already */
}

int run_recording(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(same_as_live, lab_teardown),
		cmocka_unit_test_teardown(of_the_running_kernel, lab_teardown),
		cmocka_unit_test_teardown(killed, lab_teardown),
		cmocka_unit_test_teardown(disk_full, lab_teardown),
		cmocka_unit_test_teardown(only_some, lab_teardown),
		cmocka_unit_test_teardown(with_a_command, lab_teardown),
	};

	return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}

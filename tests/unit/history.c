// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace history over directories that are made up: whose series is it, what came with a change, and what
 * takes no part in it?
 */
#include "fake_summary.h"

#include "../../user/cmd/command.h"
#include "../../user/errors.h"

#include <sys/stat.h>
#include <sys/wait.h>

static const struct fake_times usual = { 5000, 10000, 40000, 50000 };
static const struct fake_times slower = { 5000, 10000, 40000, 70000 };

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/imstrace-history-XXXXXX");
	return !mkdtemp(directory);
}

static int remove_directory(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void path_of(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", directory, name);
}

/* Number @number of the series; @times NULL: its runs have no interrupt. */
static struct summary *make(unsigned int number, const struct fake_times *times)
{
	struct summary *summary = fake_summary(1000000 * (number + 1));
	__u64 seed = number + 1;

	snprintf(summary->revision, sizeof(summary->revision), "r%u", 400 + number);
	for (unsigned int i = 0; i < 6; i++) {
		if (times)
			fake_run(summary, i + 1, summary->session + i, times, 0.01, &seed);
		else
			summary_add_run(summary)->started = summary->session + i;
	}
	return summary;
}

/* Takes @summary. */
static void keep(unsigned int number, struct summary *summary)
{
	char name[32], path[128], *written = fake_write(summary);

	snprintf(name, sizeof(name), "%02u.json", number);
	path_of(path, name);
	assert_int_equal(chmod(written, 0644), 0);
	assert_int_equal(rename(written, path), 0);
	free(written);
	summary_free(summary);
}

static void keep_text(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* What imstrace history says of the directory on both outputs, to be freed; its exit code. */
static char *history(int *code, const char *option)
{
	char path[] = "/tmp/imstrace-history-output-XXXXXX", *text = calloc(1, 1 << 16);
	int fd = mkstemp(path), status;
	pid_t child;

	assert_non_null(text);
	assert_true(fd >= 0);
	fflush(stdout);
	child = fork();
	if (!child) {
		char *words[] = { "history", directory, (char *)option, NULL };

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		status = command_history.run(option ? 3 : 2, words);
		fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	*code = WEXITSTATUS(status);
	assert_true(pread(fd, text, (1 << 16) - 1, 0) > 0);
	close(fd);
	unlink(path);
	return text;
}

static void expect(int code, const char *const *texts, size_t count)
{
	int got;
	char *said = history(&got, NULL);

	for (size_t i = 0; i < count; i++)
		if (!strstr(said, texts[i]))
			fail_msg("\"%s\" is not in: %s", texts[i], said);
	if (got != code)
		fail_msg("it exits with %d, not %d: %s", got, code, said);
	free(said);
}

#define EXPECT(code, ...)								\
	expect(code, (const char *const[]){ __VA_ARGS__ },				\
	       sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* It may be the kernel that is slower, not the revision. */
static void a_kernel_that_changes_is_named(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 14; i++) {
		struct summary *summary = make(i, i < 7 ? &usual : &slower);

		strcpy(summary->kernel, i < 7 ? "6.1-old" : "6.12-new");
		keep(i, summary);
	}
	EXPECT(0, "14 summaries on 2 x a CPU", "from number 1 on: host host, kernel 6.1-old",
	       "from number 8 on: host host, kernel 6.12-new",
	       "a class; with another kernel: 6.12-new, was 6.1-old");
}

/* A machine that is quicker is no change of what it runs. */
static void machines_have_series_of_their_own(void **state)
{
	int code;
	char *said;

	(void)state;
	for (unsigned int i = 0; i < 14; i++) {
		struct summary *summary = make(i, i < 7 ? &usual : &slower);

		strcpy(summary->cpu, i < 7 ? "CPU A" : "CPU B");
		keep(i, summary);
	}
	EXPECT(0, "7 summaries on 2 x CPU A", "7 summaries on 2 x CPU B", "No change was found",
	       "is not compared with what another has");
	said = history(&code, "--json");
	assert_non_null(strstr(said, "\"cpu\":\"CPU A\",\"cpus\":2,\"devices\""));
	assert_non_null(strstr(said, "\"cpu\":\"CPU B\",\"cpus\":2,\"devices\""));
	free(said);
}

/* Turn by turn, and one of them becomes slower: it is found as if there were no other. */
static void a_change_on_one_of_two_machines_is_found(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		bool b = i % 2;
		struct summary *summary = make(i, b && i >= 10 ? &slower : &usual);

		strcpy(summary->cpu, b ? "CPU B" : "CPU A");
		keep(i, summary);
	}
	EXPECT(0, "  12  r411", "a class on 2 x CPU B");
}

static void summaries_without_interrupts_can_not_be_judged(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		keep(i, make(i, NULL));
	EXPECT(EXIT_INCONCLUSIVE, "No interrupt in 6 of 6 runs of number 1, r400",
	       "Nothing can be judged");
}

static void runs_without_interrupts_are_said(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		struct summary *summary = make(i, i == 3 ? NULL : &usual);

		if (i == 5)
			summary_add_run(summary)->started = 7;
		keep(i, summary);
	}
	EXPECT(0, "No interrupt in 6 of 6 runs of number 4, r403",
	       "No interrupt in 1 of 7 runs of number 6, r405", "No change was found");
}

/* One that a full disk, or an imstrace before this one, has left. */
static void files_that_can_not_be_used_are_left_out(void **state)
{
	int code;
	char *said;

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		keep(i, make(i, &usual));
	keep_text("04a.json", "");
	keep_text("05a.json", "{\"format\":");
	EXPECT(0, "04a.json is not a usable summary: it is empty", "05a.json is not a usable summary",
	       "8 summaries, ", "; 2 files could not be used", "No change was found");
	said = history(&code, "--json");
	assert_int_equal(code, 0);
	assert_non_null(strstr(said, "\"skipped\":["));
	free(said);
}

static void a_directory_without_a_usable_file_is_refused(void **state)
{
	(void)state;
	keep_text("empty.json", "");
	EXPECT(EXIT_USAGE, "has no usable summary");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_kernel_that_changes_is_named),
		TEST(machines_have_series_of_their_own),
		TEST(a_change_on_one_of_two_machines_is_found),
		TEST(summaries_without_interrupts_can_not_be_judged),
		TEST(runs_without_interrupts_are_said),
		TEST(files_that_can_not_be_used_are_left_out),
		TEST(a_directory_without_a_usable_file_is_refused),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

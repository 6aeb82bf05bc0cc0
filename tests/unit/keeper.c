// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are there whole or not at all: without privileges, after a failure, and when whoever writes
 * them is killed.
 */
#define _GNU_SOURCE
#include "fake.h"

#include "../../user/cmd/command.h"
#include "../../user/compare/keeper.h"
#include "../../user/errors.h"
#include "../../user/source/privileges.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY	65534

static char directory[64], path[128];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/imstrace-keeper-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/summary.json", directory);
	return 0;
}

static int remove_directory(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* How many files there are, hidden ones included. */
static int count_files(void)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, not_dots, alphasort);

	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return count;
}

static void write_old(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(const char *text)
{
	char got[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(got, 1, sizeof(got) - 1, file) > 0);
	fclose(file);
	assert_string_equal(got, text);
}

/* A keeper that has started, and has written "new". */
static void begin(struct keeper *keeper)
{
	assert_int_equal(keeper_add(keeper, path), 0);
	assert_int_equal(keeper_start(keeper), 0);
	assert_true(fputs("new", keeper->files[0].file) >= 0);
	assert_int_equal(fflush(keeper->files[0].file), 0);
}

static void what_is_kept_replaces_what_was_there(void **state)
{
	struct stat status;

	(void)state;
	for (unsigned int old = 0; old < 2; old++) {
		struct keeper keeper = { 0 };

		if (old) {
			write_old("older");
			assert_int_equal(chmod(path, 0640), 0);
		}
		begin(&keeper);
		if (old)
			expect_content("older");
		assert_int_equal(keeper_keep(&keeper), 0);
		keeper_end(&keeper);
		expect_content("new");
		assert_int_equal(count_files(), 1);
	}
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
}

static void what_is_not_kept_leaves_nothing(void **state)
{
	struct keeper keeper = { 0 }, not_started = { 0 };

	(void)state;
	begin(&keeper);
	keeper_end(&keeper);
	assert_int_equal(count_files(), 0);
	write_old("older");
	assert_int_equal(keeper_add(&not_started, path), 0);
	keeper_end(&not_started);
	expect_content("older");
	assert_int_equal(count_files(), 1);
}

/* For its helper goes on for a moment. */
static void wait_for_no_file(void)
{
	for (unsigned int i = 0; i < 500 && count_files(); i++)
		usleep(10000);
	assert_int_equal(count_files(), 0);
}

static void whoever_is_killed_leaves_nothing(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (!child) {
		struct keeper keeper = { 0 };

		begin(&keeper);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	wait_for_no_file();
}

/* In a directory that is not writable then. */
static void privileges_are_not_needed_at_the_end(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	for (unsigned int keep = 0; keep < 2; keep++) {
		pid_t child = fork();
		int status;

		if (!child) {
			struct keeper keeper = { 0 };
			int ret = 0;

			begin(&keeper);
			if (drop_privileges() || geteuid() != NOBODY)
				_exit(100);
			if (keep)
				ret = keeper_keep(&keeper);
			keeper_end(&keeper);
			_exit(ret);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(count_files(), keep);
	}
	expect_content("new");
}

static void what_a_link_points_to_is_replaced(void **state)
{
	struct keeper keeper = { 0 };
	struct stat status;
	char target[128];

	(void)state;
	snprintf(target, sizeof(target), "%s/target.json", directory);
	write_old("older");
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink("target.json", path), 0);
	begin(&keeper);
	assert_int_equal(keeper_keep(&keeper), 0);
	keeper_end(&keeper);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	expect_content("new");
	assert_int_equal(count_files(), 2);
}

/* With no privilege to look, or, with all, of a command that fails. */
static void a_run_that_fails_leaves_no_file(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (!child) {
		char *words[] = { "run", "-n", "1", "-o", path, "--", "false", NULL };

		_exit(command_run.run(7, words));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status));
	assert_int_equal(count_files(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_replaces_what_was_there),
		TEST(what_is_not_kept_leaves_nothing),
		TEST(whoever_is_killed_leaves_nothing),
		TEST(privileges_are_not_needed_at_the_end),
		TEST(what_a_link_points_to_is_replaced),
		TEST(a_run_that_fails_leaves_no_file),
	};

	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}

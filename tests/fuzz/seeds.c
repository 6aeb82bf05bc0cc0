// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the seeds of the fuzzer into the directory that is named: recordings made by the
 * writer, as input.h has it.
 */
#define _GNU_SOURCE
#include "../unit/fake_recording.h"
#include "input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(1);
}

/* Everything; nothing; what is worth a flight recorder's keeping. */
enum seed { SEED_ALL, SEED_EMPTY, SEED_KEPT, SEED_COUNT };

static void record(enum seed seed, const char *directory)
{
	struct ctf_options options = {
		.directory = directory, .command_line = "seed \"quoted\"",
		.last = seed == SEED_KEPT ? 1000000000 : 0,
	};
	struct fake_source *fake = fake_source_new();
	struct ctf_writer *writer;
	int ret = ctf_create(&writer, &options);

	/* No more than it has: the reader's arrays are small, and inputs quick. */
	fake->source.capacity = 2;
	snprintf(fake->source.host, sizeof(fake->source.host), "host");
	snprintf(fake->source.kernel, sizeof(fake->source.kernel), "6.12.0");
	if (!ret)
		ret = seed == SEED_EMPTY ? ctf_start(writer, &fake->source) :
					   fake_record_all(writer, fake);
	if (!ret && seed == SEED_KEPT)
		ret = ctf_keep(writer);
	if (ret || ctf_end(writer, 0))
		exit(1);
	ctf_close(writer);
	free(fake);
}

static void append(FILE *seed, const char *directory, const char *name)
{
	char path[4096], bytes[65536];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	must(file, path);
	while ((size = fread(bytes, 1, sizeof(bytes), file)))
		must(fwrite(bytes, 1, size, seed) == size, "fwrite");
	fclose(file);
	unlink(path);
}

int main(int argc, char **argv)
{
	char directory[] = "/tmp/imstrace-seeds-XXXXXX", path[4096];

	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIRECTORY\n");
		return 2;
	}
	must(mkdtemp(directory), directory);
	for (unsigned int number = 0; number < SEED_COUNT; number++) {
		FILE *seed;

		record(number, directory);
		snprintf(path, sizeof(path), "%s/%u", argv[1], number);
		seed = fopen(path, "w");
		must(seed, path);
		for (size_t i = 0; i < INPUT_FILES; i++) {
			append(seed, directory, input_files[i]);
			if (i + 1 < INPUT_FILES)
				fputs(INPUT_LINE, seed);
		}
		must(!fclose(seed), path);
	}
	rmdir(directory);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: build/tests/vm/whole-btf MODULE >FILE
 *
 * Writes the BTF of the running kernel and that of a module, as one, for imstrace --btf.
 */
#include "../../user/source/whole_btf.h"

#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int file = argc == 2 ? whole_btf_open(argv[1]) : -1;
	struct stat status;
	off_t start = 0;

	if (file < 0 || fstat(file, &status)) {
		fprintf(stderr, "usage: whole-btf MODULE, which must be loaded\n");
		return 1;
	}
	while (start < status.st_size)
		if (sendfile(STDOUT_FILENO, file, &start, status.st_size - start) <= 0)
			return 1;
	return 0;
}

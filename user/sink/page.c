// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "page.h"

#include "../errors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the data go: dashboards/pages/bundle.mjs sees to it that it is there once. */
#define MARK	"@DATA@"

struct text {
	const char *start, *end;
};

/* The files, as they were bundled. */
#ifdef IMSTRACE_PAGES
#define X(name)									\
	asm(".pushsection .rodata\n"						\
	    "page_" #name "_start: .incbin \"build/pages/" #name ".html\"\n"	\
	    "page_" #name "_end:\n"						\
	    ".popsection\n");							\
	extern const char page_##name##_start[], page_##name##_end[];
IMSTRACE_PAGES_LIST(X)
#undef X

static const struct text pages[PAGE_COUNT] = {
#define X(name) [PAGE_##name] = { page_##name##_start, page_##name##_end },
	IMSTRACE_PAGES_LIST(X)
#undef X
};
#else
/* It was built where there is no npm. */
static const struct text pages[PAGE_COUNT];
#endif

int page_open(struct sink *sink, enum page page, const char *path)
{
	int file;

	if (!pages[page].start)
		return report_error(
			EXIT_MISSING,
			"Rebuild it where npm is installed and can reach its registry",
			"this imstrace was built without its HTML pages");
	file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	sink->path = path;
	sink->out = file < 0 ? NULL : fdopen(file, "w");
	if (sink->out)
		return 0;
	if (file >= 0)
		close(file);
	return report_error(EXIT_RUNTIME, NULL, "cannot write to %s: %s", path, strerror(errno));
}

/* JSON has "<" in strings only, where it may as well be so: no name can end the element. */
static int write_json(const char *text, size_t size, void *out)
{
	const char *end = text + size, *next;

	for (; (next = memchr(text, '<', end - text)); text = next + 1) {
		fwrite(text, 1, next - text, out);
		fputs("\\u003c", out);
	}
	fwrite(text, 1, end - text, out);
	return ferror(out) ? -1 : 0;
}

void page_write(FILE *out, enum page page, json_t *data)
{
	struct text text = pages[page];
	const char *mark;

	/* Nobody who has heeded page_open() gets here. */
	if (!text.start)
		abort();
	mark = memmem(text.start, text.end - text.start, MARK, strlen(MARK));
	/* Of a pipe there is nothing to take away. */
	if (ftruncate(fileno(out), 0) && errno != EINVAL)
		warning("cannot truncate the output file: %s", strerror(errno));
	fwrite(text.start, 1, mark - text.start, out);
	json_dump_callback(data, write_json, out, JSON_COMPACT);
	mark += strlen(MARK);
	fwrite(mark, 1, text.end - mark, out);
	json_decref(data);
}

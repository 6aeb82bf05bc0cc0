// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "page.h"

#include "../fault.h"

#include <errno.h>
#include <string.h>

/* Where the data go: dashboards/pages/bundle.mjs sees to it that it is there once. */
#define MARK	"@DATA@"

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
#else
#define X(name) static const char *const page_##name##_start, *const page_##name##_end;
IMSTRACE_PAGES_LIST(X)
#undef X
#endif

struct text {
	const char *start, *end;
};

static struct text page_text(enum page page)
{
	const struct text pages[PAGE_COUNT] = {
#define X(name) [PAGE_##name] = { page_##name##_start, page_##name##_end },
		IMSTRACE_PAGES_LIST(X)
#undef X
	};

	return pages[page];
}

int page_need(enum page page)
{
	if (page_text(page).start)
		return 0;
	return fault(EXIT_MISSING, "Build it again where npm is installed and reaches its registry",
		     "this imstrace was built without its HTML pages");
}

int page_open(FILE **out, const char *path)
{
	*out = fopen(path, "we");
	if (*out)
		return 0;
	return fault(EXIT_RUNTIME, NULL, "cannot write to %s: %s", path, strerror(errno));
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
	struct text text = page_text(page);
	const char *mark = memmem(text.start, text.end - text.start, MARK, strlen(MARK));

	fwrite(text.start, 1, mark - text.start, out);
	json_dump_callback(data, write_json, out, JSON_COMPACT);
	mark += strlen(MARK);
	fwrite(mark, 1, text.end - mark, out);
	json_decref(data);
}

int page_close(FILE *out, const char *path)
{
	bool failed = ferror(out);

	if (!fclose(out) && !failed)
		return 0;
	return fault(EXIT_RUNTIME, NULL, "writing %s failed: %s", path, strerror(errno));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "wrap.h"

#include <string.h>

#define WIDTH	80

void wrap_begin(struct wrapped *text, FILE *out, const char *start, size_t indent)
{
	text->out = out;
	text->indent = indent;
	text->column = fprintf(out, "%-*s", (int)indent, start);
}

void wrap_words(struct wrapped *text, const char *words)
{
	words += strspn(words, " ");
	while (*words) {
		size_t length = strcspn(words, " ");

		/* A mark may follow. */
		if (text->column > text->indent && text->column + 1 + length >= WIDTH)
			text->column = fprintf(text->out, "\n%*s", (int)text->indent, "") - 1;
		else if (text->column > text->indent)
			text->column += fprintf(text->out, " ");
		text->column += fprintf(text->out, "%.*s", (int)length, words);
		words += length;
		words += strspn(words, " ");
	}
}

void wrap_close(struct wrapped *text, const char *mark)
{
	text->column += fprintf(text->out, "%s", mark);
}

void wrap_end(struct wrapped *text)
{
	putc('\n', text->out);
}

void wrap_all(FILE *out, size_t indent, const char *words)
{
	struct wrapped text;

	wrap_begin(&text, out, "", indent);
	wrap_words(&text, words);
	wrap_end(&text);
}

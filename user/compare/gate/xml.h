/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_GATE_XML_H
#define IMSTRACE_GATE_XML_H

#include <stdio.h>

/* Printable ASCII, so that it stands between tags and in an attribute. */
static inline void xml_write(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc(*text >= ' ' && *text <= '~' ? *text : '?', out);
		}
	}
}

#endif /* IMSTRACE_GATE_XML_H */

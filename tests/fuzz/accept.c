// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer's target for what imstrace serve reads of a request itself: the header "Accept". The
 * rest of HTTP is libmicrohttpd's.
 */
#include "../../user/sink/exposition.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No longer than it is, for the sanitizer to see a byte too many. */
	char *accept = malloc(size + 1);

	if (!accept)
		abort();
	memcpy(accept, data, size);
	accept[size] = '\0';
	exposition_negotiate(accept);
	free(accept);
	return 0;
}

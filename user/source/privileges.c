// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "privileges.h"

#include "../errors.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The nobody of every Linux: what imstrace becomes when it has attached. */
#define NOBODY	65534

int drop_privileges(void)
{
	cap_t none = cap_init();
	/* Not dumpable: or others of the same user could attach to it, and reach its maps. */
	bool dropped = none && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		       !prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

	if (dropped && !geteuid())
		dropped = !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
			  !setresuid(NOBODY, NOBODY, NOBODY);
	dropped = dropped && !cap_set_proc(none);
	cap_free(none);
	return dropped ? 0
		       : report_error(EXIT_RUNTIME,
				      "Root needs CAP_SETUID and CAP_SETGID for it; another user "
				      "does not",
				      "could not drop privileges: %s", strerror(errno));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs of imstrace, one object: lifecycle.h follows the life of each
 * vector, interrupts.h each interrupt, vcpus.h what becomes of those whose vCPU is no more;
 * vms.h tells which VMs there are.
 */
#include "lifecycle.h"
#include "interrupts.h"
#include "wakeups.h"
#include "ioctls.h"
#include "posting.h"
#include "vcpus.h"
#include "vms.h"

char LICENSE[] SEC("license") = "GPL";

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The micro-guest: 32-bit protected mode, flat segments, no paging. The host
 * copies it to GUEST_CODE and starts every vCPU at guest_code with a stack, an
 * IDT, the vCPU's number in eax, and in ebx whether it spins rather than halts
 * while idle. It uses relative jumps and the constants of guest.h, so it needs no
 * relocation.
 */
#include "guest.h"

#define MSR_X2APIC_EOI		0x80b

	.section .rodata
	.code32

	.balign	16
	.globl	guest_code
guest_code:
	movl	$1, GUEST_READY(, %eax, 4)
	sti
	testl	%ebx, %ebx
	jnz	2f
1:	hlt
	jmp	1b
2:	pause
	jmp	2b

/*
 * One entry per vector. The idle loops above keep nothing in registers and
 * interrupt gates do not nest, so nothing is saved. The stamp comes first.
 */
	.balign	GUEST_ISR_SIZE
	.globl	guest_isrs
guest_isrs:
	.set	vector, 0
	.rept	GUEST_MAX_VECTORS
	rdtsc
	movl	$(GUEST_COUNTERS + (vector << GUEST_COUNTER_SHIFT)), %ebx
	jmp	isr
	.balign	GUEST_ISR_SIZE
	.set	vector, vector + 1
	.endr

/* TSC in edx:eax, counter in ebx. The count goes up after the stamps are there. */
isr:
	movl	%eax, %ebp
	movl	GUEST_COUNTER_COUNT(%ebx), %ecx
	leal	GUEST_COUNTER_SPARE(%ebx), %esi
	cmpl	GUEST_COUNTER_CAPACITY(%ebx), %ecx
	jae	1f
	movl	%ecx, %esi
	shll	$GUEST_STAMP_SHIFT, %esi
	addl	GUEST_COUNTER_RING(%ebx), %esi
1:	movl	%eax, 0(%esi)
	movl	%edx, 4(%esi)

	/* A delay is below 2^32 cycles, and so is all that the low half must tell. */
	movl	GUEST_COUNTER_DELAY(%ebx), %edi
2:	cmpl	$GUEST_DELAY_FOREVER, %edi
	je	2b
3:	rdtsc
	movl	%eax, 8(%esi)
	movl	%edx, 12(%esi)
	subl	%ebp, %eax
	cmpl	%edi, %eax
	jb	3b

	incl	%ecx
	movl	%ecx, GUEST_COUNTER_COUNT(%ebx)

	movl	$MSR_X2APIC_EOI, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	iretl

	.globl	guest_code_end
guest_code_end:

	.section .note.GNU-stack, "", @progbits

// SPDX-License-Identifier: GPL-2.0-only
#include "driver.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Those of linux/filter.h that are needed; it is not for user space. */
#define INSN(CODE, DST, SRC, OFF, IMM) ((struct bpf_insn) {			\
	.code = (CODE), .dst_reg = (DST), .src_reg = (SRC), .off = (OFF), .imm = (IMM) })
#define MOVE(DST, SRC)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, DST, SRC, 0, 0)
#define MOVE_IMM(DST, IMM)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, DST, 0, 0, IMM)
#define ADD_IMM(DST, IMM)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, DST, 0, 0, IMM)
#define SUB(DST, SRC)		INSN(BPF_ALU64 | BPF_SUB | BPF_X, DST, SRC, 0, 0)
#define LOAD(DST, SRC, OFF)	INSN(BPF_LDX | BPF_MEM | BPF_DW, DST, SRC, OFF, 0)
#define STORE(DST, OFF, SRC)	INSN(BPF_STX | BPF_MEM | BPF_DW, DST, SRC, OFF, 0)
#define STORE32(DST, OFF, SRC)	INSN(BPF_STX | BPF_MEM | BPF_W, DST, SRC, OFF, 0)
#define JUMP(CODE, DST, IMM, OFF) INSN(BPF_JMP | (CODE) | BPF_K, DST, 0, OFF, IMM)
#define HELPER(ID)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##ID)
#define FUNCTION(DISTANCE)	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, DISTANCE)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* Leaves the loop when the kernel's patience is at its end, and lets the verifier take it. */
#define MAY_GOTO(OFF)		INSN(BPF_JMP | 0xe0, 0, 0, OFF, 0)

/* The loop's own, before the programs. */
#define MAX_LOOP	64
/* Of all programs. */
#define MAX_FUNCTIONS	256

struct driver {
	int rounds_map, state_map, program;
	struct driver_round *rounds;
	size_t bytes;
	/* How many rounds have been done, in memory: so the verifier sees one round like the next. */
	__u64 *done;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

struct code {
	struct bpf_insn *insns;
	size_t count;
};

static void emit(struct code *code, struct bpf_insn insn)
{
	code->insns[code->count++] = insn;
}

static void emit_map_value(struct code *code, int dst, int map, __u32 offset)
{
	emit(code, INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_VALUE, 0, map));
	emit(code, INSN(0, 0, 0, 0, offset));
}

/* r6: the round; r7: the clock when the last program had ended. */
static void emit_loop(struct code *code, const struct driver *driver, unsigned int rounds, int map,
		      __u32 offset, size_t calls[DRIVER_PROGRAMS])
{
	size_t head = code->count, may_goto, leave, none;

	may_goto = code->count;
	emit(code, MAY_GOTO(0));
	emit_map_value(code, BPF_REG_1, driver->state_map, 0);
	emit(code, LOAD(BPF_REG_2, BPF_REG_1, 0));
	leave = code->count;
	emit(code, JUMP(BPF_JGE, BPF_REG_2, rounds, 0));
	emit(code, STORE32(BPF_REG_10, -4, BPF_REG_2));
	emit(code, ADD_IMM(BPF_REG_2, 1));
	emit(code, STORE(BPF_REG_1, 0, BPF_REG_2));
	emit(code, INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0,
			driver->rounds_map));
	emit(code, INSN(0, 0, 0, 0, 0));
	emit(code, MOVE(BPF_REG_2, BPF_REG_10));
	emit(code, ADD_IMM(BPF_REG_2, -4));
	emit(code, HELPER(map_lookup_elem));
	none = code->count;
	emit(code, JUMP(BPF_JEQ, BPF_REG_0, 0, 0));
	emit(code, MOVE(BPF_REG_6, BPF_REG_0));
	emit(code, LOAD(BPF_REG_2, BPF_REG_6, offsetof(struct driver_round, store)));
	emit_map_value(code, BPF_REG_1, map, offset);
	emit(code, STORE(BPF_REG_1, 0, BPF_REG_2));
	emit(code, HELPER(ktime_get_ns));
	emit(code, MOVE(BPF_REG_7, BPF_REG_0));
	for (size_t i = 0; i < DRIVER_PROGRAMS; i++) {
		emit(code, MOVE(BPF_REG_1, BPF_REG_6));
		emit(code, ADD_IMM(BPF_REG_1, offsetof(struct driver_round, arguments[i])));
		calls[i] = code->count;
		emit(code, FUNCTION(0));
		emit(code, HELPER(ktime_get_ns));
		emit(code, MOVE(BPF_REG_1, BPF_REG_0));
		emit(code, SUB(BPF_REG_0, BPF_REG_7));
		emit(code, MOVE(BPF_REG_7, BPF_REG_1));
		emit(code, STORE(BPF_REG_6, offsetof(struct driver_round, times[i]), BPF_REG_0));
	}
	emit(code, JUMP(BPF_JA, 0, 0, head - code->count - 1));
	code->insns[may_goto].off = code->count - may_goto - 1;
	code->insns[leave].off = code->count - leave - 1;
	code->insns[none].off = code->count - none - 1;
	emit(code, MOVE_IMM(BPF_REG_0, 0));
	emit(code, EXIT());
}

/*
 * The types of the driver's functions. Each program is a global one, which the verifier looks at by itself and
 * once: as part of the loop its ways would be multiplied by those of the others. For that it is told that the
 * argument is memory of that size, and not NULL (by a tag that 6.8 has brought). The programs' own functions
 * are of no type.
 */
struct types {
	struct btf *btf;
	int program, own;	/* types of functions */
};

static struct types make_types(void)
{
	struct types types = { .btf = btf__new_empty() };
	struct btf *btf = types.btf;
	int number, u64, arguments, pointer;

	if (!btf)
		die("making types");
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	u64 = btf__add_int(btf, "u64", 8, 0);
	arguments = btf__add_struct(btf, "arguments", DRIVER_ARGUMENTS * sizeof(__u64));
	for (int i = 0; i < DRIVER_ARGUMENTS; i++) {
		char name[] = { 'a' + i, '\0' };

		btf__add_field(btf, name, u64, i * 64, 0);
	}
	pointer = btf__add_ptr(btf, arguments);
	types.own = btf__add_func(btf, "own", BTF_FUNC_STATIC, btf__add_func_proto(btf, number));
	number = btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "arguments", pointer);
	types.program = btf__add_func(btf, "program", BTF_FUNC_GLOBAL, number);
	if (types.own < 0 || types.program < 0 ||
	    btf__add_decl_tag(btf, "arg:nonnull", types.program, 0) < 0)
		die("making types");
	return types;
}

/* Where the functions of @code begin, in order: what is called or is an argument. */
static size_t find_functions(const struct code *code, struct bpf_func_info *functions)
{
	bool *begins = calloc(code->count, sizeof(*begins));
	size_t count = 0;

	if (!begins)
		die("calloc");
	begins[0] = true;
	for (size_t i = 0; i < code->count; i++) {
		const struct bpf_insn *insn = &code->insns[i];

		if ((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
		    (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC))
			begins[i + insn->imm + 1] = true;
	}
	for (size_t i = 0; i < code->count; i++)
		if (begins[i])
			functions[count++].insn_off = i;
	free(begins);
	return count;
}

static int load(const struct code *code, const size_t programs[DRIVER_PROGRAMS])
{
	static struct bpf_func_info functions[MAX_FUNCTIONS];
	static char log[1 << 20];
	struct types types = make_types();
	LIBBPF_OPTS(bpf_prog_load_opts, options, .func_info = functions,
		    .func_info_rec_size = sizeof(*functions));
	__u32 size;
	const void *raw = btf__raw_data(types.btf, &size);
	int program;

	options.func_info_cnt = find_functions(code, functions);
	for (size_t i = 0, j = 0; i < options.func_info_cnt; i++) {
		bool is_program = j < DRIVER_PROGRAMS && functions[i].insn_off == programs[j];

		functions[i].type_id = is_program ? types.program : types.own;
		j += is_program;
	}
	options.prog_btf_fd = bpf_btf_load(raw, size, NULL);
	if ((int)options.prog_btf_fd < 0)
		die("loading the driver's types");
	btf__free(types.btf);
	program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "driver", "GPL", code->insns, code->count,
				&options);

	if (program >= 0)
		return program;
	/* Once more, for the verifier's reasons. */
	options.log_buf = log;
	options.log_size = sizeof(log);
	options.log_level = 1;
	bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "driver", "GPL", code->insns, code->count,
		      &options);
	fprintf(stderr, "%s\n", log + (strlen(log) > 4000 ? strlen(log) - 4000 : 0));
	die("loading the driver");
	return -1;
}

static void *map_array(int map, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	if (memory == MAP_FAILED)
		die("mapping the rounds");
	return memory;
}

struct driver *driver_new(struct bpf_program *const programs[DRIVER_PROGRAMS], unsigned int rounds,
			  int map, __u32 offset)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	struct driver *driver = calloc(1, sizeof(*driver));
	size_t calls[DRIVER_PROGRAMS], begins[DRIVER_PROGRAMS], total = MAX_LOOP + DRIVER_PROGRAMS * 6;
	struct code code = { 0 };

	if (!driver)
		die("calloc");
	driver->rounds_map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rounds", sizeof(__u32),
					    sizeof(struct driver_round), rounds, &options);
	driver->state_map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "state", sizeof(__u32),
					   sizeof(__u64), 1, &options);
	if (driver->rounds_map < 0 || driver->state_map < 0)
		die("creating the driver's maps");
	driver->bytes = rounds * sizeof(struct driver_round);
	driver->rounds = map_array(driver->rounds_map, driver->bytes);
	driver->done = map_array(driver->state_map, sizeof(__u64));

	for (size_t i = 0; i < DRIVER_PROGRAMS; i++)
		total += bpf_program__insn_cnt(programs[i]);
	code.insns = calloc(total, sizeof(*code.insns));
	if (!code.insns)
		die("calloc");
	emit_loop(&code, driver, rounds, map, offset, calls);
	for (size_t i = 0; i < DRIVER_PROGRAMS; i++) {
		size_t count = bpf_program__insn_cnt(programs[i]);

		/* A program's own functions come with it: calls are relative. */
		begins[i] = code.count;
		code.insns[calls[i]].imm = code.count - calls[i] - 1;
		memcpy(code.insns + code.count, bpf_program__insns(programs[i]),
		       count * sizeof(*code.insns));
		code.count += count;
	}
	driver->program = load(&code, begins);
	free(code.insns);
	return driver;
}

void driver_free(struct driver *driver)
{
	munmap(driver->rounds, driver->bytes);
	munmap(driver->done, sizeof(__u64));
	close(driver->rounds_map);
	close(driver->state_map);
	close(driver->program);
	free(driver);
}

struct driver_round *driver_rounds(struct driver *driver)
{
	return driver->rounds;
}

void driver_run(struct driver *driver)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	*driver->done = 0;
	if (bpf_prog_test_run_opts(driver->program, &options))
		die("running the driver");
}

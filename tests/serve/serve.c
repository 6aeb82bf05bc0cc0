// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace serve's HTTP on loopback, with a source in memory: many clients at once, and such as
 * mean no good. Meanwhile the source is polled as it always is.
 */
#define FAKE_CAPACITY	10000
#define FAKE_BLOCKS	40000
#include "../unit/fake.h"

#include "../../user/clock.h"
#include "../../user/errors.h"
#include "../../user/serve/follow.h"
#include "../../user/stop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Far beyond all that is waited for: a test that hangs has failed. */
#define HANGS		120
#define MS		1000000ULL
#define CLIENTS		200

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#define allocated()	__sanitizer_get_current_allocated_bytes()
#else
#define allocated()	(mallinfo2().uordblks)
#endif

static struct fake_source *fake;
static struct exporter *exporter;
static struct server *server;
static struct series_options options;
static struct vector_filter filter;
static struct sockaddr_in address;
/* The thread that polls, as a command does; and how many interrupts it has seen come. */
static pthread_t poller;
static atomic_bool ending, flowing;
static _Atomic __u64 turns, interrupts;

/* ns for which the server's thread waits for the time, when it writes a page. */
static _Atomic __u64 slow;

static __u64 fake_now(const struct source *source)
{
	__u64 until = clock_now(CLOCK_MONOTONIC) + slow;

	(void)source;
	if (slow && !pthread_equal(pthread_self(), poller)) {
		while (clock_now(CLOCK_MONOTONIC) < until)
			usleep(1000);
		/* As the thread that polls may at this moment. */
		server_alive(server);
	}
	return clock_now(CLOCK_MONOTONIC);
}

static int fake_poll(struct source *source, __u64 until)
{
	(void)source;
	(void)until;
	usleep(1000);
	if (flowing) {
		__atomic_fetch_add(&fake->accounts[0].hops[HOP_IRQ], 1, __ATOMIC_SEQ_CST);
		interrupts++;
	}
	turns++;
	return 0;
}

static void *poll_source(void *unused)
{
	(void)unused;
	while (!ending) {
		assert_int_equal(exporter_poll(exporter, 0), 0);
		server_alive(server);
	}
	return NULL;
}

/* Without a thread that polls. */
static void start_server(unsigned int vectors, bool per_vector, unsigned int most,
			 unsigned int silence, unsigned int lifetime)
{
	socklen_t size = sizeof(address);
	int listener;

	fake = fake_source_new();
	fake->source.now = fake_now;
	fake->source.poll = fake_poll;
	for (unsigned int i = 0; i < vectors; i++) {
		char device[IMSTRACE_NAME_LEN];

		snprintf(device, sizeof(device), "0000:%02x:00.0", i / 100);
		fake_vector(fake, device, i % 100);
		/* Few blocks for many vectors: what finds none is part of it. */
		fake_interrupts(fake, i, 3, 1000);
	}
	options = (struct series_options) {
		.filter = &filter, .per_vector = per_vector, .most = most,
		.linger = 300000000000ULL,
	};
	exporter = exporter_new(&fake->source, &options);
	assert_non_null(exporter);
	assert_int_equal(server_listen("127.0.0.1:0", false, &listener), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	server = server_start(listener, exporter, silence, lifetime);
	assert_non_null(server);
	ending = flowing = false;
	turns = interrupts = 0;
	alarm(HANGS);
}

static void start(unsigned int vectors, bool per_vector, unsigned int most, unsigned int silence)
{
	start_server(vectors, per_vector, most, silence, SERVER_LIFETIME);
	assert_int_equal(pthread_create(&poller, NULL, poll_source, NULL), 0);
}

static void stop_server(void)
{
	server_stop(server);
	exporter_free(exporter);
	free(fake);
	alarm(0);
}

static void stop(void)
{
	ending = true;
	pthread_join(poller, NULL);
	stop_server();
}

static int connect_client(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* What comes until the server closes. Return: to be freed, ends with a NUL. */
static char *receive_all(int fd, size_t *size)
{
	size_t room = 1 << 16;
	char *text = malloc(room);

	*size = 0;
	for (;;) {
		ssize_t got;

		if (*size + 1 == room)
			text = realloc(text, room *= 2);
		got = recv(fd, text + *size, room - *size - 1, 0);
		if (got <= 0)
			break;
		*size += got;
	}
	text[*size] = '\0';
	return text;
}

static char *ask_with(const char *request, size_t *size)
{
	int fd = connect_client();
	char *answer;

	send(fd, request, strlen(request), MSG_NOSIGNAL);
	answer = receive_all(fd, size);
	close(fd);
	return answer;
}

#define GET(path, headers)	"GET " path " HTTP/1.1\r\nHost: localhost\r\n" headers "\r\n"

static void expect(const char *request, const char *status, const char *content)
{
	size_t size;
	char *answer = ask_with(request, &size);

	if (strncmp(answer, status, strlen(status)) || !strstr(answer, content))
		fail_msg("%.60s: %.300s", request, answer);
	free(answer);
}

static void answers_are_as_asked_for(void **state)
{
	(void)state;
	start(5, false, 100, SERVER_SILENCE);
	expect(GET("/metrics", ""), "HTTP/1.1 200", "version=0.0.4");
	expect(GET("/metrics?a=b", ""), "HTTP/1.1 200", "version=0.0.4");
	expect(GET("/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n"),
	       "HTTP/1.1 200", "\n# EOF\n");
	expect(GET("/metrics", "Accept: application/vnd.google.protobuf;proto=io.prometheus.client."
		   "MetricFamily;encoding=delimited\r\n"), "HTTP/1.1 200", "encoding=delimited");
	expect(GET("/healthz", ""), "HTTP/1.1 200", "ok");
	expect(GET("/", ""), "HTTP/1.1 200", "/metrics");
	expect(GET("/other", ""), "HTTP/1.1 404", "");
	expect(GET("/metrics/../../etc/passwd", ""), "HTTP/1.1 404", "");
	expect("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200", "Content-Length");
	expect("HEAD /metrics HTTP/1.0\r\n\r\n", "HTTP/1.", "Content-Length");
	expect("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405",
	       "Allow: GET, HEAD");
	expect("DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405", "Allow");
	stop();
}

/* The value of a sample; -1: there is none. */
static long long value_of(const char *text, const char *sample)
{
	const char *at = text;

	while ((at = strstr(at, sample))) {
		if ((at == text || at[-1] == '\n') && at[strlen(sample)] == ' ')
			return atoll(at + strlen(sample));
		at++;
	}
	return -1;
}

/* The body, checked against the length that was announced. */
static const char *body(const char *answer, size_t size)
{
	const char *length = strstr(answer, "Content-Length: "), *begin = strstr(answer, "\r\n\r\n");

	if (!length || !begin)
		return NULL;
	begin += 4;
	return size - (begin - answer) == strtoul(length + 16, NULL, 10) ? begin : NULL;
}

static void *scrape_often(void *failures)
{
	long long last = -1;

	for (unsigned int i = 0; i < 2; i++) {
		size_t size;
		char *answer = ask_with(GET("/metrics", ""), &size);
		const char *text = body(answer, size);
		long long now = text ? value_of(text, "imstrace_host_hops_total{hop=\"irq\"}") : -1;

		/* Whole, and never back. */
		if (now < 0 || now < last)
			++*(_Atomic unsigned int *)failures;
		last = now;
		free(answer);
	}
	return NULL;
}

static void many_clients_at_once_get_all(void **state)
{
	_Atomic unsigned int failures = 0;
	pthread_t clients[CLIENTS];
	size_t size, before;
	char *answer;
	__u64 turn;

	(void)state;
	/* None of these is silent, but on a busy machine some are read late. */
	start(10000, false, 1000, HANGS);
	flowing = true;
	free(ask_with(GET("/metrics", ""), &size));
	before = allocated();
	turn = turns;
	for (unsigned int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&clients[i], NULL, scrape_often, &failures), 0);
	for (unsigned int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i], NULL);
	assert_int_equal(failures, 0);
	/* The source was polled all along, and each interrupt is there in the end. */
	assert_true(turns > turn);
	flowing = false;
	for (turn = turns; turns < turn + 2;)
		usleep(1000);
	/* An answer is shared for a while, and so may be one of before. */
	for (unsigned int i = 0;; i++) {
		long long value;

		answer = ask_with(GET("/metrics", ""), &size);
		value = value_of(answer, "imstrace_host_hops_total{hop=\"irq\"}");
		free(answer);
		if (value == (long long)(30000 + interrupts))
			break;
		assert_true(i < 3000);
		usleep(10000);
	}
	/* Each connection has its buffers until it ends, and there is none by now. */
	assert_true(allocated() < before + (1 << 20));
	stop();
}

static void ten_thousand_vectors_are_bounded(void **state)
{
	size_t size;
	char *answer;

	(void)state;
	start(10000, true, 100, SERVER_SILENCE);
	answer = ask_with(GET("/metrics", ""), &size);
	assert_int_equal(value_of(answer, "imstrace_series"), 100);
	assert_int_equal(value_of(answer, "imstrace_series_limit"), 100);
	assert_int_equal(value_of(answer, "imstrace_series_dropped_total"), 9900);
	assert_int_equal(value_of(answer, "imstrace_host_hops_total{hop=\"eoi\"}"), 30000);
	free(answer);
	stop();
}

static void nonsense_is_refused_and_does_no_harm(void **state)
{
	static const char *const requests[] = {
		"\r\n\r\n", "\0", "GET", "GET /metrics", "GET  HTTP/1.1\r\n\r\n", "\xff\xfe\r\n\r\n",
		"GET /metrics HTTP/9.9\r\n\r\n", "GET /metrics\r\n\r\n",
		"GET /metrics HTTP/1.1\r\n: \r\n\r\n", "GET /%00%ff%zz HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
	};
	int fds[sizeof(requests) / sizeof(requests[0])];
	char *request;
	__u64 seed = 1;
	size_t size;

	(void)state;
	start(5, false, 100, SERVER_SILENCE);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		fds[i] = connect_client();
		send(fds[i], requests[i], strlen(requests[i]) + !*requests[i], MSG_NOSIGNAL);
	}
	/* Each is answered, or left after a while. */
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		free(receive_all(fds[i], &size));
		close(fds[i]);
	}
	for (unsigned int i = 0; i < 300; i++) {
		char bytes[400];
		int fd = connect_client();

		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = random_next(&seed);
		/* Half of them begin well. */
		if (i % 2)
			memcpy(bytes, "GET /metrics HTTP/1.1\r\nAccept: ", 32);
		send(fd, bytes, random_next(&seed) % sizeof(bytes), MSG_NOSIGNAL);
		close(fd);
	}
	/* A line and headers of a megabyte. */
	request = malloc(1 << 20);
	memset(request, 'a', 1 << 20);
	memcpy(request, "GET /", 5);
	for (unsigned int i = 0; i < 2; i++) {
		char *answer;
		int fd = connect_client();

		if (i)
			memcpy(request, "GET /metrics HTTP/1.1\r\nHost: ", 29);
		send(fd, request, 1 << 20, MSG_NOSIGNAL);
		answer = receive_all(fd, &size);
		assert_null(strstr(answer, "200 OK"));
		free(answer);
		close(fd);
	}
	free(request);
	expect(GET("/metrics", ""), "HTTP/1.1 200", "imstrace_host_hops_total");
	stop();
}

/*
 * As expect(), where the server may be so busy that it reads a request later than it lets a client be
 * silent, and closes the connection: then it is asked again. start()'s alarm ends that.
 */
static void expect_at_last(const char *request, const char *status, const char *content)
{
	size_t size;
	char *answer = ask_with(request, &size);

	while (!size) {
		free(answer);
		answer = ask_with(request, &size);
	}
	if (strncmp(answer, status, strlen(status)) || !strstr(answer, content))
		fail_msg("%.60s: %.300s", request, answer);
	free(answer);
}

/* One that says nothing, one that says a bit now and then, and one that does not read. */
static void those_who_dawdle_are_left(void **state)
{
	int silent[100], trickling, deaf, small = 2048;
	size_t size;

	(void)state;
	start(10000, true, 10000, SERVER_SILENCE);
	for (unsigned int i = 0; i < 100; i++)
		silent[i] = connect_client();
	deaf = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(connect(deaf, (struct sockaddr *)&address, sizeof(address)), 0);
	send(deaf, GET("/metrics", ""), strlen(GET("/metrics", "")), MSG_NOSIGNAL);
	/* All others get theirs. */
	expect_at_last(GET("/metrics", ""), "HTTP/1.1 200", "imstrace_host_hops_total");
	trickling = connect_client();
	send(trickling, "GET /metrics HTTP/1.1\r\nX: ", 26, MSG_NOSIGNAL);
	for (;;) {
		struct pollfd event = { .fd = trickling, .events = POLLIN };

		if (poll(&event, 1, 500) == 1)
			break;
		/* As slowly as it may: it would go on for hours. */
		if (send(trickling, "x", 1, MSG_NOSIGNAL) != 1)
			break;
	}
	for (unsigned int i = 0; i < 100; i++) {
		free(receive_all(silent[i], &size));
		assert_int_equal(size, 0);
		close(silent[i]);
	}
	free(receive_all(deaf, &size));
	close(deaf);
	close(trickling);
	expect_at_last(GET("/healthz", ""), "HTTP/1.1 200", "ok");
	stop();
}

/* Neither the one that asked for it nor one that waits is ended for it. */
static void a_slow_page_ends_no_connection(void **state)
{
	size_t size;
	int waiting;

	(void)state;
	start_server(5, false, 100, HANGS, 5);
	assert_int_equal(pthread_create(&poller, NULL, poll_source, NULL), 0);
	slow = 6000 * MS;
	waiting = connect_client();
	expect(GET("/metrics", ""), "HTTP/1.1 200", "imstrace_host_hops_total");
	slow = 0;
	for (__u64 turned = turns; turns < turned + 2;)
		usleep(1000);
	send(waiting, GET("/healthz", ""), strlen(GET("/healthz", "")), MSG_NOSIGNAL);
	free(receive_all(waiting, &size));
	assert_true(size);
	close(waiting);
	stop();
}

static void too_many_connections_are_closed(void **state)
{
	int fds[SERVER_CONNECTIONS + 50];
	size_t count = sizeof(fds) / sizeof(fds[0]), size;

	(void)state;
	start(5, false, 100, SERVER_SILENCE);
	for (size_t i = 0; i < count; i++)
		fds[i] = connect_client();
	for (size_t i = 0; i < count; i++) {
		free(receive_all(fds[i], &size));
		close(fds[i]);
	}
	expect(GET("/metrics", ""), "HTTP/1.1 200", "imstrace_host_hops_total");
	stop();
}

static void only_loopback_without_asking(void **state)
{
	static const char *const wrong[] = {
		"", ":", "127.0.0.1", "127.0.0.1:", ":9917", "127.0.0.1:99999", "127.0.0.1:-1",
		"localhost:9917", "127.0.0.1:80x", "[::1:9917", "unix:", "[::1]", "%s%n:1",
	};
	char longest[300] = "unix:/";
	int listener;

	(void)state;
	assert_int_equal(server_listen("0.0.0.0:0", false, &listener), EXIT_USAGE);
	assert_int_equal(server_listen("[::]:0", false, &listener), EXIT_USAGE);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(server_listen(wrong[i], true, &listener), EXIT_USAGE);
	memset(longest + 6, 'a', sizeof(longest) - 7);
	assert_int_equal(server_listen(longest, false, &listener), EXIT_USAGE);
	assert_int_equal(server_listen("0.0.0.0:0", true, &listener), 0);
	close(listener);
}

static void a_stale_socket_is_replaced_and_nothing_else(void **state)
{
	char directory[] = "/tmp/imstrace-serve.XXXXXX", where[64];
	int first, second;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(where, sizeof(where), "unix:%s/socket", directory);
	assert_int_equal(server_listen(where, false, &first), 0);
	/* One that is in use is not taken over. */
	assert_int_equal(server_listen(where, false, &second), EXIT_RUNTIME);
	close(first);
	assert_int_equal(server_listen(where, false, &second), 0);
	close(second);
	assert_int_equal(unlink(where + 5), 0);
	file = fopen(where + 5, "w");
	fclose(file);
	assert_int_equal(server_listen(where, false, &second), EXIT_RUNTIME);
	assert_int_equal(access(where + 5, F_OK), 0);
	unlink(where + 5);
	rmdir(directory);
}

struct followed {
	struct serve serve;
	int ret;
	atomic_bool ended;
};

static void *follow(void *context)
{
	struct followed *followed = context;

	followed->ret = serve_follow(&followed->serve);
	followed->ended = true;
	return NULL;
}

/* Of /metrics. */
static long long served_value(const char *sample)
{
	size_t size;
	char *answer = ask_with(GET("/metrics", ""), &size);
	long long value = value_of(answer, sample);

	free(answer);
	return value;
}

static unsigned int count_in(const char *text, const char *what)
{
	unsigned int count = 0;

	while ((text = strstr(text, what)) && ++count)
		text++;
	return count;
}

static long long written_errors(const char *path)
{
	FILE *file = fopen(path, "re");
	long long value = -1;
	char *text = NULL;
	size_t room = 0;

	if (!file)
		return -1;
	/* All of it. A directory can be opened, and has no text. */
	if (getdelim(&text, &room, '\0', file) >= 0)
		value = value_of(text, "imstrace_textfile_errors_total");
	free(text);
	fclose(file);
	return value;
}

static pid_t only_child(void)
{
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &child), 1);
	fclose(file);
	return child;
}

/*
 * Where the file is to be there is a directory for a while: as good as a full disk, also for root.
 * Nothing is followed after this.
 */
static void a_file_that_fails_does_not_end_the_server(void **state)
{
	char directory[] = "/tmp/imstrace-serve.XXXXXX", path[64];
	struct followed followed = { .serve = { .interval = 10 * MS } };
	FILE *real_errors = stderr;
	long long before, errors;
	struct output said;
	pthread_t follower;
	char *text;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/imstrace.prom", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(textfile_open(&followed.serve.textfile, path), 0);
	start_server(5, false, 100, SERVER_SILENCE, SERVER_LIFETIME);
	followed.serve.source = &fake->source;
	followed.serve.exporter = exporter;
	followed.serve.server = server;
	stderr = output_open(&said);
	assert_int_equal(pthread_create(&follower, NULL, follow, &followed), 0);
	while (!followed.ended && served_value("imstrace_textfile_errors_total") < 2)
		usleep(10000);
	assert_int_equal(rmdir(path), 0);
	while (!followed.ended && written_errors(path) < 2)
		usleep(10000);
	/* It fails once more. */
	before = written_errors(path);
	unlink(path);
	while (!followed.ended && mkdir(path, 0700))
		unlink(path);
	while (!followed.ended && (errors = served_value("imstrace_textfile_errors_total")) <= before)
		usleep(10000);
	assert_int_equal(rmdir(path), 0);
	assert_false(followed.ended);
	stop_request();
	pthread_join(follower, NULL);
	stderr = real_errors;
	text = output_close(&said);
	assert_int_equal(followed.ret, 0);
	assert_true(written_errors(path) >= errors);
	/* Once each time that it begins. */
	assert_int_equal(count_in(text, "cannot write imstrace.prom"), 2);
	expect(GET("/metrics", ""), "HTTP/1.1 200", "imstrace_host_hops_total");
	free(text);
	textfile_close(followed.serve.textfile);
	stop_server();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

/* Nothing will write it again: then systemd starts a new one, unless this one also serves. */
static void a_file_without_a_writer(void **state)
{
	char directory[] = "/tmp/imstrace-serve.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/imstrace.prom", directory);
	for (unsigned int serving = 0; serving < 2; serving++) {
		struct serve serve = { .interval = 10 * MS, .duration = 200 * MS };

		assert_int_equal(textfile_open(&serve.textfile, path), 0);
		assert_int_equal(kill(only_child(), SIGKILL), 0);
		start_server(5, false, 100, SERVER_SILENCE, SERVER_LIFETIME);
		serve.source = &fake->source;
		serve.exporter = exporter;
		serve.server = serving ? server : NULL;
		/* The last one is missing in either case. */
		assert_int_equal(serve_follow(&serve), EXIT_RUNTIME);
		assert_true(serving ? turns > 1 : turns == 1);
		textfile_close(serve.textfile);
		stop_server();
	}
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_as_asked_for),
		cmocka_unit_test(many_clients_at_once_get_all),
		cmocka_unit_test(ten_thousand_vectors_are_bounded),
		cmocka_unit_test(nonsense_is_refused_and_does_no_harm),
		cmocka_unit_test(those_who_dawdle_are_left),
		cmocka_unit_test(a_slow_page_ends_no_connection),
		cmocka_unit_test(too_many_connections_are_closed),
		cmocka_unit_test(only_loopback_without_asking),
		cmocka_unit_test(a_stale_socket_is_replaced_and_nothing_else),
		cmocka_unit_test(a_file_without_a_writer),
		cmocka_unit_test(a_file_that_fails_does_not_end_the_server),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}

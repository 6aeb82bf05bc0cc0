// SPDX-License-Identifier: GPL-2.0-only
#include "server.h"

#include "../clock.h"
#include "../errors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define SECOND	1000000000ULL

/* ns for which what has been written may be sent to others as well. */
#define SHARED	100000000ULL
/* ns after which a source that has not been polled is taken to hang. */
#define DEAD	(15 * SECOND)

struct connection {
	int fd;
	__u64 since;	/* later by what pages took to write; 0: this place is free */
};

struct server {
	struct MHD_Daemon *daemon;
	struct exporter *exporter;
	/* What was written last, in each format, and when; of the daemon's thread only. */
	struct MHD_Response *shared[EXPOSITION_COUNT];
	__u64 written[EXPOSITION_COUNT];
	_Atomic __u64 alive;
	__u64 lifetime;	/* ns */
	/* Those that are open; the daemon's thread adds and removes, another looks at their age. */
	pthread_mutex_t lock;
	struct connection connections[SERVER_CONNECTIONS];
	/* The daemon's thread writes a page, and so attends to no connection. */
	bool writing;
};

static int listen_unix(const char *path, int *listener)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	int fd;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return report_error(EXIT_USAGE, NULL,
				    "the path of a socket must have 1 to %zu bytes",
				    sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return report_error(EXIT_RUNTIME, NULL, "opening a socket failed: %s",
				    strerror(errno));
	/* One that nobody listens at is left from a run that was killed; nothing else is removed. */
	if (!lstat(path, &status) && S_ISSOCK(status.st_mode) &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno == ECONNREFUSED)
		unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, SOMAXCONN)) {
		int error = errno;

		close(fd);
		return report_error(EXIT_RUNTIME, NULL, "cannot listen at %s: %s", path,
				    strerror(error));
	}
	*listener = fd;
	return 0;
}

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24) == 127;
}

/* Takes "address:port" apart; an IPv6 address is in brackets. */
static bool split_address(char *where, char **host, char **port)
{
	char *colon = strrchr(where, ':');

	if (!colon || colon == where || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = where;
	if (*where == '[') {
		if (colon[-1] != ']')
			return false;
		colon[-1] = '\0';
		*host = where + 1;
	}
	return strtoul(*port, NULL, 10) <= 65535;
}

static int listen_at(const struct addrinfo *found, const char *where, int *listener)
{
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, SOMAXCONN)) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return report_error(EXIT_RUNTIME,
				    error == EADDRINUSE ? "Name another with --listen" : NULL,
				    "cannot listen at %s: %s", where, strerror(error));
	}
	*listener = fd;
	return 0;
}

static int listen_tcp(const char *where, bool remote, int *listener)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	char text[128], *host, *port;
	struct addrinfo *found;
	int ret;

	snprintf(text, sizeof(text), "%s", where);
	if (strlen(where) >= sizeof(text) || !split_address(text, &host, &port) ||
	    getaddrinfo(host, port, &hints, &found))
		return report_error(EXIT_USAGE, NULL,
				    "--listen must be ADDRESS:PORT such as " DEFAULT_LISTEN
				    ", [ADDRESS]:PORT, or unix:PATH, not \"%.100s\"",
				    where);
	if (!is_loopback(found->ai_addr)) {
		if (!remote) {
			freeaddrinfo(found);
			return report_error(
				EXIT_USAGE,
				"Put an authenticating proxy in front of "
				"it, or say --allow-remote if the network may read it all",
				"%.100s is not a loopback address", where);
		}
		warning("whoever reaches %.100s can read the names of devices and VMs: there is "
			"neither a password nor encryption", where);
	}
	ret = listen_at(found, where, listener);
	freeaddrinfo(found);
	return ret;
}

int server_listen(const char *where, bool remote, int *listener)
{
	if (sd_listen_fds(1) == 1) {
		*listener = SD_LISTEN_FDS_START;
		return 0;
	}
	if (!strncmp(where, "unix:", 5))
		return listen_unix(where + 5, listener);
	return listen_tcp(where, remote, listener);
}

/* Takes over @response. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (response)
		MHD_add_response_header(response, name, value);
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);

	add_header(response, "Content-Type", "text/plain; charset=utf-8");
	add_header(response, "Connection", "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_header(response, "Allow", "GET, HEAD");
	return answer(connection, status, response);
}

/* The time that it takes counts towards no connection's lifetime: none could read meanwhile. */
static char *write_page(struct server *server, enum exposition_format format, size_t *size)
{
	__u64 begin = clock_now(CLOCK_MONOTONIC), took;
	char *text;

	pthread_mutex_lock(&server->lock);
	server->writing = true;
	pthread_mutex_unlock(&server->lock);
	text = exporter_write(server->exporter, format, size);
	pthread_mutex_lock(&server->lock);
	took = clock_now(CLOCK_MONOTONIC) - begin;
	for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
		if (server->connections[i].since)
			server->connections[i].since += took;
	server->writing = false;
	pthread_mutex_unlock(&server->lock);
	return text;
}

/* Scrapers that ask at the same moment are given the same bytes. */
static struct MHD_Response *metrics(struct server *server, enum exposition_format format)
{
	__u64 now = clock_now(CLOCK_MONOTONIC);
	struct MHD_Response *response;
	size_t size;
	char *text;

	if (server->shared[format] && now - server->written[format] < SHARED)
		return server->shared[format];
	text = write_page(server, format, &size);
	if (!text)
		return NULL;
	response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return NULL;
	}
	add_header(response, "Content-Type", exposition_content_type(format));
	add_header(response, "Connection", "close");
	/* Those who are still reading it keep it. */
	if (server->shared[format])
		MHD_destroy_response(server->shared[format]);
	server->shared[format] = response;
	server->written[format] = clock_now(CLOCK_MONOTONIC);
	return response;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *url, const char *method, const char *version,
				  const char *upload, size_t *upload_size, void **request)
{
	struct server *server = context;
	struct MHD_Response *response;
	static int begun;

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD only.\n");
	/* The first call comes before a body, if there is one: it is not wanted. */
	if (!*request) {
		*request = &begun;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_NO;
	}
	if (!strcmp(url, "/healthz")) {
		bool alive = clock_now(CLOCK_MONOTONIC) - server->alive < DEAD;

		return answer_text(connection, alive ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
				   alive ? "ok\n" : "The source is not read.\n");
	}
	if (!strcmp(url, "/"))
		return answer_text(connection, MHD_HTTP_OK, "imstrace: /metrics and /healthz\n");
	if (strcmp(url, "/metrics"))
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "There is /metrics and /healthz.\n");
	response = metrics(server, exposition_negotiate(
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT)));
	if (!response)
		return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "Out of memory.\n");
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *found = *slot;
	struct server *server = context;

	pthread_mutex_lock(&server->lock);
	if (code == MHD_CONNECTION_NOTIFY_CLOSED && found) {
		found->since = 0;
	} else if (code == MHD_CONNECTION_NOTIFY_STARTED && info) {
		for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
			if (server->connections[i].since)
				continue;
			server->connections[i].fd = info->connect_fd;
			server->connections[i].since = clock_now(CLOCK_MONOTONIC);
			*slot = &server->connections[i];
			break;
		}
	}
	pthread_mutex_unlock(&server->lock);
}

/* libmicrohttpd ends those that are silent; a byte now and then keeps a connection for ever. */
static void end_old(struct server *server)
{
	__u64 now;

	pthread_mutex_lock(&server->lock);
	now = clock_now(CLOCK_MONOTONIC);
	for (size_t i = 0; i < SERVER_CONNECTIONS && !server->writing; i++)
		if (server->connections[i].since &&
		    now - server->connections[i].since > server->lifetime)
			shutdown(server->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
}

void server_alive(struct server *server)
{
	server->alive = clock_now(CLOCK_MONOTONIC);
	end_old(server);
}

/* What it says of clients that misbehave is no news. */
static void say_nothing(void *context, const char *format, va_list args)
{
	(void)context;
	(void)format;
	(void)args;
}

struct server *server_start(int listener, struct exporter *exporter, unsigned int silence,
			    unsigned int lifetime)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server) {
		close(listener);
		report_error(EXIT_RUNTIME, NULL, "out of memory");
		return NULL;
	}
	server->exporter = exporter;
	server->lifetime = lifetime * SECOND;
	server->alive = clock_now(CLOCK_MONOTONIC);
	pthread_mutex_init(&server->lock, NULL);
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
		MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
		MHD_OPTION_LISTEN_SOCKET, listener,
		MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_REQUEST_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, silence,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_END);
	if (server->daemon)
		return server;
	report_error(EXIT_RUNTIME, NULL, "starting the HTTP server failed: %s", strerror(errno));
	close(listener);
	pthread_mutex_destroy(&server->lock);
	free(server);
	return NULL;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	MHD_stop_daemon(server->daemon);
	for (size_t i = 0; i < EXPOSITION_COUNT; i++)
		if (server->shared[i])
			MHD_destroy_response(server->shared[i]);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP for metrics, by libmicrohttpd in a thread of its own: GET and HEAD of /metrics and /healthz,
 * and nothing else. A connection is for one request, and ends after a time whatever its client does.
 */
#ifndef IMSTRACE_SERVE_SERVER_H
#define IMSTRACE_SERVE_SERVER_H

#include "exporter.h"

#define DEFAULT_LISTEN	"127.0.0.1:9917"

/* At a time; one more is closed at once. */
#define SERVER_CONNECTIONS	256
/* Bytes for a request's line and headers. */
#define SERVER_REQUEST_BYTES	8192
/*
 * s for which a connection may be silent by default, and for which it may last but for the time in
 * which pages are written.
 */
#define SERVER_SILENCE		5
#define SERVER_LIFETIME		20

/**
 * server_listen - open the socket
 * @where:	ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH
 * @remote:	an address that is not a loopback one is allowed
 * @listener:	the socket, when 0 is returned
 *
 * Where systemd hands over a socket, that is it. Return: 0 or an exit code, reported.
 */
int server_listen(const char *where, bool remote, int *listener);

struct server;

/**
 * server_start - answer requests, in a thread of its own
 * @listener:	the socket, owned from now on
 * @exporter:	what /metrics shows
 * @silence:	s for which a connection may be silent, SERVER_SILENCE but in tests. A request counts
 *		when it is read: where the server is kept from that for so long, it ends connections
 *		that were not silent
 * @lifetime:	s for which a connection may last, SERVER_LIFETIME but in tests
 *
 * Return: NULL: it can't, reported.
 */
struct server *server_start(int listener, struct exporter *exporter, unsigned int silence,
			    unsigned int lifetime);
/* The healthy answer of /healthz is for as long as this is called, every few seconds. */
void server_alive(struct server *server);
void server_stop(struct server *server);

#endif /* IMSTRACE_SERVE_SERVER_H */

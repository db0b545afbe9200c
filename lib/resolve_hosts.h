/*
 * resolve_hosts - /etc/hosts in both directions, and /etc/resolv.conf
 */
#ifndef RESOLVE_HOSTS_H
#define RESOLVE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolve.h"

struct hosts;

struct hosts *hosts_new(void);
void hosts_free(struct hosts *);
/*
 * Take in a line "ADDRESS NAME ...", of which rubbish is skipped: the file is
 * not ours to judge.
 */
void hosts_line(struct hosts *, const char *line);
/*
 * Read the file (a missing one is empty), and see to it that localhost has its
 * addresses (RFC 6761 6.3).
 */
void hosts_load(struct hosts *, const char *path);
/* Put in order; call after the last line and before the first look-up. */
void hosts_ready(struct hosts *);
/* The addresses of a name, max at most.  How many. */
size_t hosts_forward(const struct hosts *, const char *name,
    struct sockaddr_storage *out, socklen_t *lens, size_t max);
/* The first name of an address, or NULL. */
const char *hosts_reverse(const struct hosts *, const struct sockaddr *);

/*
 * "ADDRESS" or "ADDRESS@PORT" as libunbound wants it, into out.  NULL, or what
 * is wrong with it.
 */
#define NAMESERVER_SIZE 64
const char *nameserver_parse(const char *line, char out[NAMESERVER_SIZE]);
/* The nameserver of a line of resolv.conf: true and its address in out. */
bool resolv_line(const char *line, char out[NAMESERVER_SIZE]);

#endif

#include "resolve_hosts.h"

#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exits.h"
#include "resolve_net.h"

#define HOSTS_MAX 1000000 /* people keep lists of advertisers in there */

struct host {
	char *name;
	size_t order; /* the first line counts first */
	struct sockaddr_storage address;
	socklen_t len;
};

struct hosts {
	struct host *all;
	size_t count, size;
	struct host **by_name;
	struct host **by_address;
};

struct hosts *
hosts_new(void)
{
	struct hosts *hosts;

	if ((hosts = calloc(1, sizeof(*hosts))) == NULL)
		err(EXIT_TEMP, "hosts");
	return hosts;
}

void
hosts_free(struct hosts *hosts)
{
	size_t i;

	if (hosts == NULL)
		return;
	for (i = 0; i < hosts->count; i++)
		free(hosts->all[i].name);
	free(hosts->all);
	free(hosts->by_name);
	free(hosts->by_address);
	free(hosts);
}

static void
add_host(struct hosts *hosts, const char *name,
    const struct sockaddr_storage *address, socklen_t len)
{
	struct host *host;

	if (hosts->count == hosts->size) {
		hosts->size = hosts->size == 0 ? 16 : 2 * hosts->size;
		hosts->all =
		    reallocarray(hosts->all, hosts->size, sizeof(*hosts->all));
		if (hosts->all == NULL)
			err(EXIT_TEMP, "hosts");
	}
	host = &hosts->all[hosts->count];
	if ((host->name = strdup(name)) == NULL)
		err(EXIT_TEMP, "hosts");
	host->order = hosts->count++;
	host->address = *address;
	host->len = len;
}

void
hosts_line(struct hosts *hosts, const char *line)
{
	struct sockaddr_storage address;
	socklen_t len;
	char *copy, *rest, *word, *name;
	bool known = false;

	if ((rest = copy = strdup(line)) == NULL)
		err(EXIT_TEMP, "hosts");
	copy[strcspn(copy, "#\r\n")] = '\0';
	while ((word = strsep(&rest, " \t")) != NULL) {
		if (word[0] == '\0')
			continue;
		if (!known) {
			if (net_literal(word, &address, &len) == -1)
				break;
			known = true;
			continue;
		}
		for (name = word; *name != '\0'; name++)
			if (*name >= 'A' && *name <= 'Z')
				*name += 'a' - 'A';
		if (host_valid(word) && hosts->count < HOSTS_MAX)
			add_host(hosts, word, &address, len);
	}
	free(copy);
}

static int
compare_names(const void *a, const void *b)
{
	const struct host *x = *(struct host *const *)a;
	const struct host *y = *(struct host *const *)b;
	int difference;

	if ((difference = strcmp(x->name, y->name)) != 0)
		return difference;
	return (x->order > y->order) - (x->order < y->order);
}

static int
compare_bytes(
    const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return a->ss_family < b->ss_family ? -1 : 1;
	if (a->ss_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)a)->sin_addr,
		    &((const struct sockaddr_in *)b)->sin_addr, 4);
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
	    &((const struct sockaddr_in6 *)b)->sin6_addr, 16);
}

static int
compare_addresses(const void *a, const void *b)
{
	const struct host *x = *(struct host *const *)a;
	const struct host *y = *(struct host *const *)b;
	int difference;

	if ((difference = compare_bytes(&x->address, &y->address)) != 0)
		return difference;
	return (x->order > y->order) - (x->order < y->order);
}

void
hosts_ready(struct hosts *hosts)
{
	size_t i;

	free(hosts->by_name);
	free(hosts->by_address);
	hosts->by_name = calloc(hosts->count + 1, sizeof(*hosts->by_name));
	hosts->by_address = calloc(hosts->count + 1, sizeof(*hosts->by_name));
	if (hosts->by_name == NULL || hosts->by_address == NULL)
		err(EXIT_TEMP, "hosts");
	for (i = 0; i < hosts->count; i++)
		hosts->by_name[i] = hosts->by_address[i] = &hosts->all[i];
	qsort(hosts->by_name, hosts->count, sizeof(*hosts->by_name),
	    compare_names);
	qsort(hosts->by_address, hosts->count, sizeof(*hosts->by_address),
	    compare_addresses);
}

void
hosts_load(struct hosts *hosts, const char *path)
{
	struct sockaddr_storage address;
	socklen_t len;
	FILE *file;
	char *line = NULL;
	size_t size = 0;

	if ((file = fopen(path, "re")) == NULL && errno != ENOENT)
		err(EXIT_TEMP, "%s", path);
	while (file != NULL && getline(&line, &size, file) != -1)
		hosts_line(hosts, line);
	if (file != NULL && ferror(file))
		err(EXIT_TEMP, "%s", path);
	if (file != NULL)
		(void)fclose(file);
	free(line);
	hosts_ready(hosts);
	if (hosts_forward(hosts, "localhost", &address, &len, 1) == 0) {
		hosts_line(hosts, "127.0.0.1 localhost");
		hosts_line(hosts, "::1 localhost");
		hosts_ready(hosts);
	}
}

/* Where name would be in by_name: its first place if it is there. */
static size_t
first_place(const struct hosts *hosts, const char *name)
{
	size_t low = 0, high = hosts->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcasecmp(hosts->by_name[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
hosts_forward(const struct hosts *hosts, const char *name,
    struct sockaddr_storage *out, socklen_t *lens, size_t max)
{
	size_t i, n = 0;

	for (i = first_place(hosts, name); i < hosts->count && n < max; i++) {
		if (strcasecmp(hosts->by_name[i]->name, name) != 0)
			break;
		out[n] = hosts->by_name[i]->address;
		lens[n++] = hosts->by_name[i]->len;
	}
	return n;
}

const char *
hosts_reverse(const struct hosts *hosts, const struct sockaddr *address)
{
	struct sockaddr_storage wanted;
	size_t low = 0, high = hosts->count, middle;

	memset(&wanted, 0, sizeof(wanted));
	if (address->sa_family == AF_INET)
		memcpy(&wanted, address, sizeof(struct sockaddr_in));
	else if (address->sa_family == AF_INET6)
		memcpy(&wanted, address, sizeof(struct sockaddr_in6));
	else
		return NULL;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_bytes(
			&hosts->by_address[middle]->address, &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == hosts->count ||
	    compare_bytes(&hosts->by_address[low]->address, &wanted) != 0)
		return NULL;
	return hosts->by_address[low]->name;
}

const char *
nameserver_parse(const char *line, char out[NAMESERVER_SIZE])
{
	struct sockaddr_storage address;
	socklen_t len;
	const char *at, *error;
	char host[NAMESERVER_SIZE];

	if (strlcpy(host, line, sizeof(host)) >= sizeof(host))
		return "is too long for an address";
	host[strcspn(host, "@%")] = '\0';
	if (net_literal(host, &address, &len) == -1 ||
	    strncasecmp(host, "IPv6:", 5) == 0)
		return "is not ADDRESS or ADDRESS@PORT";
	if ((at = strchr(line, '@')) != NULL) {
		(void)strtonum(at + 1, 1, 65535, &error);
		if (error != NULL || strspn(at + 1, "0123456789") == 0)
			return "has a port that is no number from 1 to 65535";
	}
	(void)strlcpy(out, line, NAMESERVER_SIZE);
	return NULL;
}

bool
resolv_line(const char *line, char out[NAMESERVER_SIZE])
{
	char word[NAMESERVER_SIZE];
	size_t len;

	if (strncmp(line, "nameserver", 10) != 0)
		return false;
	line += 10;
	if ((len = strspn(line, " \t")) == 0)
		return false;
	line += len;
	len = strcspn(line, " \t\r\n#;");
	if (len >= sizeof(word))
		return false;
	memcpy(word, line, len);
	word[len] = '\0';
	return strchr(word, '@') == NULL && nameserver_parse(word, out) == NULL;
}

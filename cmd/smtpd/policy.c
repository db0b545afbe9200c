#include "policy.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve_net.h"

/* Cut "HOST:PORT", "[HOST]:PORT" or "PORT" in two; false: not that form. */
static bool
cut(char *text, const char **host, const char **port)
{
	char *end;

	if (*text == '[') {
		if ((end = strstr(text, "]:")) == NULL)
			return false;
		*end = '\0';
		*host = text + 1;
		*port = end + 2;
		return true;
	}
	if ((end = strrchr(text, ':')) == NULL) {
		*host = "127.0.0.1";
		*port = text;
		return true;
	}
	*end = '\0';
	*host = strcmp(text, "localhost") == 0 ? "127.0.0.1" : text;
	*port = end + 1;
	return strchr(text, ':') == NULL;
}

static const char *
parse_inet(const char *where, struct policy *p)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&p->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&p->address;
	const char *host, *port, *wrong;
	char text[POLICY_NAME];
	int number;

	strlcpy(text, where, sizeof(text));
	if (!cut(text, &host, &port))
		return "not inet:ADDRESS:PORT or inet:[IPV6]:PORT";
	if (net_literal(host, &p->address, &p->len) == -1)
		return "neither an IP address nor localhost";
	number = (int)strtonum(port, 1, 65535, &wrong);
	if (wrong != NULL || port[strspn(port, "0123456789")] != '\0')
		return "the port is no number up to 65535";
	if (p->address.ss_family == AF_INET)
		v4->sin_port = htons((uint16_t)number);
	else
		v6->sin6_port = htons((uint16_t)number);
	return NULL;
}

/* Does the path climb out of where it begins? */
static bool
climbs(const char *path)
{
	const char *p;

	for (p = path; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == path || p[-1] == '/') &&
		    (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

static const char *
parse_unix(const char *where, const struct policy_list *l, struct policy *p)
{
	size_t root = strlen(l->root);
	int n;

	if (strncmp(where, l->root, root) == 0 && where[root] == '/')
		where += root;
	else if (*where == '/')
		return "the socket does not lie in run/smtpd, the root folder "
		       "of smtpd";
	if (climbs(where) || where[strspn(where, "/")] == '\0')
		return "no name of a socket";
	n = snprintf(p->path, sizeof(p->path), "%s/%s", l->inside,
	    where + strspn(where, "/"));
	return n >= (int)sizeof(p->path) ? "too long" : NULL;
}

const char *
policy_parse(const char *line, struct policy_list *l)
{
	struct policy *p = &l->list[l->count];
	const char *wrong;

	if (l->count == POLICY_MAX)
		return "too many policy servers";
	memset(p, 0, sizeof(*p));
	if (strlcpy(p->name, line, sizeof(p->name)) >= sizeof(p->name))
		return "too long";
	if (strncmp(line, "unix:", 5) == 0)
		wrong = parse_unix(line + 5, l, p);
	else if (strncmp(line, "inet:", 5) == 0)
		wrong = parse_inet(line + 5, p);
	else
		wrong = "neither unix:PATH nor inet:ADDRESS:PORT";
	if (wrong == NULL)
		l->count++;
	return wrong;
}

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "conf.h"

#define WORKERS 64

static unsigned
cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > WORKERS ? WORKERS : (unsigned)n;
}

static const char *
listen_line(const char *line, void *arg)
{
	return listen_parse(line, arg);
}

static const char *
policy_line(const char *line, void *arg)
{
	return policy_parse(line, arg);
}

/* In the chroot the folders of the partners are all there is. */
static void
find_sockets(struct config *c, const struct paths *paths)
{
	path_join(c->policy.root, paths->run, "smtpd");
	if (geteuid() == 0) {
		path_join(c->access, "", "access/socket");
		path_join(c->inject, "", "inject/socket");
	} else {
		path_socket(c->access, paths, "access");
		path_socket(c->inject, paths, "inject");
		path_join(c->policy.inside, paths->run, "smtpd");
	}
}

void
config_read(struct config *c, const struct paths *paths)
{
	const char *dir = paths->conf;

	memset(c, 0, sizeof(*c));
	conf_me(dir, c->me, sizeof(c->me));
	c->databytes =
	    conf_number(dir, "databytes", 0, INT64_MAX, UINT64_C(50) << 20);
	/* RFC 5321 4.5.3.1.8: at least 100 */
	c->recipients = (unsigned)conf_number(dir, "maxrcpt", 1, 10000, 1000);
	c->timeout = (int64_t)conf_seconds(dir, "timeoutsmtpd", 1, 86400, 300);
	c->timeout_data =
	    (int64_t)conf_seconds(dir, "timeoutdata", 1, 86400, 600);
	c->workers =
	    (unsigned)conf_number(dir, "smtpdworkers", 1, WORKERS, cores());
	c->sessions =
	    (unsigned)conf_number(dir, "smtpdsessions", 1, 100000, 5000);
	c->per_client =
	    (unsigned)conf_number(dir, "smtpdperclient", 1, 100000, 100);
	if (!conf_each(dir, "listen", listen_line, &c->listen))
		listen_parse("127.0.0.1:25", &c->listen);
	find_sockets(c, paths);
	c->timeout_policy =
	    (unsigned)conf_seconds(dir, "timeoutpolicy", 1, 3600, 100);
	conf_each(dir, "policy", policy_line, &c->policy);
}

#include <err.h>

#include "exits.h"
#include "log.h"
#include "log_turn.h"

static struct event *turn;

/* Behind all that has arrived already. */
static void
soon(void)
{
	event_active(turn, EV_TIMEOUT, 0);
}

static void
on_turn(evutil_socket_t none, short what, void *arg)
{
	(void)none;
	(void)what;
	(void)arg;
	log_flush();
}

void
log_by_turns(struct event_base *base)
{
	if ((turn = event_new(base, -1, 0, on_turn, NULL)) == NULL)
		err(EXIT_TEMP, "event");
	log_hold(soon);
}

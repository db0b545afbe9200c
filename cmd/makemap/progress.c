#include <stdio.h>
#include <unistd.h>

#include "progress.h"

#define LOOK_EACH 4096 /* lines, then at the clock */
#define PAUSE     250000000L
#define SECOND    1000000000L

static bool
is_time(struct progress *p)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < p->next.tv_sec ||
	    (now.tv_sec == p->next.tv_sec && now.tv_nsec < p->next.tv_nsec))
		return false;
	p->next = now;
	p->next.tv_nsec += PAUSE;
	if (p->next.tv_nsec >= SECOND) {
		p->next.tv_nsec -= SECOND;
		p->next.tv_sec++;
	}
	return true;
}

void
progress_start(struct progress *p, const char *program, const char *name)
{
	p->program = program;
	p->name = name;
	p->shown = false;
	p->terminal = isatty(STDERR_FILENO) == 1;
	(void)is_time(p); /* what is done at once needs no line */
}

void
progress_lines(struct progress *p, size_t lines)
{
	if (!p->terminal || lines % LOOK_EACH != 0 || !is_time(p))
		return;
	fprintf(stderr, "\r%s: %s: %zu lines", p->program, p->name, lines);
	p->shown = true;
}

void
progress_say(struct progress *p, const char *what)
{
	if (!p->shown)
		return;
	fprintf(stderr, "\r\033[K%s: %s: %s", p->program, p->name, what);
}

void
progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

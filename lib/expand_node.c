#include "expand_node.h"

#include <err.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "route_one.h"

void
text_replace(char **text, const char *with)
{
	free(*text);
	*text = with != NULL ? route_copy(with) : NULL;
}

char *
text_make(const char *format, ...)
{
	char *text;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) == -1)
		err(EXIT_TEMP, "route");
	va_end(ap);
	return text;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(
	    ((const struct node *)a)->key, ((const struct node *)b)->key);
}

struct node *
node_new(struct node *up, const char *about, unsigned line)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		err(EXIT_TEMP, "route");
	n->up = up;
	n->about = route_copy(about);
	n->line = line;
	return n;
}

void
node_free(struct node *n)
{
	target_free(&n->t);
	free(n->about);
	free(n->key);
	free(n);
}

/* \user is another delivery than user: that may go on elsewhere. */
void
node_key(struct node *n)
{
	const struct target *t = &n->t;

	free(n->key);
	if (t->kind == TARGET_LOCAL)
		n->key = text_make("%s%s+%s", t->direct ? "\\" : "", t->user,
		    t->extension != NULL ? t->extension : "");
	else
		n->key = text_make("%d%d %s %s", (int)t->kind, n->list,
		    t->recipient, t->text != NULL ? t->text : "");
}

/* Its place becomes a complaint. */
void
node_fail(
    struct walk *w, struct node *n, const struct rhs *error, const char *rule)
{
	char *recipient = route_copy(n->t.recipient);

	target_free(&n->t);
	target_error(&n->t, recipient, error, rule);
	n->t.about = route_copy(n->about);
	if (w->file != NULL)
		n->t.where = text_make("%s: line %u", w->file, w->line);
	free(recipient);
}

/* Takes the node: to the list, or away if it is there already. */
bool
walk_take(struct walk *w, struct node *n)
{
	struct node **found = tsearch(n, &w->seen, by_key);

	if (found == NULL)
		err(EXIT_TEMP, "route");
	if (*found != n) {
		(*found)->self |= n->self;
		node_free(n);
		return false;
	}
	if ((w->count & (w->count - 1)) == 0) {
		w->nodes = reallocarray(w->nodes,
		    w->count == 0 ? 1 : w->count * 2, sizeof(struct node *));
		if (w->nodes == NULL)
			err(EXIT_TEMP, "route");
	}
	w->nodes[w->count++] = n;
	return true;
}

static void
nothing(void *node)
{
	(void)node;
}

/* user and \user in one list are one mailbox. */
static bool
is_double(const struct walk *w, const struct node *n)
{
	struct node twin = {.t = n->t}, **found;

	if (n->t.kind != TARGET_LOCAL || !n->t.direct)
		return false;
	twin.t.direct = false;
	node_key(&twin);
	found = tfind(&twin, &w->seen, by_key);
	free(twin.key);
	return found != NULL && !(*found)->dead &&
	       (*found)->t.kind == TARGET_LOCAL && !(*found)->t.direct;
}

/* Who is left, into out; everything else is freed. */
void
walk_gather(struct walk *w, const char *recipient, struct targets *out)
{
	struct rhs error = {.kind = RHS_ERROR,
	    .code = "554",
	    .status = "5.4.6",
	    .text = "aliasing/forwarding loop broken"};
	size_t i;

	out->list = calloc(w->count + 1, sizeof(*out->list));
	if (out->list == NULL)
		err(EXIT_TEMP, "route");
	for (i = 0; i < w->count; i++) {
		if (w->nodes[i]->dead || is_double(w, w->nodes[i]))
			continue;
		out->list[out->count++] = w->nodes[i]->t;
		memset(&w->nodes[i]->t, 0, sizeof(w->nodes[i]->t));
	}
	if (out->count > 0)
		return;
	target_error(&out->list[out->count++], recipient, &error,
	    w->count > 0 ? w->nodes[0]->t.rule : "aliases");
}

void
walk_free(struct walk *w)
{
	size_t i;

	tdestroy(w->seen, nothing);
	for (i = 0; i < w->count; i++)
		node_free(w->nodes[i]);
	free(w->nodes);
}

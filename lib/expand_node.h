/*
 * expand_node - the addresses that one expansion has met
 *
 * Each is the end of the way so far; what stands for the same delivery is one.
 */
#ifndef EXPAND_NODE_H
#define EXPAND_NODE_H

#include "rhs.h"
#include "route.h"
#include "tables.h"

/* An address that was met. */
struct node {
	struct target t;
	struct node *up; /* whose list names it */
	char *about;     /* as it was written there */
	char *key;       /* equal for what is the same delivery */
	unsigned line;   /* of that list */
	bool self;       /* its own list leads back to it: it is meant too */
	bool dead;       /* others stand for it */
	bool list;       /* an :include: to be followed; text is the path */
};

/* One recipient's expansion. */
struct walk {
	struct tables *t;
	const struct house
	    *house;          /* NULL, or without include: users are ends */
	struct node **nodes; /* in the order met */
	size_t count;
	void *seen;         /* tsearch: the nodes by key */
	const char *sender; /* by the innermost owner- alias, or NULL */
	const char *rule;   /* of the list that is followed, or NULL */
	const char *file;   /* that is read, or NULL */
	unsigned line;      /* and where in it */
	bool within;        /* an alias that it names is followed */
};

/* All of these die with 111 when there is no memory. */
struct node *node_new(struct node *up, const char *about, unsigned line);
void node_free(struct node *);
/* Set the key from the target. */
void node_key(struct node *);
/* Its place becomes a complaint, with where it was found. */
void node_fail(
    struct walk *, struct node *, const struct rhs *, const char *rule);

/* Takes the node.  false: it was met before, and is freed. */
bool walk_take(struct walk *, struct node *);
/* Who is left, into out; one that says so if that is nobody. */
void walk_gather(struct walk *, const char *recipient, struct targets *out);
void walk_free(struct walk *);

/* Malloced texts. */
char *text_make(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* with may be NULL. */
void text_replace(char **text, const char *with);

#endif

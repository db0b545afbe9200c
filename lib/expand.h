/*
 * expand - who gets a message in the end: aliases, followed as sendmail does
 *
 * Each address leads to others; each is taken once; one that leads back to
 * itself ends there.  What a user's own files say is followed for whoever may
 * read them (route(1)), else a user is an end.
 */
#ifndef EXPAND_H
#define EXPAND_H

#include "route.h"
#include "tables.h"

/* Between tables_begin and tables_end.  As router_expand and router_follow. */
int expand(struct tables *t, const char *recipient, const struct house *house,
    struct targets *out);

#endif

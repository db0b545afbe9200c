/*
 * class - a set of words from a file: local-host-names, relay-domains
 *
 * The first word of each line counts, in any case; lines that begin with # are
 * comments.  A missing file is an empty set.  A file that changed is read anew
 * by class_check.
 */
#ifndef CLASS_H
#define CLASS_H

#include <stdbool.h>
#include <stddef.h>

struct class;

struct class *class_open(const char *dir, const char *name);
void class_close(struct class *);
/* A word that is always in it, whatever the file says. */
void class_add(struct class *, const char *word);
/*
 * Read the file if it is not as it was.  0, or -1 with errno (class_path and
 * strerror tell): then the set is as it was before, and it is tried again.
 */
int class_check(struct class *);
const char *class_path(const struct class *);
const char *class_name(const struct class *);

/* The word as the file has it (lower case), or NULL.  Valid until a check. */
const char *class_has(const struct class *, const char *word);
/*
 * The word that domain ends in (or an address begins with), at the border of a
 * label: rel.example is found in sub.rel.example, not in badrel.example.
 */
const char *class_suffix(const struct class *, const char *domain);
const char *class_prefix(const struct class *, const char *address);

/* local-host-names with what is always ours: me, localhost, own addresses. */
struct class *class_local(const char *dir, const char *me);

#endif

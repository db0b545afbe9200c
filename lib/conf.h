/*
 * conf - control files, one small file for each setting
 *
 * As in qmail's control/: the file's name is the setting, its first line the
 * value (or each line one of several).  Blanks around a line are dropped,
 * empty lines and lines that start with # are skipped.  A missing file means
 * the default.  For use at start only: a file that cannot be read or makes no
 * sense ends the program with 100 and "DIR/NAME:LINE: reason".
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_LINE 1024

/* The value into out (size bytes), or fallback (may be NULL: then ""). */
bool conf_line(const char *dir, const char *name, const char *fallback,
    char *out, size_t size);

/* A number between min and max; K, M and G may follow it. */
uint64_t conf_number(const char *dir, const char *name, uint64_t min,
    uint64_t max, uint64_t fallback);

/* Seconds; s, m, h, d or w may follow the number. */
uint64_t conf_seconds(const char *dir, const char *name, uint64_t min,
    uint64_t max, uint64_t fallback);

/* The text of such a number, or of such seconds.  false if it is none. */
bool conf_parse(const char *text, bool seconds, uint64_t *n);

/* Does the file exist?  For settings that are on by being there. */
bool conf_is(const char *dir, const char *name);

/*
 * A FEATURE of sendmail: a file that is empty or says "yes" switches it on, one
 * that says "no" off; without one it is as fallback says.
 */
bool conf_switch(const char *dir, const char *name, bool fallback);

/*
 * Each line in turn.  each() returns NULL, or the reason why the line is
 * wrong.  false if there is no file.
 */
bool conf_each(const char *dir, const char *name,
    const char *(*each)(const char *line, void *arg), void *arg);

/* This host's name: the file me, or gethostname made whole by getaddrinfo. */
void conf_me(const char *dir, char *out, size_t size);

#endif

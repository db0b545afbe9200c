/*
 * serve - the loop that makes everybody's messages durable together
 */
#ifndef SERVE_H
#define SERVE_H

#include "message.h"
#include "paths.h"
#include "walls.h"

/*
 * Serve at inject's socket, behind the walls, until told to end.  Exits 0, or
 * 111 if that fails.
 */
__attribute__((noreturn)) void serve(
    const struct paths *, const struct settings *, const struct walls *);

#endif

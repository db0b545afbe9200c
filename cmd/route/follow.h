/*
 * follow - what users' own files say of their mail, for showing it
 *
 * Read with the rights of whoever asks, and judged by the rules of local.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "route.h"

/* What router_follow wants to know; free it never. */
const struct house *follow_house(void);

#endif

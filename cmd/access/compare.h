/*
 * compare - what another configuration would have said
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "desk.h"

/*
 * The questions on standard input, as records or as lines of our logs, are
 * asked of both; what differs is printed.  0 if nothing does, else 1.
 */
int compare(struct desk *now, struct desk *then);

#endif

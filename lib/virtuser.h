/*
 * virtuser - virtusertable: an address of ours that stands for another one
 */
#ifndef VIRTUSER_H
#define VIRTUSER_H

#include "rhs.h"
#include "tables.h"

enum virtuser {
	VIRTUSER_TEMP = -1, /* the table cannot be read: t->reason */
	VIRTUSER_NONE,
	VIRTUSER_MAPPED, /* out is the other address */
	VIRTUSER_ERROR   /* error: is the reply */
};

/* Sets rule unless it is VIRTUSER_NONE or TEMP. */
enum virtuser virtuser_map(struct tables *t, const struct addr *,
    char out[ADDR_SIZE], struct rhs *error, char rule[RULE_SIZE]);

#endif

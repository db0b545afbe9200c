/*
 * rcpt - may this recipient be taken: blocked, ours, relayed, known?
 */
#ifndef RCPT_H
#define RCPT_H

#include "judge.h"

#define RCPT_UNKNOWN 2 /* the verdict is that there is no such user */

/* 1, 0 (an account is pending), -1, or RCPT_UNKNOWN. */
int judge_rcpt(struct judge *, const struct question *, struct verdict *);

#endif

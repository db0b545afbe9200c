/*
 * users - what router_follow wants to know of users
 */
#ifndef USERS_H
#define USERS_H

/*
 * 1, 0, or -1: not known yet.  Then it has been asked, and messages that wait
 * for it are looked at again when the answer is there.  arg: the qmgr.
 */
int users_known(const char *name, void *arg);

#endif

/*
 * drop - give up privilege, for good
 */
#ifndef DROP_H
#define DROP_H

#include <stddef.h>
#include <stdint.h>

/*
 * If we are root: chroot to root (NULL: no chroot), become user with that
 * user's primary group alone, and make sure there is no way back.  In any case
 * no_new_privs, no core file.  Exits 111 if a step fails.
 */
void drop_root(const char *user, const char *root);

/*
 * Root that stays root, but with these capabilities alone (a bit each, see
 * linux/capability.h).  Exits 111 if that fails.
 */
void drop_capabilities(uint64_t kept);

/* Address space in bytes and descriptors at most; 0 leaves one alone. */
void drop_limits(size_t bytes, unsigned files);

#endif

/*
 * readdress - put other addresses into a message's header
 *
 * Pure: header in, header out.  Which address becomes which is the caller's to
 * say; where addresses stand is said here.  Everything but the addresses that
 * change is copied byte for byte.  A field is left as it is if its list is
 * malformed or if one of its lines would grow beyond 998 bytes (RFC 5322
 * 2.1.1).
 */
#ifndef READDRESS_H
#define READDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "addr.h"

#define READDRESS_MOST 1000 /* addresses asked for in one header */

/*
 * 1: out takes its place, if it is an RFC 5321 Mailbox; 0: it stays; -1: that
 * cannot be told now.  sender: it stands in From or its like, not in To.
 */
typedef int readdress_change(
    bool sender, const char *address, char out[ADDR_SIZE], void *arg);

/*
 * 1: the first *took bytes of text, its header, become *out (malloced, *out_len
 * bytes); 0: nothing changes; -1: change said so.
 */
int readdress(const char *text, size_t len, readdress_change *change, void *arg,
    char **out, size_t *out_len, size_t *took);

#endif

/*
 * dsn - what a sender asks to be told of: RFC 3461's parameters
 *
 * NOTIFY and ORCPT of a recipient, RET and ENVID of a message travel as the
 * client wrote them, checked once, from smtpd and sendmail through the queue to
 * remote and bounce.  Pure.
 */
#ifndef DSN_H
#define DSN_H

#include <stdbool.h>
#include <stddef.h>

#define DSN_SUCCESS 1u
#define DSN_FAILURE 2u
#define DSN_DELAY   4u
#define DSN_DEFAULT (DSN_FAILURE | DSN_DELAY) /* nothing was asked */

#define DSN_ENVID 100 /* bytes of xtext, RFC 3461 4.4 */
#define DSN_ORCPT 500 /* RFC 3461 4.2 */

/* "NEVER" (no bits), or a list: 0, or -1 if it is none. */
int dsn_notify(const char *text, unsigned *bits);
/* The same of a text that was checked; NULL or "": DSN_DEFAULT. */
unsigned dsn_wants(const char *text);
bool dsn_is_ret(const char *text);
bool dsn_is_envid(const char *text);
/* "rfc822;kim@example.org", the address in xtext */
bool dsn_is_orcpt(const char *text);

/* xtext (RFC 3461 4) and back.  false if out is too small, or text is none. */
bool xtext_encode(const char *text, char *out, size_t size);
bool xtext_decode(const char *text, char *out, size_t size);

#endif

/*
 * order - which keys of the access table are asked, in which order
 *
 * The whole order of precedence stands in order.c, one list for each question;
 * a list ends at the first entry that is found.  What goes beyond sendmail
 * (networks, @domain) comes behind everything that sendmail would ask, but
 * @domain before the domains above it, as it is about that domain alone.
 */
#ifndef ORDER_H
#define ORDER_H

#include "look.h"

extern const struct look_step order_client[];         /* may it connect? */
extern const struct look_step order_client_address[]; /* may it relay? */
extern const struct look_step order_client_name[];
extern const struct look_step order_client_host[]; /* relay_hosts_only */
extern const struct look_step order_sender[];
extern const struct look_step order_local[];  /* a recipient of ours */
extern const struct look_step order_remote[]; /* and any other */
extern const struct look_step order_to_at[];  /* is its domain relayed? */
extern const struct look_step order_to[];
extern const struct look_step order_to_host[];      /* relay_hosts_only */
extern const struct look_step order_to_address[];   /* relaytofulladdress */
extern const struct look_step order_to_full_host[]; /* both */
extern const struct look_step order_from[];         /* relay_mail_from */
extern const struct look_step order_from_domain[];
extern const struct look_step order_from_host[];
extern const struct look_step order_from_user[];
extern const struct look_step order_spam_local[]; /* delay_checks: friend */
extern const struct look_step order_spam_remote[];

#endif

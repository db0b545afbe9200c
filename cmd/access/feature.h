/*
 * feature - what of sendmail's FEATUREs is switched on
 *
 * A small file in the configuration folder for each, named as in sendmail.mc.
 * An empty file, or one that says "yes", switches it on; "no" switches it off;
 * an argument of the FEATURE stands in the file as a word.
 */
#ifndef FEATURE_H
#define FEATURE_H

#define FEATURE_UNQUALIFIED  0x0001u /* accept_unqualified_senders */
#define FEATURE_UNRESOLVABLE 0x0002u /* accept_unresolvable_domains */
#define FEATURE_SKIP         0x0004u /* access_db: skip */
#define FEATURE_DOTDOMAIN    0x0008u /* access_db: lookupdotdomain */
#define FEATURE_FULL_ADDRESS 0x0010u /* access_db: relaytofulladdress */
#define FEATURE_BLOCKLIST    0x0020u /* blocklist_recipients */
#define FEATURE_DELAY        0x0040u /* delay_checks */
#define FEATURE_FRIEND       0x0080u /* delay_checks: friend */
#define FEATURE_HATER        0x0100u /* delay_checks: hater */
#define FEATURE_ENTIRE       0x0200u /* relay_entire_domain */
#define FEATURE_HOSTS_ONLY   0x0400u /* relay_hosts_only */
#define FEATURE_LOCAL_FROM   0x0800u /* relay_local_from */
#define FEATURE_MAIL_FROM    0x1000u /* relay_mail_from */
#define FEATURE_FROM_DOMAIN  0x2000u /* relay_mail_from: domain */
#define FEATURE_FROM_USER    0x4000u /* relay_mail_from: user */
#define FEATURE_RDNS         0x8000u /* require_rdns */

/* As in the sendmail.mc of CentOS and Debian. */
#define FEATURE_DEFAULT (FEATURE_BLOCKLIST | FEATURE_UNRESOLVABLE)

/* Exits 100 if a file says what none may say. */
unsigned features_read(const char *dir);

#endif

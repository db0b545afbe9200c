#include "resolve_mx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolve_net.h"

void
mx_failed(struct exchangers *out, int failed, const char *status,
    const char *asked, const char *why)
{
	out->failed = failed;
	out->count = 0;
	(void)strlcpy(out->status, status, sizeof(out->status));
	(void)snprintf(out->text, sizeof(out->text), "%s %s", asked, why);
}

struct candidate {
	const struct answer_record *record;
	uint32_t shuffled;
};

static int
compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->record->preference != y->record->preference)
		return x->record->preference < y->record->preference ? -1 : 1;
	return (x->shuffled > y->shuffled) - (x->shuffled < y->shuffled);
}

static bool
known(const struct mx_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcasecmp(list->hosts[i].name, name) == 0)
			return true;
	return false;
}

static void
add_host(struct mx_list *list, const struct answer_record *record)
{
	struct mx_host *host;

	if (list->count == MX_HOSTS || known(list, record->name))
		return;
	host = &list->hosts[list->count++];
	memset(host, 0, sizeof(*host));
	(void)strlcpy(host->name, record->name, sizeof(host->name));
	host->preference = record->preference;
}

/* How many of the sorted candidates stand before this host's own name. */
static size_t
better_than(const struct candidate *all, size_t count, const char *me)
{
	size_t i, n;

	for (i = 0; i < count; i++)
		if (strcasecmp(all[i].record->name, me) == 0)
			break;
	if (i == count)
		return count;
	for (n = 0; n < i; n++)
		if (all[n].record->preference == all[i].record->preference)
			break;
	return n;
}

enum mx_choice
mx_choose(struct mx_list *list, const struct answer *answer, const char *me,
    mx_random *random)
{
	struct candidate all[ANSWER_MAX];
	size_t i, count = 0, good;

	list->count = 0;
	for (i = 0; i < answer->count; i++) {
		if (answer->records[i].root)
			return MX_NULL;
		if (answer->records[i].name[0] == '\0')
			continue;
		all[count].record = &answer->records[i];
		all[count++].shuffled = random(UINT32_MAX);
	}
	if (count == 0)
		return MX_UNUSABLE;
	qsort(all, count, sizeof(all[0]), compare);
	good = better_than(all, count, me);
	list->self = good < count;
	for (i = 0; i < good; i++)
		add_host(list, all[i].record);
	return good == 0 ? MX_SELF : MX_FOUND;
}

void
mx_addresses(struct mx_host *host, int type, const struct answer *answer)
{
	size_t i;

	if (answer->class == ANSWER_TEMP)
		host->temp = true;
	for (i = 0; i < answer->count; i++) {
		const uint8_t *bytes = answer->records[i].address;

		if (type == DNS_A && host->four < MX_ADDRESSES)
			memcpy(host->four_list[host->four++], bytes, 4);
		else if (type == DNS_AAAA && host->six < MX_ADDRESSES)
			memcpy(host->six_list[host->six++], bytes, 16);
	}
}

static bool
has_address(const struct exchangers *out, const struct sockaddr *address)
{
	size_t i;

	for (i = 0; i < out->count; i++)
		if (net_equal((const struct sockaddr *)&out->hosts[i].address,
			address))
			return true;
	return false;
}

static void
add_address(struct exchangers *out, const struct mx_host *host,
    const struct sockaddr_storage *address, socklen_t len)
{
	struct exchanger *one;

	if (out->count == RESOLVE_HOSTS ||
	    has_address(out, (const struct sockaddr *)address))
		return;
	one = &out->hosts[out->count++];
	(void)strlcpy(one->name, host->name, sizeof(one->name));
	one->preference = host->preference;
	one->address = *address;
	one->len = len;
}

/* Add one family of a host's addresses, beginning anywhere in the list. */
static size_t
add_family(struct exchangers *out, const struct mx_list *list,
    const struct mx_host *host, int family, uint32_t first)
{
	size_t count = family == AF_INET ? host->four : host->six;
	size_t i, n, skipped = 0;
	struct sockaddr_storage address;
	socklen_t len;

	for (i = 0; i < count; i++) {
		n = (i + first) % count;
		len = net_from_bytes(family,
		    family == AF_INET ? (const void *)host->four_list[n]
				      : (const void *)host->six_list[n],
		    &address);
		if (list->strict &&
		    !net_routable((const struct sockaddr *)&address))
			skipped++;
		else
			add_address(out, host, &address, len);
	}
	return skipped;
}

static bool
is_own(const struct mx_host *host, const struct own *own)
{
	struct sockaddr_storage address;
	size_t i;

	for (i = 0; i < host->four; i++) {
		(void)net_from_bytes(AF_INET, host->four_list[i], &address);
		if (net_routable((const struct sockaddr *)&address) &&
		    own_has(own, (const struct sockaddr *)&address))
			return true;
	}
	for (i = 0; i < host->six; i++) {
		(void)net_from_bytes(AF_INET6, host->six_list[i], &address);
		if (net_routable((const struct sockaddr *)&address) &&
		    own_has(own, (const struct sockaddr *)&address))
			return true;
	}
	return false;
}

/* RFC 5321 5.1: cut the list where one of its addresses is this host's. */
static void
cut_at_self(struct mx_list *list, const struct own *own)
{
	size_t i, n;

	for (i = 0; i < list->count && !is_own(&list->hosts[i], own); i++)
		;
	if (i == list->count)
		return;
	list->self = true;
	for (n = 0; list->hosts[n].preference != list->hosts[i].preference;)
		n++;
	list->count = n;
}

void
mx_merge(struct exchangers *out, struct mx_list *list, const struct own *own,
    const char *asked, mx_random *random)
{
	int first = own->six ? AF_INET6 : AF_INET;
	int second = own->six ? AF_INET : AF_INET6;
	size_t i, skipped = 0;
	bool temp = false;

	out->failed = 0;
	out->count = 0;
	if (list->strict)
		cut_at_self(list, own);
	for (i = 0; i < list->count; i++) {
		const struct mx_host *host = &list->hosts[i];

		skipped +=
		    add_family(out, list, host, first, random(MX_ADDRESSES));
		skipped +=
		    add_family(out, list, host, second, random(MX_ADDRESSES));
		temp = temp || host->temp;
	}
	if (out->count > 0)
		return;
	if (temp)
		mx_failed(out, -1, "4.4.3", asked,
		    "has an exchanger whose address cannot be looked up now");
	else if (list->self)
		mx_failed(out, 1, "5.4.6", asked,
		    "has this host as its best exchanger, which does not "
		    "take its mail");
	else if (skipped > 0)
		mx_failed(out, 1, "5.4.4", asked,
		    "leads to addresses that no mail can be sent to");
	else
		mx_failed(out, 1, "5.4.4", asked,
		    "has exchangers without an address");
}

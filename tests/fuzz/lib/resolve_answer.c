/* A DNS packet; its first byte says what was asked.  Then the MX order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolve_mx.h"
#include "resolve_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint32_t
half(uint32_t below)
{
	return below / 2;
}

static void
order(const struct answer *answer)
{
	static struct mx_list list;
	static struct exchangers result;
	static struct own own;
	size_t i;

	memset(&list, 0, sizeof(list));
	list.strict = true;
	if (mx_choose(&list, answer, "me.example", half) != MX_FOUND)
		return;
	for (i = 0; i < list.count; i++) {
		if (!host_valid(list.hosts[i].name))
			abort();
		if (i > 0 &&
		    list.hosts[i].preference < list.hosts[i - 1].preference)
			abort();
		mx_addresses(&list.hosts[i], DNS_A, answer);
	}
	mx_merge(&result, &list, &own, "example.org", half);
	if (result.failed == 0 && result.count == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int types[] = {DNS_A, DNS_AAAA, DNS_PTR, DNS_MX};
	struct answer *answer;
	uint8_t *packet;
	size_t i;

	if (size == 0)
		return 0;
	/* Of its exact size, so that a byte too far is seen. */
	packet = malloc(size - 1);
	memcpy(packet, data + 1, size - 1);
	answer = answer_parse(types[data[0] % 4], packet, size - 1);
	if (answer->count > ANSWER_MAX ||
	    (answer->class == ANSWER_FOUND) != (answer->count > 0))
		abort();
	for (i = 0; i < answer->count; i++)
		if (answer->records[i].name[0] != '\0' &&
		    !host_valid(answer->records[i].name))
			abort();
	if (types[data[0] % 4] == DNS_MX)
		order(answer);
	free(answer);
	free(packet);
	return 0;
}

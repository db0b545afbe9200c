/*
 * rate: connections begin and end at given times, and are counted.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "rate.h"

/* "+" begins, "-" ends, "x": that asker is gone. */
static const struct event {
	int64_t now;
	char what;
	int asker;
	const char *address;
	unsigned rate, open;
} events[] = {
    {1000, '+', 0, "10.1.2.3", 1, 1},
    {1000, '+', 0, "10.1.2.3", 2, 2},
    {1000, '+', 1, "10.1.2.3", 3, 3}, /* of all workers */
    {1001, '+', 0, "10.1.2.4", 1, 1},
    {1001, '-', 0, "10.1.2.3", 0, 0},
    {1002, '+', 1, "10.1.2.3", 4, 3},
    {1002, '-', 0, "10.9.9.9", 0, 0}, /* nobody knows it */
    {1002, '-', 1, "10.1.2.4", 0, 0}, /* it was the other's */
    {1002, '+', 0, "10.1.2.4", 2, 2},
    /* the window moves in steps of ten seconds */
    {1059, '+', 0, "10.1.2.3", 5, 4},
    {1060, '+', 0, "10.1.2.3", 2, 5},
    {1119, '+', 0, "10.1.2.3", 2, 6},
    {1500, '+', 0, "10.1.2.3", 1, 7},
    {1400, '+', 0, "10.1.2.3", 2, 8}, /* the clock went back */
    /* one worker dies */
    {1500, 'x', 1, "", 0, 0},
    {1500, '+', 0, "10.1.2.3", 3, 7},
    {1500, 'x', 0, "", 0, 0},
    {1500, '+', 0, "10.1.2.3", 4, 1},
    {1500, '+', 0, "10.1.2.4", 1, 1},
    /* IPv6 by /64, and apart from IPv4 */
    {1500, '+', 0, "2001:db8:1:2::1", 1, 1},
    {1500, '+', 1, "2001:db8:1:2:ffff::2", 2, 2},
    {1500, '+', 1, "2001:db8:1:3::1", 1, 1},
    {1500, '+', 1, "a01:203::", 1, 1},
    {1500, '-', 0, "2001:db8:1:2::99", 0, 0},
    {1500, '+', 0, "2001:db8:1:2::1", 3, 2},
};

static struct tally
happen(struct rates *all, struct held **held, const struct event *e)
{
	struct tally none = {0};
	unsigned char address[16];
	int family = strchr(e->address, ':') == NULL ? AF_INET : AF_INET6;

	if (e->what == 'x') {
		rates_release(all, held[e->asker]);
		held[e->asker] = rates_hold();
		return none;
	}
	assert_int_equal(inet_pton(family, e->address, address), 1);
	if (e->what == '+')
		return rates_open(all, held[e->asker], family, address, e->now);
	rates_close(all, held[e->asker], family, address);
	return none;
}

static void
test_connections_are_counted(void **state)
{
	struct rates *all = rates_new(1000);
	struct held *held[2] = {rates_hold(), rates_hold()};
	struct tally t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		t = happen(all, held, &events[i]);
		if (t.rate != events[i].rate || t.open != events[i].open)
			fail_msg("%zu: %c %s at %lld: %u of late, %u open", i,
			    events[i].what, events[i].address,
			    (long long)events[i].now, t.rate, t.open);
	}
	rates_release(all, held[0]);
	rates_release(all, held[1]);
	rates_free(all);
}

/* A flood of addresses, of which a few stay. */
static void
test_a_flood_is_not_remembered(void **state)
{
	struct rates *all = rates_new(1000);
	struct held *held = rates_hold();
	uint32_t i, address;
	struct tally t;

	(void)state;
	for (i = 1; i <= 100000; i++) {
		address = htonl(i);
		rates_open(all, held, AF_INET, &address, 1000);
		if (i > 2000)
			rates_close(all, held, AF_INET, &address);
	}
	assert_in_range(rates_count(all), 2000, 2001);
	address = htonl(1); /* who is still there is still known */
	t = rates_open(all, held, AF_INET, &address, 1000);
	assert_int_equal(t.open, 2);
	rates_release(all, held);
	held = rates_hold();
	address = htonl(7777777);
	rates_open(all, held, AF_INET, &address, 1000);
	assert_int_equal(rates_count(all), 1000);
	address =
	    htonl(8888888); /* when the window is over all are forgotten */
	rates_open(all, held, AF_INET, &address, 1061);
	assert_int_equal(rates_count(all), 2);
	rates_release(all, held);
	rates_free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_connections_are_counted),
	    cmocka_unit_test(test_a_flood_is_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

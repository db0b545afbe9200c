#include "order.h"

#define WITH    true  /* the key without its tag is asked as well */
#define WITHOUT false /* only the key with its tag */
#define END                                                                    \
	{                                                                      \
		0, NULL, false                                                 \
	}

/* The name is asked before the address, and hides all its entries. */
const struct look_step order_client[] = {
    {LOOK_DOMAIN, "connect:", WITH},
    {LOOK_ADDRESS, "connect:", WITH},
    {LOOK_NETWORK, "connect:", WITH},
    END,
};

const struct look_step order_client_address[] = {
    {LOOK_ADDRESS, "connect:", WITH},
    {LOOK_NETWORK, "connect:", WITH},
    END,
};

const struct look_step order_client_name[] = {
    {LOOK_DOMAIN, "connect:", WITH},
    END,
};

const struct look_step order_client_host[] = {
    {LOOK_EXACT, "connect:", WITH},
    END,
};

const struct look_step order_sender[] = {
    {LOOK_FULL, "from:", WITH},
    {LOOK_USER, "from:", WITH},
    {LOOK_AT, "from:", WITH},
    {LOOK_DOMAIN, "from:", WITH},
    END,
};

/* user@ counts only where users are ours. */
const struct look_step order_local[] = {
    {LOOK_FULL, "to:", WITH},
    {LOOK_USER, "to:", WITH},
    {LOOK_AT, "to:", WITH},
    {LOOK_DOMAIN, "to:", WITH},
    END,
};

const struct look_step order_remote[] = {
    {LOOK_FULL, "to:", WITH},
    {LOOK_AT, "to:", WITH},
    {LOOK_DOMAIN, "to:", WITH},
    END,
};

/* A list of its own: an entry of sendmail's keys is never hidden by it. */
const struct look_step order_to_at[] = {
    {LOOK_AT, "to:", WITH},
    END,
};

const struct look_step order_to[] = {
    {LOOK_DOMAIN, "to:", WITH},
    END,
};

const struct look_step order_to_host[] = {
    {LOOK_EXACT, "to:", WITH},
    END,
};

const struct look_step order_to_address[] = {
    {LOOK_FULL, "to:", WITH},
    {LOOK_DOMAIN, "to:", WITH},
    {LOOK_LOCAL, "to:", WITH},
    END,
};

const struct look_step order_to_full_host[] = {
    {LOOK_FULL, "to:", WITHOUT},
    {LOOK_EXACT, "to:", WITH},
    END,
};

const struct look_step order_from[] = {
    {LOOK_FULL, "from:", WITHOUT},
    END,
};

const struct look_step order_from_domain[] = {
    {LOOK_FULL, "from:", WITHOUT},
    {LOOK_DOMAIN, "from:", WITHOUT},
    END,
};

const struct look_step order_from_host[] = {
    {LOOK_FULL, "from:", WITHOUT},
    {LOOK_EXACT, "from:", WITHOUT},
    END,
};

const struct look_step order_from_user[] = {
    {LOOK_USER, "from:", WITH},
    {LOOK_AT, "from:", WITH},
    END,
};

/* The domain before user@ here, unlike everywhere else. */
const struct look_step order_spam_local[] = {
    {LOOK_FULL, "spam:", WITHOUT},
    {LOOK_DOMAIN, "spam:", WITHOUT},
    {LOOK_USER, "spam:", WITHOUT},
    END,
};

const struct look_step order_spam_remote[] = {
    {LOOK_FULL, "spam:", WITHOUT},
    {LOOK_DOMAIN, "spam:", WITHOUT},
    END,
};

#include "resolve_answer.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "resolve_net.h"

#define HEADER_SIZE   12
#define NAME_MAX_WIRE 255 /* RFC 1035 2.3.4 */

struct packet {
	const uint8_t *bytes;
	size_t len, at;
};

static int
take16(struct packet *p, unsigned *out)
{
	if (p->len - p->at < 2)
		return -1;
	*out = (unsigned)p->bytes[p->at] << 8 | p->bytes[p->at + 1];
	p->at += 2;
	return 0;
}

static int
skip(struct packet *p, size_t n)
{
	if (p->len - p->at < n)
		return -1;
	p->at += n;
	return 0;
}

/*
 * Append a label to the text, which has room for every name of legal length.  A
 * byte that no host name can hold becomes a blank, which makes the whole unfit.
 */
static void
add_label(char out[RESOLVE_NAME], size_t *used, const uint8_t *label, size_t n)
{
	size_t i;

	if (*used > 0)
		out[(*used)++] = '.';
	for (i = 0; i < n; i++) {
		uint8_t c = label[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (c <= ' ' || c > 126 || c == '.')
			c = ' ';
		out[(*used)++] = (char)c;
	}
	out[*used] = '\0';
}

/* As answer_name, but whatever the name is. */
static int
read_name(const uint8_t *packet, size_t len, size_t *at, char out[RESOLVE_NAME],
    bool *root)
{
	size_t here = *at, used = 0, wire = 0, n;
	bool jumped = false;

	out[0] = '\0';
	for (;;) {
		if (here >= len)
			return -1;
		n = packet[here];
		if (n >= 0xc0) { /* RFC 1035 4.1.4: a pointer; none forever */
			if (len - here < 2 || ++wire > NAME_MAX_WIRE)
				return -1;
			if (!jumped)
				*at = here + 2;
			jumped = true;
			here = (size_t)(n & 0x3f) << 8 | packet[here + 1];
			continue;
		}
		if (n == 0)
			break;
		if (n >= 0x40 || len - here < n + 1 ||
		    (wire += n + 1) >= NAME_MAX_WIRE)
			return -1;
		add_label(out, &used, packet + here + 1, n);
		here += n + 1;
	}
	if (!jumped)
		*at = here + 1;
	*root = used == 0;
	return 0;
}

int
answer_name(const uint8_t *packet, size_t len, size_t *at,
    char out[RESOLVE_NAME], bool *root)
{
	if (read_name(packet, len, at, out, root) == -1)
		return -1;
	if (!host_valid(out))
		out[0] = '\0';
	return 0;
}

/* What is no host name is kept apart, for the log. */
static void
sort_out(struct answer_record *record)
{
	char *blank;

	if (record->root || host_valid(record->name))
		return;
	memcpy(record->unfit, record->name, sizeof(record->unfit));
	for (blank = record->unfit; (blank = strchr(blank, ' ')) != NULL;)
		*blank = '?';
	record->name[0] = '\0';
}

/* The data of one record of the type asked for.  false: not to be used. */
static bool
take_data(struct answer_record *record, int type, struct packet data)
{
	unsigned preference;

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		if (data.len - data.at != (type == DNS_A ? 4 : 16))
			return false;
		memcpy(
		    record->address, data.bytes + data.at, data.len - data.at);
		return true;
	case DNS_MX:
		if (take16(&data, &preference) == -1)
			return false;
		record->preference = (uint16_t)preference;
		break;
	}
	if (read_name(data.bytes, data.len, &data.at, record->name,
		&record->root) == -1)
		return false;
	sort_out(record);
	return true;
}

static int
take_record(struct packet *p, int type, struct answer *answer)
{
	struct answer_record *record = &answer->records[answer->count];
	char owner[RESOLVE_NAME];
	unsigned kind, class, size;
	bool root;

	if (answer_name(p->bytes, p->len, &p->at, owner, &root) == -1 ||
	    take16(p, &kind) == -1 || take16(p, &class) == -1 ||
	    skip(p, 4) == -1 || take16(p, &size) == -1 || p->len - p->at < size)
		return -1;
	memset(record, 0, sizeof(*record));
	if (kind == (unsigned)type && class == 1 &&
	    take_data(
		record, type, (struct packet){p->bytes, p->at + size, p->at}))
		answer->count++;
	return skip(p, size);
}

/* 0; -1 if the packet is no answer at all. */
static int
take_packet(struct packet *p, int type, struct answer *answer)
{
	unsigned flags, questions, answers, rest, i;
	char name[RESOLVE_NAME];
	bool root;

	if (skip(p, 2) == -1 || take16(p, &flags) == -1 ||
	    take16(p, &questions) == -1 || take16(p, &answers) == -1 ||
	    take16(p, &rest) == -1 || take16(p, &rest) == -1)
		return -1;
	if ((flags & 15) == 3)
		answer->class = ANSWER_NXDOMAIN;
	else if ((flags & 15) != 0)
		return -1;
	for (i = 0; i < questions; i++)
		if (answer_name(p->bytes, p->len, &p->at, name, &root) == -1 ||
		    skip(p, 4) == -1)
			return -1;
	for (i = 0; i < answers && answer->count < ANSWER_MAX; i++)
		if (take_record(p, type, answer) == -1)
			return -1;
	return 0;
}

struct answer *answer_empty(enum answer_class class)
{
	struct answer *answer;

	if ((answer = calloc(1, sizeof(*answer))) == NULL)
		err(EXIT_TEMP, "answer");
	answer->class = class;
	return answer;
}

struct answer *
answer_parse(int type, const uint8_t *packet, size_t len)
{
	struct packet p = {packet, len, 0};
	struct answer *answer, *fit;
	size_t size = sizeof(*answer);

	answer = calloc(1, size + ANSWER_MAX * sizeof(answer->records[0]));
	if (answer == NULL)
		err(EXIT_TEMP, "answer");
	answer->class = ANSWER_NODATA;
	if (take_packet(&p, type, answer) == -1) {
		answer->class = ANSWER_TEMP;
		answer->count = 0;
	} else if (answer->count > 0) {
		answer->class = ANSWER_FOUND;
	}
	size += answer->count * sizeof(answer->records[0]);
	if ((fit = realloc(answer, size)) == NULL)
		return answer;
	return fit;
}

#include "account.h"

#include <stdio.h>
#include <string.h>

static bool
is_safe(unsigned char c)
{
	return c > ' ' && c != 127 && c != '/' && c != ':' && c != '\\' &&
	       c != '"';
}

bool
account_name(const char *name)
{
	size_t len = strlen(name), i;

	if (len == 0 || len >= ACCOUNT_SIZE || *name == '-' || *name == '.')
		return false;
	if (len >= 5 && strcmp(name + len - 5, ".lock") == 0)
		return false;
	for (i = 0; i < len; i++)
		if (!is_safe((unsigned char)name[i]))
			return false;
	return true;
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return true;
	return false;
}

int
account_parse(const char *value, struct account_mailbox *m)
{
	const char *owner, *end;
	size_t len;

	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (owner = end; owner > value; owner--)
		if (owner[-1] == ' ' || owner[-1] == '\t')
			break;
	len = (size_t)(end - owner);
	if (len >= sizeof(m->owner))
		return -1;
	memcpy(m->owner, owner, len);
	m->owner[len] = '\0';
	while (owner > value && (owner[-1] == ' ' || owner[-1] == '\t'))
		owner--;
	len = (size_t)(owner - value);
	/* cppcheck-suppress knownConditionTrueFalse ; it loses the loop */
	if (len < 2 || len >= sizeof(m->path) || *value != '/')
		return -1;
	memcpy(m->path, value, len);
	m->path[len] = '\0';
	return account_name(m->owner) && !has_control(m->path) ? 0 : -1;
}

int
account_mailbox(struct map *map, const char *name, struct account_mailbox *m,
    char *why, size_t size)
{
	char value[MAP_VALUE];
	int r = map_find(map, name, value);

	if (r == -1)
		(void)snprintf(why, size, "%s", map_reason(map));
	if (r == 1 && account_parse(value, m) == -1) {
		(void)snprintf(
		    why, size, "mailboxes:%s: not \"PATH OWNER\"", name);
		return -1;
	}
	return r;
}

#include "path.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* RFC 5321 4.5.3.1.1-3 */
#define LOCAL_MAX  64
#define DOMAIN_MAX 255
#define LABEL_MAX  63
#define PATH_MAX_  254 /* without < > */

/* Replies that differ for a sender and a recipient: RFC 3463 5.1.7, 5.1.3 */
struct words {
	const char *syntax, *brackets, *illegal, *too_long;
};
static const struct words sender_words = {
    "501 5.5.2 Syntax error: MAIL FROM:<address>",
    "501 5.1.7 The sender's address must stand between < and >",
    "553 5.1.7 The sender's address is malformed",
    "553 5.1.7 The sender's address is too long",
};
static const struct words recipient_words = {
    "501 5.5.2 Syntax error: RCPT TO:<address>",
    "501 5.1.3 The recipient's address must stand between < and >",
    "553 5.1.3 The recipient's address is malformed",
    "553 5.1.3 The recipient's address is too long",
};

static bool
is_atom(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

static bool
is_print(char c)
{
	return (c >= ' ' && c <= '~') || (unsigned char)c >= 0x80;
}

/* The length of the local part at p; 0 if there is none, or a bad one. */
static size_t
local_part(const char *p)
{
	size_t n = 0;

	if (*p != '"') {
		while (is_atom(p[n]))
			n++;
		return n;
	}
	for (n = 1; is_print(p[n]) && p[n] != '"'; n++)
		if (p[n] == '\\' && !is_print(p[++n]))
			return 0;
	return p[n] == '"' && n > 1 ? n + 1 : 0;
}

/* [192.0.2.1] or [IPv6:2001:db8::1]: its length, or 0. */
static size_t
literal(const char *p)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	size_t len = strcspn(p, "]>"), tag = 1;
	int family = AF_INET;

	if (p[len] != ']')
		return 0;
	if (strncasecmp(p + 1, "IPv6:", 5) == 0) {
		tag = 6;
		family = AF_INET6;
	}
	if (len - tag >= sizeof(text))
		return 0;
	memcpy(text, p + tag, len - tag);
	text[len - tag] = '\0';
	return inet_pton(family, text, address) == 1 ? len + 1 : 0;
}

/*
 * Labels of letters, digits, hyphens (and underscores: they exist), or 0.  What
 * is beyond ASCII is judged when it is put into the DNS's form.
 */
static size_t
domain(const char *p)
{
	size_t n = 0, label = 0;

	if (*p == '[')
		return literal(p);
	for (;; n++) {
		if (isalnum((unsigned char)p[n]) || p[n] == '-' ||
		    p[n] == '_' || (unsigned char)p[n] >= 0x80) {
			if (++label > LABEL_MAX)
				return 0;
		} else if (label == 0)
			return 0;
		else if (p[n] == '.')
			label = 0;
		else
			return n;
	}
}

/*
 * Step over a source route, "@a,@b:", which means nothing any more (RFC 5321
 * appendix C: accept it, ignore it).
 */
static const char *
skip_route(const char *p)
{
	const char *at = p;
	size_t n;

	while (*at == '@') {
		if ((n = domain(at + 1)) == 0)
			return p;
		at += n + 1;
		if (*at == ':')
			return at + 1;
		if (*at != ',')
			return p;
		at++;
	}
	return p;
}

/* The mailbox at p, up to the ">": NULL and *len, or the reply. */
static const char *
mailbox(const char *p, const struct words *words, size_t *len)
{
	size_t local = local_part(p), host;

	*len = local;
	if (p[local] == '@' && local == 0)
		return "553 5.1.3 User address required";
	if (local == 0 || (p[local] != '@' && p[local] != '>'))
		return words->illegal;
	/*
	 * A list's bounce addresses outgrow 64 bytes, and nothing is gained by
	 * refusing to know whom to answer.
	 */
	if (local > LOCAL_MAX && words == &recipient_words)
		return words->too_long;
	if (p[local] == '@') {
		if (p[local + 1] == '>')
			return "553 5.1.3 Hostname required";
		host = domain(p + local + 1);
		if (host > DOMAIN_MAX)
			return words->too_long;
		*len += host + 1;
		if (host == 0)
			return "553 5.1.2 Invalid host name";
	}
	if (p[*len] != '>')
		return words->illegal;
	return *len > PATH_MAX_ ? words->too_long : NULL;
}

/* Characters that no address may have, wherever they stand. */
static const char *
bad_characters(const char *p, const struct words *words)
{
	uint32_t code;
	size_t len;

	for (; (len = utf8_next(p, &code)) > 0; p += len)
		if (code < ' ' || (code >= 127 && code < 0xa0))
			return words->syntax;
	return *p == '\0' ? NULL : "553 5.6.7 Address in malformed UTF-8";
}

/* RFC 6531 3.3: a domain beyond ASCII is known to all others as A-labels. */
static const char *
to_ascii(struct path *path, const struct words *words)
{
	char *at = strrchr(path->address, '@'), *ascii = NULL;
	const char *wrong = NULL;
	size_t room;

	if (at == NULL || utf8_is_ascii(at))
		return NULL;
	room = sizeof(path->address) - (size_t)(at + 1 - path->address);
	if (idn2_to_ascii_8z(at + 1, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK ||
	    ascii[0] == '\0' || ascii[domain(ascii)] != '\0')
		wrong = "553 5.1.2 Invalid host name";
	else if (strlcpy(at + 1, ascii, room) >= room)
		wrong = words->too_long;
	idn2_free(ascii);
	return wrong;
}

const char *
path_parse(struct path *path, char *argument, const char *word)
{
	const struct words *words =
	    *word == 'F' ? &sender_words : &recipient_words;
	const char *p, *wrong;
	size_t len = 0;

	if (strncasecmp(argument, word, strlen(word)) != 0)
		return words->syntax;
	if ((wrong = bad_characters(argument, words)) != NULL)
		return wrong;
	/* RFC 5321 3.3 allows no blank here, but many clients send one. */
	p = argument + strlen(word);
	p += strspn(p, " ");
	if (*p++ != '<')
		return words->brackets;
	p = skip_route(p);
	if (*p == '>' && words == &recipient_words)
		return "553 5.1.3 User address required";
	if (*p != '>' && (wrong = mailbox(p, words, &len)) != NULL)
		return wrong;
	memcpy(path->address, p, len);
	path->address[len] = '\0';
	path->beyond_ascii = !utf8_is_ascii(path->address);
	if ((wrong = to_ascii(path, words)) != NULL)
		return wrong;
	p += len + 1;
	if (*p != '\0' && *p != ' ')
		return words->syntax;
	path->parameters = argument + (p - argument);
	return NULL;
}

int
path_parameter(char **rest, char **keyword, char **value)
{
	char *p = *rest + strspn(*rest, " "), *end;

	*rest = p;
	*value = NULL;
	if (*p == '\0')
		return 0;
	end = p + strcspn(p, " ");
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	*keyword = p;
	/* RFC 5321 4.1.2: esmtp-keyword, esmtp-value */
	if (!isalnum((unsigned char)*p))
		return -1;
	while (isalnum((unsigned char)*p) || *p == '-')
		p++;
	if (*p == '\0')
		return 1;
	if (*p != '=')
		return -1;
	*p++ = '\0';
	*value = p;
	return *p != '\0' && strchr(p, '=') == NULL ? 1 : -1;
}

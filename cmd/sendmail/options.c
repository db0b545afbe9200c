#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "options.h"

/* As sendmail's own; + stops at the first operand, : tells what is missing. */
#define LETTERS "+:A:B:b:C:cd::e:F:f:Gh:IiL:M:mN:nO:o:p:Q::q::R:r:sTtUV:vX:x"

/* Settings of -o (one letter) and -O (a name) that decide nothing here. */
static const char ignored_letters[] =
    "7ABCcDdFfGgHhIjKLlMmnoPpQRrSsTtUVwXxYyZz";
static const char *const ignored_names[] = {"AliasFile", "DeliveryMode",
    "EightBitMode", "HelpFile", "LogLevel", "MaxHopCount", "MeToo",
    "MinFreeBlocks", "MinQueueAge", "NoRecipientAction", "OldStyleHeaders",
    "PrivacyOptions", "QueueDirectory", "QueueLA", "RefuseLA", "SendMimeErrors",
    "SevenBitInput", "SuperSafe", "UseErrorsTo"};

static int
refuse(struct options *o, const char *why)
{
	strlcpy(o->why, why, sizeof(o->why));
	return -1;
}

/* -oem and its like.  Whatever it says, trouble is told by exit status too. */
static int
error_mode(struct options *o, const char *value)
{
	if (*value == '\0' || strchr("mepqw", *value) == NULL)
		return refuse(o, "the error mode is m, e, p, q or w");
	o->quiet = *value == 'q';
	return 0;
}

/* -oX[value] */
static int
letter(struct options *o, const char *arg, void (*warn)(const char *))
{
	if (*arg == 'i')
		o->dots = false;
	else if (*arg == 'e')
		return error_mode(o, arg + 1);
	else if (*arg == 'v')
		o->verbose = true;
	else if (*arg == '\0' || strchr(ignored_letters, *arg) == NULL)
		warn(arg);
	return 0;
}

/* -OName=value */
static int
setting(struct options *o, const char *arg, void (*warn)(const char *))
{
	size_t len = strcspn(arg, "=");
	const char *value = arg[len] == '=' ? arg + len + 1 : "";

	if (len == 9 && strncasecmp(arg, "ErrorMode", len) == 0)
		return error_mode(o, value);
	if (len == 10 && strncasecmp(arg, "IgnoreDots", len) == 0) {
		o->dots = *value != '\0' && strchr("FfNn0", *value) != NULL;
		return 0;
	}
	if (len == 7 && strncasecmp(arg, "Verbose", len) == 0) {
		o->verbose = *value == '\0' || strchr("FfNn0", *value) == NULL;
		return 0;
	}
	if (strncasecmp(arg, "Timeout.", 8) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(ignored_names) / sizeof(ignored_names[0]);
	     i++)
		if (strlen(ignored_names[i]) == len &&
		    strncasecmp(arg, ignored_names[i], len) == 0)
			return 0;
	warn(arg);
	return 0;
}

static int
mode(struct options *o, const char *arg)
{
	if (strlen(arg) == 1 && strchr("mspvi", *arg) != NULL)
		o->mode = (enum mode) * arg;
	else if (strcmp(arg, "d") == 0 || strcmp(arg, "D") == 0 ||
		 strcmp(arg, "a") == 0)
		o->mode = MODE_SERVICE;
	else if (strcmp(arg, "t") == 0)
		return refuse(o, "-bt: use route -v to see where mail goes");
	else
		return refuse(o, "-b: the modes are m, s, p, v and i");
	return 0;
}

/* -q, -q30m, -qIid, -qRpart, -qSpart; -qf and -qp run in their own ways. */
static int
queue(struct options *o, const char *arg)
{
	if (o->mode == MODE_DELIVER)
		o->mode = MODE_FLUSH;
	if (arg == NULL || strcmp(arg, "f") == 0)
		return 0;
	if (strchr("IRS", *arg) != NULL && arg[1] != '\0') {
		o->flush = *arg;
		o->which = arg + 1;
		return 0;
	}
	if (*arg != 'p' && !isdigit((unsigned char)*arg))
		return refuse(o, "-q: an interval, Iid, Rrecipient or Ssender");
	o->every = true;
	return 0;
}

static int
body(struct options *o, const char *arg)
{
	o->eightbit = strcasecmp(arg, "8BITMIME") == 0;
	if (!o->eightbit && strcasecmp(arg, "7BIT") != 0)
		return refuse(o, "-B: the types are 7BIT and 8BITMIME");
	return 0;
}

static int
hops(struct options *o, const char *arg)
{
	const char *wrong;

	o->hops = (unsigned)strtonum(arg, 0, 1000, &wrong);
	return wrong == NULL ? 0 : refuse(o, "-h: not a count of hops");
}

static int
notify(struct options *o, const char *arg)
{
	unsigned bits;

	if (dsn_notify(arg, &bits) == -1)
		return refuse(o, "-N: never, or success,failure,delay");
	o->notify = arg;
	return 0;
}

static int
ret(struct options *o, const char *arg)
{
	if (!dsn_is_ret(arg))
		return refuse(o, "-R: full or hdrs");
	o->ret = arg;
	return 0;
}

static int
envid(struct options *o, const char *arg)
{
	if (!xtext_encode(arg, o->envid, sizeof(o->envid)))
		return refuse(o, "-V: the envelope id is too long");
	return 0;
}

/* Options that would mislead: to ignore them is to do something else. */
static int
misleading(struct options *o, int option)
{
	if (option == 'C')
		return refuse(o, "-C: there is no other configuration file;"
				 " the environment's POSTERN names a folder");
	if (option == 'X')
		return refuse(o, "-X: no traffic log is kept");
	if (option == 'Q')
		return refuse(o, "-Q: use qctl hold");
	return 0;
}

static int
option(
    struct options *o, int found, const char *arg, void (*warn)(const char *))
{
	switch (found) {
	case 'b':
		return mode(o, arg);
	case 'B':
		return body(o, arg);
	case 'e':
		return error_mode(o, arg);
	case 'F':
		o->name = arg;
		return 0;
	case 'f':
	case 'r':
		o->sender = arg;
		o->sender_option = (char)found;
		return 0;
	case 'h':
		return hops(o, arg);
	case 'I':
		o->mode = MODE_ALIASES;
		return 0;
	case 'i':
		o->dots = false;
		return 0;
	case 'N':
		return notify(o, arg);
	case 'O':
		return setting(o, arg, warn);
	case 'o':
		return letter(o, arg, warn);
	case 'q':
		return queue(o, arg);
	case 'R':
		return ret(o, arg);
	case 't':
		o->headers = true;
		return 0;
	case 'V':
		return envid(o, arg);
	case 'v':
		o->verbose = true;
		return 0;
	default:
		return misleading(o, found);
	}
}

/* The names that stand for a mode. */
static void
called(struct options *o, const char *path)
{
	const char *name = strrchr(path, '/');

	name = name == NULL ? path : name + 1;
	if (strcmp(name, "mailq") == 0)
		o->mode = MODE_LIST;
	else if (strcmp(name, "newaliases") == 0)
		o->mode = MODE_ALIASES;
}

int
options_parse(
    struct options *o, int argc, char *argv[], void (*warn)(const char *what))
{
	int found;

	memset(o, 0, sizeof(*o));
	o->mode = MODE_DELIVER;
	o->dots = true;
	called(o, argc > 0 ? argv[0] : "sendmail");
	optind = 0;
	while ((found = getopt(argc, argv, LETTERS)) != -1) {
		if (found == '?' || found == ':') {
			snprintf(o->why, sizeof(o->why),
			    found == '?' ? "unknown option -%c"
					 : "-%c needs an argument",
			    isprint(optopt) ? optopt : '?');
			return -1;
		}
		if (option(o, found, optarg, warn) == -1)
			return -1;
	}
	o->first = optind;
	return 0;
}

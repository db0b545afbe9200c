#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "feature.h"

/* word NULL: the file itself.  Rows of one file stand together. */
static const struct row {
	const char *file, *word;
	unsigned flag;
} rows[] = {
    {"accept_unqualified_senders", NULL, FEATURE_UNQUALIFIED},
    {"accept_unresolvable_domains", NULL, FEATURE_UNRESOLVABLE},
    {"access_db", NULL, 0},
    {"access_db", "lookupdotdomain", FEATURE_DOTDOMAIN},
    {"access_db", "relaytofulladdress", FEATURE_FULL_ADDRESS},
    {"access_db", "skip", FEATURE_SKIP},
    {"blacklist_recipients", NULL, FEATURE_BLOCKLIST},
    {"blocklist_recipients", NULL, FEATURE_BLOCKLIST},
    {"delay_checks", NULL, FEATURE_DELAY},
    {"delay_checks", "friend", FEATURE_FRIEND},
    {"delay_checks", "hater", FEATURE_HATER},
    {"lookupdotdomain", NULL, FEATURE_DOTDOMAIN},
    {"relay_entire_domain", NULL, FEATURE_ENTIRE},
    {"relay_hosts_only", NULL, FEATURE_HOSTS_ONLY},
    {"relay_local_from", NULL, FEATURE_LOCAL_FROM},
    {"relay_mail_from", NULL, FEATURE_MAIL_FROM},
    {"relay_mail_from", "domain", FEATURE_FROM_DOMAIN},
    {"relay_mail_from", "user", FEATURE_FROM_USER},
    {"require_rdns", NULL, FEATURE_RDNS},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct reading {
	const struct row *file; /* its first row */
	unsigned flags;
};

static bool
is_word(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && strncasecmp(word, text, len) == 0;
}

static const char *
take_word(struct reading *r, const char *text, size_t len)
{
	const struct row *row;

	if (is_word("no", text, len)) {
		r->flags = 0;
		return NULL;
	}
	if (is_word("yes", text, len))
		return NULL;
	for (row = r->file;
	     row < rows + ROWS && strcmp(row->file, r->file->file) == 0; row++)
		if (row->word != NULL && is_word(row->word, text, len)) {
			r->flags |= row->flag;
			return NULL;
		}
	return "unknown word";
}

static const char *
take_line(const char *line, void *arg)
{
	const char *why = NULL;
	size_t len;

	for (; why == NULL && *line != '\0'; line += len) {
		line += strspn(line, " \t");
		len = strcspn(line, " \t");
		if (len > 0)
			why = take_word(arg, line, len);
	}
	return why;
}

/* The flags that the rows of a file are about. */
static unsigned
mask(const struct row *file)
{
	const struct row *row;
	unsigned flags = 0;

	for (row = file;
	     row < rows + ROWS && strcmp(row->file, file->file) == 0; row++)
		flags |= row->flag;
	return flags;
}

unsigned
features_read(const char *dir)
{
	unsigned features = FEATURE_DEFAULT;
	struct reading r;
	size_t i;

	for (i = 0; i < ROWS; i++) {
		if (rows[i].word != NULL)
			continue;
		r.file = &rows[i];
		r.flags = rows[i].flag;
		if (conf_each(dir, rows[i].file, take_line, &r))
			features = (features & ~mask(&rows[i])) | r.flags;
	}
	return features;
}

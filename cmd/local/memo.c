#include "memo.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"

static char *
key(const struct letter *l)
{
	char *k;

	if (asprintf(&k, "%s\n%s", record_text(&l->record, "id"),
		record_text(&l->record, "recipient")) == -1)
		err(EXIT_TEMP, NULL);
	return k;
}

static void
forget(struct memo *m, size_t i)
{
	free(m->notes[i].letter);
	free(m->notes[i].part);
	m->count--;
	memmove(&m->notes[i], &m->notes[i + 1],
	    (m->count - i) * sizeof(m->notes[0]));
}

void
memo_add(struct memo *m, const struct letter *l, const char *part,
    const struct fate *f)
{
	struct note *n;

	if (*record_text(&l->record, "id") == '\0')
		return;
	if (m->count == MEMO_MAX)
		forget(m, 0);
	n = &m->notes[m->count++];
	n->letter = key(l);
	if ((n->part = strdup(part)) == NULL)
		err(EXIT_TEMP, NULL);
	n->fate = *f;
}

const struct fate *
memo_find(const struct memo *m, const struct letter *l, const char *part)
{
	const struct fate *found = NULL;
	char *k = key(l);
	size_t i;

	for (i = 0; i < m->count && found == NULL; i++)
		if (strcmp(m->notes[i].letter, k) == 0 &&
		    strcmp(m->notes[i].part, part) == 0)
			found = &m->notes[i].fate;
	free(k);
	return found;
}

void
memo_drop(struct memo *m, const struct letter *l)
{
	char *k = key(l);
	size_t i;

	for (i = m->count; i > 0; i--)
		if (strcmp(m->notes[i - 1].letter, k) == 0)
			forget(m, i - 1);
	free(k);
}

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "words.h"

struct scan {
	const char *at;
	char *to;
	const char *why;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
put(struct scan *s)
{
	*s->to++ = *s->at++;
}

/* From behind the opening quote to behind the closing one. */
static void
take_quoted(struct scan *s, char quote)
{
	while (*s->at != quote && s->why == NULL) {
		if (quote == '"' && *s->at == '\\' && s->at[1] != '\0')
			s->at++;
		else if (quote == '"' && (*s->at == '$' || *s->at == '`'))
			s->why = "$ and ` need a shell, and there is none";
		if (*s->at == '\0')
			s->why = "unbalanced quote";
		else
			put(s);
	}
	if (s->why == NULL)
		s->at++;
}

static void
take_word(struct scan *s)
{
	while (s->why == NULL && *s->at != '\0' && !is_blank(*s->at)) {
		if (*s->at == '"' || *s->at == '\'')
			take_quoted(s, *s->at++);
		else if (strchr(";&|<>()$`\n", *s->at) != NULL)
			s->why =
			    "; & | < > ( ) $ ` need a shell, and there is none";
		else {
			if (*s->at == '\\' && s->at[1] != '\0')
				s->at++;
			put(s);
		}
	}
	*s->to++ = '\0';
}

static void
split(struct scan *s, struct words *w)
{
	while (s->why == NULL) {
		while (is_blank(*s->at))
			s->at++;
		if (*s->at == '\0')
			break;
		if (w->count == WORDS_MAX)
			s->why = "too many words";
		w->list[w->count++] = s->to;
		take_word(s);
	}
}

const char *
words_split(const char *command, struct words *w)
{
	struct scan s = {.at = command};
	size_t i;

	w->count = 0;
	/* Each word ends in a NUL for the blank or the end behind it. */
	if ((w->text = malloc(strlen(command) + 1)) == NULL)
		err(EXIT_TEMP, NULL);
	s.to = w->text;
	split(&s, w);
	if (s.why == NULL && w->count > 0 && strcmp(w->list[0], "exec") == 0) {
		w->count--;
		for (i = 0; i < w->count; i++)
			w->list[i] = w->list[i + 1];
	}
	if (s.why == NULL && (w->count == 0 || *w->list[0] == '\0'))
		s.why = "no command";
	if (s.why != NULL)
		words_free(w);
	else
		w->list[w->count] = NULL;
	return s.why;
}

void
words_free(struct words *w)
{
	free(w->text);
	w->text = NULL;
	w->count = 0;
}
